//! Copies whose ends overlap. A copy streams: of bytes that it reads and also overwrites, for another element, it is
//! not defined which come first.

use oplog::OpLog;
use order::EventGraph;
use program::{Base, MoveOp, Op, OpIndex, QueueOp, Rank, Space, View};

use crate::groups::Groups;
use crate::seen::Seen;

/// A copy, and the first bytes that it reads and overwrites.
#[derive(Clone, Copy, Debug)]
pub struct OntoItself {
    pub space: Space,
    pub base: Base,
    pub bytes: [u64; 2],
}

pub fn onto_themselves(graph: &EventGraph<'_>, log: &OpLog, seen: &Seen<'_>) -> Groups<OntoItself> {
    let mut groups = Groups::default();
    for (rank, of_rank) in graph.program.ranks.iter().enumerate() {
        let rank = Rank(rank as u32);
        for (index, op) in of_rank.ops.iter().enumerate() {
            let (Op::Move(MoveOp::Copy { from, to }) | Op::Queue(QueueOp::HostCopy { from, to })) = op else {
                continue;
            };
            if let Some(found) = overlap(log, rank, [from, to].map(|id| &of_rank.views[id.index()])) {
                let op = graph.global(rank, OpIndex(index as u32));
                let shown = seen.about([op, op], found.space, found.bytes);
                groups.add(graph, "copy", [op, op], found).shown.extend(shown);
            }
        }
    }
    groups
}

/// What a copy reads and overwrites, unless every element stays where it is. Addresses decide, since tiles may be laid
/// over each other by hand.
fn overlap(log: &OpLog, rank: Rank, [from, to]: [&View; 2]) -> Option<OntoItself> {
    let [(space, start), (other, shift)] = [from, to].map(|view| log.layout.locate(&log.program, rank, view));
    let ends = [(start, from), (shift, to)].map(|(at, view)| (at + view.offset, at + view.end()));
    let stays = ends[0].0 == ends[1].0 && from.strides == to.strides;
    if space != other || stays || ends[0].1 <= ends[1].0 || ends[1].1 <= ends[0].0 {
        return None;
    }
    let (read, written) = (from.spans(), to.spans());
    let mut writes = written.iter().map(|&(first, end)| (first + shift, end + shift)).peekable();
    for (first, end) in read.into_iter().map(|(first, end)| (first + start, end + start)) {
        while writes.next_if(|write| write.1 <= first).is_some() {}
        if let Some(write) = writes.peek().filter(|write| write.0 < end) {
            let bytes = [first.max(write.0), end.min(write.1)];
            return Some(OntoItself { space, base: from.base, bytes });
        }
    }
    None
}
