//! Memory and work of the ops of a replay, known before they are taken.

use oplog::OpLog;
use program::{ComputeOp, Op, OpIndex, Program, Rank, View, ViewId};

use crate::cpu;
use crate::error::ReplayError;
use crate::place::op_ref;
use crate::reads::Reads;
use crate::version::Versions;

/// Bytes of a number while ops compute with it.
const WIDE: u64 = 4;

/// Most bytes that an op takes beside the values it reads: its result, and what it widens or gathers. Views that do
/// not exist count nothing.
pub fn of_op(program: &Program, rank: Rank, op: &Op) -> u64 {
    let views = &program.rank(rank).views;
    let view = |id: ViewId| views.get(id.index());
    let access = op.access();
    let write = access.write.and_then(view);
    let made = write.map_or(0, |view| view.bytes().saturating_add(wide(view)));
    if let Op::Compute(ComputeOp::Reduce { x, .. }) = *op {
        let (elements, results) = (view(x).map_or(0, View::elements), write.map_or(0, View::elements));
        return made.saturating_add(cpu::reduction_bytes(elements, results));
    }
    let is_dot = matches!(op, Op::Compute(ComputeOp::Dot { .. }));
    let computes = matches!(op, Op::Compute(_) | Op::Recv(_));
    let read = |view: &View| {
        let widened =
            if computes && !(is_dot && cpu::AsStored::of(view.dtype).is_some()) { wide(view) } else { 0 };
        // A broadcast is gathered once.
        let gathered = view.bytes().min(view.end() - view.offset.min(view.end()));
        gathered.saturating_add(widened)
    };
    access.reads().filter_map(view).map(read).fold(made, u64::saturating_add)
}

/// Elements that an op makes or reads, or its multiply-adds. Views that do not exist count nothing.
pub fn work_of(program: &Program, rank: Rank, op: &Op) -> u64 {
    let views = &program.rank(rank).views;
    let elements = |id: ViewId| views.get(id.index()).map_or(0, View::elements);
    match *op {
        Op::Compute(ComputeOp::Dot { a, c, .. }) => {
            let depth = views.get(a.index()).and_then(|a| a.shape.last()).map_or(1, |&k| u64::from(k));
            elements(c).saturating_mul(depth)
        }
        Op::Compute(_)
        | Op::Move(_)
        | Op::Send(_)
        | Op::Recv(_)
        | Op::Sync(_)
        | Op::Queue(_)
        | Op::Note(_)
        | Op::Time(_) => op.views().map(elements).max().unwrap_or_default(),
    }
}

fn wide(view: &View) -> u64 {
    view.elements().saturating_mul(WIDE)
}

/// Limit on the values alive and on what ops that are computed at once take.
#[derive(Clone, Copy)]
pub(crate) struct Limit<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub bytes: u64,
    /// At least what an op takes for each view that it reads or writes.
    of_view: u64,
}

impl<'a> Limit<'a> {
    pub fn of(log: &'a OpLog, versions: &'a Versions, bytes: u64) -> Limit<'a> {
        let views = log.program.ranks.iter().flat_map(|rank| &rank.views);
        let takes = |view: &View| {
            let elements = view.elements();
            let widened = view.bytes().saturating_add(wide(view));
            widened.max(cpu::reduction_bytes(elements, elements))
        };
        let of_view = if bytes == u64::MAX { 0 } else { views.map(takes).max().unwrap_or_default() };
        Limit { log, versions, bytes, of_view }
    }

    /// Refuses a wave of ops that does not fit beside the values that are alive.
    pub fn admit(&self, wave: &[u32], reads: &Reads, live: u64) -> Result<(), ReplayError> {
        if self.bytes == u64::MAX {
            return Ok(());
        }
        // Most waves fit by far: the sizes of their ops are then not asked for.
        let views: u64 = wave.iter().map(|&op| 1 + reads.n_of(op as usize) as u64).sum();
        if live.saturating_add(views.saturating_mul(self.of_view)) <= self.bytes {
            return Ok(());
        }
        let needs = |&op: &u32| {
            let (rank, index): (Rank, OpIndex) = self.versions.op(op);
            of_op(&self.log.program, rank, self.log.program.op(rank, index))
        };
        let needs_all = wave.iter().map(needs).fold(live, u64::saturating_add);
        if needs_all <= self.bytes {
            return Ok(());
        }
        let most = wave.iter().max_by_key(|op| needs(op)).expect("a wave of nothing needs nothing");
        let op = Box::new(op_ref(self.log, self.versions, *most));
        let (rank, index) = self.versions.op(*most);
        let span = self.log.program.span_of(rank, index);
        Err(ReplayError::Memory { op, span, needs: needs_all, limit: self.bytes })
    }
}
