// The critical path, grouped: by reason, source line, rank, or stretch by stretch.

let criticalBy = null;

const GROUPS = {
  both: ["reason and line", () => ops.shown, (i) => `${criticalReason(i)}\u0000${lineOf(critical.op[i])}`],
  reason: ["reason", () => true, criticalReason],
  line: ["source line", () => ops.shown, (i) => lineOf(critical.op[i])],
  rank: ["rank", () => true, (i) => `rank ${rankOf(critical.op[i])}`],
  stretch: ["single stretches", () => true, null],
};

function criticalReason(i) {
  return critical.categories[critical.category[i]] ?? "";
}
function criticalLength(i) {
  return (critical.start[i + 1] ?? END) - critical.start[i];
}
// `file:line` of an op, or its kind where the program does not say.
function lineOf(op) {
  const source = sourceOf(op);
  return source ? source.replace(/^(.*:\d+):\d+$/, "$1") : labelOf(op).split(" ", 1)[0];
}

// Groups of stretches: what they have in common, their time, how many there are, and the longest.
function groupsOf(key) {
  const groups = new Map();
  for (let i = 0; i < critical.n; i++) {
    const name = key(i);
    const group = groups.get(name);
    if (!group) groups.set(name, { name, ticks: criticalLength(i), n: 1, longest: i });
    else {
      group.ticks += criticalLength(i);
      group.n++;
      if (criticalLength(i) > criticalLength(group.longest)) group.longest = i;
    }
  }
  return [...groups.values()];
}

function fillCritical() {
  const pane = $("critical");
  const rows = critical.categories.map((name, i) => ({ name, ticks: critical.totals[i] })).sort((a, b) => b.ticks - a.ticks);
  const bar = element("div", { class: "stack" }, ...rows.map((row) => element("i", { title: `${row.name}: ${percent(row.ticks, END)}`, style: { flexGrow: row.ticks, background: `var(--activity-${activityOfCategory(row.name)})` } })));
  const words = element("p", { class: "note", text: `What set the makespan, from 0 to the end: ${rows.map((row) => `${row.name} ${percent(row.ticks, END)}`).join(", ") || "nothing"}.` });
  const open = Object.entries(GROUPS).filter(([, [, can]]) => can());
  if (!open.some(([name]) => name === criticalBy)) criticalBy = open[0][0];
  const options = open.map(([value, [text]]) => element("option", { value, text }));
  const choice = element("select", { "aria-label": "Group by", on: { change: (event) => { criticalBy = event.target.value; fillCritical(); } } }, ...options);
  choice.value = criticalBy;
  const [, , key] = GROUPS[criticalBy];
  const groups = key ? groupsOf(key) : [];
  const top = element("div", { class: "bar" }, element("label", {}, "by", choice), element("span", { class: "faint", text: many(critical.n, "stretch", "stretches") }));
  pane.replaceChildren(top, bar, words, key ? tableOfGroups(groups) : tableOfStretches());
  says(pane, { by: criticalBy, groups: groups.length, grouped: total(groups.map(({ ticks }) => ticks)), counted: total(groups.map(({ n }) => n)) });
  says(pane, { stretches: critical.n, total: total(critical.totals), ...Object.fromEntries(rows.map((row) => [row.name, row.ticks])) });
}

function tableOfGroups(groups) {
  const parts = (name) => name.split("\u0000");
  const reason = (name) => critical.categories.includes(parts(name)[0]) && parts(name)[0];
  const lines = groups.map(({ name }) => parts(name).at(-1)).filter((name) => /:\d+$/.test(name));
  const folder = commonFolder(lines);
  const cell = ({ name }) => {
    const kind = reason(name);
    const rest = kind ? parts(name).slice(1) : parts(name);
    const short = (text) => (lines.includes(text) ? text.slice(folder) : text);
    const made = element("span", {}, ...(kind ? [swatch(`var(--activity-${activityOfCategory(kind)})`), `${kind} `] : []));
    made.append(...rest.map((text) => element("code", { text: short(text), title: text })));
    return made;
  };
  return sortedTable(groups, [
    { title: GROUPS[criticalBy][0], left: true, value: ({ name }) => name, cell },
    { title: "share", hint: "Of the makespan", value: ({ ticks }) => ticks, text: (ticks) => percent(ticks, END) },
    { title: "cycles", hint: "Added up over its stretches", value: ({ ticks }) => ticks, text: inCycles },
    { title: "stretches", value: ({ n }) => n, text: grouped },
    { title: "longest", hint: "Cycles of its longest stretch; a click leads to it", value: ({ longest }) => criticalLength(longest), text: inCycles },
  ], { by: 1, most: 200, pick: ({ longest }) => goTo(critical.op[longest]) });
}

function tableOfStretches() {
  return sortedTable(Array.from({ length: critical.n }, (_, i) => i), [
    { title: "begins", hint: "Cycles", value: (i) => critical.start[i], text: inCycles },
    { title: "cycles", hint: "Length of the stretch", value: criticalLength, text: inCycles },
    { title: "spent on", left: true, value: criticalReason },
    { title: "op", left: true, value: (i) => critical.op[i], cell: (i) => (ops.shown ? `${nameOf(critical.op[i])}: ${labelOf(critical.op[i])}` : String(critical.op[i])) },
  ], { by: 1, most: 200, pick: (i) => goTo(critical.op[i]) });
}
