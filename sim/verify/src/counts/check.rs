//! Check that the order of all uses of a semaphore is certain, and with it what each wait counts.
//!
//! A signal is certain to have landed once a wait of the semaphore's rank is over that could not be over without it. This
//! is the only way to know: the end of a signal is that it has left.

use diagnostic::{Fault, OpRef, Place};
use program::op::Asks;
use program::{OpIndex, Program};

use super::Name;
use super::uses::{At, Does, OfSemaphore, Own, Rise};
use crate::checks::Reasons;

/// Of a run that did not finish the values are not known: the order may be wrong all the same, and else it is a deadlock.
pub(super) fn check(name: Name, uses: &OfSemaphore, finishes: bool, reasons: &mut Reasons<'_>) {
    let landed = Landed::of(uses);
    let mut found = Found { name, reasons, is_wrong: false };
    sets_of_its_own(uses, &landed, &mut found);
    sets_of_others(uses, &landed, &mut found);
    equalities(uses, &landed, &mut found);
    if finishes && !found.is_wrong {
        values(uses, &landed, &mut found);
    }
}

struct Found<'r, 'p> {
    name: Name,
    reasons: &'r mut Reasons<'p>,
    is_wrong: bool,
}

impl Found<'_, '_> {
    fn program(&self) -> &Program {
        self.reasons.of_program()
    }
    fn add(&mut self, (rank, op): At, fault: Fault) {
        self.is_wrong = true;
        let place = Place::Semaphore { semaphore: self.name.1, rank: self.name.0 };
        self.reasons.op_at(rank, op, fault, place);
    }
    fn unordered(&mut self, set: At, other: At) {
        let by = OpRef::of(self.program(), other.0, other.1);
        self.add(set, Fault::SetUnordered { by });
    }
    /// The run went through this order as through any other, unless a set is wrong.
    fn is_found(&self, at: At, in_the_run: i128, in_order: i128) {
        assert!(
            self.is_wrong || in_the_run == in_order,
            "{at:?}: {in_the_run} in the run, and {in_order} in order"
        );
    }
    fn own(&self, op: OpIndex) -> At {
        (self.name.0, op)
    }
}

/// A wait, and how much all signals give that may come before it is over.
struct Wait {
    op: OpIndex,
    is: Asks,
    value: u32,
    count: u64,
    all: u64,
}

/// When signals are certain to have landed.
struct Landed {
    waits: Vec<Wait>,
    /// By signal: the first op of the semaphore's rank at which it has.
    by: Vec<Option<OpIndex>>,
}

impl Landed {
    fn of(uses: &OfSemaphore) -> Landed {
        let mut amounts: Vec<(u32, u64)> = uses.rises.iter().map(|rise| (rise.seen, rise.amount)).collect();
        amounts.sort_unstable();
        let (mut next, mut all) = (amounts.into_iter().peekable(), 0);
        let mut waits = Vec::new();
        for Own { op, does } in &uses.own {
            while let Some((_, amount)) = next.next_if(|&(seen, _)| seen <= op.0) {
                all += amount;
            }
            if let Does::Waits { is, value, count } = *does {
                waits.push(Wait { op: *op, is, value, count, all });
            }
        }
        let by = uses.rises.iter().map(|rise| needs(&waits, rise)).collect();
        Landed { waits, by }
    }

    /// Whether an op that knows of `seen` ops of the semaphore's rank comes after the signal has landed.
    fn before(&self, rise: usize, seen: u32) -> bool {
        self.by[rise].is_some_and(|op| op.0 < seen)
    }
}

/// The first wait that is not over without a signal.
fn needs(waits: &[Wait], rise: &Rise) -> Option<OpIndex> {
    let first = waits.partition_point(|wait| wait.op.0 < rise.seen);
    let needs = |wait: &&Wait| wait.all < wait.count.saturating_add(rise.amount);
    waits[first..].iter().find(needs).map(|wait| wait.op)
}

/// Every signal has landed before its own rank sets the semaphore, or leaves after that.
fn sets_of_its_own(uses: &OfSemaphore, landed: &Landed, found: &mut Found<'_, '_>) {
    let sets: Vec<OpIndex> =
        uses.own.iter().filter(|own| matches!(own.does, Does::Sets { .. })).map(|own| own.op).collect();
    for (rise, it) in uses.rises.iter().enumerate() {
        let next = sets.partition_point(|set| set.0 < it.seen);
        if let Some(&set) = sets.get(next)
            && !landed.before(rise, set.0)
        {
            found.unordered(found.own(set), it.at);
        }
    }
}

