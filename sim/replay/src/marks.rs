//! Which versions the ledger's marks speak of: what their view holds where they stand in program order.

use std::collections::BTreeMap;

use oplog::OpLog;
use program::{Base, Op, Rank, RegionMap, Space, View};

use crate::version::{VersionId, Versions};
use crate::walk;

/// A `Contribute` or an `Expect`, and the versions in its view, each once.
pub struct Mark {
    /// Global number of the mark.
    pub op: u32,
    pub view: View,
    pub versions: Vec<VersionId>,
    /// Whether nothing wrote some bytes of a view of a buffer. In HBM another rank may have.
    pub unwritten: bool,
}

type Memory = BTreeMap<Space, RegionMap<VersionId>>;

/// All marks, in (rank, index) order. In HBM a mark sees what its own rank wrote.
pub fn find(log: &OpLog, versions: &Versions) -> Vec<Mark> {
    let mut marks = Vec::new();
    let mut memory = (Rank(0), Memory::new());
    for (at, (rank, index)) in log.ops().enumerate() {
        if memory.0 != rank {
            memory = (rank, Memory::new());
        }
        let op = log.program.op(rank, index);
        if let Op::Contribute { view, .. } | Op::Expect { view, .. } = op {
            let view = &log.program.rank(rank).views[view.index()];
            let (versions, unwritten) = held(log, versions, rank, view, &memory.1);
            marks.push(Mark { op: at as u32, view: *view, versions, unwritten });
        }
        // A message lies in another rank's memory, where its number finds it.
        if let Some(version) = versions.written_by(at).filter(|version| version.message.is_none()) {
            let map = memory.1.entry(version.space).or_default();
            for &(start, length) in &version.runs {
                map.insert(start, start + length, VersionId(at as u32));
            }
        }
    }
    marks
}

/// What a view holds, and whether bytes of a buffer in it were never written.
fn held(
    log: &OpLog,
    versions: &Versions,
    rank: Rank,
    view: &View,
    memory: &Memory,
) -> (Vec<VersionId>, bool) {
    let (space, base) = log.layout.locate(&log.program, rank, view);
    if let Base::Message(message) = view.base {
        return (versions.of_message(message).into_iter().collect(), false);
    }
    let (mut held, mut unwritten) = (Vec::new(), 0);
    for (start, length) in walk::runs(view, base) {
        unwritten += length;
        let written = memory.get(&space).into_iter().flat_map(|map| map.overlapping(start, start + length));
        for (from, to, &version) in written {
            unwritten -= to.min(start + length) - from.max(start);
            held.push(version);
        }
    }
    held.sort_unstable();
    held.dedup();
    (held, unwritten > 0 && matches!(view.base, Base::Buffer(_)))
}
