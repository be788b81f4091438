// Above the timeline: the axis of time, whose labels differ however near the reader looks, and the overview.

// A number with as many decimals as tell it from one that is a step away.
function decimals(number, step) {
  const places = Math.min(20, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  const [whole, part] = Math.abs(number).toFixed(places).split(".");
  const sign = number < 0 ? "−" : "";
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, "\u202f")}${part ? `.${part}` : ""}`;
}
// A moment as cycles, told from one that is some ticks away.
function cyclesAt(tick, ticks) {
  const perTick = run.tick_fs / run.cycle_fs;
  return decimals(tick * perTick, ticks * perTick);
}
// The same as time, in the unit of the end of the view.
function timeAtStep(fs, step, end) {
  const [size, unit] = unitOf(end);
  return `${decimals(fs / size, step / size)} ${unit}`;
}

// The marks of the axis: cycles that are multiples of a step for which labels have room.
function axisMarks(context) {
  const perTick = run.tick_fs / run.cycle_fs;
  const [from, to] = [place.from * perTick, place.to * perTick];
  let words = [];
  // The step is as wide as a label, and a label as long as the step is short: the second look is right.
  for (let [room, look] = [130, 0]; look < 3; look++) {
    const step = roundStep(to - from, Math.max(1, width() / room));
    const marks = [];
    for (let n = Math.ceil(from / step); n * step <= to; n++) marks.push(n * step);
    words = marks.map((cycle) => [cycle / perTick, decimals(cycle, step), cycle > 0 ? timeAtStep(cycle * run.cycle_fs, step * run.cycle_fs, to * run.cycle_fs) : ""]);
    const widest = words.reduce((most, [, cycles, time]) => Math.max(most, context.measureText(`${cycles}  ${time}`).width), 0);
    if (widest + 18 <= (step / (to - from)) * width()) break;
    room = widest + 24;
  }
  return words;
}

function drawAxis() {
  const context = sized($("axis"), $("rows").clientWidth, AXIS);
  context.fillStyle = colours.faint;
  context.fillText("cycles", 6, 12);
  const marks = axisMarks(context);
  for (const [tick, cycles, time] of marks) {
    const x = xOf(tick);
    context.fillStyle = colours.line;
    context.fillRect(x, AXIS - 6, 1, 6);
    const wide = context.measureText(`${cycles}  ${time}`).width;
    if (x + wide > GUTTER + width()) continue;
    context.fillStyle = colours.text;
    context.fillText(cycles, x + 3, 8);
    context.fillStyle = colours.faint;
    context.fillText(`  ${time}`, x + 3 + context.measureText(cycles).width, 8);
  }
  context.fillStyle = colours.line;
  context.fillRect(GUTTER, AXIS - 1, width(), 1);
  nameEnds(context);
  says($("axis"), { cycles: marks.map(([, cycles]) => cycles).join("|"), times: marks.map(([, , time]) => time).join("|") });
}

const OVERVIEW = 16;
// The critical path of the whole run, and the view in it.
function drawOverview() {
  const context = sized($("overview"), $("rows").clientWidth, OVERVIEW);
  context.fillStyle = colours.faint;
  context.fillText("critical path", 6, OVERVIEW / 2);
  const scale = width() / (LIMIT || 1);
  let [drawn, i] = [0, 0];
  // Of the stretches that begin in a pixel the longest is shown.
  while (i < critical.n) {
    const pixel = Math.floor(critical.start[i] * scale);
    let [longest, best] = [-1, i];
    for (; i < critical.n && Math.floor(critical.start[i] * scale) === pixel; i++) {
      const length = (critical.start[i + 1] ?? END) - critical.start[i];
      if (length > longest) [longest, best] = [length, i];
    }
    const end = (critical.start[i] ?? END) * scale;
    context.fillStyle = categoryColour(critical.categories[critical.category[best]]);
    context.fillRect(GUTTER + Math.max(pixel, drawn), 2, Math.max(end - Math.max(pixel, drawn), 1), OVERVIEW - 6);
    drawn = end;
  }
  const [left, right] = [GUTTER + place.from * scale, GUTTER + place.to * scale];
  context.fillStyle = theme === "light" ? "rgba(255,255,255,.68)" : "rgba(18,21,26,.72)";
  context.fillRect(GUTTER, 0, left - GUTTER, OVERVIEW);
  context.fillRect(right, 0, GUTTER + width() - right, OVERVIEW);
  context.strokeStyle = colours.text;
  context.strokeRect(left + 0.5, 0.5, Math.max(right - left - 1, 2), OVERVIEW - 2);
}
