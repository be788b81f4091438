//! Programs with semaphores that do more than grow: which are accepted, and that what is accepted has one outcome.

mod drawn;
mod hardware;
mod orders;
mod refusals;

use std::collections::BTreeSet;

use program::tl::{Recording, Semaphore, Tl};
use program::{Op, Program, SyncOp};

use crate::samples::tiny;
use crate::verify;

const ROUNDS: u32 = 3;

/// Every rank declares two semaphores.
fn record(n_ranks: u32, mut kernel: impl FnMut(&mut Tl, [Semaphore; 2])) -> Program {
    let recorded = Recording::new("levels", n_ranks).record(|tl| {
        let semaphores = [(); 2].map(|()| tl.semaphore());
        kernel(tl, semaphores);
    });
    recorded.unwrap_or_else(|error| panic!("{error}"))
}

/// Faults, and their names here.
const FAULTS: [(&str, &str); 4] = [
    ("nothing orders it before or after", "unordered"),
    ("before the wait looks at it", "may pass"),
    ("nothing can wait for that", "signal lowers"),
    ("it sets the semaphore from", "set raises"),
];

/// The counts of all waits and the amounts of all sets, rank by rank; or what is wrong, each kind once.
fn outcome(program: &Program) -> Result<Vec<u32>, BTreeSet<&'static str>> {
    match verify(program.clone(), &tiny()) {
        Ok(verified) => {
            let of_op = |op: &Op| {
                if let Op::Sync(SyncOp::SignalSet { set }) = op { Some(set.amount) } else { waited(op) }
            };
            Ok(verified.program.ranks.iter().flat_map(|rank| rank.ops.iter().filter_map(of_op)).collect())
        }
        Err(refusal) if refusal.deadlock.is_some() => Err(BTreeSet::from(["deadlock"])),
        Err(refusal) => {
            let name = |said: String| {
                let found = FAULTS.iter().find(|(piece, _)| said.contains(piece));
                found.map(|&(_, name)| name).unwrap_or_else(|| panic!("{said}"))
            };
            Err(refusal.reasons.iter().map(|reason| name(reason.message())).collect())
        }
    }
}

fn waited(op: &Op) -> Option<u32> {
    if let Op::Sync(SyncOp::WaitUntil { count, .. }) = op { Some(*count) } else { None }
}

fn refused(program: &Program) -> Vec<&'static str> {
    outcome(program).expect_err("a refusal").into_iter().collect()
}

/// The others add to rank 0's semaphore, which waits for all and resets it; with `told` the others wait until it says so.
fn counted_rounds(told: bool) -> Program {
    record(3, |tl, [arrived, done]| {
        for round in 1..=ROUNDS {
            if tl.rank() == 0 {
                tl.wait_eq(arrived, 2);
                tl.set_semaphore(arrived, 0);
                for other in 1..3 {
                    tl.signal(done, other, 1, &[]);
                }
            } else {
                tl.signal(arrived, 0, 1, &[]);
                if told || round == ROUNDS {
                    tl.wait_ge(done, if told { round } else { ROUNDS });
                }
            }
        }
    })
}

/// A flag that one rank raises and the other resets, as tt-metal's VALID and INVALID, with or without an answer.
fn flag(answers: bool) -> Program {
    record(2, |tl, [valid, free]| {
        for _ in 0..ROUNDS {
            if tl.rank() == 0 {
                tl.signal_set(valid, 1, 1, &[]);
                if answers {
                    tl.wait_eq(free, 1);
                    tl.set_semaphore(free, 0);
                }
            } else {
                tl.wait_eq(valid, 1);
                tl.set_semaphore(valid, 0);
                if answers {
                    tl.signal_set(free, 0, 1, &[]);
                }
            }
        }
    })
}

#[test]
fn a_set_must_be_ordered_against_every_other_use() {
    // Rank 0 counts on; so do those that it answers.
    assert_eq!(outcome(&counted_rounds(true)), Ok(vec![2, 4, 6]));
    assert_eq!(refused(&counted_rounds(false)), ["may pass", "unordered"]);
    assert_eq!(outcome(&flag(true)), Ok(vec![1, 1, 1, 2, 1, 3, 1, 1, 2, 1, 3, 1]));
    assert_eq!(refused(&flag(false)), ["unordered"]);
}

#[test]
fn a_reset_needs_a_wait_for_all_signals_before_it() {
    let rounds = |value: u32| {
        record(2, move |tl, [sum, _]| {
            if tl.rank() == 1 {
                tl.signal(sum, 0, 1, &[]);
                tl.signal(sum, 0, 1, &[]);
            } else {
                tl.wait_ge(sum, value);
                tl.set_semaphore(sum, 0);
                tl.barrier();
            }
            if tl.rank() == 1 {
                tl.barrier();
                tl.signal(sum, 0, 1, &[]);
            } else {
                tl.wait_ge(sum, 1);
            }
        })
    };
    assert_eq!(refused(&rounds(1)), ["unordered"], "one may still be on its way");
    assert_eq!(outcome(&rounds(2)), Ok(vec![2, 3]));
}

