// The first view: of a run whose values are wrong, these; what bound the run, how near it came to its peak, the worst source lines, and where to look.

// Of each limit its name and what helps.
const ANSWERS = {
  gemm: ["Compute", "on its GEMM unit", "Fewer multiply-adds, or shapes that fill the array, make the run shorter."],
  math: ["Compute", "on its math unit", "Fewer elements, or shapes that fill the lanes, make the run shorter."],
  memory: ["Memory", "", "Fewer bytes from memory, or more bandwidth, make the run shorter."],
  link: ["Links", "", "Fewer bytes over it, other routes, or a wider link make the run shorter."],
  latency: ["Message latency", "", "Fewer messages one after the other, shorter ways, or wider links make the run shorter."],
  slots: ["Slots of rings", "", "More slots let messages travel side by side."],
  chain: ["Ops that wait for each other", "", "Ops that overlap, or a shorter chain, make the run shorter."],
  nothing: ["Nothing", "", "The run takes no time."],
};
const CHAINS = {
  compute: "computing", memory: "transfers to and from memory", message: "messages", link: "waits for a link", credit: "credits",
  barrier: "barriers", semaphore: "semaphores", event: "events", issue: "issuing ops",
};

function ofRun(fs) {
  return percent(fs, run.makespan_fs);
}
function boundOf(name) {
  return model.work.bounds.find(([bound]) => bound === name)?.[1] ?? 0;
}
// The resource that the share of peak is told of: that which binds, or else the one that reached most.
function peakShown() {
  const { peaks } = model.answer;
  return peaks.find(({ bound }) => bound === model.work.binding) ?? peaks.reduce((most, it) => (most && most.reached >= it.reached ? most : it), null);
}

function resourceName({ bound, rank }) {
  return `${BOUND[bound]}${rank === null ? "" : ` (rank ${rank})`}`;
}

// What a resource loses more time to than it spends at its peak rate.
function lossOf(peak) {
  const [most] = peak?.lost ?? [];
  return most && most[1] > peak.reached ? `Most of that is lost to this: ${most[0]}. kernmesh advise times the changes that may help.` : null;
}

// The limit in a sentence.
function reasonOf({ limit, of, span, peaks }) {
  const [, , advice] = ANSWERS[limit === "resource" ? of : limit];
  if (limit === "nothing") return advice;
  if (limit === "resource") {
    const rank = peaks.find(({ bound }) => bound === of)?.rank ?? null;
    const what = of === "link" && model.answer.server ? serverName(model.answer.server) : resourceName({ bound: of, rank });
    const subject = what[0].toUpperCase() + what.slice(1);
    const needs = `${subject} needs at least ${ofRun(span)} of the run for its work, even if all else took no time.`;
    return `${needs} ${lossOf(peaks.find(({ bound }) => bound === of)) ?? advice}`;
  }
  const [bound, least] = [model.work.binding, boundOf(model.work.binding)];
  const free = `No resource needs more than ${ofRun(least)} of the run (${bound}).`;
  if (limit === "slots") return `Sends wait for free slots: ${ofRun(span)} of the critical path is credits on their way back. ${free} ${advice}`;
  return `${ofRun(span)} of the critical path is ${CHAINS[of]}. ${free} ${advice}`;
}

// The whole run in parts that add up to it: of the resource that binds, or of the critical path.
function partsOf({ limit }) {
  const peak = peakShown();
  if (!peak || limit === "slots" || limit === "chain") {
    const rows = critical.categories.map((name, i) => [name, critical.totals[i] * run.tick_fs, `var(--activity-${activityOfCategory(name)})`]);
    return ["the critical path is", rows.sort(([, a], [, b]) => b - a)];
  }
  const lost = peak.lost.map(([name, fs], i) => [name, fs, `color-mix(in srgb, var(--faint) ${70 - 22 * Math.min(i, 2)}%, var(--ground))`]);
  const waits = peak.waits.map(([name, fs]) => [`waits: ${name}`, fs, `var(--activity-${lanes.activities.findIndex((it) => it.name === name)}, var(--line))`]);
  return [`${peak.bound}${peak.rank === null ? "" : ` of rank ${peak.rank}`}`, [["at its peak rate", peak.reached, "var(--good)"], ...lost, ...waits]];
}

function barOfParts(answer) {
  const [subject, parts] = partsOf(answer);
  const seen = parts.filter(([, fs]) => fs * 2000 >= run.makespan_fs);
  const bar = element("div", { class: "stack" }, ...seen.map(([name, fs, colour]) => element("i", { title: `${name}: ${ofRun(fs)}`, style: { flexGrow: fs, background: colour } })));
  const keys = seen.slice(0, 5).map(([name, fs, colour]) => element("span", {}, swatch(colour), `${name} ${ofRun(fs)}`));
  return element("div", { class: "parts" }, bar, element("p", { class: "keys" }, element("b", { text: subject }), ...keys));
}

function blockOf(name, title, ...children) {
  return element("div", { class: `block ${name}` }, element("h2", { text: title }), ...children);
}

function answerBlock(answer) {
  const [name, where] = ANSWERS[answer.limit === "resource" ? answer.of : answer.limit];
  const head = element("p", { class: "answer" }, name, where ? element("small", { text: ` ${where}` }) : "");
  return blockOf("limit", "What bound this run?", head, element("p", { text: reasonOf(answer) }), barOfParts(answer));
}

