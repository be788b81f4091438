//! Search for a number of slots with which a blocked program finishes.

use diagnostic::Change;
use machine::{Machine, PeId};
use order::MessageIndex;
use program::{Program, RingId};

use crate::checks::lay_out::{Unfit, lay_out};
use crate::checks::{Checked, Reasons, check_alone};
use crate::counts::counted;

/// The smallest number of slots, the same for every ring, with which the program finishes on the machine;
/// `None` when no number does, or when the program is refused for another reason.
pub fn smallest_slots(program: &Program, machine: &Machine) -> Option<u32> {
    let Checked { placement, counted } = check_alone(program, machine).ok()?;
    least(counted.as_ref().unwrap_or(program), machine, &placement, None)
}

/// The smallest number of slots that works, for one ring or for all, found by halving: more slots never hold up
/// a send, and a number that does not fit the memories only gets larger.
pub(super) fn least(
    program: &Program,
    machine: &Machine,
    placement: &[PeId],
    ring: Option<RingId>,
) -> Option<u32> {
    let index = MessageIndex::of(program);
    let of_ring = |ring: RingId| index.of_rings().nth(ring.index());
    let most = ring.map_or_else(|| index.of_rings().max(), of_ring).unwrap_or_default().max(1);
    let (mut low, mut high) = (1, most);
    let finishes = |n_slots| finishes(&with_slots(program, ring, n_slots), machine, placement);
    while low < high {
        let middle = low + (high - low) / 2;
        match finishes(middle) {
            Some(true) => high = middle,
            Some(false) => low = middle + 1,
            // Too many slots for the memories, or for the order of semaphores: fewer may do.
            None => high = middle,
        }
    }
    (finishes(low) == Some(true)).then_some(low)
}

fn with_slots(program: &Program, ring: Option<RingId>, n_slots: u32) -> Program {
    Change::Slots { ring, n_slots }.patch(program).apply(program)
}

/// Whether the program finishes; `None` when its slots do not fit, or when so many credits do not order its semaphores.
fn finishes(program: &Program, machine: &Machine, placement: &[PeId]) -> Option<bool> {
    let mut reasons = Reasons::of(program);
    let counted = counted(program, machine, &mut reasons);
    reasons.refusal().ok()?;
    match lay_out(counted.as_ref().unwrap_or(program), machine, placement) {
        Ok(_) => Some(true),
        Err(Unfit::Stuck(_)) => Some(false),
        Err(Unfit::Short(_)) => None,
    }
}
