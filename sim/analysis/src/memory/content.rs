//! The origin of bytes, followed back through moves and messages to the op that made them, or to the host.

use std::collections::{BTreeMap, BTreeSet};

use oplog::OpLog;
use order::{Dataflow, Part, Writer};
use program::{MoveOp, Op, OpIndex, QueueOp, Rank, RecvOp, SendOp, TensorId, View, ViewId};

/// Who made some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Content {
    /// The host. Of tensors that hold the same box of one input, the first stands for all.
    Host(TensorId),
    /// An op that does more than to move bytes.
    Op { rank: Rank, op: OpIndex },
}

/// Bytes `start..end` of what an op wrote are those from `at` on of what somebody made. An op that writes to a buffer
/// or tensor counts from the beginning of that, a send from the beginning of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub start: u64,
    pub end: u64,
    pub content: Content,
    pub at: u64,
}

type OpId = (Rank, OpIndex);

/// What ops have moved, as far as it was asked for.
pub(super) struct Contents<'a> {
    log: &'a OpLog,
    flow: &'a Dataflow,
    /// By input tensor: the first that holds the same.
    same: Vec<TensorId>,
    known: BTreeMap<OpId, Vec<Run>>,
    /// How many more runs are kept: beyond, nothing is said of what was moved.
    left: usize,
}

/// Runs of all moves that are kept.
const MOST_RUNS: usize = 1 << 20;

/// What a move reads, and the view that it writes; `None` of a send.
pub(super) fn moved(op: &Op) -> Option<(ViewId, Option<ViewId>)> {
    match op {
        Op::Move(MoveOp::Load { from, to } | MoveOp::Store { from, to } | MoveOp::Copy { from, to })
        | Op::Queue(QueueOp::HostCopy { from, to })
        | Op::Recv(RecvOp::RecvCopy { view: from, to, .. }) => Some((*from, Some(*to))),
        Op::Send(
            SendOp::Send { from, .. } | SendOp::Forward { from, .. } | SendOp::Multicast { from, .. },
        ) => Some((*from, None)),
        Op::Compute(_)
        | Op::Recv(RecvOp::Recv { .. } | RecvOp::RecvAsync { .. } | RecvOp::RecvReduce { .. })
        | Op::Sync(_)
        | Op::Queue(QueueOp::Commit { .. } | QueueOp::EventSignal { .. } | QueueOp::EventWait { .. })
        | Op::Note(_)
        | Op::Time(_) => None,
    }
}

