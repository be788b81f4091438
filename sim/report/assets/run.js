// The run that is shown: its model with the columns read. Times are in ticks.

let model, run, END, ops, lanes, rings, memory, hbm, critical, mesh;

function readRun(from) {
  const ops = readOps(from.ops, from.run.ops);
  return {
    model: from, run: from.run, END: from.run.makespan_fs / from.run.tick_fs, ops,
    lanes: readLanes(from.lanes), rings: readRings(from.rings, ops), memory: readMemory(from.memory, ops), hbm: readMemory(from.hbm, ops),
    critical: readCritical(from.critical), mesh: readMesh(from.mesh),
  };
}
function takeRun(read) {
  ({ model, run, END, ops, lanes, rings, memory, hbm, critical, mesh } = read);
}

// Data that lies in the page, read once.
function dataOf(id) {
  const holder = document.getElementById(id);
  holder.remove();
  return JSON.parse(holder.textContent);
}

function readOps(from, all) {
  const n = from.shown ? all : 0;
  const issue = column(from.issue, n, "after");
  const start = column(from.start, n, "number");
  const done = column(from.done, n, "number");
  for (let i = 0; i < n; i++) {
    start[i] += issue[i];
    done[i] += start[i];
  }
  const kinds = readKinds(from.kinds);
  const kind = column(from.kind, n, "number", Uint32Array);
  const each = (values, Type) => Type.from(kind, (number) => values[number]);
  return {
    n, issue, start, done, kinds, kind,
    heldBy: readHeld(from.held_by, n),
    shown: from.shown,
    first: from.first,
    labels: from.labels,
    sources: from.sources,
    names: from.names,
    spans: from.spans,
    label: each(kinds.label, Uint32Array),
    source: each(kinds.source, Uint32Array),
    unit: each(kinds.unit, Uint8Array),
  };
}

// What ops of one kind share.
function readKinds({ n, ...from }) {
  const numbers = (name) => column(from[name], n, "number");
  return {
    label: column(from.label, n, "after"), source: column(from.source, n, "after"),
    unit: numbers("unit"), macs: numbers("macs"), bytes: numbers("bytes"), sent: numbers("sent"),
  };
}

// Ops of its rank that an op is held by: by lists of how far back they are, which many ops share.
function readHeld(from, ops) {
  const first = column(from.lengths, from.n, "number", Uint32Array);
  let at = 0;
  for (let i = 0; i < from.n; i++) {
    const length = first[i];
    first[i] = at;
    at += length;
  }
  return { first, back: column(from.distances, at, "number"), list: column(from.list, ops, "number", Uint32Array) };
}
function heldBy(op) {
  const { first, back, list } = ops.heldBy;
  return [...back.subarray(first[list[op]], first[list[op] + 1] ?? back.length)].map((n) => op - n);
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
// An op of a finding or a diff, as the command line spells it.
function opWords({ rank, index, op, unit }) {
  return `rank ${rank}, op ${index} (${op}${unit ? ` on ${unit}` : ""})`;
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

function readRings(from, ops) {
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

function readMemory(from, ops) {
  const n = ops.shown ? from.ranks.reduce((sum, rank) => sum + rank.holders, 0) : 0;
  let first = 0;
  for (const rank of from.ranks) {
    rank.first = first;
    if (n > 0) first += rank.holders;
    rank.end = first;
  }
  const uses = {
    bytes: column(from.bytes, n, "number"),
    address: column(from.address, n, "after"),
    holder: column(from.holder, n, "after"),
    first: column(from.first, n, "after", Int32Array),
    last: column(from.last, n, "after", Int32Array),
    from: column(from.from, n, "after"),
    to: column(from.to, n, "number"),
  };
  for (let i = 0; i < n; i++) uses.to[i] += uses.from[i];
  return { ...uses, capacity: from.capacity, ranks: from.ranks, names: from.names, twice: from.twice };
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