/// Takes from a semaphore need no order: a signal that comes early is there for the next.
#[test]
fn a_wait_that_takes_counts_on() {
    let program = record(2, |tl, [credits, _]| {
        for round in 0..ROUNDS {
            if tl.rank() == 0 {
                tl.take(credits, 1 + round);
            } else {
                tl.signal(credits, 0, 2, &[]);
            }
        }
    });
    assert_eq!(outcome(&program), Ok(vec![1, 3, 6]));
    let too_many = record(1, |tl, [credits, _]| {
        tl.signal(credits, 0, 1, &[]);
        tl.take(credits, 1);
        tl.take(credits, 1);
    });
    assert_eq!(refused(&too_many), ["deadlock"]);
}

#[test]
fn a_set_goes_the_way_that_can_be_waited_for() {
    let own = |value: u32| {
        record(1, move |tl, [sum, _]| {
            tl.signal(sum, 0, 3, &[]);
            tl.wait_eq(sum, 3);
            tl.set_semaphore(sum, value);
            tl.wait_ge(sum, value);
        })
    };
    assert_eq!(outcome(&own(3)), Ok(vec![3, 3]));
    assert_eq!(outcome(&own(1)), Ok(vec![3, 3]));
    assert_eq!(refused(&own(4)), ["set raises"]);
    let others = |value: u32| {
        record(2, move |tl, [step, told]| {
            if tl.rank() == 0 {
                tl.signal_set(step, 1, 5, &[]);
                tl.wait_ge(told, 1);
                tl.signal_set(step, 1, value, &[]);
            } else {
                tl.wait_ge(step, 5);
                tl.signal(told, 0, 1, &[]);
                tl.wait_ge(step, value);
            }
        })
    };
    assert_eq!(outcome(&others(7)), Ok(vec![5, 2, 5, 7]));
    assert_eq!(refused(&others(4)), ["signal lowers"]);
}

#[test]
fn two_sets_on_their_way_may_land_in_either_order() {
    let steps = record(2, |tl, [step, _]| {
        if tl.rank() == 0 {
            tl.signal_set(step, 1, 1, &[]);
            tl.signal_set(step, 1, 2, &[]);
        } else {
            tl.wait_ge(step, 2);
        }
    });
    assert_eq!(refused(&steps), ["unordered"]);
}

/// What a set raises depends on whether something was taken before it.
#[test]
fn a_set_is_ordered_against_what_is_taken() {
    let program = |tells: bool| {
        record(2, move |tl, [credits, told]| {
            if tl.rank() == 0 {
                tl.wait_ge(credits, 2);
                tl.signal(told, 1, 1, &[]);
                tl.take(credits, 1);
                tl.signal(told, 1, u32::from(tells), &[]);
                tl.take(credits, 3);
            } else {
                tl.signal(credits, 0, 2, &[]);
                tl.wait_ge(told, 1 + u32::from(tells));
                tl.signal_set(credits, 0, 3, &[]);
            }
        })
    };
    assert_eq!(refused(&program(false)), ["unordered"]);
    assert_eq!(outcome(&program(true)), Ok(vec![2, 1, 4, 2]));
}

#[test]
fn an_equality_must_not_be_passed() {
    let program = |waits: bool| {
        record(2, move |tl, [sum, told]| {
            if tl.rank() == 0 {
                tl.wait_eq(sum, 1);
                tl.signal(told, 1, 1, &[]);
                tl.wait_eq(sum, 2);
            } else {
                tl.signal(sum, 0, 1, &[]);
                if waits {
                    tl.wait_ge(told, 1);
                }
                tl.signal(sum, 0, 1, &[]);
            }
        })
    };
    assert_eq!(refused(&program(false)), ["may pass"]);
    assert_eq!(outcome(&program(true)), Ok(vec![1, 2]));
}

/// A program that is verified verifies to itself, and its counts are nobody else's to say.
#[test]
fn counts_are_what_the_order_gives() {
    for program in [counted_rounds(true), flag(true)] {
        let once = verify(program.clone(), &tiny()).expect("accepted").program;
        assert_ne!(*once, program);
        assert_eq!(verify(once.clone(), &tiny()).expect("accepted").program, once);
        let mut forged = (*once).clone();
        for op in &mut forged.ranks[0].ops {
            if let Op::Sync(SyncOp::WaitUntil { count, .. }) = op {
                *count += 1;
            }
        }
        assert_eq!(verify(forged, &tiny()).expect("accepted").program, once);
    }
}
