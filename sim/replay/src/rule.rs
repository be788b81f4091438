//! The read rules. `identity` is what the program means, `hardware` is what the memories held when an op started, `end`
//! what they held when it ended, and `shape` is a repair that others used, kept to show what it confuses.

use std::fmt;
use std::str::FromStr;

use oplog::OpLog;
use order::Dataflow;
use program::{Effect, Rank, Space, Target, TensorId, View};

use crate::error::ReplayError;
use crate::history::{Histories, Part, Reader, ShapeHistories};
use crate::identity::Identity;
use crate::reads::Reads;
use crate::threads::side_by_side;
use crate::version::{Runs, Version, Versions, Writer, runs, whole_tensor};

/// Rule by which a read finds its version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadRule {
    /// The version that program order and message numbers say the op consumes.
    #[default]
    Identity,
    /// The newest bytes when the op starts, whatever their shape.
    Hardware,
    /// The newest version of the place, shape and dtype that the op expects, written when it starts.
    Shape,
    /// Of an op that computes, the bytes when it ends; of a move that is writing them meanwhile, as many as it has
    /// written. Other ops read as by `Hardware`.
    End,
}

impl ReadRule {
    pub const ALL: [ReadRule; 4] = [ReadRule::Identity, ReadRule::Hardware, ReadRule::Shape, ReadRule::End];
}

impl fmt::Display for ReadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ReadRule::Identity => "identity",
            ReadRule::Hardware => "hardware",
            ReadRule::Shape => "shape",
            ReadRule::End => "end",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a read rule: use identity, hardware, shape or end")]
pub struct ReadRuleError(pub String);

impl FromStr for ReadRule {
    type Err = ReadRuleError;
    fn from_str(text: &str) -> Result<ReadRule, ReadRuleError> {
        ReadRule::ALL
            .into_iter()
            .find(|rule| rule.to_string() == text)
            .ok_or_else(|| ReadRuleError(text.to_owned()))
    }
}

/// Resolves every read of a log by one rule. Reader i is global op i; after the ops, the host reads each tensor.
///
/// # Errors
/// [`ReplayError::Log`] when the log contradicts its own program.
pub fn resolve(log: &OpLog, rule: ReadRule) -> Result<Reads, ReplayError> {
    let versions = Versions::of(log)?;
    let identity = Identity::of(log, &Dataflow::of(&log.program), &versions).reads();
    Ok(match rule {
        ReadRule::Identity => identity,
        ReadRule::Hardware => hardware(log, &versions, &Histories::of(&versions)),
        ReadRule::Shape => shape(log, &versions, &identity),
        ReadRule::End => end(log, &versions, &Histories::of(&versions)),
    })
}

/// The newest bytes of every read.
pub fn hardware(log: &OpLog, versions: &Versions, histories: &Histories) -> Reads {
    by_place(log, |_, _, reader, space, runs| {
        runs.iter().flat_map(|&run| histories.newest(versions, space, run, reader)).collect()
    })
}

/// The bytes that every op that computes finds at its end, and all others at their start.
pub fn end(log: &OpLog, versions: &Versions, histories: &Histories) -> Reads {
    let effect = |op: usize| {
        let (rank, index) = versions.op(op as u32);
        log.program.op(rank, index).effect()
    };
    let streams = |version: &Version| match version.writer {
        Writer::Op(op) => matches!(effect(op as usize), Effect::Move { to: Target::View(_), .. }),
        Writer::Host(_) => false,
    };
    by_place(log, |at, _, reader, space, runs| {
        let computes = reader.op != Reader::HOST && matches!(effect(at), Effect::Compute(_));
        let parts = |&run: &(u64, u64)| match computes {
            true => histories.at_end(versions, space, run, reader, streams),
            false => histories.newest(versions, space, run, reader),
        };
        runs.iter().flat_map(parts).collect()
    })
}

/// For every version that identity names, the newest one like it. None at all leaves the bytes unwritten.
pub fn shape(log: &OpLog, versions: &Versions, identity: &Reads) -> Reads {
    let histories = ShapeHistories::of(versions);
    by_place(log, |at, nth, reader, _, _| {
        let meant = identity.nth(at, nth);
        let newest = |part: &Part| {
            let version = part.version?;
            histories.newest(versions, versions.get(version), reader)
        };
        meant.iter().map(|part| Part { version: newest(part), ..*part }).collect()
    })
}

/// Resolves every read by a function of (reader, which of its reads, when it reads, where). Ranks are independent.
fn by_place(
    log: &OpLog,
    resolve: impl Fn(usize, usize, Reader, Space, &[(u64, u64)]) -> Vec<Part> + Sync,
) -> Reads {
    let of_rank = |(rank, first): (Rank, usize)| {
        let (program, mut reads) = (log.program.rank(rank), Reads::new());
        for (at, op) in (first..).zip(&program.ops) {
            let reader = reader(log, at);
            for (nth, view) in op.access().reads().enumerate() {
                let view = &program.views[view.index()];
                let (space, base) = log.layout.locate(&log.program, rank, view);
                reads.read(resolve(at, nth, reader, space, &runs(view, base)));
            }
            reads.next_reader();
        }
        reads
    };
    let mut reads = Reads::joined(side_by_side(ranks(log), of_rank));
    let host = host(log);
    for tensor in 0..log.program.tensors.len() {
        if let Some((space, runs)) = taken_by_host(log, TensorId(tensor as u32)) {
            reads.read(resolve(reads.n_readers(), 0, host, space, &runs));
        }
        reads.next_reader();
    }
    reads
}

/// Every rank with the global number of its first op.
pub fn ranks(log: &OpLog) -> Vec<(Rank, usize)> {
    (0..log.program.n_ranks()).map(Rank).zip(log.first_ops()).collect()
}

/// Time of the reads of global op `at`.
pub fn reader(log: &OpLog, at: usize) -> Reader {
    Reader { op: at as u32, start: log.entries.start[at], done: log.entries.done[at] }
}

/// The host reads when every op is done. It walks the log: asked once, not for every tensor.
pub fn host(log: &OpLog) -> Reader {
    Reader { op: Reader::HOST, start: log.makespan(), done: log.makespan() }
}

/// Where a tensor lies, when the host takes it.
pub fn taken_by_host(log: &OpLog, id: TensorId) -> Option<(Space, Runs)> {
    let tensor = &log.program.tensors[id.index()];
    tensor.role.taken()?;
    let view: View = whole_tensor(log, id)?;
    Some((Space::Hbm(tensor.home), runs(&view, log.layout.tensors[id.index()])))
}
