// The selected op: what it is, when it ran, what it waited for, and the message that it has to do with.

function drawSelection() {
  const pane = $("selection");
  const op = place.op;
  if (op < 0) {
    const words = place.gone ? `The op that was selected in ${SIDES[place.gone.side]} is not in ${SIDES[shownSide]}.` : ops.shown
      ? "Click an op in the timeline, a finding, or a hit of the search. Then ← and → go along its unit, m to the other end of a message."
      : "This run has too many ops to show them one by one: the timeline has what each unit did in pieces of time. Record a shorter run to see single ops.";
    pane.replaceChildren(element("p", { class: "empty", text: words }));
    return says(pane, { op: "", label: "" });
  }
  const rank = rankOf(op);
  const fact = (name, ...what) => [element("dt", { text: name }), element("dd", {}, ...what)];
  const spans = ops.spans.filter(([, first, n]) => op >= first && op < first + n).map(([name]) => ops.names[name]);
  const list = element("dl", {},
    ...fact("op", `${nameOf(op)} of ${grouped(ops.first[rank + 1] - ops.first[rank])}`),
    ...fact("unit", lanes.units[ops.unit[op] + 1]),
    ...(sourceOf(op) ? fact("source", element("code", { text: sourceOf(op) })) : []),
    ...(spans.length ? fact("span", spans.join(" › ")) : []),
    ...fact("issued", both(ops.issue[op])),
    ...fact("started", both(ops.start[op])),
    ...fact("done", both(ops.done[op])),
    ...fact("took", both(ops.done[op] - ops.start[op])),
    ...waitsOf(op).flatMap(([activity, ticks]) => fact("waited for", swatchOf(activity, true), `${lanes.activities[activity].name}, ${both(ticks)}`)),
    ...messageOf(op).flatMap((line) => fact(...line)),
    ...criticalOf(op).flatMap((line) => fact(...line)),
    ...otherOf(op).flatMap((line) => fact(...line)),
    ...predecessorsOf(op).slice(0, 8).flatMap((it, i) => fact(i ? "" : "comes after", opLink(it.op), ` (${it.why}), ${momentOf(it, op)}`)));
  const found = model.findings.filter((finding) => finding.ops.some((at) => ops.first[at.rank] + at.index === op));
  const notes = found.map((finding) => element("p", { class: "finding", text: `${finding.kind}: ${finding.message}` }));
  pane.replaceChildren(element("h2", {}, swatchOf(activityOfUnit(ops.unit[op])), labelOf(op)), list, ...notes);
  says(pane, { after: predecessorsOf(op).map((it) => `${rankOf(it.op)}.${it.op - ops.first[rankOf(it.op)]}`).join(","), op: `${rank}.${op - ops.first[rank]}`, label: labelOf(op), start: ops.start[op], done: ops.done[op], mark: marks ? marks.names[markOf(op)] : "" });
}

// Ops that an op cannot begin before, the last first: {op, why, at}, where `at` is when they let it.
function predecessorsOf(op) {
  const all = heldBy(op).map((by) => ({ op: by, why: "operands", at: ops.done[by] }));
  const message = rings.ofOp[op];
  if (message >= 0 && rings.receiver[message] === op && rings.sender[message] >= 0) all.push({ op: rings.sender[message], why: "its message", at: rings.filled[message] });
  if (message >= 0 && rings.sender[message] === op) {
    const ring = rings.all[ringOf(message)];
    const before = message - ring.slots;
    if (ring.credits && before >= ring.first && rings.releaser[before] >= 0) all.push({ op: rings.releaser[before], why: "its slot", at: rings.credit[before] });
  }
  const first = ops.first[rankOf(op)];
  for (let by = op - 1; by >= first; by--) {
    if (ops.unit[by] !== ops.unit[op]) continue;
    if (!all.some((it) => it.op === by)) all.push({ op: by, why: "the same unit", at: ops.done[by] });
    break;
  }
  return all.filter(({ at }) => Number.isFinite(at)).sort((a, b) => b.at - a.at);
}
function momentOf({ at }, op) {
  const slack = ops.start[op] - at;
  return slack < 0 ? `until ${cycles(at)}` : slack === 0 ? "until it started" : `until ${cycles(slack)} before it started`;
}

function activityOfUnit(unit) {
  const kind = lanes.units[unit + 1].replace(/\d+$/, "");
  return lanes.activities.findIndex(({ name }) => name === kind);
}

// Activities and ticks of what an op waited for, on the sequencer and on its unit.
function waitsOf(op) {
  const sums = new Map();
  for (const unit of new Set([1, ops.unit[op] + 1])) {
    const lane = laneOf(rankOf(op), unit);
    // The sequencer held it before its issue; a unit waits between its issue and its end.
    let i = intervalAt(lane, ops.done[op]);
    for (; i >= lane.first && (endOf(lane, i) > ops.issue[op] || lanes.op[i] === op || lanes.op[i] < 0); i--) {
      const activity = lanes.activity[i];
      if (lanes.op[i] === op && lanes.activities[activity].stall) sums.set(activity, (sums.get(activity) ?? 0) + endOf(lane, i) - lanes.start[i]);
    }
  }
  return [...sums];
}

function messageOf(op) {
  const message = rings.ofOp[op];
  if (message < 0) return [];
  const ring = rings.all[ringOf(message)];
  const lines = [["message", `${grouped(message - ring.first)} of ${ringName(ring)}, slot ${(message - ring.first) % ring.slots}`]];
  const end = (name, other, at) => other >= 0 && other !== op && lines.push([name, opLink(other), Number.isFinite(at) ? ` at ${cycles(at)}` : ""]);
  end("sent by", rings.sender[message], rings.sent[message]);
  lines.push(["arrived", both(rings.filled[message])]);
  end("received by", rings.receiver[message], NaN);
  end("released by", rings.releaser[message], rings.released[message]);
  if (Number.isFinite(rings.credit[message])) lines.push(["credit back", both(rings.credit[message])]);
  return lines;
}

function criticalOf(op) {
  let sum = 0;
  for (let i = 0; i < critical.n; i++) if (critical.op[i] === op) sum += (critical.start[i + 1] ?? END) - critical.start[i];
  return sum > 0 ? [["critical", `${both(sum)} of the critical path`]] : [];
}

// What the other run made of an op.
function otherOf(op) {
  if (!marks?.shown) return [];
  const mark = markOf(op);
  const lines = mark ? [["change", markSwatch(marks.names[mark]), markWords(mark)]] : [];
  const partner = partnerOf(op);
  if (partner < 0) return lines;
  const there = runOf(1 - shownSide);
  const fs = (ticks, from) => ticks * from.run.tick_fs;
  const here = { run, ops };
  const step = (name) => signedTime(fs(here.ops[name][op], here) - fs(there.ops[name][partner], there));
  const took = ({ ops: { start, done }, run }, op) => (done[op] - start[op]) * run.tick_fs;
  const more = signedTime(took(here, op) - took(there, partner));
  const link = element("button", { class: "link", text: `op ${partner - there.ops.first[rankOf(op)]}`, on: { click: switchRun } });
  return [...lines, [`in ${SIDES[1 - shownSide]}`, link, `: against it this one started ${step("start")}, took ${more}, was done ${step("done")}`]];
}
