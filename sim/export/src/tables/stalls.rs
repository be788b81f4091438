//! A row for each wait.

use oplog::{Stall, UnitId};

use super::about;
use crate::chosen::Chosen;
use crate::table::{Column, Table};

/// The waits of the ops of a window, in the order of those and of time.
pub fn stalls(chosen: &Chosen<'_>) -> Table {
    let log = chosen.log;
    let whole = |name, value: &dyn Fn(&Stall) -> u64| Column::whole(name, chosen.stalls.iter().map(value));
    let unit = chosen.stalls.iter().map(|stall| Some(who(stall, log.entries.unit[stall.op as usize])));
    let columns = vec![
        whole("rank", &|stall| chosen.op(stall.op).rank.0.into()),
        whole("op", &|stall| chosen.op(stall.op).index.0.into()),
        Column::text("unit", unit, ToString::to_string),
        Column::text("reason", chosen.stalls.iter().map(|stall| Some(stall.reason)), |reason| {
            reason.name().to_owned()
        }),
        whole("from_fs", &|stall| stall.from.fs()),
        whole("to_fs", &|stall| stall.to.fs()),
    ];
    Table { name: "stalls", columns, about: about(log) }
}

/// Who waits: the sequencer that holds an op, or the unit that has it.
pub(crate) fn who(stall: &Stall, unit: UnitId) -> UnitId {
    if stall.reason.holds_sequencer() { UnitId::SEQUENCER } else { unit }
}
