// The timeline: a row for every rank, and under an open one a row for each of its units.

const GUTTER = 96;
const AXIS = 24;
const lanesCanvas = $("lanes");
const BAND = 4;
// A page of two runs has room for their differences above the bars.
const room = other ? BAND : 0;
const view = { rows: [], top: new Float64Array(0), height: 0, rankHeight: 0, unitHeight: 14 + room };

function unitsOf(rank) {
  return lanes.units.map((_, unit) => laneOf(rank, unit)).filter((lane) => lane.unit > 0 && isUsed(lane));
}
// Units that never work are left out: a DMA channel too many, the send unit of a single rank.
function isUsed(lane) {
  return lane.unit === 1 || lane.totals.some(([activity]) => activity < BUSY);
}
// A unit without an op shares what its sequencer waits for.
function isShared(lane, activity) {
  return lane.unit > 1 && lanes.activities[activity].held;
}

function layOut() {
  const inside = $("rows").clientHeight || 300;
  const fitting = inside / run.ranks;
  const open = place.open.size > 0;
  const rankHeight = view.rankHeight || (open ? 18 : Math.min(26, Math.max(fitting, 1.5))) + (fitting > 8 ? room : 0);
  view.rows = [];
  for (let rank = 0; rank < run.ranks; rank++) {
    const isOpen = place.open.has(rank);
    view.rows.push({ rank, lane: laneOf(rank, 0), height: isOpen ? Math.max(rankHeight, 16) : rankHeight });
    if (isOpen) for (const lane of unitsOf(rank)) view.rows.push({ rank, lane, height: view.unitHeight });
  }
  let top = 0;
  for (const row of view.rows) {
    row.top = top;
    top += row.height;
  }
  view.height = top;
  $("rows-height").style.height = `${Math.max(top - inside, 0)}px`;
}

function rowAt(y) {
  return view.rows.find((row) => y >= row.top && y < row.top + row.height);
}
// The row in which an op's unit is seen.
function rowOf(op, unit = ops.unit[op] + 1) {
  const rank = rankOf(op);
  const find = (lane) => view.rows.find((row) => row.rank === rank && row.lane.unit === lane);
  return find(unit) ?? find(0);
}

function width() {
  return Math.max(50, $("rows").clientWidth - GUTTER);
}
function xOf(at) {
  return GUTTER + ((at - place.from) / (place.to - place.from)) * width();
}
function timeAt(x) {
  return place.from + ((x - GUTTER) / width()) * (place.to - place.from);
}

function drawTimeline() {
  const box = $("rows");
  if (place.toRow && place.op >= 0) {
    place.toRow = false;
    scrollTo(rowOf(place.op), box);
  }
  const context = sized(lanesCanvas, box.clientWidth, box.clientHeight);
  const scroll = box.scrollTop;
  const seen = view.rows.filter((row) => row.top + row.height > scroll && row.top < scroll + box.clientHeight);
  const thin = seen.filter((row) => row.height < 6);
  drawThin(context, thin, scroll);
  seen.filter((row) => row.height >= 6).forEach((row) => drawRow(context, row, row.top - scroll));
  seen.forEach((row) => drawBands(context, row, row.top - scroll));
  drawEnds(context, box.clientHeight);
  drawLabels(context, seen, scroll);
  drawArrows(context, scroll);
  drawRange(context, box.clientHeight);
  drawSelected(context, scroll);
  drawCursor(context, box.clientHeight);
  drawAxis();
  drawOverview();
  const byRow = (name) => seen.map((row) => (name === "rank" ? row.rank : row.lane.unit)).slice(0, 40).join(",");
  says($("timeline"), { from: place.from, to: place.to, rows: view.rows.length, seen: seen.length, ranks: byRow("rank"), cursor: place.cursor ?? "", units: byRow("unit") });
}

// A row, and above it that of its rank if there is room for both.
function scrollTo(row, box) {
  if (!row) return;
  const head = view.rows.find(({ rank }) => rank === row.rank);
  const end = row.top + row.height;
  const top = end - head.top <= box.clientHeight ? head.top : row.top;
  if (top >= box.scrollTop && end <= box.scrollTop + box.clientHeight) return;
  box.scrollTop = Math.max(Math.min(top, row.top - box.clientHeight / 3), end - box.clientHeight);
}

const stripOf = { width: 0, bytes: new Uint8Array(0) };
function stripFor(lane, width) {
  if (stripOf.width !== width) [stripOf.width, stripOf.bytes] = [width, new Uint8Array(4 * width)];
  return strip(lane, place.from, place.to, width, stripOf.bytes);
}

function dimmed(activity) {
  return isNoise(activity) || (place.only >= 0 && place.only !== activity);
}

