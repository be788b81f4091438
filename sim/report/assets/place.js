// Where the reader is: the view in time, the cursor, the selected op, what is open. All panes share it, and the
// address of the page holds it.

const place = {
  from: 0,
  to: LIMIT || 1,
  cursor: null,
  // The moment that was clicked; the cursor goes back to it when the pointer leaves.
  pinned: null,
  op: -1,
  // Other ops that a finding names.
  also: [],
  // The op that was selected in the other run, which alone has it.
  gone: null,
  open: new Set(),
  only: -1,
  // Whether waits for operands are drawn.
  operand: false,
  // The selected range of time, or null.
  range: null,
  ring: -1,
  rank: 0,
  // Whose lifetimes are shown: tcm or hbm.
  memory: "tcm",
  mesh: "run",
  tabs: {},
  query: "",
};

// What is done when a part has changed; at a redraw, in this order.
const readers = [];
const touched = new Set();

function when(parts, act) {
  readers.push({ parts: parts.split(" "), act });
}
function touch(...parts) {
  if (touched.size === 0) requestAnimationFrame(redraw);
  parts.forEach((part) => touched.add(part));
}
function redraw() {
  const now = readers.filter(({ parts }) => parts.some((part) => touched.has(part)));
  touched.clear();
  now.forEach(({ act }) => act());
  document.body.dataset.drawn = String(Number(document.body.dataset.drawn ?? 0) + 1);
}

// The shortest view: a few ticks, unless the run is shorter.
function shortest() {
  return Math.min(LIMIT || 1, 8);
}

function setView(from, to) {
  const length = Math.min(Math.max(to - from, shortest()), LIMIT || 1);
  const middle = (from + to) / 2;
  place.from = Math.min(Math.max(middle - length / 2, 0), (LIMIT || 1) - length);
  place.to = place.from + length;
  touch("view", "address");
}
function zoomAt(at, factor) {
  setView(at - (at - place.from) * factor, at + (place.to - at) * factor);
}
function panBy(ticks) {
  const length = place.to - place.from;
  const from = Math.min(Math.max(place.from + ticks, 0), (LIMIT || 1) - length);
  setView(from, from + length);
}
function setCursor(at) {
  place.cursor = at === null ? place.pinned : Math.min(Math.max(at, 0), LIMIT);
  touch("cursor");
}
function pin(at) {
  place.pinned = at;
  setCursor(at);
  touch("address");
}

function select(op, also = []) {
  place.op = op;
  place.also = also;
  place.gone = null;
  if (op >= 0) {
    place.rank = rankOf(op);
    const message = rings.ofOp[op];
    if (message >= 0) place.ring = ringOf(message);
  }
  touch("op", "address");
}
// Selects an op, opens its rank, and shows it and what goes with it, with some time around them.
function goTo(op, also = []) {
  if (!ops.shown || op < 0 || op >= ops.n) return;
  select(op, also);
  const all = [op, ...also];
  all.forEach((other) => place.open.add(rankOf(other)));
  place.toRow = true;
  const from = all.reduce((least, other) => Math.min(least, ops.issue[other]), Infinity);
  const to = all.reduce((most, other) => Math.max(most, ops.done[other]), 0);
  const length = Math.max(to - from, END / 1e4, shortest());
  if (from < place.from || to > place.to || place.to - place.from > 200 * length) {
    setView(from - 4 * length, to + 4 * length);
  }
  pin(ops.start[op]);
  // Who goes through a list wants to keep it.
  const lists = ["changes", "findings", "critical", "lines", "spans", "range", "search"];
  if (!lists.includes(place.tabs.critical)) showTab("selection");
  touch("rows");
}

