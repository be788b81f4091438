//! Who lost a contribution, or counted it again, and what to do about it.

use oplog::{OpLog, words};

use super::held::{At, Held};
use super::{Expected, Ledger};

impl Ledger<'_> {
    /// What to do about the first key that is missing.
    pub(super) fn of_missing(&self, expected: &Expected<'_>, held: Option<&Held<'_>>, key: u32) -> String {
        let Some(&born) = self.sources.get(&key).and_then(|sources| sources.first()) else {
            return format!(
                "no rank contributes {key}: mark its partial with `tl.contribute` where it is born, or do not expect it"
            );
        };
        let lost = match held.map(|held| held.last_made_from(key, expected.at)) {
            Some(Some(last)) => format!("; the last op made from it is {}", op(self.log, last)),
            Some(None) => "; no op reads it".to_owned(),
            None => String::new(),
        };
        let (born, into) = (op(self.log, born), op(self.log, expected.at));
        format!("merge contribution {key}, marked by {born}, before {into}{lost}")
    }

    /// What to do about the first key that is there too often.
    pub(super) fn of_twice(&self, expected: &Expected<'_>, held: Option<&Held<'_>>, key: u32) -> String {
        let born = self.sources.get(&key).and_then(|sources| sources.first());
        let marked = born.map_or_else(String::new, |&born| format!(", marked by {},", op(self.log, born)));
        if !expected.keys.contains(&key) {
            let into = op(self.log, expected.at);
            return format!(
                "contribution {key}{marked} is not expected here: leave it out, or let {into} expect it"
            );
        }
        match held.and_then(|held| held.first_doubled(key)) {
            Some(merge) => {
                let merge = op(self.log, merge);
                format!(
                    "contribution {key}{marked} is merged again by {merge}: merge each partial once (a ring in both directions delivers it twice)"
                )
            }
            None => format!(
                "contribution {key}{marked} is there more than once: mark and merge each partial once"
            ),
        }
    }
}

/// `rank 1's add (kernel.rs:40)`
fn op(log: &OpLog, (rank, index): At) -> String {
    words::op_by_line(&log.program, rank, index).replacen("the ", &format!("rank {}'s ", rank.0), 1)
}