impl<'a> Contents<'a> {
    pub fn new(log: &'a OpLog, flow: &'a Dataflow) -> Contents<'a> {
        let mut first = BTreeMap::new();
        let tensors = log.program.tensors.iter().enumerate();
        let same = tensors.map(|(index, tensor)| {
            let own = TensorId(index as u32);
            match tensor.role.given() {
                Some((of, start)) => *first.entry((of, start, &tensor.shape)).or_insert(own),
                None => own,
            }
        });
        let same = same.collect();
        Contents { log, flow, same, known: BTreeMap::new(), left: MOST_RUNS }
    }

    /// The first input tensor that holds the same as this one.
    pub fn host(&self, tensor: TensorId) -> TensorId {
        self.same[tensor.index()]
    }
    /// Whether all that was asked for is known.
    pub fn is_complete(&self) -> bool {
        self.left > 0
    }

    /// What a move has moved; nothing of other ops.
    pub fn of(&mut self, op: OpId) -> &[Run] {
        self.follow(op);
        self.known.get(&op).map_or(&[], Vec::as_slice)
    }

    /// Follows a move and those before it. A chain may be as long as the program, so nothing calls itself.
    fn follow(&mut self, op: OpId) {
        let mut open = vec![op];
        let mut entered = BTreeSet::new();
        while let Some(&top) = open.last() {
            let before = if self.known.contains_key(&top) { Vec::new() } else { self.unknown_before(top) };
            // Writers come before readers in every legal order, so an op that is entered twice has all it needs.
            if before.is_empty() || !entered.insert(top) {
                open.pop();
                if !self.known.contains_key(&top) {
                    let runs = if self.left > 0 { self.runs(top) } else { Vec::new() };
                    self.left = self.left.saturating_sub(runs.len());
                    self.known.insert(top, runs);
                }
            } else {
                open.extend(before);
            }
        }
    }

    fn parts(&self, (rank, op): OpId) -> &'a [Part] {
        self.flow.reads(rank, op).next().unwrap_or(&[])
    }

    fn unknown_before(&self, op: OpId) -> Vec<OpId> {
        let writers = self.parts(op).iter().filter_map(|part| match part.writer {
            Writer::Op { rank, op } => Some((rank, op)),
            Writer::Uninitialised | Writer::Host(_) | Writer::Ambiguous(_) => None,
        });
        let is_unknown = |&(rank, op): &OpId| {
            moved(self.log.program.op(rank, op)).is_some() && !self.known.contains_key(&(rank, op))
        };
        writers.filter(is_unknown).collect()
    }

    fn runs(&self, id: OpId) -> Vec<Run> {
        let (program, (rank, op)) = (&self.log.program, id);
        let Some((from, to)) = moved(program.op(rank, op)) else { return Vec::new() };
        let view = |view: ViewId| &program.rank(rank).views[view.index()];
        let from_runs = view(from).runs();
        let to_runs = to.map_or_else(|| vec![(0, view(from).bytes())], |to| view(to).runs());
        // A broadcast repeats elements: nothing is said of it.
        let length = |runs: &[(u64, u64)]| runs.iter().map(|(_, length)| length).sum::<u64>();
        if length(&from_runs) != view(from).bytes() || length(&to_runs) != view(from).bytes() {
            return Vec::new();
        }
        let mut runs = Vec::new();
        pieces(&from_runs, &to_runs, |read, written, length| {
            self.trace(self.parts(id), read, written, length, &mut runs);
        });
        runs.sort_by_key(|run: &Run| run.start);
        runs
    }

    /// Adds what `length` bytes from `read` on are, which were written from `written` on.
    fn trace(&self, parts: &[Part], read: u64, written: u64, length: u64, runs: &mut Vec<Run>) {
        let first = parts.partition_point(|part| part.end <= read);
        for part in parts[first..].iter().take_while(|part| part.start < read + length) {
            let (start, end) = (part.start.max(read), part.end.min(read + length));
            let (from, to) = (part.from + (start - part.start), written + (start - read));
            let mut put = |start: u64, end: u64, content, at| join(runs, Run { start, end, content, at });
            match part.writer {
                Writer::Host(tensor) => put(to, to + (end - start), Content::Host(self.host(tensor)), from),
                Writer::Op { rank, op } if moved(self.log.program.op(rank, op)).is_none() => {
                    put(to, to + (end - start), Content::Op { rank, op }, from);
                }
                Writer::Op { rank, op } => {
                    let known = self.known.get(&(rank, op)).map_or(&[][..], Vec::as_slice);
                    let last = from + (end - start);
                    let first = known.partition_point(|run| run.end <= from);
                    for run in known[first..].iter().take_while(|run| run.start < last) {
                        let (a, b) = (run.start.max(from), run.end.min(last));
                        put(to + (a - from), to + (b - from), run.content, run.at + (a - run.start));
                    }
                }
                Writer::Uninitialised | Writer::Ambiguous(_) => {}
            }
        }
    }
}

/// Adds a run, to the last one where it goes on from there.
fn join(runs: &mut Vec<Run>, run: Run) {
    match runs.last_mut() {
        Some(last)
            if last.end == run.start
                && last.content == run.content
                && last.at + (last.end - last.start) == run.at =>
        {
            last.end = run.end;
        }
        Some(_) | None => runs.push(run),
    }
}

/// Visits pieces of two lists of runs that are one after the other in both: `(start, start, length)`.
fn pieces(a: &[(u64, u64)], b: &[(u64, u64)], mut visit: impl FnMut(u64, u64, u64)) {
    let (mut a, mut b) = (a.iter().copied(), b.iter().copied());
    let (mut of_a, mut of_b) = (a.next(), b.next());
    while let (Some((from, left_a)), Some((to, left_b))) = (of_a, of_b) {
        let length = left_a.min(left_b);
        visit(from, to, length);
        of_a = if left_a > length { Some((from + length, left_a - length)) } else { a.next() };
        of_b = if left_b > length { Some((to + length, left_b - length)) } else { b.next() };
    }
}

/// The byte ranges of a view and where they lie in what the op made.
pub(super) fn own_runs(view: &View, content: Content) -> Vec<Run> {
    view.spans().into_iter().map(|(start, end)| Run { start, end, content, at: start }).collect()
}
