// Memory: the buffers in use in the TCM of a rank, and who holds the peak.

const memoryBox = element("div", { class: "chart" });
const memoryNote = element("p", { class: "note" });
const holders = element("div", { class: "holders" });
const memoryChoice = element("select", { "aria-label": "Rank", on: { change: (event) => {
  place.rank = Number(event.target.value);
  touch("op", "address");
} } });
const memoryChart = timeChart(memoryBox, [
  { name: "buffers in use", colour: () => colours.busy.dma },
  { name: "slots", colour: () => colours.busy.recv },
], {
  values: (n) => bytes(n, 3),
  incrs: Array.from({ length: 46 }, (_, i) => 2 ** i),
  marks: () => {
    const { needed, peak } = memory.ranks[place.rank];
    const lines = [{ at: needed, text: `needs ${bytes(needed)}`, colour: colours.text }];
    return peak < needed * 0.97 ? [...lines, { at: peak, text: `peak ${bytes(peak)}`, colour: colours.faint }] : lines;
  },
});

function makeMemory() {
  const legend = element("span", { class: "key" });
  when("theme", () => legend.replaceChildren(element("span", {}, swatch(colours.busy.dma), "buffers in use"), element("span", {}, swatch(colours.busy.recv), "slots")));
  const toPeak = () => pin(memory.ranks[place.rank].peak_at);
  const peak = element("button", { text: "To the peak", on: { click: toPeak } });
  $("memory").append(element("div", { class: "bar" }, memoryChoice, peak, legend), memoryBox, memoryNote, holders);
}

function fillMemory() {
  const order = memory.ranks.map((_, i) => i).sort((a, b) => memory.ranks[b].peak - memory.ranks[a].peak || a - b);
  const option = (rank) => element("option", { value: rank, text: `rank ${rank}: peak ${bytes(memory.ranks[rank].peak)}` });
  memoryChoice.replaceChildren(...order.map(option));
  const most = (part) => memory.ranks.reduce((most, rank) => Math.max(most, rank[part]), 0);
  says($("memory"), { needed: most("needed"), live: most("live"), peak: most("peak"), capacity: memory.capacity });
}

function drawMemory() {
  if (!isShown("memory")) return;
  const rank = memory.ranks[place.rank];
  memoryChoice.value = String(place.rank);
  const changes = [];
  for (let i = rank.first; i < rank.end; i++) {
    if (memory.from[i] < memory.to[i]) changes.push([memory.to[i], 0, -memory.bytes[i]], [memory.from[i], 0, memory.bytes[i]]);
  }
  const [xs, [used]] = steps(changes, 1);
  memoryChart.draw([xs, used.map((n) => n + rank.slots), xs.map(() => rank.slots)]);
  tellMemory();
}

// Buffers in use at the cursor, or at the peak, the largest first.
function tellMemory() {
  if (!isShown("memory")) return;
  const rank = memory.ranks[place.rank];
  const at = place.cursor ?? rank.peak_at;
  const held = [];
  let sum = rank.slots;
  for (let i = rank.first; i < rank.end; i++) {
    if (memory.from[i] > at || memory.to[i] <= at) continue;
    held.push(i);
    sum += memory.bytes[i];
  }
  held.sort((a, b) => memory.bytes[b] - memory.bytes[a] || memory.address[a] - memory.address[b]);
  const when = place.cursor === null ? "At the peak" : `At ${cycles(at)}`;
  memoryNote.textContent = ops.shown
    ? `${when}: ${bytes(sum)} in use, ${bytes(rank.slots)} of slots and ${bytes(sum - rank.slots)} in ${many(held.length, "buffer")}. Needs ${bytes(rank.needed)} as planned, at least ${bytes(rank.live)}, of ${bytes(memory.capacity)}.`
    : `The peak is ${bytes(rank.peak)}; the planner needs ${bytes(rank.needed)} of ${bytes(memory.capacity)}.`;
  const rows = held.slice(0, 40).map((i) => element("tr", {},
    element("td", { class: "left", text: `b${memory.buffer[i]}`, title: `at address ${grouped(memory.address[i])}` }),
    element("td", { text: bytes(memory.bytes[i]) }),
    element("td", { class: "left" }, opLink(memory.first[i], `op ${memory.first[i] - ops.first[place.rank]}`), " – ", opLink(memory.last[i], `op ${memory.last[i] - ops.first[place.rank]}`)),
    element("td", { class: "left", text: sourceOf(memory.first[i]).split("/").at(-1), title: sourceOf(memory.first[i]) })));
  const head = element("tr", {}, ...[["buffer", 1], ["bytes"], ["first and last op", 1], ["made at", 1]].map(([text, left]) => element("th", { class: left ? "left" : "", text })));
  holders.replaceChildren(...(rows.length ? [element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))] : []));
  says($("memory"), { rank: place.rank, inUse: sum, held: held.length });
}
