//! Whether more slots would help a program that cannot finish.

use machine::{Machine, PeId};
use program::{Program, RingId};

use crate::checks::check_alone;
use crate::checks::lay_out::{Unfit, lay_out};
use crate::deadlock::Edit;
use crate::progress;

/// The smallest number of slots, the same for every ring, with which the program finishes on the machine;
/// `None` when no number does, or when the program is refused for another reason.
pub fn smallest_slots(program: &Program, machine: &Machine) -> Option<u32> {
    let placement = check_alone(program, machine).ok()?;
    least(program, machine, &placement, None)
}

/// The smallest number of slots that works, for one ring or for all, found by halving: more slots never hold up
/// a send, and a number that does not fit the memories only gets larger.
pub(super) fn least(
    program: &Program,
    machine: &Machine,
    placement: &[PeId],
    ring: Option<RingId>,
) -> Option<u32> {
    let messages = progress::messages_of(program);
    let most =
        ring.map_or_else(|| messages.iter().copied().max().unwrap_or(0), |ring| messages[ring.index()]);
    let most = u32::try_from(most.max(1)).unwrap_or(u32::MAX);
    let (mut low, mut high) = (1, most);
    let finishes = |n_slots| finishes(&Edit::Slots { ring, n_slots }.apply(program), machine, placement);
    while low < high {
        let middle = low + (high - low) / 2;
        match finishes(middle) {
            Some(true) => high = middle,
            Some(false) => low = middle + 1,
            // Too many slots for the memories: fewer may do.
            None => high = middle,
        }
    }
    (finishes(low) == Some(true)).then_some(low)
}

/// Whether the program finishes; `None` when its slots do not fit.
fn finishes(program: &Program, machine: &Machine, placement: &[PeId]) -> Option<bool> {
    match lay_out(program, machine, placement) {
        Ok(_) => Some(true),
        Err(Unfit::Stuck(_)) => Some(false),
        Err(Unfit::Short(_)) => None,
    }
}
