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
            let held = held(log, versions, rank, view, &memory.1);
            marks.push(Mark { op: at as u32, view: *view, versions: held });
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

fn held(log: &OpLog, versions: &Versions, rank: Rank, view: &View, memory: &Memory) -> Vec<VersionId> {
    let (space, base) = log.layout.locate(&log.program, rank, view);
    let mut held: Vec<VersionId> = match view.base {
        Base::Message(message) => versions.of_message(message).into_iter().collect(),
        Base::Buffer(_) | Base::Tensor(_) => walk::runs(view, base)
            .into_iter()
            .filter_map(|run| Some((memory.get(&space)?, run)))
            .flat_map(|(map, (start, length))| map.overlapping(start, start + length).map(|(_, _, &id)| id))
            .collect(),
    };
    held.sort_unstable();
    held.dedup();
    held
}
