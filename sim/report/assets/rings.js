// Rings: how many slots are filled, how many messages and credits are on their way.

// A chart over the view in time, whose layers lie on each other. `layers` are {name, colour}, the undermost last.
function timeChart(box, layers, { values, incrs, marks = () => [] }) {
  let [chart, line, labels] = [null, null, []];
  // The cursor is an element of its own: moving it draws nothing again.
  const mark = () => {
    if (!chart) return;
    line.hidden = place.cursor === null || place.cursor < place.from || place.cursor > place.to;
    if (!line.hidden) line.style.left = `${chart.valToPos(place.cursor, "x")}px`;
  };
  const axis = (more) => ({
    stroke: () => colours.faint, font: `11px ${FONT}`, grid: { stroke: () => colours.line, width: 0.5 },
    ticks: { stroke: () => colours.line, width: 0.5, size: 4 }, ...more,
  });
  const make = () => {
    chart?.destroy();
    const series = layers.map(({ name, colour }) => ({
      label: name, fill: colour(), stroke: colour(), width: 0.5, points: { show: false },
      paths: uPlot.paths.stepped({ align: 1 }),
    }));
    const shown = (ticks, step) => ticks.map((at) => cyclesAt(at, step));
    const options = {
      width: Math.max(box.clientWidth, 60), height: Math.max(box.clientHeight, 60), legend: { show: false },
      padding: [8, 26, 0, 0],
      cursor: { points: { show: false }, x: false, y: false, drag: { setScale: false, x: true, y: false } },
      scales: { x: { time: false, range: () => [place.from, place.to] }, y: { range: (_, least, most) => [0, Math.max(most * 1.06, 1)] } },
      axes: [axis({ size: 24, space: 76, values: (_, ticks, _axis, _space, step) => (labels = shown(ticks, step)) }), axis({ size: 62, incrs, space: 24, values: (_, all) => all.map(values) })],
      series: [{}, ...series],
      hooks: {
        draw: [(u) => drawMarks(u, marks())],
        setSelect: [(u) => u.select.width > 4 && setView(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"))],
      },
    };
    chart = new uPlot(options, layers.map(() => []).concat([[]]), box);
    line = element("i", { class: "now" });
    chart.over.append(line);
    chart.over.addEventListener("pointermove", (event) => setCursor(chart.posToVal(event.offsetX, "x")));
    chart.over.addEventListener("pointerleave", () => setCursor(null));
    chart.over.addEventListener("click", (event) => pin(chart.posToVal(event.offsetX, "x")));
    chart.over.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoomAt(chart.posToVal(event.offsetX, "x"), Math.exp(event.deltaY / 300));
    }, { passive: false });
  };
  return {
    renew: () => (chart = (chart?.destroy(), null)),
    mark,
    draw(columns) {
      if (!chart) make();
      if (chart.width !== box.clientWidth || chart.height !== box.clientHeight) {
        chart.setSize({ width: Math.max(box.clientWidth, 60), height: Math.max(box.clientHeight, 60) });
      }
      chart.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
      chart.setData(columns);
      says(box, { labels: labels.join("|") });
      mark();
    },
  };
}

// Lines at some heights, with a word each.
function drawMarks(u, marks) {
  const { ctx, bbox } = u;
  const ratio = window.devicePixelRatio || 1;
  ctx.save();
  for (const { at, text, colour } of marks) {
    const y = u.valToPos(at, "y", true);
    if (y < bbox.top - 1 || y > bbox.top + bbox.height) continue;
    ctx.strokeStyle = ctx.fillStyle = colour;
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    ctx.lineWidth = ratio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.font = `${11 * ratio}px ${FONT}`;
    ctx.textAlign = "right";
    ctx.textBaseline = y - bbox.top < 14 * ratio ? "top" : "bottom";
    // On whatever colour it lies.
    ctx.strokeStyle = colours.ground;
    ctx.lineWidth = 3 * ratio;
    ctx.strokeText(text, bbox.left + bbox.width - 4 * ratio, y + (ctx.textBaseline === "top" ? 2 : -2) * ratio);
    ctx.fillText(text, bbox.left + bbox.width - 4 * ratio, y + (ctx.textBaseline === "top" ? 2 : -2) * ratio);
  }
  ctx.restore();
}

// Points of steps in the view. `changes` are [tick, level, by], in any order; with too many to see, each point is
// the mean of its piece of the view.
const POINTS = 1500;

function steps(changes, nLevels) {
  const level = new Array(nLevels).fill(0);
  changes.sort((a, b) => a[0] - b[0]);
  const first = changes.findIndex(([at]) => at > place.from);
  const inside = changes.slice(first < 0 ? changes.length : first).filter(([at]) => at < place.to);
  for (const [, which, by] of first < 0 ? changes : changes.slice(0, first)) level[which] += by;
  const [xs, all] = [[place.from], level.map((n) => [n])];
  const push = (at, levels) => {
    xs.push(at);
    levels.forEach((n, i) => all[i].push(n));
  };
  if (inside.length <= 2 * POINTS) {
    inside.forEach(([at, which, by], i) => {
      level[which] += by;
      if (inside[i + 1]?.[0] !== at) push(at, level);
    });
  } else means(inside, level, push);
  push(place.to, level);
  return [xs, all];
}

