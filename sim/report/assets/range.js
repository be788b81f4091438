// A range of time: what was computed and moved in it, and how busy units were. Without one it is the view.

function rangeShown() {
  return place.range ?? [Math.max(place.from, 0), Math.min(place.to, END)];
}
function selectRange(from, to) {
  const ends = [from, to].map((at) => Math.min(Math.max(at, 0), END)).sort((a, b) => a - b);
  place.range = ends[1] > ends[0] ? ends : null;
  touch("range", "address");
}

// How much of [start, end) lies in the range; an op that takes no time lies in it or does not.
function shareIn([from, to], start, end) {
  if (end > start) return Math.max(0, Math.min(end, to) - Math.max(start, from)) / (end - start);
  return start >= from && (start < to || to >= END) ? 1 : 0;
}

// The work of an op is taken to be spread evenly from its start to its end.
function workIn(range) {
  const { macs, bytes, sent } = ops.kinds;
  const work = { ops: 0, macs: 0, bytes: 0, sent: 0 };
  for (let op = 0; op < ops.n; op++) {
    const share = shareIn(range, ops.start[op], ops.done[op]);
    if (share === 0) continue;
    const kind = ops.kind[op];
    work.ops++;
    work.macs += share * macs[kind];
    work.bytes += share * bytes[kind];
    work.sent += share * sent[kind];
  }
  return work;
}

// Ticks of the range by activity, over the units of all ranks; and how many units of each kind work at all.
function timeIn([from, to]) {
  const sums = lanes.activities.map(() => 0);
  const units = lanes.activities.map(() => 0);
  for (const lane of lanes.all) {
    if (lane.unit === 0) continue;
    const kind = activityOfUnit(lane.unit - 1);
    if (lane.totals.some(([activity]) => activity === kind)) units[kind]++;
    if (lane.first === lane.end) addPiece(sums, lane, from, to);
    for (let i = intervalAt(lane, from); i >= 0 && i < lane.end && lanes.start[i] < to; i++) {
      // What a unit waits for with its sequencer is counted there.
      if (lane.unit > 1 && lanes.activities[lanes.activity[i]].held) continue;
      sums[lanes.activity[i]] += Math.max(0, Math.min(endOf(lane, i), to) - Math.max(lanes.start[i], from));
    }
  }
  return { sums, units };
}
// Of a page without intervals: what its pieces say, to a 255th.
function addPiece(sums, lane, from, to) {
  if (lane.levels.length === 0) return;
  const [busy, busyShare, stall, stallShare] = strip(lane, from, to, 1, new Uint8Array(4));
  sums[busy] += (busyShare / 255) * (to - from);
  sums[stall] += (stallShare / 255) * (to - from);
}

function drawRangePane() {
  if (!isShown("range")) return;
  const range = rangeShown();
  const length = range[1] - range[0];
  const pane = $("range");
  if (!(length > 0)) return pane.replaceChildren(element("p", { class: "empty", text: "The run takes no time." }));
  const { sums, units } = timeIn(range);
  const work = workIn(range);
  const seconds = (length * run.tick_fs) / 1e15;
  const [flops, bandwidth] = roofs(run.ranks);
  const fact = (name, ...what) => [element("dt", { text: name }), element("dd", {}, ...what)];
  const rate = (count, unit, peak) => `${amount(count, unit)}: ${amount(count / seconds, `${unit}/s`)}${peak ? `, ${percent(count / seconds, peak)} of the roof of ${many(run.ranks, "rank")}` : ""}`;
  const done = ops.shown ? [
    ...fact("ops", grouped(work.ops)), ...fact("GEMM work", rate(2 * work.macs, "FLOP", flops)),
    ...fact("memory", rate(work.bytes, "B", bandwidth)), ...fact("messages", rate(work.sent, "B")),
  ] : fact("work", "not known: the page has no single ops");
  const use = units.flatMap((n, activity) => (n ? fact(lanes.activities[activity].name, swatchOf(activity), `${percent(sums[activity], n * length)} busy, ${many(n, "unit")}`) : []));
  const waits = sums.flatMap((ticks, activity) => (ticks > 0 && lanes.activities[activity].stall ? fact(`wait: ${lanes.activities[activity].name}`, swatchOf(activity, true), `${percent(ticks, run.ranks * length)} of all ranks' time`) : []));
  const zoom = element("button", { text: "Zoom to it", on: { click: () => setView(...range) } });
  const drop = element("button", { text: "Let go", on: { click: () => { place.range = null; touch("range", "address"); } } });
  pane.replaceChildren(
    element("div", { class: "bar" }, element("h2", { text: place.range ? "Selected range" : "The view" }), ...(place.range ? [zoom, drop] : [element("span", { class: "faint", text: "Shift + drag in the timeline selects a range" })])),
    element("dl", {}, ...fact("from", both(range[0])), ...fact("to", both(range[1])), ...fact("length", `${both(length)}, ${percent(length, END)} of the run`), ...done, ...use, ...waits),
    element("p", { class: "note", text: "The work of an op is taken to be spread evenly from its start to its end." }));
  says(pane, { from: range[0], to: range[1], selected: Boolean(place.range), ops: work.ops, flops: 2 * work.macs, bytes: work.bytes, sent: work.sent, ...Object.fromEntries(lanes.activities.map(({ name }, i) => [`use${name[0].toUpperCase()}${name.slice(1).replace("_", "")}`, sums[i]])) });
}

// The range in the timeline.
function drawRange(context, height) {
  if (!place.range) return;
  const [left, right] = place.range.map((at) => Math.min(Math.max(xOf(at), GUTTER), GUTTER + width()));
  if (right <= left) return;
  context.save();
  context.globalAlpha = 0.14;
  context.fillStyle = colours.accent;
  context.fillRect(left, 0, right - left, height);
  context.globalAlpha = 1;
  context.fillRect(left, 0, 1, height);
  context.fillRect(right - 1, 0, 1, height);
  context.restore();
}