function peakBlock() {
  const peak = peakShown();
  if (!peak) return blockOf("share", "Share of peak", element("p", { class: "answer", text: "–" }), element("p", { class: "faint", text: "No unit, memory or link has a rate and something to do." }));
  const [most] = [...peak.lost, ...peak.waits].sort(([, a], [, b]) => b - a);
  return blockOf("share", "Share of peak",
    element("p", { class: "answer" }, ofRun(peak.reached)),
    element("p", {}, `of the peak rate of ${resourceName(peak)}.`, most ? ` Most of the rest: ${most[0]}, ${ofRun(most[1])}.` : ""));
}

function linesBlock({ lines }) {
  const folder = commonFolder(lines.map(({ name }) => name));
  const rowOf = ({ name, critical: fs, text }) => {
    const line = model.lines.lines.find((it) => it.name === name);
    const place = name.slice(folder);
    const link = ops.shown && line ? element("button", { class: "link", text: place, title: name, on: { click: () => goTo(line.first) } }) : element("span", { text: place, title: name });
    return element("li", {}, element("b", { text: ofRun(fs) }), link, text ? element("code", { text, title: text }) : element("span", { class: "faint", text: "source not found here" }));
  };
  const empty = element("p", { class: "faint", text: "No op is on the critical path." });
  return blockOf("worst", "Worst lines, by their share of the critical path", lines.length ? element("ol", {}, ...lines.map(rowOf)) : empty);
}

function serverName({ kind, from, to }) {
  const end = (pe) => (rankAt.has(pe) ? `rank ${rankAt.get(pe)}` : `pe${pe}`);
  return kind === "link" ? `the link ${end(from)} → ${end(to)}` : `the ${kind} ${end(from)}`;
}

// Ranks whose units work for less than half of the run.
function idleWords() {
  const share = (rank) => busyOf[rank] / (END || 1);
  const idle = busyOf.map((_, rank) => rank).filter((rank) => share(rank) < 0.5);
  const least = busyOf.reduce((least, busy, rank) => (busy < busyOf[least] ? rank : least), 0);
  const worst = `least busy: rank ${least}, ${percent(busyOf[least], END)}`;
  if (idle.length === 0) return [0, `none; ${worst}`];
  const names = idle.length > 8 || idle.length === run.ranks ? "" : ` (${idle.join(", ")})`;
  return [idle.length, `${idle.length === run.ranks ? "all" : `${grouped(idle.length)} of`} ${grouped(run.ranks)} work less than half of the run${names}; ${worst}`];
}

function whereBlock() {
  const { server } = model.answer;
  const worst = worstRing();
  const [idle, idleText] = idleWords();
  const line = (name, ...what) => [element("dt", { text: name }), element("dd", {}, ...what)];
  const toRing = () => { place.ring = worst; showTab("rings"); touch("ring", "address"); };
  const ring = worst < 0 ? "no send waits for a slot" : [element("button", { class: "link", text: ringName(rings.all[worst]), on: { click: toRing } }), ` (${many(rings.all[worst].slots, "slot")}): sends wait ${percent(rings.all[worst].waited, END)}`];
  const link = server ? `${serverName(server)}: ${ofRun(boundOf("link"))}` : "nothing crosses a link";
  const { length } = model.findings;
  const findings = length ? line("findings", element("button", { class: "link bad", text: `${many(length, "finding")}: repair them first`, on: { click: () => showTab("findings") } })) : [];
  says($("summary"), { ring: worst, link: boundOf("link"), idle });
  return blockOf("where", "Where to look", element("dl", {}, ...findings, ...line("worst link", link), ...line("worst ring", ...[ring].flat()), ...line("idle ranks", idleText)));
}

// The ring whose sends wait most for a slot; -1 when none does.
function worstRing() {
  return rings.all.reduce((most, { waited }, i) => (waited > (most < 0 ? 0 : rings.all[most].waited) ? i : most), -1);
}

// What bound a run that is wrong is the second question.
function timesOf(blocks) {
  const details = element("details", { class: "times" }, element("summary", { text: "What bound this run, and where its time went" }), element("div", {}, ...blocks));
  details.addEventListener("toggle", () => touch("rows", "size"));
  return details;
}

function fillSummary() {
  const { answer } = model;
  const times = [answerBlock(answer), peakBlock(), linesBlock(answer), whereBlock()];
  $("summary").replaceChildren(...(model.wrong ? [...wrongBlocks(), timesOf(times)] : times));
  $("summary").classList.toggle("failed", model.wrong !== null);
  const peak = peakShown();
  says($("summary"), {
    limit: answer.limit, of: answer.of ?? "", span: answer.span, share: ofRun(answer.span), peak: peak ? ofRun(peak.reached) : "", reached: peak?.reached ?? 0,
    parts: total(partsOf(answer)[1].map(([, fs]) => fs)), lines: answer.lines.map(({ name }) => name).join("|"),
  });
}

function switchSummary() {
  $("summary").hidden = !$("summary").hidden;
  $("brief").setAttribute("aria-pressed", String(!$("summary").hidden));
  touch("rows", "size");
}