function means(inside, level, push) {
  const length = (place.to - place.from) / POINTS;
  let i = 0;
  for (let piece = 0; piece < POINTS; piece++) {
    const end = place.from + (piece + 1) * length;
    let at = end - length;
    const sums = level.map(() => 0);
    const until = (to) => {
      level.forEach((n, k) => (sums[k] += n * (to - at)));
      at = to;
    };
    for (; i < inside.length && inside[i][0] < end; i++) {
      until(inside[i][0]);
      level[inside[i][1]] += inside[i][2];
    }
    until(end);
    push(end - length, sums.map((sum) => sum / length));
  }
}

const ringBox = element("div", { class: "chart" });
const ringNote = element("p", { class: "note" });
const ringChoice = element("select", { "aria-label": "Ring", on: { change: (event) => {
  place.ring = Number(event.target.value);
  touch("ring", "address");
} } });
const ringLayers = [
  { name: "credits on their way", colour: () => colours.stall.credit },
  { name: "messages on their way", colour: () => colours.busy.send },
  { name: "slots filled", colour: () => colours.busy.gemm },
];
const ringLegend = element("span", { class: "key" });
const ringChart = timeChart(ringBox, ringLayers, {
  values: (n) => String(n),
  incrs: [1, 2, 4, 8, 16, 32, 64, 128, 256, 1024],
  marks: () => place.ring < 0 ? [] : [{ at: rings.all[place.ring].slots, text: many(rings.all[place.ring].slots, "slot"), colour: colours.text }],
});

function ringName(ring) {
  return `rank ${ring.from} → rank ${ring.to}${ring.queue ? `, queue ${ring.queue}` : ""}`;
}

function makeRings() {
  when("theme", () => ringLegend.replaceChildren(...[...ringLayers].reverse().map(({ name, colour }) => element("span", {}, swatch(colour()), name))));
}

function fillRings() {
  const order = rings.all.map((_, i) => i).sort((a, b) => rings.all[b].waited - rings.all[a].waited || a - b);
  if (place.ring < 0 && order.length > 0) place.ring = order[0];
  ringChoice.replaceChildren();
  for (const i of order) {
    const ring = rings.all[i];
    const waited = ring.waited ? `, waits ${percent(ring.waited, END)}` : "";
    ringChoice.append(element("option", { value: i, text: `${ringName(ring)}: ${many(ring.messages, "message")}${waited}` }));
  }
  const isEmpty = rings.all.length === 0;
  const none = element("p", { class: "empty", text: "This program has no rings: its ranks send no messages." });
  $("rings").replaceChildren(...(isEmpty ? [none] : [element("div", { class: "bar" }, ringChoice, ringLegend), ringBox, ringNote]));
  const sum = (part) => rings.all.reduce((all, ring) => all + ring[part], 0);
  says($("rings"), { rings: rings.all.length, messages: sum("messages"), bytes: sum("bytes"), waited: sum("waited") });
}

function ringChanges(ring) {
  const changes = [];
  const change = (at, which, by) => Number.isFinite(at) && changes.push([at, which, by]);
  for (let i = ring.first; i < ring.end; i++) {
    change(rings.sent[i], 0, 1);
    change(rings.filled[i], 0, -1);
    change(rings.filled[i], 1, 1);
    change(rings.released[i], 1, -1);
    if (!Number.isFinite(rings.credit[i])) continue;
    change(rings.released[i], 2, 1);
    change(rings.credit[i], 2, -1);
  }
  return changes;
}

function drawRings() {
  if (!isShown("rings") || place.ring < 0) return;
  const ring = rings.all[place.ring];
  ringChoice.value = String(place.ring);
  const [xs, [flight, filled, credits]] = steps(ringChanges(ring), 3);
  const sums = (parts) => xs.map((_, i) => parts.reduce((sum, part) => sum + part[i], 0));
  ringChart.draw([xs, sums([filled, flight, credits]), sums([filled, flight]), filled]);
  says($("rings"), { ring: place.ring, mostFilled: filled.reduce((a, b) => Math.max(a, b), 0) });
  tellRing();
}

function tellRing() {
  if (place.ring < 0 || !isShown("rings")) return;
  const ring = rings.all[place.ring];
  const flow = ring.credits ? `sends waited ${both(ring.waited)} for a slot` : "sends do not wait for a slot";
  let now = "";
  if (place.cursor !== null && ops.shown) {
    const count = (from, to) => {
      let n = 0;
      for (let i = ring.first; i < ring.end; i++) if (from[i] <= place.cursor && place.cursor < to[i]) n++;
      return n;
    };
    now = ` At the cursor: ${count(rings.filled, rings.released)} filled, ${count(rings.sent, rings.filled)} coming, ${count(rings.released, rings.credit)} credits returning.`;
  }
  ringNote.textContent = `${many(ring.slots, "slot")} of ${bytes(ring.slot_bytes)} in ${ring.place} of rank ${ring.to}; ${bytes(ring.bytes)} in all; ${flow}.${now}`;
}