/// Of a signal that sets, every other signal has landed before it leaves, or leaves after it has landed; and nothing is
/// taken meanwhile. What holds of the next and the last that sets holds of all.
fn sets_of_others(uses: &OfSemaphore, landed: &Landed, found: &mut Found<'_, '_>) {
    let takes: Vec<OpIndex> =
        landed.waits.iter().filter(|it| it.is == Asks::Take && it.value > 0).map(|it| it.op).collect();
    let mut since: usize = 0;
    for (rise, it) in uses.rises.iter().enumerate() {
        if let Some(last) = since.checked_sub(1)
            && !landed.before(last, it.seen)
        {
            found.unordered(uses.rises[last].at, it.at);
        }
        if it.set.is_none() {
            continue;
        }
        for earlier in (since..rise).filter(|&earlier| !landed.before(earlier, it.seen)) {
            found.unordered(it.at, uses.rises[earlier].at);
        }
        let next = takes.partition_point(|take| take.0 < it.seen);
        if let Some(&take) = takes.get(next)
            && landed.by[rise].is_none_or(|by| by > take)
        {
            found.unordered(it.at, found.own(take));
        }
        since = rise + 1;
    }
}

/// No signal can take the semaphore beyond what is waited for.
fn equalities(uses: &OfSemaphore, landed: &Landed, found: &mut Found<'_, '_>) {
    for wait in landed.waits.iter().filter(|wait| wait.is == Asks::Eq && wait.all > wait.count) {
        // The last that may come before, of those with an amount.
        let passes = |rise: &&Rise| rise.seen <= wait.op.0 && rise.amount > 0;
        if wait.count == u64::from(u32::MAX) {
            // The most that a count can say: what it stands for may be more.
            found.add(found.own(wait.op), Fault::CountTooLarge {});
        } else if let Some(rise) = uses.rises.iter().rfind(passes) {
            let by = OpRef::of(found.program(), rise.at.0, rise.at.1);
            let over = wait.all - wait.count;
            found.add(found.own(wait.op), Fault::MayPass { over, by });
        }
    }
}

/// In the order that is certain, sets go the way that they may, and counts are those of the run.
fn values(uses: &OfSemaphore, landed: &Landed, found: &mut Found<'_, '_>) {
    let below = own_values(uses, landed, found);
    let mut signalled = 0;
    for rise in &uses.rises {
        if let Some(value) = rise.set {
            let at = below.partition_point(|(op, _)| op.0 < rise.seen);
            let now = signalled - at.checked_sub(1).map_or(0, |last| below[last].1);
            if i128::from(value) < now {
                found.add(rise.at, Fault::SignalLowers { now: level(now), value });
            } else {
                found.is_found(rise.at, i128::from(rise.amount), i128::from(value) - now);
            }
        }
        signalled += i128::from(rise.amount);
    }
}

/// What a semaphore is, in words; it is never below 0 where the order is certain.
fn level(now: i128) -> u64 {
    u64::try_from(now).unwrap_or(0)
}

/// By how much the value is below what was signalled, after each op of its own rank that changes it.
fn own_values(uses: &OfSemaphore, landed: &Landed, found: &mut Found<'_, '_>) -> Vec<(OpIndex, i128)> {
    let mut by: Vec<(OpIndex, u64)> =
        landed.by.iter().zip(&uses.rises).filter_map(|(by, rise)| Some(((*by)?, rise.amount))).collect();
    by.sort_unstable();
    let (mut next, mut signalled, mut below) = (by.into_iter().peekable(), 0, 0);
    let mut changed = Vec::new();
    for Own { op, does } in &uses.own {
        while let Some((_, amount)) = next.next_if(|(by, _)| by < op) {
            signalled += i128::from(amount);
        }
        match *does {
            Does::Waits { is, value, count } => {
                let needs = below + i128::from(value);
                if needs > i128::from(u32::MAX) {
                    found.add(found.own(*op), Fault::CountTooLarge {});
                } else {
                    found.is_found(found.own(*op), i128::from(count), needs);
                }
                if is == Asks::Take {
                    below = needs;
                    changed.push((*op, below));
                }
            }
            Does::Sets { value } => {
                let now = signalled - below;
                if i128::from(value) > now {
                    found.add(found.own(*op), Fault::SetRaises { now: level(now), value });
                }
                below = signalled - i128::from(value);
                changed.push((*op, below));
            }
        }
    }
    changed
}
