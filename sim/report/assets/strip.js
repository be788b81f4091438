// What a lane did, pixel by pixel: from its intervals when there are few to a pixel, else from a level of detail.

// Of each of `width` pixels four numbers: the activity that was busy most, its share of 255, the same of what was waited
// for.
function strip(lane, from, to, width, out) {
  const ticks = (to - from) / width;
  const level = lane.levels.find((level) => END / level.pieces <= ticks);
  if (level || lane.first === lane.end) fromPieces(lane, level ?? lane.levels.at(-1), from, ticks, width, out);
  else fromIntervals(lane, from, ticks, width, out);
  return out;
}

const sums = new Float64Array(64);

function settle(out, at, whole) {
  let [busy, stall, busyAll, stallAll] = [0, 0, 0, 0];
  let [busyMost, stallMost] = [0, 0];
  for (let activity = 0; activity < lanes.activities.length; activity++) {
    const sum = sums[activity];
    if (sum === 0) continue;
    sums[activity] = 0;
    if (activity < BUSY) {
      busyAll += sum;
      if (sum > busyMost) [busy, busyMost] = [activity, sum];
    } else if (lanes.activities[activity].stall && !isNoise(activity)) {
      stallAll += sum;
      if (sum > stallMost) [stall, stallMost] = [activity, sum];
    }
  }
  out[at] = busy;
  out[at + 1] = Math.min(255, Math.ceil((255 * busyAll) / whole));
  out[at + 2] = stall;
  out[at + 3] = Math.min(255, Math.ceil((255 * stallAll) / whole));
}

// Activities below this are of busy units.
const BUSY = lanes.activities.findIndex((activity) => activity.stall);

function fromIntervals(lane, from, ticks, width, out) {
  let i = intervalAt(lane, from);
  for (let x = 0; x < width; x++) {
    const [begin, end] = [from + x * ticks, from + (x + 1) * ticks];
    for (; i < lane.end; i++) {
      const stop = endOf(lane, i);
      sums[lanes.activity[i]] += Math.max(0, Math.min(stop, end) - Math.max(lanes.start[i], begin));
      if (stop >= end) break;
    }
    settle(out, 4 * x, ticks);
  }
}

function fromPieces(lane, level, from, ticks, width, out) {
  if (!level) return out.fill(0);
  const length = END / level.pieces;
  for (let x = 0; x < width; x++) {
    if (from + x * ticks >= END) return out.fill(0, 4 * x);
    const first = Math.min(Math.floor((from + x * ticks) / length), level.pieces - 1);
    const end = Math.min(Math.max(Math.ceil((from + (x + 1) * ticks) / length - 1e-9), first + 1), level.pieces);
    for (let piece = first; piece < end; piece++) {
      const at = level.at + 4 * piece;
      sums[lanes.pieces[at]] += lanes.pieces[at + 1];
      if (lanes.pieces[at + 3] > 0) sums[lanes.pieces[at + 2]] += lanes.pieces[at + 3];
    }
    settle(out, 4 * x, 255 * (end - first));
  }
}
