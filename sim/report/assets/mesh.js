// The mesh: how busy PEs and links were over the whole run, or what they did at the cursor.

const meshCanvas = element("canvas");
const meshBox = element("div", { class: "fill" }, meshCanvas);
const meshNote = element("p", { class: "note" });
const meshScale = element("canvas", { class: "scale" });
let crop, fold, rankAt, busyOf;

// What is used, in whole cubes.
function cropOf() {
  const used = [...mesh.placement, ...mesh.links.flatMap((link) => [link.from, link.to])];
  const xs = used.map((pe) => pe % mesh.width);
  const ys = used.map((pe) => Math.floor(pe / mesh.width));
  const [across, down] = mesh.cube;
  const least = (all, step) => Math.floor(all.reduce((a, b) => Math.min(a, b), Infinity) / step) * step || 0;
  const most = (all, step) => (Math.floor(all.reduce((a, b) => Math.max(a, b), 0) / step) + 1) * step;
  return { x: least(xs, across), y: least(ys, down), w: most(xs, across) - least(xs, across), h: most(ys, down) - least(ys, down) };
}

// A long mesh is folded: PEs of a row that lie on one line of the picture, and lines that a row of the mesh takes.
function foldOf() {
  if (crop.w < 8 * crop.h) return { across: crop.w, lines: 1 };
  const lines = Math.ceil(Math.sqrt(crop.w / crop.h / 1.6));
  return { across: Math.ceil(crop.w / lines), lines };
}

// What a link could carry, in bytes, in some femtoseconds.
function capacity(link, fs) {
  const [, over, under] = mesh.rates[link.class];
  return ((fs / mesh.cycle_fs) * over) / under;
}
function pieceAt(at) {
  return Math.min(mesh.pieces - 1, Math.floor((at / END) * mesh.pieces));
}
function loadOf(link) {
  if (place.mesh === "run" || place.cursor === null) return [link.bytes, isBusiest(link) ? boundOf("link") / run.makespan_fs : link.bytes / capacity(link, run.makespan_fs)];
  if (place.cursor > END) return [0, 0];
  const moved = link.loads[pieceAt(place.cursor)];
  return [moved, moved / capacity(link, run.makespan_fs / mesh.pieces)];
}

// Whether the bound of links is that of this one: then both are one number.
function isBusiest({ from, to }) {
  const { server } = model.answer;
  return server?.kind === "link" && server.from === from && server.to === to;
}

function makeMesh() {
  const act = (event) => {
    place.mesh = event.target.value;
    touch("mesh", "address");
  };
  const radio = (value, text) => element("label", {}, element("input", { type: "radio", name: "mesh", value, on: { change: act } }), text);
  $("mesh").append(element("div", { class: "bar" }, radio("run", "whole run"), radio("cursor", "at the cursor"), meshScale), meshBox, meshNote);
  meshCanvas.addEventListener("pointermove", (event) => tellPe(event));
  meshCanvas.addEventListener("pointerleave", hideTip);
  meshCanvas.addEventListener("click", (event) => {
    const rank = rankUnder(event);
    if (rank === undefined) return;
    place.rank = rank;
    place.open.add(rank);
    touch("rows", "op", "address");
    const row = view.rows.find((row) => row.rank === rank);
    if (row) $("rows").scrollTop = row.top - 20;
  });
}

function fillMesh() {
  crop = cropOf();
  fold = foldOf();
  rankAt = new Map(mesh.placement.map((pe, rank) => [pe, rank]));
  // By rank: ticks in which any of its units but the sequencer was busy.
  busyOf = mesh.placement.map((_, rank) => laneOf(rank, 0).totals.reduce((sum, [activity, n]) => sum + (activity > 0 && activity < BUSY ? n : 0), 0));
  const bytesMoved = mesh.links.reduce((sum, link) => sum + link.bytes, 0);
  says($("mesh"), { links: mesh.links.length, linkBytes: bytesMoved, bytes: mesh.bytes, busy: busyOf.reduce((a, b) => a + b, 0) });
}

const meshPlace = { cell: 0, left: 0, top: 0 };

