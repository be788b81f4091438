//! Races that are told: some legal order has the two ops the one way, and some the other.
//!
//! Two classes are allowed that no order shows. A multicast still reads its tile for a member after the copy for
//! another has arrived, and an order lets it read at one moment. Behind a wait that counts, for a semaphore or an
//! event, the checks may know less than is certain (ADR 0024): a race that no order shows is
//! counted in a program with such a wait, and fails in any other.

use diagnostic::fact::Hazard;
use diagnostic::{Access, Diagnostic, Does, Fact};
use program::{Op, QueueOp, SendOp};
use replay::order::{Moment, Step, swap};
use replay::{Options, ReplayError};

use super::{Checked, Failure, Run};
use crate::census::Census;

const NAME: &str = "a race that is told is shown by a legal order";

/// # Errors
/// The first race whose ops every legal order has in one way.
pub fn are_shown(run: &Run<'_>, census: &mut Census) -> Checked {
    for finding in &run.findings {
        // What was seen in this run is shown by it; a copy onto itself and unwritten bytes are no pair.
        if !matches!(finding.fact, Fact::Hazard(Hazard::Unordered | Hazard::EarlyRelease)) {
            continue;
        }
        let steps = [&finding.accesses[0], &finding.accesses[1]].map(|access| step(run, access));
        let [a, b] = steps;
        let ways = [[a, b], [b, a]].map(|pair| {
            census.orders += 1;
            match swap(&run.log, &run.flow, &run.dependencies, &run.inputs, Options::default(), pair) {
                Ok(ordered) => Ok(ordered.is_some()),
                // The order exists, and an op has no value, in it or in any.
                Err(ReplayError::Op { .. }) => Ok(true),
                Err(error) => Err(Failure::of(NAME, format!("{finding}: {error}"))),
            }
        });
        let [one, other] = ways;
        let (one, other) = (one?, other?);
        // A read that comes after the release in every order is as wrong as one that may.
        let is_certain = matches!(finding.fact, Fact::Hazard(Hazard::EarlyRelease));
        if other && (one || is_certain) {
            census.shown += 1;
        } else if is_of_multicast(run, finding) {
            census.not_shown[0] += 1;
        } else if counts(run) {
            census.not_shown[1] += 1;
        } else {
            let [early, late] = if one { ["second", "first"] } else { ["first", "second"] };
            return Err(Failure::of(
                NAME,
                format!("the {early} op never comes before the {late}: {finding}"),
            ));
        }
    }
    Ok(())
}

/// The moment at which an op touches the bytes.
fn step(run: &Run<'_>, access: &Access) -> Step {
    let (rank, index) = (access.op.rank, access.op.index);
    let op = run.log.program.first_ops()[rank.index()] as u32 + index.0;
    let sends = !run.log.program.op(rank, index).sends().is_empty();
    let moment = match access.does {
        Does::Reads | Does::Names => Moment::Read,
        Does::Writes | Does::Overwrites if sends => Moment::Arrive,
        Does::Writes | Does::Overwrites | Does::Releases | Does::Receives => Moment::End,
    };
    Step { op, moment }
}

fn is_of_multicast(run: &Run<'_>, finding: &Diagnostic) -> bool {
    finding
        .ops()
        .any(|op| matches!(run.log.program.op(op.rank, op.index), Op::Send(SendOp::Multicast { .. })))
}

/// Whether the program has waits that count.
fn counts(run: &Run<'_>) -> bool {
    let waits = |op: &Op| op.count().is_some() || matches!(op, Op::Queue(QueueOp::EventWait { .. }));
    run.log.program.ranks.iter().flat_map(|rank| &rank.ops).any(waits)
}