function drawRow(context, row, y) {
  const { lane } = row;
  const above = row.height >= 14 ? room : 0;
  const [w, h] = [Math.floor(width()), row.height - above - (row.height > 10 ? 2 : 1)];
  y += above;
  const first = intervalAt(lane, place.from);
  const last = lane.end > lane.first ? firstAbove(lanes.start, place.to, lane.first, lane.end) : -1;
  if (first >= 0 && last - first < w / 3) {
    for (let i = first; i < last; i++) drawInterval(context, lane, i, y + 1, h);
    return;
  }
  drawStrip(context, lane, stripFor(lane, w), w, y + 1, h);
}

function drawStrip(context, lane, bytes, w, y, h) {
  const columns = (offset, from) => {
    let begun = 0;
    for (let x = 1; x <= w; x++) {
      const same = x < w && bytes[4 * x + offset] === bytes[4 * begun + offset] && bytes[4 * x + offset + 1] === bytes[4 * begun + offset + 1];
      if (same) continue;
      const [activity, share] = [bytes[4 * begun + offset], bytes[4 * begun + offset + 1] / 255];
      if (share > 0 && !dimmed(activity)) {
        context.fillStyle = activityColours[activity].css;
        const height = from === "stall" ? (isShared(lane, activity) ? 1.5 : Math.max(share * h * 0.36, 1)) : Math.max(share * h, 1);
        context.fillRect(GUTTER + begun, y + h - height, x - begun, height);
      }
      begun = x;
    }
  };
  columns(2, "stall");
  columns(0, "busy");
}

function drawInterval(context, lane, i, y, h) {
  const activity = lanes.activity[i];
  const isBusy = activity < BUSY;
  if ((!isBusy && !lanes.activities[activity].stall) || dimmed(activity)) return;
  const left = Math.max(xOf(lanes.start[i]), GUTTER);
  const right = Math.min(xOf(endOf(lane, i)), GUTTER + width());
  const wide = Math.max(right - left - (right - left > 3 ? 0.5 : 0), 0.6);
  const shared = isShared(lane, activity);
  const height = isBusy ? h : shared ? 1.5 : Math.max(h * 0.36, 2);
  context.fillStyle = activityColours[activity].css;
  context.fillRect(left, y + h - height, wide, height);
  if (isBusy && lanes.op[i] >= 0 && isOnlyHere(lanes.op[i])) hatch(context, left, y, wide, h, readable(activity));
  if (h < (isBusy ? 11 : 15) || wide < 34 || shared) return;
  const words = isBusy && lanes.op[i] >= 0 ? labelOf(lanes.op[i]) : lanes.activities[activity].name;
  context.fillStyle = isBusy ? readable(activity) : colours.faint;
  const text = fitted(context, words, wide - 6);
  if (text) context.fillText(text, left + 3, isBusy ? y + h / 2 + 0.5 : y + (h - height) / 2);
}

function fitted(context, words, room) {
  if (context.measureText(words).width <= room) return words;
  const kind = words.split(" ", 1)[0];
  return context.measureText(kind).width <= room ? kind : "";
}
function readable(activity) {
  return inkOn(activityColours[activity].rgb);
}

const thinCanvas = document.createElement("canvas");

// Rows of a few pixels are painted one pixel high, and stretched.
function drawThin(context, rows, scroll) {
  if (rows.length === 0) return;
  const w = Math.floor(width());
  [thinCanvas.width, thinCanvas.height] = [w, rows.length];
  const paint = thinCanvas.getContext("2d");
  const image = paint.createImageData(w, rows.length);
  const ground = rgbOf(colours.ground);
  rows.forEach((row, y) => {
    const bytes = stripFor(row.lane, w);
    for (let x = 0; x < w; x++) {
      const [busy, busyShare, stall, stallShare] = bytes.subarray(4 * x, 4 * x + 4);
      const b = dimmed(busy) ? 0 : busyShare / 255;
      const s = dimmed(stall) ? 0 : (stallShare / 255) * 0.6 * (1 - b);
      const [over, under] = [activityColours[busy].rgb, activityColours[stall].rgb];
      for (let i = 0; i < 3; i++) {
        image.data[4 * (y * w + x) + i] = over[i] * b + under[i] * s + ground[i] * (1 - b - s);
      }
      image.data[4 * (y * w + x) + 3] = 255;
    }
  });
  paint.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = false;
  const [top, last] = [rows[0], rows.at(-1)];
  const contiguous = last.top + last.height - top.top - rows.reduce((sum, row) => sum + row.height, 0) < 0.01;
  if (contiguous) {
    context.drawImage(thinCanvas, 0, 0, w, rows.length, GUTTER, top.top - scroll, w, last.top + last.height - top.top);
    return;
  }
  rows.forEach((row, y) => context.drawImage(thinCanvas, 0, y, w, 1, GUTTER, row.top - scroll, w, row.height));
}