function drawMesh() {
  if (!isShown("mesh")) return;
  for (const input of document.querySelectorAll("input[name=mesh]")) input.checked = input.value === place.mesh;
  const [w, h] = [meshBox.clientWidth, meshBox.clientHeight];
  if (w < 20 || h < 20) return;
  const context = sized(meshCanvas, w, h);
  const down = crop.h * fold.lines;
  const cell = Math.min(w / fold.across, h / down, 110);
  Object.assign(meshPlace, { cell, left: (w - cell * fold.across) / 2, top: (h - cell * down) / 2 });
  drawCubes(context, cell);
  mesh.links.forEach((link) => drawLink(context, link, cell));
  for (let y = 0; y < crop.h; y++) for (let x = 0; x < crop.w; x++) drawPe(context, crop.x + x, crop.y + y, cell);
  drawScale();
  tellMesh();
}

function corner(x, y) {
  const [column, line] = [(x - crop.x) % fold.across, Math.floor((x - crop.x) / fold.across)];
  return [meshPlace.left + column * meshPlace.cell, meshPlace.top + (y - crop.y + line * crop.h) * meshPlace.cell];
}

function drawCubes(context, cell) {
  const [across, down] = mesh.cube;
  if (fold.lines > 1) return;
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  for (let y = crop.y; y < crop.y + crop.h; y += down) {
    for (let x = crop.x; x < crop.x + crop.w; x += across) {
      const [left, top] = corner(x, y);
      context.strokeRect(left + 1, top + 1, cell * across - 2, cell * down - 2);
    }
  }
}

// The side of a PE's square; links lie in what is left between squares.
function side(cell) {
  return cell * 0.56;
}

function drawPe(context, x, y, cell) {
  const rank = rankAt.get(y * mesh.width + x);
  const [left, top] = corner(x, y);
  const size = side(cell);
  const [px, py] = [left + (cell - size) / 2, top + (cell - size) / 2];
  if (rank === undefined) {
    context.strokeStyle = colours.line;
    return context.strokeRect(px + 0.5, py + 0.5, size - 1, size - 1);
  }
  const [fill, ink, word] = faceOf(rank);
  context.fillStyle = fill;
  context.fillRect(px, py, size, size);
  context.strokeStyle = rank === place.rank ? colours.accent : colours.faint;
  context.lineWidth = rank === place.rank ? 2.5 : 0.7;
  context.strokeRect(px, py, size, size);
  if (size < 15) return;
  context.textAlign = "center";
  context.fillStyle = ink;
  context.font = `600 ${size < 24 ? 9 : 12}px ${FONT}`;
  context.fillText(String(rank), px + size / 2, py + size / 2 - (size > 34 ? 7 : 0));
  context.font = `11px ${FONT}`;
  if (size > 34) context.fillText(fitted(context, word, size - 4), px + size / 2, py + size / 2 + 8);
  context.textAlign = "left";
}

// Colour, ink and a word.
function faceOf(rank) {
  if (place.mesh === "run" || place.cursor === null) {
    const share = busyOf[rank] / (END || 1);
    return [heat(share), onHeat(share), percent(busyOf[rank], END)];
  }
  const activity = activityAt(rank);
  const isRest = activity >= BUSY && !lanes.activities[activity].stall;
  return [isRest ? colours.raised : activityColours[activity].css, isRest ? colours.faint : readable(activity), lanes.activities[activity].name];
}
// What a rank does at the cursor: of a page without intervals, what it does most around it.
function activityAt(rank) {
  const lane = laneOf(rank, 0);
  const i = intervalAt(lane, place.cursor);
  if (i >= 0) return lanes.activity[i];
  const [busy, busyShare, stall, stallShare] = strip(lane, place.cursor, place.cursor + 1, 1, new Uint8Array(4));
  return busyShare >= stallShare ? busy : stall;
}