// #run=b&t=FROM-TO&at=TICK&op=RANK.INDEX&range=FROM-TO&waits=operand&open=1,2&ring=3&rank=0&memory=hbm&tabs=mesh,memory,lines&q=text
function address() {
  const parts = shownSide ? ["run=b"] : [];
  const round = (tick) => String(Math.round(tick));
  if (place.from > 0 || place.to < LIMIT) parts.push(`t=${round(place.from)}-${round(place.to)}`);
  if (place.pinned !== null) parts.push(`at=${round(place.pinned)}`);
  if (place.op >= 0) parts.push(`op=${rankOf(place.op)}.${place.op - ops.first[rankOf(place.op)]}`);
  if (place.range) parts.push(`range=${place.range.map(round).join("-")}`);
  if (place.operand) parts.push("waits=operand");
  if (place.open.size > 0) parts.push(`open=${[...place.open].sort((a, b) => a - b).join(",")}`);
  if (place.ring >= 0) parts.push(`ring=${place.ring}`);
  parts.push(`rank=${place.rank}`, `mesh=${place.mesh}`, `tabs=${Object.values(place.tabs).join(",")}`);
  if (place.memory === "hbm") parts.push("memory=hbm");
  if (place.query) parts.push(`q=${encodeURIComponent(place.query)}`);
  return `#${parts.join("&")}`;
}

function goToAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const numbers = (text) => (text ?? "").split(/[-.,]/).filter(Boolean).map(Number).filter(Number.isFinite);
  if (other && (parts.get("run") === "b") !== (shownSide === 1)) switchRun();
  const view = numbers(parts.get("t"));
  if (view.length === 2 && view[0] < view[1]) setView(view[0], view[1]);
  if (parts.has("open")) {
    const open = parts.get("open") === "all" ? [...Array(run.ranks).keys()] : numbers(parts.get("open"));
    place.open = new Set(open.filter((rank) => rank < run.ranks));
  }
  const inside = (name, most) => {
    const [n] = numbers(parts.get(name));
    return Number.isInteger(n) && n < most ? n : null;
  };
  place.ring = inside("ring", rings.all.length) ?? place.ring;
  place.rank = inside("rank", run.ranks) ?? place.rank;
  place.memory = parts.get("memory") === "hbm" ? "hbm" : "tcm";
  fillMemory();
  if (parts.get("mesh") === "cursor") place.mesh = "cursor";
  const [rank, index] = numbers(parts.get("op"));
  if (rank < run.ranks && index >= 0 && ops.first[rank] + index < ops.first[rank + 1] && ops.shown) {
    select(ops.first[rank] + index);
    place.toRow = true;
  }
  const at = inside("at", LIMIT + 1);
  if (at !== null) pin(at);
  (parts.get("tabs") ?? "").split(",").filter((id) => id && $(id)?.dataset.title).forEach(showTab);
  const range = numbers(parts.get("range"));
  if (range.length === 2) selectRange(...range);
  if (parts.has("waits")) place.operand = parts.get("waits") === "operand";
  place.query = parts.get("q") ?? "";
  if (["light", "dark"].includes(parts.get("theme"))) setTheme(parts.get("theme"));
  touch("view", "rows", "op", "cursor", "query", "mesh", "theme");
}

let writing = 0;
when("address", () => {
  // A page that is the text of a frame, as in a notebook, has no address of its own.
  if (location.protocol === "about:") return;
  clearTimeout(writing);
  writing = setTimeout(() => history.replaceState(null, "", address()), 200);
});

// Tabs: of each column one pane is seen.
function makeTabs() {
  for (const column of document.querySelectorAll(".column")) {
    const nav = column.querySelector("nav");
    for (const pane of column.querySelectorAll("article")) {
      const act = () => { showTab(pane.id); touch("address"); };
      nav.append(element("button", { id: `tab-${pane.id}`, text: pane.dataset.title, on: { click: act } }));
    }
    showTab(column.dataset.tabs);
  }
}
function showTab(id) {
  const column = $(id).closest(".column");
  for (const pane of column.querySelectorAll("article")) {
    pane.hidden = pane.id !== id;
    $(`tab-${pane.id}`)?.setAttribute("aria-selected", String(pane.id === id));
  }
  place.tabs[column.dataset.tabs] = id;
  touch("tabs");
}
function isShown(id) {
  return !$(id).hidden;
}
