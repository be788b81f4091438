// Bounds, and the roofline: how near the run is to what the machine allows.

const roofBox = element("div", { class: "chart" });
let roof = null;

const BOUND = {
  gemm: "the busiest GEMM unit", math: "the busiest math unit", memory: "the busiest memory", link: "the busiest link or port",
  latency: "the longest chain of messages",
};

function fillWork() {
  const { work } = model;
  const bars = work.bounds.map(([name, fs]) => {
    const share = fs / run.makespan_fs;
    const fill = element("i", { style: { width: `${Math.min(100, 100 * share)}%` } });
    const marked = name === work.binding ? " binds" : "";
    return element("div", { class: `bound${marked}`, title: `${BOUND[name]}: ${femtoseconds(fs)}` },
      element("b", { text: name }), element("span", { class: "track" }, fill), element("span", { text: `${percent(fs, run.makespan_fs)}  ${femtoseconds(fs)}` }));
  });
  const note = element("p", { class: "note", text: `No run of this program on this machine is shorter than its longest bound, ${work.binding}; the run took ${both(END)}.` });
  const [macs, moved] = [total(work.macs), total(work.bytes)];
  const empty = "No roofline: the program has no dots, or moves nothing from memory.";
  $("work").replaceChildren(element("div", { class: "bounds" }, ...bars), note, macs > 0 && moved > 0 ? roofBox : element("p", { class: "empty", text: empty }));
  says($("work"), { binding: work.binding, macs, bytes: moved, ...Object.fromEntries(work.bounds) });
}

function total(numbers) {
  return numbers.reduce((sum, n) => sum + n, 0);
}

// Of `n` PEs: floating-point operations, and bytes, in a second.
function roofs(n) {
  const { work } = model;
  const each = ([over, under], cycle) => (over / under / cycle) * 1e15 * n;
  return [2 * each(work.macs_per_cycle, work.pe_cycle_fs), each(work.bytes_per_cycle, work.memory_cycle_fs)];
}

function drawWork() {
  if (!isShown("work") || !roofBox.isConnected) return;
  const { work } = model;
  const [flops, bandwidth] = roofs(run.ranks);
  const seconds = run.makespan_fs / 1e15;
  const intensity = (2 * total(work.macs)) / total(work.bytes);
  const reached = (2 * total(work.macs)) / seconds;
  const ridge = flops / bandwidth;
  const [low, high] = [power10(Math.min(ridge, intensity) / 2, Math.floor), power10(Math.max(ridge, intensity) * 2, Math.ceil)];
  roof?.destroy();
  const size = { width: Math.max(roofBox.clientWidth, 60), height: Math.max(roofBox.clientHeight, 60) };
  roof = new uPlot(roofOptions(size, [low, high], { intensity, reached, flops, bandwidth }), [[low, ridge, high], [low * bandwidth, flops, flops]], roofBox);
  says($("work"), { intensity, reached, peak: flops });
}

function roofOptions(size, [low, high], point) {
  const range = [power10(Math.min(point.reached, low * point.bandwidth) / 1.5, Math.floor), power10(point.flops * 1.5, Math.ceil)];
  const axis = { stroke: colours.faint, font: `11px ${FONT}`, grid: { stroke: colours.line, width: 0.5 }, ticks: { stroke: colours.line, width: 0.5 } };
  return {
    ...size, legend: { show: false }, padding: [10, 16, 0, 0], cursor: { show: false },
    scales: { x: { time: false, distr: 3, range: [low, high] }, y: { distr: 3, range } },
    axes: [
      { ...axis, size: 42, label: "operations / byte of memory", labelSize: 16, labelFont: `11px ${FONT}`, values: (_, all) => all.map(atPowers) },
      { ...axis, size: 46, label: "operations / s", labelSize: 18, labelFont: `11px ${FONT}`, values: (_, all) => all.map(atPowers) },
    ],
    series: [{}, { stroke: colours.text, width: 1.5, points: { show: false } }],
    hooks: { draw: [(u) => drawPoint(u, point)] },
  };
}

function power10(n, round) {
  return 10 ** round(Math.log10(n));
}
// Only powers of ten are named on an axis.
function atPowers(n) {
  if (n === null || Math.abs(Math.log10(n) - Math.round(Math.log10(n))) > 1e-6) return "";
  const [size, unit] = [[1e15, " P"], [1e12, " T"], [1e9, " G"], [1e6, " M"]].find(([size]) => n >= size * 0.999) ?? [1, ""];
  return `${Number((n / size).toPrecision(3))}${unit}`;
}

function drawPoint(u, { intensity, reached, flops, bandwidth }) {
  const ratio = window.devicePixelRatio || 1;
  const { ctx, bbox } = u;
  const [x, y] = [u.valToPos(intensity, "x", true), u.valToPos(reached, "y", true)];
  const limit = Math.min(flops, intensity * bandwidth);
  ctx.save();
  ctx.font = `${11 * ratio}px ${FONT}`;
  ctx.strokeStyle = colours.accent;
  ctx.setLineDash([3 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x, u.valToPos(limit, "y", true));
  ctx.stroke();
  ctx.fillStyle = colours.accent;
  ctx.beginPath();
  ctx.arc(x, y, 4.5 * ratio, 0, 7);
  ctx.fill();
  const left = x > bbox.left + bbox.width * 0.6;
  ctx.textAlign = left ? "right" : "left";
  ctx.fillText(`this run: ${percent(reached, limit)} of the roof`, x + (left ? -9 : 9) * ratio, y + 4 * ratio);
  ctx.fillStyle = colours.faint;
  ctx.textAlign = "right";
  ctx.fillText(`GEMM units of ${many(run.ranks, "rank")}`, bbox.left + bbox.width - 4 * ratio, u.valToPos(flops, "y", true) - 6 * ratio);
  ctx.restore();
}