// Each direction has its own side of the way, as traffic on the right has.
function drawLink(context, link, cell) {
  const [, share] = loadOf(link);
  const [fx, fy] = [link.from % mesh.width, Math.floor(link.from / mesh.width)];
  const [tx, ty] = [link.to % mesh.width, Math.floor(link.to / mesh.width)];
  const isFar = Math.abs(fx - tx) + Math.abs(fy - ty) > 1;
  const isFolded = Math.floor((fx - crop.x) / fold.across) !== Math.floor((tx - crop.x) / fold.across);
  const wraps = isFar || isFolded;
  const step = isFar ? [Math.sign(fx - tx), Math.sign(fy - ty)] : [tx - fx, ty - fy];
  const [left, top] = corner(fx, fy);
  const [mx, my] = [left + cell / 2 - step[1] * cell * 0.1, top + cell / 2 + step[0] * cell * 0.1];
  const [begin, end] = [side(cell) / 2, wraps ? cell * 0.48 : cell - side(cell) / 2 - cell * 0.02];
  const [x0, y0, x1, y1] = [mx + step[0] * begin, my + step[1] * begin, mx + step[0] * end, my + step[1] * end];
  context.strokeStyle = share > 0 ? heat(0.25 + 0.75 * share) : colours.line;
  context.fillStyle = context.strokeStyle;
  context.lineWidth = share > 0 ? Math.max(1, cell * (0.03 + 0.1 * Math.min(share, 1))) : 1;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1 - step[0] * cell * 0.08, y1 - step[1] * cell * 0.08);
  context.stroke();
  const wide = Math.max(cell * 0.07, context.lineWidth);
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x1 - step[0] * 1.5 * wide - step[1] * wide, y1 - step[1] * 1.5 * wide + step[0] * wide);
  context.lineTo(x1 - step[0] * 1.5 * wide + step[1] * wide, y1 - step[1] * 1.5 * wide - step[0] * wide);
  context.fill();
}

function drawScale() {
  const context = sized(meshScale, 140, 16);
  for (let x = 0; x < 64; x++) {
    context.fillStyle = heat(x / 63);
    context.fillRect(28 + x, 3, 1, 10);
  }
  context.fillStyle = colours.faint;
  context.fillText("0 %", 4, 8);
  context.fillText("100 %", 95, 8);
}

function tellMesh() {
  const busiest = mesh.links.reduce((best, link) => (loadOf(link)[1] > (best ? loadOf(best)[1] : -1) ? link : best), null);
  const when = place.mesh === "run" || place.cursor === null ? "over the whole run" : `around ${both(place.cursor)}`;
  const link = busiest ? ` Busiest link: ${linkName(busiest)}, ${bytes(loadOf(busiest)[0])}, ${percent(loadOf(busiest)[1], 1)} of what it can carry.` : " No link carries anything.";
  const { server } = model.answer;
  const port = place.mesh === "run" && server && server.kind !== "link" ? ` Busier still: ${serverName(server)}, ${ofRun(boundOf("link"))}.` : "";
  meshNote.textContent = `Busy share of PEs and of links ${when}.${link}${port}`;
  says($("mesh"), { busiest: busiest ? percent(loadOf(busiest)[1], 1) : "", port });
}
function linkName(link) {
  const end = (pe) => (rankAt.has(pe) ? `rank ${rankAt.get(pe)}` : `pe${pe}`);
  return `${end(link.from)} → ${end(link.to)} (${mesh.rates[link.class][0]} link)`;
}

function peUnder(event) {
  const box = meshCanvas.getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left - meshPlace.left) / meshPlace.cell);
  const line = Math.floor((event.clientY - box.top - meshPlace.top) / meshPlace.cell);
  const [x, y] = [column + fold.across * Math.floor(line / crop.h), line % crop.h];
  const inside = column >= 0 && column < fold.across && line >= 0 && x < crop.w && line < crop.h * fold.lines;
  return inside ? (crop.y + y) * mesh.width + crop.x + x : undefined;
}
function rankUnder(event) {
  return rankAt.get(peUnder(event));
}
function tellPe(event) {
  const pe = peUnder(event);
  if (pe === undefined) return hideTip();
  const rank = rankAt.get(pe);
  const lines = [`pe${pe} at ${pe % mesh.width}, ${Math.floor(pe / mesh.width)}${rank === undefined ? ", no rank" : `: rank ${rank}`}`];
  if (rank !== undefined) {
    lines.push(`busy ${percent(busyOf[rank], END)} of the run`);
    for (const [activity, sum] of laneOf(rank, 0).totals) {
      if (activity >= BUSY && lanes.activities[activity].stall) lines.push(`waits for ${lanes.activities[activity].name} ${percent(sum, END)}`);
    }
  }
  for (const link of mesh.links.filter((link) => link.from === pe)) {
    const [moved, share] = loadOf(link);
    lines.push(`to ${linkName(link).split(" → ")[1]}: ${bytes(moved)}, ${percent(share, 1)}`);
  }
  showTip(lines, event);
}
