// Pointer and keys on the timeline.

function makeGestures() {
  const box = $("rows");
  let drag = null;
  const xIn = (event) => event.clientX - box.getBoundingClientRect().left;
  const yIn = (event) => event.clientY - box.getBoundingClientRect().top + box.scrollTop;

  box.addEventListener("wheel", (event) => {
    const x = xIn(event);
    if (x < GUTTER || event.altKey) return;
    event.preventDefault();
    const [dx, dy] = event.shiftKey ? [event.deltaY || event.deltaX, 0] : [event.deltaX, event.deltaY];
    if (event.ctrlKey && !event.shiftKey) return scaleRows(dy > 0 ? 1 / 1.2 : 1.2);
    if (Math.abs(dx) > Math.abs(dy)) panBy((dx / width()) * (place.to - place.from));
    else zoomAt(timeAt(x), Math.exp(Math.max(-1, Math.min(1, dy / 300))));
  }, { passive: false });

  box.addEventListener("pointerdown", (event) => {
    const x = xIn(event);
    if (event.button !== 0 || x > box.clientWidth) return;
    box.focus();
    drag = { x, y: event.clientY, scroll: box.scrollTop, from: place.from, to: place.to, moved: false, mark: event.shiftKey ? timeAt(x) : null };
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    const x = xIn(event);
    if (!drag) return hover(event, x, yIn(event));
    drag.moved ||= Math.abs(x - drag.x) + Math.abs(event.clientY - drag.y) > 4;
    if (!drag.moved || drag.x < GUTTER) return;
    hideTip();
    if (drag.mark !== null) {
      setCursor(timeAt(x));
      return selectRange(drag.mark, timeAt(x));
    }
    const ticks = ((drag.x - x) / width()) * (drag.to - drag.from);
    const from = Math.min(Math.max(drag.from + ticks, 0), LIMIT - (drag.to - drag.from));
    setView(from, from + drag.to - drag.from);
    box.scrollTop = drag.scroll + drag.y - event.clientY;
  });
  box.addEventListener("pointerup", (event) => {
    const [done, x] = [drag, xIn(event)];
    drag = null;
    if (!done) return;
    if (!done.moved) return click(x, yIn(event));
    if (done.mark === null) return;
    selectRange(done.mark, timeAt(x));
    showTab("range");
  });
  box.addEventListener("pointerleave", () => { hideTip(); setCursor(null); });
  box.addEventListener("scroll", () => touch("scroll"));
  box.addEventListener("dblclick", (event) => xIn(event) > GUTTER && place.op >= 0 && goToSelected());

  makeOverviewGestures();
}

function makeOverviewGestures() {
  const overview = $("overview");
  const move = (event) => {
    const at = ((event.clientX - overview.getBoundingClientRect().left - GUTTER) / width()) * LIMIT;
    const half = (place.to - place.from) / 2;
    const from = Math.min(Math.max(at - half, 0), LIMIT - 2 * half);
    setView(from, from + 2 * half);
  };
  overview.addEventListener("pointerdown", (event) => { overview.setPointerCapture(event.pointerId); move(event); });
  overview.addEventListener("pointermove", (event) => event.buttons === 1 && move(event));
}

function scaleRows(factor) {
  const now = view.rankHeight || view.rows[0]?.height || 18;
  view.rankHeight = Math.min(60, Math.max(1.5, now * factor));
  view.unitHeight = Math.min(48, Math.max(6, view.unitHeight * factor));
  touch("rows");
}

function click(x, y) {
  const row = rowAt(y);
  if (!row) return;
  place.rank = row.rank;
  if (x < GUTTER) {
    if (place.open.has(row.rank)) place.open.delete(row.rank);
    else place.open.add(row.rank);
    return touch("rows", "op", "address");
  }
  pin(timeAt(x));
  select(opUnder(row, x));
  if (place.op >= 0) showTab("selection");
}

// The op of the interval at a place, or of one that is at most two pixels away.
function opUnder({ lane }, x) {
  for (const near of [0, -2, 2]) {
    if (timeAt(x + near) > END) continue;
    const i = intervalAt(lane, timeAt(x + near));
    if (i >= 0 && lanes.op[i] >= 0) return lanes.op[i];
  }
  return -1;
}