function drawLabels(context, seen, scroll) {
  context.clearRect(0, 0, GUTTER, $("rows").clientHeight);
  let free = -Infinity;
  const least = seen.reduce((least, row) => (row.lane.unit === 0 ? Math.min(least, row.height) : least), Infinity);
  const every = least < 12 ? roundStep(12 / least, 1) : 1;
  for (const row of seen) {
    const y = row.top - scroll;
    const isRank = row.lane.unit === 0;
    if (isRank && row.height >= 6) {
      context.fillStyle = colours.line;
      context.fillRect(0, Math.round(y) - 0.5, GUTTER + width(), 0.5);
    }
    const middle = row.height < 6 ? Math.max(y + row.height / 2, 7) : y + row.height / 2;
    if (middle - free < 11.5 || (isRank && row.height < 12 && row.rank % every !== 0)) continue;
    free = middle;
    context.fillStyle = isRank ? colours.text : colours.faint;
    const mark = isRank ? (place.open.has(row.rank) ? "▾ " : "▸ ") : "    ";
    context.fillText(mark + (isRank ? `rank ${row.rank}` : lanes.units[row.lane.unit]), 6, middle + 0.5);
  }
  context.fillStyle = colours.line;
  context.fillRect(GUTTER - 1, 0, 1, $("rows").clientHeight);
}

function drawCursor(context, height) {
  const at = place.cursor;
  if (at === null || at < place.from || at > place.to) return;
  context.fillStyle = colours.accent;
  context.fillRect(xOf(at) - 0.5, 0, 1, height);
}

function drawSelected(context, scroll) {
  const op = place.op;
  if (op < 0) return;
  context.save();
  clipToTimes(context);
  const outline = (op, colour) => {
    const row = rowOf(op);
    if (!row) return;
    const [left, right] = [xOf(ops.start[op]), xOf(ops.done[op])];
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.strokeRect(left - 1, row.top - scroll, Math.max(right - left, 1) + 2, Math.max(row.height - 1, 3));
  };
  place.also.forEach((other) => outline(other, colours.accent));
  outline(op, colours.text);
  context.restore();
}

function clipToTimes(context) {
  context.beginPath();
  context.rect(GUTTER, 0, width(), $("rows").clientHeight);
  context.clip();
}

// Arrows of messages: of the selected op, and of all when few are in view.
const FEW = 150;

function messagesInView() {
  if (rings.n === 0 || rings.n > 20000) return [];
  const seen = [];
  for (let i = 0; i < rings.n; i++) {
    if (rings.filled[i] < place.from || rings.sent[i] > place.to) continue;
    seen.push(i);
    if (seen.length > FEW) return [];
  }
  return seen;
}

function drawArrows(context, scroll) {
  const all = messagesInView();
  const own = place.op >= 0 ? rings.ofOp[place.op] : -1;
  context.save();
  clipToTimes(context);
  all.filter((message) => message !== own).forEach((message) => drawArrow(context, message, scroll, false));
  if (own >= 0) drawArrow(context, own, scroll, true);
  context.restore();
  says($("timeline"), { arrows: all.length + (own >= 0 && !all.includes(own) ? 1 : 0) });
}

function drawArrow(context, message, scroll, isOwn) {
  const [sender, receiver] = [rings.sender[message], rings.receiver[message]];
  if (sender < 0) return;
  const ring = rings.all[ringOf(message)];
  const last = receiver >= 0 ? rowOf(receiver) : view.rows.find((row) => row.rank === ring.to);
  const first = rowOf(sender);
  if (!first || !last) return;
  const middle = (row) => row.top - scroll + row.height / 2;
  const [x0, y0, x1, y1] = [xOf(rings.sent[message]), middle(first), xOf(rings.filled[message]), middle(last)];
  curve(context, x0, y0, x1, y1, isOwn ? colours.accent : colours.faint, isOwn ? 2 : 0.8);
  if (isOwn && Number.isFinite(rings.credit[message])) {
    context.setLineDash([4, 3]);
    curve(context, xOf(rings.released[message]), y1, xOf(rings.credit[message]), y0, colours.stall.credit, 1.5);
    context.setLineDash([]);
  }
}

function curve(context, x0, y0, x1, y1, colour, wide) {
  const bend = Math.max(12, Math.min(60, Math.abs(x1 - x0) / 2));
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = wide;
  context.beginPath();
  context.moveTo(x0, y0);
  context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
  context.stroke();
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x1 - 6, y1 - 3);
  context.lineTo(x1 - 6, y1 + 3);
  context.fill();
}
