// The run: the model of the page with its columns read. Times are in ticks.

const model = JSON.parse(document.getElementById("model").textContent);
document.getElementById("model").remove();
const run = model.run;
const END = run.makespan_fs / run.tick_fs;

const ops = readOps(model.ops);
const lanes = readLanes(model.lanes);
const rings = readRings(model.rings);
const memory = readMemory(model.memory);
const critical = readCritical(model.critical);
const mesh = readMesh(model.mesh);

function readOps(from) {
  const n = from.shown ? run.ops : 0;
  const issue = column(from.issue, n, "after");
  const start = column(from.start, n, "number");
  const done = column(from.done, n, "number");
  for (let i = 0; i < n; i++) {
    start[i] += issue[i];
    done[i] += start[i];
  }
  return {
    n, issue, start, done,
    shown: from.shown,
    first: from.first,
    labels: from.labels,
    sources: from.sources,
    names: from.names,
    spans: from.spans,
    label: column(from.label, n, "number", Uint32Array),
    source: column(from.source, n, "after", Uint32Array),
    unit: column(from.unit, n, "number", Uint8Array),
  };
}

function rankOf(op) {
  return firstAbove(ops.first, op) - 1;
}
function labelOf(op) {
  return ops.labels[ops.label[op]];
}
function sourceOf(op) {
  return ops.sources[ops.source[op]];
}
function nameOf(op) {
  const rank = rankOf(op);
  return `rank ${rank}, op ${op - ops.first[rank]}`;
}

function readLanes(from) {
  const n = from.shown ? from.n_intervals : 0;
  const lanes = {
    n, shown: from.shown,
    activities: from.activities,
    units: from.units,
    all: from.lanes,
    start: column(from.length, n, "number"),
    activity: column(from.activity, n, "number", Uint8Array),
    op: column(from.op, n, "someAfter", Int32Array),
    pieces: bytesOf(from.pieces),
  };
  let interval = 0;
  let piece = 0;
  lanes.all.forEach((lane, i) => {
    lane.unit = i % lanes.units.length;
    lane.first = interval;
    lane.end = interval + lane.intervals;
    let at = 0;
    for (; interval < lane.end; interval++) {
      const length = lanes.start[interval];
      lanes.start[interval] = at;
      at += length;
    }
    lane.levels = lane.levels.map((pieces) => {
      const level = { pieces, at: piece };
      piece += 4 * pieces;
      return level;
    });
  });
  return lanes;
}

function endOf(lane, interval) {
  return interval + 1 < lane.end ? lanes.start[interval + 1] : END;
}
// The interval of a lane that holds a moment; -1 when the page has none.
function intervalAt(lane, at) {
  if (lane.first === lane.end) return -1;
  return Math.max(lane.first, firstAbove(lanes.start, at, lane.first, lane.end) - 1);
}
function laneOf(rank, unit) {
  return lanes.all[rank * lanes.units.length + unit];
}

function readRings(from) {
  const all = from.rings;
  const n = ops.shown ? all.reduce((sum, ring) => sum + ring.messages, 0) : 0;
  const sent = column(from.sent, n, "after");
  const filled = column(from.filled, n, "number");
  const released = column(from.released, n, "number");
  const credit = column(from.credit, n, "number");
  let first = 0;
  for (const ring of all) {
    ring.first = first;
    if (n > 0) first += ring.messages;
    ring.end = first;
  }
  for (let i = 0; i < n; i++) {
    filled[i] += sent[i];
    released[i] = released[i] === 0 ? Infinity : filled[i] + released[i] - 1;
    credit[i] = credit[i] === 0 ? Infinity : released[i] + credit[i] - 1;
  }
  const ends = (text) => column(text, n, "someAfter", Int32Array);
  const read = { all, n, sent, filled, released, credit };
  read.sender = ends(from.sender);
  read.receiver = ends(from.receiver);
  read.releaser = ends(from.releaser);
  read.ofOp = new Int32Array(ops.n).fill(-1);
  for (const end of [read.sender, read.receiver, read.releaser]) {
    end.forEach((op, message) => op >= 0 && (read.ofOp[op] = message));
  }
  return read;
}

function ringOf(message) {
  return rings.all.findIndex((ring) => message < ring.end);
}

function readMemory(from) {
  const n = ops.shown ? from.ranks.reduce((sum, rank) => sum + rank.buffers, 0) : 0;
  let first = 0;
  for (const rank of from.ranks) {
    rank.first = first;
    if (n > 0) first += rank.buffers;
    rank.end = first;
  }
  const uses = {
    bytes: column(from.bytes, n, "number"),
    address: column(from.address, n, "after"),
    buffer: column(from.buffer, n, "after"),
    first: column(from.first, n, "after", Int32Array),
    last: column(from.last, n, "number", Int32Array),
    from: column(from.from, n, "after"),
    to: column(from.to, n, "number"),
  };
  for (let i = 0; i < n; i++) {
    uses.last[i] += uses.first[i];
    uses.to[i] += uses.from[i];
  }
  return { ...uses, capacity: from.capacity, ranks: from.ranks };
}

function readCritical(from) {
  const start = column(from.length, from.n, "number");
  let at = 0;
  for (let i = 0; i < from.n; i++) {
    const length = start[i];
    start[i] = at;
    at += length;
  }
  return {
    n: from.n, start,
    categories: from.categories,
    totals: from.totals,
    op: column(from.op, from.n, "after", Int32Array),
    category: column(from.category, from.n, "number", Uint8Array),
  };
}

function readMesh(from) {
  const loads = column(from.loads, from.links.length * from.pieces, "number");
  from.links.forEach((link, i) => (link.loads = loads.subarray(i * from.pieces, (i + 1) * from.pieces)));
  return from;
}
