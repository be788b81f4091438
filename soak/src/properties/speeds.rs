//! A result that does not depend on timing is that of a machine with other speeds.

use std::collections::BTreeMap;

use super::{Checked, Failure, Run};

pub const NAME: &str = "what is ordered is equal at other speeds";

/// Links, memories and sequencers that are faster and slower than those of any machine here.
const SPEEDS: [[(&str, &str); 4]; 2] = [
    [
        ("link.pe.hop_cycles", "1"),
        ("link.pe.bytes_per_cycle", "64"),
        ("ipcq.send_cycles", "90"),
        ("hbm.latency_cycles", "900"),
    ],
    [
        ("link.pe.hop_cycles", "400"),
        ("link.pe.bytes_per_cycle", "1"),
        ("pe.issue_cycles", "30"),
        ("hbm.latency_cycles", "1"),
    ],
];

/// # Errors
/// When values, or what reads whose value, are others.
pub fn agree(run: &Run<'_>) -> Checked {
    for keys in SPEEDS {
        let keys: BTreeMap<_, _> =
            keys.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let machine =
            run.target.machine.changed(&keys).map_err(|error| Failure::of(NAME, error.to_string()))?;
        let other = match Run::on(&run.log.program, run.target, &machine, run.seed)? {
            Ok(other) => other,
            Err(kind) => return Err(Failure::of(NAME, format!("it is {}", kind.name()))),
        };
        let values = |run: &Run<'_>| run.replayed.as_ref().map(|it| (it.data, it.outputs.clone()));
        if other.unordered || values(&other) != values(run) || other.flow != run.flow {
            return Err(Failure::of(NAME, format!("other values or findings: {:?}", other.findings)));
        }
    }
    Ok(())
}
