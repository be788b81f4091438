//! Inserted waits: a program that is clean on an interlocked machine is clean with them on an explicit one, and
//! memory holds the same bits there.

use machine::Sync;
use replay::{Options, ReadRule};

use super::{Checked, Failure, Run, orders};
use crate::census::{Census, Kind};

const NAME: &str = "inserted waits leave nothing unordered";
const AGREE: &str = "explicit and interlocked agree";

/// # Errors
/// When inserted waits do not make a clean program clean elsewhere.
pub fn is_clean(run: &Run<'_>, kind: Kind, census: &mut Census) -> Checked {
    // One machine of each pair, on which the program is right without them.
    if run.target.is_queued() || run.target.is_explicit() || kind != Kind::Clean {
        return Ok(());
    }
    let explicit = run.target.machine.with_sync(Sync::Explicit).expect("a machine without queues");
    let synced = verify::auto_sync(&run.log.program, &explicit)
        .map_err(|refusal| Failure::of(NAME, format!("it is refused: {refusal}")))?;
    let other = match Run::on(&synced, run.target, &explicit, run.seed)? {
        Ok(other) => other,
        Err(kind) => return Err(Failure::of(NAME, format!("with them it is {}", kind.name()))),
    };
    if other.unordered {
        let told: Vec<String> = other.findings.iter().map(ToString::to_string).collect();
        return Err(Failure::of(NAME, told.join("; ")));
    }
    census.synced += 1;
    orders::agree(&other, 1, census).map_err(|failure| Failure::of(NAME, failure.what))?;
    let of = |run: &Run<'_>| {
        let options = Options { rule: ReadRule::Hardware, ..Options::default() };
        replay::run(&run.log, &run.inputs, options).map(|replayed| replayed.outputs)
    };
    if of(run) == of(&other) { Ok(()) } else { Err(Failure::of(AGREE, "the outputs differ")) }
}
