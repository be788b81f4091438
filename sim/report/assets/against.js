// The run that this one is compared with, if there is one: which of its ops is which, and how they differ.

const first = dataOf("model");
// Null on the page of one run; else {model, diff, marks}.
const other = dataOf("other");
const SIDES = ["A", "B"];
const read = [readRun(first), null];
let shownSide = 0;
// The end of the longer run, in ticks of the one that is shown: both have one scale of time.
let LIMIT = 0;

// The second run is read when it is asked for.
function runOf(side) {
  return (read[side] ??= readRun(other.model));
}
function takeSide(side) {
  shownSide = side;
  takeRun(runOf(side));
  LIMIT = Math.max(run.makespan_fs, other ? (side ? first : other.model).run.makespan_fs : 0) / run.tick_fs;
}
takeSide(0);

const marks = readMarks();

function readMarks() {
  if (!other) return null;
  const { names, shown, ...from } = other.marks;
  const n = [first, other.model].map((model) => (shown ? model.run.ops : 0));
  const toB = column(from.to_b, n[0], "someAfter", Int32Array);
  const toA = new Int32Array(n[1]).fill(-1);
  toB.forEach((b, a) => b >= 0 && (toA[b] = a));
  const of = [column(from.a, n[0], "number", Uint8Array), column(from.b, n[1], "number", Uint8Array)];
  // Of each side: the ops that have a mark, ascending.
  const marked = of.map((marks) => {
    const all = [];
    marks.forEach((mark, op) => mark > 0 && all.push(op));
    return Int32Array.from(all);
  });
  return { names, shown, of, to: [toB, toA], marked };
}

// The number of an op's mark: 0 is of one that is the same in both runs.
function markOf(op, of = shownSide) {
  return marks?.shown ? marks.of[of][op] : 0;
}
// The op of the other run that this one is; -1 when there is none.
function partnerOf(op, of = shownSide) {
  return marks?.shown && op >= 0 ? marks.to[of][op] : -1;
}
// The marked ops of a rank of the run that is shown.
function markedOf(rank) {
  if (!marks) return [];
  const all = marks.marked[shownSide];
  return all.subarray(firstAbove(all, ops.first[rank] - 1), firstAbove(all, ops.first[rank + 1] - 1));
}

const MARK_WORDS = {
  only: () => `only in ${SIDES[shownSide]}`, changed: () => "asks for something else", moved: () => "in another place",
  rewired: () => "reads what other ops make", takes: () => "takes another time",
  flight: () => "its message or credit takes another time",
};
function markWords(mark) {
  return MARK_WORDS[marks.names[mark]]();
}

// The other run, at the same moment, with the same op.
function switchRun() {
  if (!other) return;
  const { tick_fs } = run;
  const wasWhole = place.from === 0 && place.to === LIMIT;
  const ring = rings.all[place.ring];
  const gone = place.op >= 0 && partnerOf(place.op) < 0 ? { side: shownSide, op: place.op } : null;
  const also = place.also.map((op) => partnerOf(op)).filter((op) => op >= 0);
  const op = place.op < 0 && place.gone?.side === 1 - shownSide ? place.gone.op : partnerOf(place.op);
  takeSide(1 - shownSide);
  const moved = (tick) => (tick === null ? null : (tick * tick_fs) / run.tick_fs);
  [place.cursor, place.pinned] = [moved(place.cursor), moved(place.pinned)];
  place.open = new Set([...place.open].filter((rank) => rank < run.ranks));
  place.rank = Math.min(place.rank, run.ranks - 1);
  place.ring = ring ? rings.all.findIndex(({ from, to, queue }) => from === ring.from && to === ring.to && queue === ring.queue) : -1;
  fillPanes();
  place.range = place.range ? place.range.map(moved) : null;
  if (wasWhole) setView(0, LIMIT);
  else setView(moved(place.from), moved(place.to));
  select(op, also);
  place.gone = gone;
  place.toRow = op >= 0;
  touch("rows", "cursor", "ring", "mesh", "theme", "query", "size", "address");
}

// Goes to an op of a run: shown as the run has it that is seen now, if that has it.
function goToMarked(of, op) {
  if (!marks.shown) return;
  const here = of === shownSide ? op : partnerOf(op, of);
  if (here < 0) switchRun();
  goTo(here < 0 ? op : here);
}
// The next op with a mark, in the run that has one.
function nextMarked(of, name) {
  const mark = marks.names.indexOf(name);
  const all = marks.marked[of].filter((op) => marks.of[of][op] === mark);
  if (all.length === 0) return;
  const now = of === shownSide ? place.op : partnerOf(place.op);
  goToMarked(of, all.find((op) => op > now) ?? all[0]);
}
