//! Causes of a program that cannot finish, and repairs: more slots, or another change that was tried.

use std::collections::BTreeSet;

use diagnostic::deadlock::{MoreSlots, Outcome, WayOut};
use diagnostic::{Change, Code, Deadlock, Diagnostic};
use machine::{Machine, PeId, place};
use program::{Program, RingId};

use crate::checks::lay_out::{Unfit, lay_out};
use crate::checks::refusal::{Reasons, Refusal};
use crate::checks::slots::least;
use crate::checks::{Checked, Judge, check_alone, limits, ops};
use crate::counts::of_levels;
use crate::deadlock::{Looked, Stuck, deadlock_of, leaks, repaired};
use crate::progress::Need;

/// Ops of all changed programs that are looked at in search of a repair: about a second.
const MOST_OPS_TRIED: usize = 1 << 20;

/// Rings that are tried alone, and how often a program is looked at for that.
const MOST_RINGS_TRIED: usize = 4;
const TRIES_OF_RINGS: usize = 64;

/// The refusal of a program that has no other fault than that it cannot finish.
pub(super) fn refusal(
    stuck: &Stuck,
    program: &Program,
    machine: &Machine,
    placement: &[PeId],
    judge: Judge<'_>,
) -> Refusal {
    let starved = starved_rings(stuck).next();
    let smallest = starved.and_then(|_| least(program, machine, placement, None));
    let alone = smallest.and_then(|_| one_ring(stuck, program, machine, placement));
    let slots = smallest.map(|all| MoreSlots { all, alone });
    let mut deadlock = deadlock_of(program, &stuck.dependencies, &stuck.stop);
    deadlock.smallest_slots = smallest;
    match slots {
        // More slots would only hide that messages are not released.
        Some(slots) if !leaks(program, stuck) => declare(&mut deadlock.way_out, slots, program, judge),
        slots => try_repairs(&mut deadlock.way_out, stuck, (program, machine), slots, judge),
    }
    let too_few = smallest.and(starved).map(|ring| (ring, program.rings[ring.index()].n_slots));
    let patch = deadlock.way_out.patch(program);
    let reason = Diagnostic { patch, ..deadlock.diagnostic(too_few) };
    Refusal { reasons: vec![reason], deadlock: Some(Box::new(deadlock)) }
}

/// Who waits for whom in a program that is refused because a message, signal or barrier is missing.
pub(super) fn beside(
    refusal: &Refusal,
    program: &Program,
    machine: &Machine,
    judge: Judge<'_>,
) -> Option<Deadlock> {
    let stuck = stuck_beside(refusal, program, machine)?;
    let mut deadlock = deadlock_of(program, &stuck.dependencies, &stuck.stop);
    try_repairs(&mut deadlock.way_out, &stuck, (program, machine), None, judge);
    Some(deadlock)
}

/// A ring that lets the program finish when it alone has more slots, and how many it needs.
fn one_ring(
    stuck: &Stuck,
    program: &Program,
    machine: &Machine,
    placement: &[PeId],
) -> Option<(RingId, u32)> {
    let rings: BTreeSet<RingId> = starved_rings(stuck).collect();
    if program.rings.len() == 1 || program.n_ops() > MOST_OPS_TRIED / TRIES_OF_RINGS {
        return None;
    }
    let needs = |ring| least(program, machine, placement, Some(ring)).map(|n_slots| (ring, n_slots));
    rings.into_iter().take(MOST_RINGS_TRIED).find_map(needs)
}

/// Rings on which a send waits for a slot.
fn starved_rings(stuck: &Stuck) -> impl Iterator<Item = RingId> {
    stuck.stop.waits.iter().filter_map(|waits| match waits.on {
        Need::Credit(message) => Some(message.ring),
        Need::Op(_)
        | Need::Message(_)
        | Need::Queue
        | Need::Semaphore(..)
        | Need::Barrier(_)
        | Need::Event(..) => None,
    })
}

fn declare(way_out: &mut WayOut, slots: MoreSlots, program: &Program, judge: Judge<'_>) {
    let change = match slots.alone {
        Some((ring, n_slots)) => Change::Slots { ring: Some(ring), n_slots },
        None => Change::Slots { ring: None, n_slots: slots.all },
    };
    let patch = change.patch(program);
    way_out.outcome = match judge(&patch.apply(program)) {
        Some(true) => Outcome::Found,
        Some(false) => return way_out.outcome = Outcome::OnlyRaces,
        None => return way_out.outcome = Outcome::GaveUp,
    };
    (way_out.patches, way_out.changes, way_out.slots) = (vec![patch], vec![change], Some(slots));
}

fn try_repairs(
    way_out: &mut WayOut,
    stuck: &Stuck,
    (program, machine): (&Program, &Machine),
    slots: Option<MoreSlots>,
    judge: Judge<'_>,
) {
    let found = repaired(program, stuck, MOST_OPS_TRIED, &|changed| look(changed, machine, judge));
    way_out.outcome = match (found.changes.is_empty(), slots) {
        (true, Some(slots)) => return declare(way_out, slots, program, judge),
        (true, None) if found.gave_up => Outcome::GaveUp,
        (true, None) if found.races => Outcome::OnlyRaces,
        (true, None) => Outcome::NotFound,
        (false, _) => Outcome::Found,
    };
    (way_out.changes, way_out.patches, way_out.slots) = (found.changes, found.patches, slots);
}

fn look(program: &Program, machine: &Machine, judge: Judge<'_>) -> Looked {
    match check_alone(program, machine) {
        Ok(Checked { placement, counted }) => {
            match lay_out(counted.as_ref().unwrap_or(program), machine, &placement) {
                Ok(_) => match judge(program) {
                    Some(true) => Looked::Accepted,
                    Some(false) => Looked::Races,
                    None => Looked::TooLarge,
                },
                Err(Unfit::Stuck(stuck)) => Looked::Stuck(stuck),
                Err(Unfit::Short(_)) => Looked::Refused,
            }
        }
        Err(refusal) => stuck_beside(&refusal, program, machine).map_or(Looked::Refused, Looked::Stuck),
    }
}

/// Where a program stops that lacks messages, signals or barriers, and has no other fault.
fn stuck_beside(refusal: &Refusal, program: &Program, machine: &Machine) -> Option<Stuck> {
    const LACKS: [Code; 4] = [Code::Deadlock, Code::Semaphore, Code::UnmatchedRecv, Code::UnmatchedSend];
    let lacks = refusal.reasons.iter().all(|reason| LACKS.contains(&reason.code));
    // Of semaphores that do more than grow, what waits count is not known.
    if !lacks || !received_once(program) || !of_levels(program).is_empty() {
        return None;
    }
    let placement = place(machine, program.n_ranks(), program.rank_axis).ok()?;
    let mut reasons = Reasons::of(program);
    limits::check(program, machine, &mut reasons);
    reasons.refusal().ok()?;
    match lay_out(program, machine, &placement) {
        Err(Unfit::Stuck(stuck)) => Some(stuck),
        Ok(_) | Err(Unfit::Short(_)) => None,
    }
}

fn received_once(program: &Program) -> bool {
    let mut received = BTreeSet::new();
    ops(program).all(|(_, _, op)| op.receives().iter().all(|&message| received.insert(message)))
}
