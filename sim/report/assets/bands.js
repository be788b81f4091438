// In the timeline: which ops differ from the other run, and where each run ends.

// Above the bars of a row, what differs: of several ops in a pixel the mark that says most. Each mark has its own
// stroke as well as its colour.
const STROKES = { only: [4, []], changed: [4, [6, 2]], moved: [3, [2, 2]], rewired: [1.5, [2, 2]], takes: [2, []], flight: [2, [1, 2]] };
const bandOf = { kinds: new Uint8Array(0) };

function drawBands(context, row, y) {
  const all = markedOf(row.rank);
  if (all.length === 0) return;
  const w = Math.floor(width());
  if (bandOf.kinds.length !== w) bandOf.kinds = new Uint8Array(w);
  const kinds = bandOf.kinds.fill(0);
  // In a row of few pixels only what an op is: other strokes would hide what it does.
  const most = row.height < 6 ? marks.names.indexOf("moved") : marks.names.length;
  for (const op of all) {
    if (row.lane.unit > 0 && ops.unit[op] + 1 !== row.lane.unit) continue;
    const left = Math.max(Math.round(xOf(ops.start[op]) - GUTTER), 0);
    if (xOf(ops.done[op]) < GUTTER) continue;
    const mark = markOf(op);
    if (mark > most) continue;
    const least = STROKES[marks.names[mark]][0] + 2;
    const right = Math.min(Math.max(Math.round(xOf(ops.done[op]) - GUTTER), left + least), w);
    for (let x = left; x < right; x++) if (kinds[x] === 0 || mark < kinds[x]) kinds[x] = mark;
  }
  for (let x = 0, begun = 0; x < w; x = begun) {
    for (begun = x; begun < w && kinds[begun] === kinds[x]; ) begun++;
    if (kinds[x]) drawBand(context, marks.names[kinds[x]], GUTTER + x, GUTTER + begun, y, row.height);
  }
}

function drawBand(context, name, from, to, y, height) {
  const [wide, dashes] = STROKES[name];
  const thick = height >= 14 ? wide : Math.min(wide, Math.max(1, height / 6));
  context.strokeStyle = colours.mark[name];
  context.lineWidth = thick;
  context.setLineDash(dashes);
  context.beginPath();
  context.moveTo(from, y + 1 + thick / 2);
  context.lineTo(to, y + 1 + thick / 2);
  context.stroke();
  context.setLineDash([]);
}

function isOnlyHere(op) {
  return marks?.shown && marks.names[markOf(op)] === "only";
}
function hatch(context, left, top, wide, high, ink) {
  context.save();
  context.beginPath();
  context.rect(left, top, wide, high);
  context.clip();
  context.globalAlpha = 0.4;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left - high; x < left + wide; x += 5) {
    context.moveTo(x, top + high);
    context.lineTo(x + high, top);
  }
  context.stroke();
  context.restore();
}

// Where the runs end that are in view: their names and places on the screen.
function ends() {
  if (!other) return [];
  const all = [first, other.model].map(({ run: of }, i) => [SIDES[i], xOf(of.makespan_fs / run.tick_fs)]);
  return all.filter(([, x]) => x >= GUTTER && x <= GUTTER + width());
}
// The end of the run that is not shown is dashed.
function drawEnds(context, height) {
  context.strokeStyle = colours.faint;
  context.lineWidth = 1;
  for (const [name, x] of ends()) {
    context.setLineDash(name === SIDES[shownSide] ? [] : [3, 3]);
    context.beginPath();
    context.moveTo(x - 0.5, 0);
    context.lineTo(x - 0.5, height);
    context.stroke();
  }
  context.setLineDash([]);
}
function nameEnds(context) {
  context.fillStyle = colours.text;
  for (const [name, x] of ends()) context.fillText(name, x - 10, AXIS - 6);
}
