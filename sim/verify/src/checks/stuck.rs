//! Why a program cannot finish, and what would let it: too few slots, or something else that was tried.

use std::collections::BTreeSet;

use machine::{Machine, PeId, place};
use program::{Breach, OpIndex, Program, Rank, RefusalKind, RingId};

use crate::Deadlock;
use crate::checks::lay_out::{Unfit, lay_out};
use crate::checks::refusal::{Reasons, Refusal};
use crate::checks::slots::least;
use crate::checks::{check_alone, ops, work};
use crate::deadlock::{Edit, Looked, Stuck, leaks, repaired};
use crate::progress::Need;

/// Ops of all changed programs that are looked at in search of a repair: about a second.
const MOST_OPS_TRIED: usize = 1 << 20;

/// How a repair that was tried ends.
const TRIED: &str = ": tried, and it then finishes";

/// Rings that are tried alone, and how often a program is looked at for that.
const MOST_RINGS_TRIED: usize = 4;
const TRIES_OF_RINGS: usize = 64;

/// The refusal of a program that has no other fault than that it cannot finish.
pub(super) fn refusal(stuck: &Stuck, program: &Program, machine: &Machine, placement: &[PeId]) -> Refusal {
    let is_starved = starved_rings(stuck).next().is_some();
    let slots = is_starved.then(|| least(program, machine, placement, None)).flatten();
    let alone = slots.and_then(|_| one_ring(stuck, program, machine, placement));
    let mut deadlock = Deadlock::of(program, &stuck.holds, &stuck.stop);
    deadlock.smallest_slots = slots;
    let more_slots = slots.map(|slots| {
        let alone = alone.map_or_else(String::new, |(ring, n)| format!(" (or {n} for {ring} alone)"));
        format!("declare slots = {slots} for every ring, the smallest number that works{alone}")
    });
    let all = slots.map(|n_slots| Edit::Slots { ring: None, n_slots });
    let one = alone.map(|(ring, n_slots)| Edit::Slots { ring: Some(ring), n_slots });
    let more_slots = more_slots.zip(one.or(all));
    match more_slots {
        // More slots would only hide that messages are not released.
        Some(more_slots) if !leaks(program, stuck) => declare(&mut deadlock, more_slots),
        more_slots => try_repairs(&mut deadlock, stuck, program, machine, more_slots),
    }
    let mut reasons = Reasons::of(program);
    let first = deadlock.cycle.first().expect("a program that is stuck has an op that waits");
    reasons.op(Rank(first.rank), OpIndex(first.index), breach(&deadlock, stuck, program));
    let refusal = reasons.refusal().expect_err("there is a reason");
    Refusal { deadlock: Some(Box::new(deadlock)), ..refusal }
}

/// Who waits for whom in a program that is refused because a message, signal or barrier is missing.
pub(super) fn beside(refusal: &Refusal, program: &Program, machine: &Machine) -> Option<Deadlock> {
    let stuck = stuck_beside(refusal, program, machine)?;
    let mut deadlock = Deadlock::of(program, &stuck.holds, &stuck.stop);
    try_repairs(&mut deadlock, &stuck, program, machine, None);
    Some(deadlock)
}

fn breach(deadlock: &Deadlock, stuck: &Stuck, program: &Program) -> Breach {
    let clause = deadlock.clause();
    match (deadlock.smallest_slots, starved_rings(stuck).next()) {
        (Some(_), Some(ring)) => {
            let now = program.rings[ring.index()].n_slots;
            let message = format!("the program cannot finish with {now} slots on {ring}: {clause}");
            Breach::new(RefusalKind::SlotCount, message, &deadlock.repair).at(ring)
        }
        (Some(_) | None, _) => {
            let message = format!("the program cannot finish: {clause}");
            Breach::new(RefusalKind::Deadlock, message, &deadlock.repair)
        }
    }
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

/// More slots in words, and as a change.
type MoreSlots = (String, Edit);

fn declare(deadlock: &mut Deadlock, (words, edit): MoreSlots) {
    deadlock.repair = format!("{words}{TRIED}");
    deadlock.edits = vec![edit];
}

fn try_repairs(
    deadlock: &mut Deadlock,
    stuck: &Stuck,
    program: &Program,
    machine: &Machine,
    more_slots: Option<MoreSlots>,
) {
    let found = repaired(program, stuck, MOST_OPS_TRIED, &|changed| look(changed, machine));
    deadlock.repair = match (found.edits.is_empty(), more_slots) {
        (true, Some(more_slots)) => return declare(deadlock, more_slots),
        (true, None) if found.gave_up => format!("{}; it is too large to try more changes", deadlock.repair),
        (true, None) => format!("{}; no change that was tried is enough", deadlock.repair),
        (false, Some((slots, _))) => format!("{}, or {slots}{TRIED}", found.words),
        (false, None) => format!("{}{TRIED}", found.words),
    };
    deadlock.edits = found.edits;
}

fn look(program: &Program, machine: &Machine) -> Looked {
    match check_alone(program, machine) {
        Ok(placement) => match lay_out(program, machine, &placement) {
            Ok(_) => Looked::Accepted,
            Err(Unfit::Stuck(stuck)) => Looked::Stuck(stuck),
            Err(Unfit::Short(_)) => Looked::Refused,
        },
        Err(refusal) => stuck_beside(&refusal, program, machine).map_or(Looked::Refused, Looked::Stuck),
    }
}

/// Where a program stops that lacks messages, signals or barriers, and has no other fault.
fn stuck_beside(refusal: &Refusal, program: &Program, machine: &Machine) -> Option<Stuck> {
    use RefusalKind::{Deadlock, Semaphore, UnmatchedRecv, UnmatchedSend};
    let lacks = |kind| matches!(kind, Deadlock | Semaphore | UnmatchedRecv | UnmatchedSend);
    if !refusal.reasons.iter().all(|reason| lacks(reason.kind)) || !received_once(program) {
        return None;
    }
    let placement = place(machine, program.n_ranks(), program.rank_axis).ok()?;
    let mut reasons = Reasons::of(program);
    work::check(program, machine, &mut reasons);
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
