// What changed between the two runs, as the diff has it, and the switch between them.

function makeChanges() {
  if (!other) return $("changes").remove();
  const { diff } = other;
  $("sides").hidden = $("marks").hidden = false;
  $("sides").append(...SIDES.map((name, i) => element("button", { text: name, title: `${titleOf(i)} (x)`, on: { click: () => i !== shownSide && switchRun() } })));
  const parts = [verdictOf(diff), ...clocksOf(), countsOf(diff), firstsOf(diff), causesOf(diff), ...splitOf(diff.makespan)];
  for (const [name, changes] of [["machine", diff.machine], ["parameters", diff.params], ["around the ops", diff.around]]) parts.push(...keysOf(name, changes));
  $("changes").append(...parts);
  const { makespan, ops, shifted } = diff;
  says($("changes"), {
    verdict: diff.verdict ?? "none", values: diff.values, a: makespan.a, b: makespan.b, delta: makespan.delta, causes: diff.causes.length,
    both: ops.both, onlyA: ops.only_a, onlyB: ops.only_b, moved: ops.moved, changed: ops.changed, rewired: ops.rewired, shifted: shifted.ops, inherited: shifted.inherited,
    machine: diff.machine.length, params: diff.params.length, around: diff.around.length,
  });
}

function titleOf(side) {
  const { run } = side ? other.model : first;
  return `${SIDES[side]}: ${run.kernel}, ${many(run.ranks, "rank")} on ${run.machine}`;
}

// The switch, and which marks the run that is shown has.
function fillSides() {
  if (!other) return;
  [...$("sides").children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === shownSide)));
  says(document.body, { side: SIDES[shownSide] });
  const counts = marks.names.map(() => 0);
  marks.of[shownSide].forEach((mark) => counts[mark]++);
  const chips = marks.names.flatMap((name, mark) => {
    if (mark === 0 || counts[mark] === 0) return [];
    return element("button", { class: "chip", title: "To the next one", on: { click: () => nextMarked(shownSide, name) } }, markSwatch(name), markWords(mark), element("small", { text: grouped(counts[mark]) }));
  });
  const none = marks.shown ? "no op differs from the other run by itself" : "ops are too many to be marked one by one";
  $("marks").replaceChildren(element("span", { class: "faint", text: `ops of ${SIDES[shownSide]} that differ` }), ...(chips.length ? chips : [element("span", { class: "faint", text: none })]));
  says($("marks"), Object.fromEntries(marks.names.map((name, mark) => [name, counts[mark]])));
}

function markSwatch(name) {
  return element("i", { class: `mark ${name}` });
}

// Whether cycles of the two machines are of different length.
function clocksDiffer() {
  return other.diff.machine.some(({ key }) => key.startsWith("clock."));
}
function clocksOf() {
  const words = "The clocks of A and B differ: their cycles cannot be compared, and their times can.";
  return clocksDiffer() ? [element("p", { class: "note bad", text: words })] : [];
}

// Makespans, each in cycles of its own machine.
function makespans() {
  const of = ({ run }) => `${grouped(run.makespan_fs / run.cycle_fs)} cycles (${femtoseconds(run.makespan_fs)})`;
  return `A ${of(first)} → B ${of(other.model)}`;
}
function makespanChips() {
  const { a, delta } = other.diff.makespan;
  const runs = [first.run, other.model.run];
  // Cycles of two clocks are no two numbers of one thing.
  const [of, to] = runs.map((run) => (clocksDiffer() ? femtoseconds(run.makespan_fs) : grouped(run.makespan_fs / run.cycle_fs)));
  return [[`A ${of} → B ${to}${clocksDiffer() ? "" : " cycles"}`, "", makespans()], [`${deltaWords(delta)}${delta && a ? `, ${signed((share) => percent(share, 1), delta / a)}` : ""}`, delta > 0 ? "bad" : delta < 0 ? "good" : "", "B less A"]];
}
function deltaWords(fs) {
  return fs === 0 ? "same makespan" : signed(femtoseconds, fs);
}

const VERDICTS = {
  structure: "The ops differ", data: "The values differ", timing: "The times differ, and nothing else", same: "Nothing differs",
};
const VALUES = {
  same: "Values are the same.", different: "Values differ.", none: "Neither program computes values.", left_out: "",
  not_compared: "Values were not compared: a log has no checksums beside it. `kernmesh replay LOG` makes them.",
};

function verdictOf({ verdict, values, makespan }) {
  const words = verdict ? VERDICTS[verdict] : "Ops and times are the same; values are not known";
  return element("div", {}, element("h2", { text: words }), element("p", { class: "note", text: `${makespans()}: ${deltaWords(makespan.delta)}. ${VALUES[values]}` }));
}

// Of each kind of change, how many ops; a click goes to the next one.
function countsOf({ ops, shifted }) {
  const own = shifted.ops - shifted.inherited;
  const kinds = [
    [ops.only_a, "only in A", 0, "only"], [ops.only_b, "only in B", 1, "only"], [ops.changed, "ask for something else", 0, "changed"], [ops.moved, "in another place", 0, "moved"],
    [ops.rewired, "read what other ops make", 0, "rewired"], [own, "take another time", 0, "takes"],
  ];
  const chip = ([n, words, side, name]) => {
    const made = element("button", { class: "chip", title: "To the next one", on: { click: () => nextMarked(side, name) } }, markSwatch(name), `${grouped(n)} ${words}`);
    made.disabled = !marks.shown;
    return made;
  };
  const rest = `${many(ops.both, "op")} in both; ${grouped(shifted.inherited)} of them only shifted by others`;
  return element("div", { class: "bar" }, ...kinds.filter(([n]) => n > 0).map(chip), element("span", { class: "faint", text: rest }));
}