function hover(event, x, y) {
  const row = rowAt(y);
  if (x < GUTTER || !row) {
    hideTip();
    return setCursor(null);
  }
  const at = timeAt(x);
  setCursor(at);
  const lines = [`rank ${row.rank}${row.lane.unit ? ` · ${lanes.units[row.lane.unit]}` : ""} at ${both(at)}`];
  const i = intervalAt(row.lane, at);
  if (at > END) lines.push("after the end of the run");
  else if (i >= 0) lines.push(...toldOf(row.lane, i));
  showTip(lines, event);
}

function toldOf(lane, i) {
  const activity = lanes.activity[i];
  const [name, length, op] = [lanes.activities[activity].name, endOf(lane, i) - lanes.start[i], lanes.op[i]];
  const state = activity < BUSY ? (lane.unit ? "busy" : `busy in ${name}`) : lanes.activities[activity].stall ? `waits for ${name}` : name;
  const lines = [`${state} for ${both(length)}`];
  if (op >= 0) lines.push(`${nameOf(op)}: ${labelOf(op)}`, sourceOf(op), markOf(op) ? markWords(markOf(op)) : "");
  return lines.filter(Boolean);
}

function goToSelected() {
  if (place.op < 0) return place.range && setView(...place.range);
  const length = Math.max(ops.done[place.op] - ops.issue[place.op], shortest());
  setView(ops.issue[place.op] - length / 2, ops.done[place.op] + length / 2);
  place.toRow = true;
  touch("rows");
}

// The next op of the unit of the selected one, or the one before; else the next of its rank.
function stepOp(step, sameUnit) {
  if (!ops.shown || ops.n === 0) return;
  if (place.op < 0) return goTo(0);
  const rank = rankOf(place.op);
  for (let op = place.op + step; op >= ops.first[rank] && op < ops.first[rank + 1]; op += step) {
    if (!sameUnit || ops.unit[op] === ops.unit[place.op]) return goTo(op);
  }
}

const KEYS = [
  ["w  s", "zoom in and out at the cursor"],
  ["a  d", "move left and right"],
  ["← →", "the op before, the next one, on its unit"],
  ["↑ ↓", "the op before, the next one, of its rank"],
  ["m", "the other end of a message"],
  ["f", "fit the whole run"],
  ["z", "zoom to the selected op, or range"],
  ["o", "show waits for operands, or hide them"],
  ["i", "show the summary, or hide it"],
  ["e", "show the units of all ranks, or of none"],
  ["+  −", "taller and flatter rows"],
  ["/", "search; Enter goes to the next hit"],
  ["t", "light or dark"],
  ...(other ? [["x", "the other run"]] : []),
  ["Esc", "let go of the selection"],
  ["?", "this list"],
];

function press(event) {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
  if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const middle = place.cursor !== null && place.cursor >= place.from && place.cursor <= place.to ? place.cursor : (place.from + place.to) / 2;
  const length = place.to - place.from;
  const act = {
    w: () => zoomAt(middle, 0.7), s: () => zoomAt(middle, 1 / 0.7),
    a: () => panBy(-0.2 * length), d: () => panBy(0.2 * length),
    ArrowLeft: () => stepOp(-1, true), ArrowRight: () => stepOp(1, true),
    ArrowUp: () => stepOp(-1, false), ArrowDown: () => stepOp(1, false),
    m: otherEnd, f: fitAll, z: goToSelected, e: openAll, t: otherTheme, i: switchSummary,
    o: () => { place.operand = !place.operand; touch("theme", "address"); },
    "+": () => scaleRows(1.25), "=": () => scaleRows(1.25), "-": () => scaleRows(0.8),
    ...(other ? { x: switchRun } : {}),
    "/": () => $("query").focus(),
    "?": () => $("keys").showModal(),
    Escape: () => { select(-1); pin(null); place.only = -1; place.range = null; touch("theme", "range"); },
  }[event.key];
  if (!act || $("keys").open) return;
  event.preventDefault();
  act();
}

function otherEnd() {
  const message = place.op >= 0 ? rings.ofOp[place.op] : -1;
  if (message < 0) return;
  const other = place.op === rings.sender[message] ? rings.receiver[message] : rings.sender[message];
  if (other >= 0) goTo(other);
}
function fitAll() {
  view.rankHeight = 0;
  setView(0, LIMIT);
  touch("rows");
}
function openAll() {
  place.open = place.open.size > 0 ? new Set() : new Set(Array(run.ranks).keys());
  touch("rows", "address");
}
function otherTheme() {
  setTheme(theme === "light" ? "dark" : "light");
}
