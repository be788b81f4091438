// Memory: what is live in the TCM or in the HBM of a rank, who holds the peak, and what lies there twice.

const memoryBox = element("div", { class: "chart" });
const memoryNote = element("p", { class: "note" });
const holders = element("div", { class: "holders" });
const memoryChoice = element("select", { "aria-label": "Rank", on: { change: (event) => {
  place.rank = Number(event.target.value);
  touch("op", "address");
} } });
const memoryKind = element("select", { "aria-label": "Memory", on: { change: (event) => {
  place.memory = event.target.value;
  fillMemory();
  touch("op", "address");
} } }, element("option", { value: "tcm", text: "TCM" }), element("option", { value: "hbm", text: "HBM" }));
const memoryChart = timeChart(memoryBox, [
  { name: "live", colour: () => colours.busy.dma },
  { name: "slots", colour: () => colours.busy.recv },
], {
  values: (n) => bytes(n, 3),
  incrs: Array.from({ length: 46 }, (_, i) => 2 ** i),
  marks: () => {
    const { needed, peak } = memoryShown().ranks[place.rank];
    const lines = [{ at: needed, text: `needs ${bytes(needed)}`, colour: colours.text }];
    return peak < needed * 0.97 ? [...lines, { at: peak, text: `peak ${bytes(peak)}`, colour: colours.faint }] : lines;
  },
});

// The memories of the kind that is chosen.
function memoryShown() {
  return place.memory === "hbm" ? hbm : memory;
}
// `b3`, or the name of a tensor.
function holderName(i) {
  const shown = memoryShown();
  return shown === hbm ? hbm.names[shown.holder[i]] : `b${shown.holder[i]}`;
}

function makeMemory() {
  const legend = element("span", { class: "key" });
  when("theme", () => legend.replaceChildren(element("span", {}, swatch(colours.busy.dma), "live"), element("span", {}, swatch(colours.busy.recv), "slots")));
  const toPeak = () => pin(memoryShown().ranks[place.rank].peak_at);
  const peak = element("button", { text: "To the peak", on: { click: toPeak } });
  $("memory").append(element("div", { class: "bar" }, memoryKind, memoryChoice, peak, legend), memoryBox, memoryNote, holders);
}

function fillMemory() {
  const shown = memoryShown();
  const order = shown.ranks.map((_, i) => i).sort((a, b) => shown.ranks[b].peak - shown.ranks[a].peak || a - b);
  const option = (rank) => element("option", { value: rank, text: `rank ${rank}: peak ${bytes(shown.ranks[rank].peak)}` });
  memoryKind.value = place.memory;
  memoryChoice.replaceChildren(...order.map(option));
  const most = (part) => shown.ranks.reduce((most, rank) => Math.max(most, rank[part] ?? 0), 0);
  says($("memory"), { kind: place.memory, needed: most("needed"), live: most("live"), peak: most("peak"), capacity: shown.capacity });
}

function drawMemory() {
  if (!isShown("memory")) return;
  const shown = memoryShown();
  const rank = shown.ranks[place.rank];
  memoryChoice.value = String(place.rank);
  const changes = [];
  for (let i = rank.first; i < rank.end; i++) {
    if (shown.from[i] < shown.to[i]) changes.push([shown.to[i], 0, -shown.bytes[i]], [shown.from[i], 0, shown.bytes[i]]);
  }
  const [xs, [used]] = steps(changes, 1);
  memoryChart.draw([xs, used.map((n) => n + rank.slots), xs.map(() => rank.slots)]);
  tellMemory();
}

// What is live at the cursor, or at the peak, the largest first.
function tellMemory() {
  if (!isShown("memory")) return;
  const shown = memoryShown();
  const rank = shown.ranks[place.rank];
  const at = place.cursor ?? rank.peak_at;
  const held = [];
  let sum = rank.slots;
  for (let i = rank.first; i < rank.end; i++) {
    if (shown.from[i] > at || shown.to[i] <= at) continue;
    held.push(i);
    sum += shown.bytes[i];
  }
  held.sort((a, b) => shown.bytes[b] - shown.bytes[a] || shown.address[a] - shown.address[b]);
  const when = place.cursor === null ? "At the peak" : `At ${cycles(at)}`;
  const least = rank.live === null ? "" : ` as planned, at least ${bytes(rank.live)},`;
  const needs = `Needs ${bytes(rank.needed)}${least} of ${bytes(shown.capacity)}.`;
  const what = shown === hbm ? "tensor" : "buffer";
  memoryNote.textContent = ops.shown
    ? `${when}: ${bytes(sum)} live, ${bytes(rank.slots)} of slots and ${bytes(sum - rank.slots)} in ${many(held.length, what)}. ${needs}`
    : `The peak is ${bytes(rank.peak)}. ${needs}`;
  const rows = held.slice(0, 40).map((i) => element("tr", {},
    element("td", { class: "left", text: holderName(i), title: `at address ${grouped(shown.address[i])}` }),
    element("td", { text: bytes(shown.bytes[i]) }),
    element("td", { class: "left" }, useLink(shown.first[i]), " – ", useLink(shown.last[i])),
    element("td", { class: "left", text: sourceOf(shown.first[i]).split("/").at(-1), title: sourceOf(shown.first[i]) })));
  const head = element("tr", {}, ...[[what, 1], ["bytes"], ["first and last op", 1], ["first used at", 1]].map(([text, left]) => element("th", { class: left ? "left" : "", text })));
  const table = rows.length ? [element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))] : [];
  holders.replaceChildren(...twiceTable(), ...table);
  says($("memory"), { rank: place.rank, inUse: sum, held: held.length });
}

// An op that uses a buffer or tensor; of another rank, with that.
function useLink(op) {
  const rank = rankOf(op);
  const name = `op ${op - ops.first[rank]}`;
  return opLink(op, rank === place.rank ? name : `${name} of rank ${rank}`);
}

// What the rank holds in two places at once, the ops that brought it there, and when.
function twiceTable() {
  const copies = memoryShown().twice.filter((copy) => copy.rank === place.rank);
  says($("memory"), { twice: copies.length });
  if (copies.length === 0) return [];
  const where = (copy, i) => (copy.by[i] === null || !ops.shown ? [copy.holders[i]] : [`${copy.holders[i]} by `, useLink(copy.by[i])]);
  const rows = copies.map((copy) => element("tr", {},
    element("td", { class: "left" }, ...where(copy, 0)), element("td", { class: "left" }, ...where(copy, 1)),
    element("td", { text: bytes(copy.bytes) }),
    element("td", { text: cycles(copy.from) }), element("td", { text: cycles(copy.to) })));
  const head = element("tr", {}, ...[["held twice: in", 1], ["and in", 1], ["bytes"], ["from"], ["to"]].map(([text, left]) => element("th", { class: left ? "left" : "", text })));
  return [element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))];
}