// A link to an op as the diff names it: in A, or in B when that alone has it.
function spotLink(spot) {
  const { rank, index, only_b } = spot;
  const words = `${only_b ? "B: " : ""}${opWords(spot)}`;
  if (!marks.shown) return words;
  const model = only_b ? other.model : first;
  return element("button", { class: "link", text: words, on: { click: () => goToMarked(only_b ? 1 : 0, model.ops.first[rank] + index) } });
}

function firstsOf({ first }) {
  const lines = Object.entries(first).filter(([, spot]) => spot).flatMap(([kind, spot]) => [
    element("dt", { text: kind === "data" ? "values" : kind }),
    element("dd", {}, ...(spot.op ? [spotLink(spot), ": "] : []), spot.what),
  ]);
  return element("div", { class: "part" }, ...(lines.length ? [element("h3", { text: "Where it begins" }), element("dl", {}, ...lines)] : []));
}

function causesOf({ causes, makespan }) {
  const cards = causes.map((cause) => element("div", { class: "card cause" },
    element("p", {}, spotLink(cause), cause.source ? element("code", { text: ` ${cause.source}` }) : ""),
    element("p", {}, cause.what, cause.ops > 1 ? element("span", { class: "faint", text: `; ${grouped(cause.ops)} ops of this line alike` }) : "",
      cause.shift_fs ? element("b", { text: `  ${signed(femtoseconds, cause.shift_fs)}` }) : "")));
  return element("div", { class: "part" }, ...(cards.length ? [element("h3", { text: many(cards.length, "cause") }), ...cards, sumOf(causes, makespan)] : []));
}

// Whether the causes add up to the change of the makespan, and what is missing if not.
function sumOf(causes, { delta }) {
  const sum = total(causes.map(({ shift_fs, ops }) => shift_fs * ops));
  const rest = delta - sum;
  says($("changes"), { causeSum: sum, causeRest: rest });
  const why = "Ops of several ranks run side by side, and some are off the critical path. The tables below add up to it.";
  const text = rest === 0 ? `The causes add up to the change of the makespan, ${signedTime(delta)}.`
    : `The causes do not add up to the change of the makespan: their ops take ${signedTime(sum)} in all, the makespan changed by ${signedTime(delta)}, ${signed(femtoseconds, rest)} is left. ${why}`;
  return element("p", { class: "note", text });
}

// What the change of the makespan is made of: each column adds up to it.
function splitOf({ delta, by_category, by_source }) {
  const categories = Object.entries(by_category).map(([name, fs]) => ({ name, fs }));
  const sources = by_source.map(({ source, delta_fs }) => ({ name: source, fs: delta_fs }));
  const folder = commonFolder(sources.map(({ name }) => name));
  says($("changes"), { byCategory: JSON.stringify(by_category), bySource: JSON.stringify(sources.map(({ name, fs }) => [name, fs])) });
  const table = (rows, title, cell) => {
    const most = rows.reduce((most, { fs }) => Math.max(most, Math.abs(fs)), 1);
    const sum = total(rows.map(({ fs }) => fs));
    const note = sum === delta ? `These add up to ${signedTime(sum)}, the change of the makespan.` : `These add up to ${signedTime(sum)}, ${signed(femtoseconds, delta - sum)} from the change of the makespan.`;
    const made = sortedTable(rows, [
      { title, left: true, value: (row) => row.name, cell },
      { title: "B less A", hint: "On the critical path", value: (row) => row.fs, text: (fs) => signed(femtoseconds, fs) },
      { title: "size", value: (row) => Math.abs(row.fs), cell: ({ fs }) => barOf(fs / most) },
    ], { by: 2, most: 60 });
    return element("div", {}, made, element("p", { class: "note sum", text: note }));
  };
  if (categories.length + sources.length === 0) return [];
  return [
    element("h3", { text: `Makespan: ${deltaWords(delta)}` }),
    table(categories, "spent on", (row) => element("span", {}, swatch(`var(--activity-${activityOfCategory(row.name)})`), row.name)),
    table(sources, "source line", (row) => element("code", { text: row.name.slice(folder), title: row.name })),
  ];
}

// To the right what B spends more, to the left what it spends less.
function barOf(share) {
  const fill = element("i", { class: share > 0 ? "more" : "less", style: { width: `${50 * Math.abs(share)}%`, [share > 0 ? "left" : "right"]: "50%" } });
  return element("span", { class: "balance" }, fill);
}

function keysOf(name, changes) {
  if (changes.length === 0) return [];
  const rows = changes.map(({ key, a, b }) => element("tr", {}, ...[key, a ?? "–", b ?? "–"].map((text) => element("td", { class: "left" }, element("code", { text, title: text })))));
  const head = element("tr", {}, ...[name, "A", "B"].map((text) => element("th", { class: "left", text })));
  return [element("table", { class: "keys" }, element("thead", {}, head), element("tbody", {}, ...rows))];
}
