//! Whether more slots would help a program that cannot finish.

use machine::{Machine, PeId};

use crate::program::Program;
use crate::progress::{self, Need, Waits};
use crate::verify::check_alone;
use crate::verify::lay_out::{Unfit, lay_out};
use crate::verify::refusal::{Breach, Reasons, RefusalKind};
use crate::verify::stuck::{Ends, deadlock};

/// The smallest number of slots, the same for every ring, with which the program finishes on the machine;
/// `None` when no number does, or when the program is refused for another reason.
pub fn smallest_slots(program: &Program, machine: &Machine) -> Option<u32> {
    let placement = check_alone(program, machine).ok()?;
    least(program, machine, &placement)
}

/// Says why a program cannot finish: too few slots, or a deadlock that no number of slots breaks.
pub(super) fn explain(
    program: &Program,
    machine: &Machine,
    placement: &[PeId],
    waits: &[Waits],
    reasons: &mut Reasons<'_>,
) {
    let starved = waits.iter().find_map(|waits| match waits.on {
        Need::Credit(message) => Some((waits, message)),
        Need::Op(_) | Need::Message(_) | Need::Queue | Need::Semaphore(..) | Need::Barrier(_) => None,
    });
    if let Some((waits, message)) = starved
        && let Some(slots) = least(program, machine, placement)
    {
        let now = program.rings[message.ring.index()].n_slots;
        let text = format!(
            "with {now} slots on {} the program cannot finish: {}",
            message.ring,
            Ends::of(program).clause(program, waits)
        );
        let repair = format!("declare slots = {slots} for every ring: the smallest number that works");
        let breach = Breach::new(RefusalKind::SlotCount, text, repair).at(message.ring);
        return reasons.op(waits.rank, waits.op, breach);
    }
    deadlock(program, waits, reasons);
}

/// The smallest number of slots that works, found by halving: more slots never hold up a send, and a number that
/// does not fit the memories only gets larger.
fn least(program: &Program, machine: &Machine, placement: &[PeId]) -> Option<u32> {
    let most = progress::messages_of(program).into_iter().max().unwrap_or(0).max(1);
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let (mut low, mut high) = (1, most);
    while low < high {
        let middle = low + (high - low) / 2;
        match finishes(program, machine, placement, middle) {
            Some(true) => high = middle,
            Some(false) => low = middle + 1,
            // Too many slots for the memories: fewer may do.
            None => high = middle,
        }
    }
    (finishes(program, machine, placement, low) == Some(true)).then_some(low)
}

/// Whether the program finishes with this many slots; `None` when they do not fit.
fn finishes(program: &Program, machine: &Machine, placement: &[PeId], n_slots: u32) -> Option<bool> {
    let program = with_slots(program, n_slots);
    match lay_out(&program, machine, placement) {
        Ok(_) => Some(true),
        Err(Unfit::Stuck(_)) => Some(false),
        Err(Unfit::Short(_)) => None,
    }
}

fn with_slots(program: &Program, n_slots: u32) -> Program {
    let mut program = program.clone();
    for ring in &mut program.rings {
        ring.n_slots = n_slots;
    }
    program
}
