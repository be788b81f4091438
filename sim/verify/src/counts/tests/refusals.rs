//! Texts of refusals, of semaphores whose order is not certain, and of programs with them that stop.

use program::op::Asks;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Recording, Semaphore, Tl};
use program::{DType, Op, Program, Rank, SyncOp};

use super::{flag, record};
use crate::samples::tiny;
use crate::{Refusal, smallest_slots, verify, verify_laid_out};

type Case = (u32, fn(&mut Tl, [Semaphore; 2]), &'static str);

/// A line of the refusal is what is expected.
fn check(&(n_ranks, kernel, expected): &Case) {
    let mut program = record(n_ranks, kernel);
    program.ranks.iter_mut().for_each(|rank| rank.sources.clear());
    let said = verify(program, &tiny()).expect_err(expected).to_string();
    assert!(said.lines().any(|line| line.trim() == expected), "{said}");
}

#[test]
fn a_refusal_names_the_op_the_semaphore_and_what_to_do() {
    let cases: [Case; 3] = [
        (
            2,
            |tl, [valid, _]| {
                if tl.rank() == 0 {
                    tl.signal_set(valid, 1, 1, &[]);
                    tl.signal_set(valid, 1, 1, &[]);
                } else {
                    tl.wait_eq(valid, 1);
                }
            },
            "semaphore: rank 0, op 0 (signal_set): sem0 of rank 1: it sets the semaphore, and nothing orders it before \
             or after its use by rank 0, op 1 (signal_set); let the semaphore's rank wait for all signals before the set, \
             and signal again only once that rank has told of it; or let the semaphore grow, and wait for a larger value \
             every round",
        ),
        (
            2,
            |tl, [sum, _]| {
                if tl.rank() == 1 {
                    tl.signal(sum, 0, 1, &[]);
                    tl.signal(sum, 0, 2, &[]);
                } else {
                    tl.wait_eq(sum, 1);
                }
            },
            "semaphore: rank 0, op 0 (wait_until): sem0 of rank 0: the semaphore may be 2 above the value before the wait \
             looks at it: nothing orders the signal by rank 1, op 1 (signal) after the wait; order later signals after the \
             wait, or `wait_ge`",
        ),
        (
            2,
            |tl, [credits, _]| {
                if tl.rank() == 0 {
                    tl.signal(credits, 1, 3, &[]);
                } else {
                    tl.take(credits, 2);
                    tl.take(credits, 2);
                }
            },
            "rank 1, op 1 (wait_until) waits for sem0 to reach 2: it is 1, and no signal is left",
        ),
    ];
    cases.iter().for_each(check);
}

#[test]
fn what_no_wait_could_tell_of_or_count_is_refused() {
    let cases: [Case; 4] = [
        (
            1,
            |tl, [sum, _]| {
                tl.signal(sum, 0, 3, &[]);
                tl.wait_ge(sum, 3);
                tl.signal_set(sum, 0, 2, &[]);
            },
            "semaphore: rank 0, op 2 (signal_set): sem0 of rank 0: it sets the semaphore from 3 to 2, and nothing can \
             wait for that; let the semaphore's own rank lower it, by `set_semaphore`",
        ),
        (
            1,
            |tl, [sum, _]| {
                tl.set_semaphore(sum, 2);
                tl.take(sum, 1);
            },
            "semaphore: rank 0, op 0 (semaphore_set): sem0 of rank 0: it sets the semaphore from 0 to 2; raise it by \
             `signal` or `signal_set`; `set_semaphore` lowers",
        ),
        (
            1,
            |tl, [sum, _]| {
                for _ in 0..2 {
                    tl.signal(sum, 0, u32::MAX, &[]);
                    tl.take(sum, u32::MAX);
                }
            },
            "semaphore: rank 0, op 3 (wait_until): sem0 of rank 0: more than 2^32 - 1 is signalled to the semaphore before \
             the wait; use another semaphore",
        ),
        (
            1,
            |tl, [flag, _]| {
                tl.signal_set(flag, 0, u32::MAX, &[]);
                tl.take(flag, u32::MAX);
                tl.signal_set(flag, 0, 7, &[]);
                tl.wait_eq(flag, 7);
            },
            "semaphore: rank 0, op 3 (wait_until): sem0 of rank 0: more than 2^32 - 1 is signalled to the semaphore before \
             the wait; use another semaphore",
        ),
    ];
    cases.iter().for_each(check);
}

/// A log holds a program with its counts, and no other counts.
#[test]
fn a_log_with_other_counts_is_refused() {
    let verified = verify(flag(true), &tiny()).expect("accepted");
    let looked =
        |program: &Program| verify_laid_out::<Refusal>(program, &tiny(), &verified.layout, || Ok(()));
    assert!(looked(&verified.program).is_ok());
    let mut forged = (*verified.program).clone();
    let count = forged.ranks[1].ops.iter_mut().find_map(|op| {
        if let Op::Sync(SyncOp::WaitUntil { is: Asks::Eq, count, .. }) = op { Some(count) } else { None }
    });
    *count.expect("a wait") += 1;
    let said = looked(&forged).map(|_| ()).expect_err("a refusal").to_string();
    assert_eq!(
        said,
        "malformed: its counts of signals are not those of this program; record the program again"
    );
}

/// Rank 0 sends two messages before rank 1 receives, for which one slot is too few. Then it raises a flag of rank 1 twice:
/// that it was reset is told by the credit of the only slot of another ring, or by a semaphore.
fn told_by(credit: bool) -> Program {
    let mut recording = Recording::new("slots", 2);
    let rings = [0, 1].map(|queue| {
        let (producer, consumer, place, flow) = (Rank(0), Rank(1), SlotPlace::Tcm, Flow::Credit);
        recording.ring(Ring { producer, consumer, queue, n_slots: 1, slot_bytes: 16, place, flow })
    });
    let recorded = recording.record(|tl| {
        let (sent, valid, told) = (tl.semaphore(), tl.semaphore(), tl.semaphore());
        let shape = [1, 4];
        let tile = tl.full(shape, DType::F32, 0.0);
        if tl.rank() == 0 {
            let all = [(); 2].map(|()| tl.send_ring(rings[0], tile));
            tl.wait(&all);
            tl.signal(sent, 1, 1, &[]);
        } else {
            tl.wait_ge(sent, 1);
            for _ in 0..2 {
                let got = tl.recv_ring(rings[0], shape, DType::F32);
                tl.release(got);
            }
        }
        for _ in 0..2 {
            if tl.rank() == 0 {
                let sent = tl.send_ring(rings[1], tile);
                tl.wait(&[sent]);
                tl.signal_set(valid, 1, 1, &[]);
                if !credit {
                    tl.take(told, 1);
                }
            } else {
                let got = tl.recv_ring(rings[1], shape, DType::F32);
                tl.wait_eq(valid, 1);
                tl.set_semaphore(valid, 0);
                if !credit {
                    tl.signal(told, 0, 1, &[]);
                }
                tl.release(got);
            }
        }
    });
    recorded.unwrap_or_else(|error| panic!("{error}"))
}

/// More slots let more programs finish, and order less.
#[test]
fn slots_that_are_enough_must_order_semaphores_too() {
    for (credit, smallest) in [(false, Some(2)), (true, None)] {
        let program = told_by(credit);
        let refusal = verify(program.clone(), &tiny()).map(|_| ()).expect_err("a deadlock");
        let deadlock = refusal.deadlock.unwrap_or_else(|| panic!("{:?}", refusal.reasons));
        assert_eq!(deadlock.smallest_slots, smallest, "by credit: {credit}");
        assert_eq!(smallest_slots(&program, &tiny()), smallest, "by credit: {credit}");
        let mut more = program;
        more.rings.iter_mut().for_each(|ring| ring.n_slots = 2);
        assert_eq!(verify(more, &tiny()).is_ok(), !credit);
    }
    let mut of_one = told_by(true);
    of_one.rings[0].n_slots = 2;
    assert!(verify(of_one, &tiny()).is_ok());
}
