//! All orders of random programs, by the oracle of hardware: what is accepted has one outcome.

use std::ops::Range;

use program::Program;

use super::drawn::{edited, protocols};
use super::hardware::judge;
use crate::counts::{counted, of_levels};
use crate::samples::{Random, tiny};
use crate::verify;

#[derive(Debug, Default)]
struct Seen {
    accepted: u32,
    refused: u32,
    /// Of the refused those that have one outcome all the same.
    needless: u32,
    states: usize,
}

/// In every order of what is accepted each wait is over by its value just when it is by its count, no op comes before
/// what is certain, and nothing waits for ever.
fn judged(seeds: Range<u64>, draw: fn(&mut Random) -> Program) -> Seen {
    let mut seen = Seen::default();
    for seed in seeds {
        println!("seed {seed}");
        let program = draw(&mut Random::seeded(seed));
        let levels = !of_levels(&program).is_empty();
        match verify(program.clone(), &tiny()) {
            Ok(verified) => {
                let states = judge(&verified.program);
                assert!(states.is_ok(), "seed {seed}: {states:?}: {program:?}");
                seen.states += states.unwrap_or(0);
                seen.accepted += u32::from(levels);
            }
            Err(refusal) if levels && refusal.deadlock.is_none() => {
                seen.refused += 1;
                seen.needless += u32::from(has_one_outcome(&program));
            }
            // What stops in one order may: some order never ends.
            Err(_) => assert!(!has_one_outcome(&program), "seed {seed}: {program:?}"),
        }
    }
    println!("{seen:?}");
    seen
}

fn has_one_outcome(program: &Program) -> bool {
    let mut reasons = crate::checks::Reasons::of(program);
    let counted = counted(program, &tiny(), &mut reasons);
    judge(counted.as_ref().unwrap_or(program)).is_ok()
}

#[test]
fn what_is_accepted_has_one_outcome_on_hardware() {
    let seen = judged(0..6000, edited);
    assert!(seen.accepted > 500 && seen.refused > 500, "{seen:?}");
    assert!(seen.needless * 20 < seen.refused, "{seen:?}");
}

#[test]
fn answers_by_messages_and_credits_order_semaphores() {
    let seen = judged(0..3000, protocols);
    assert!(seen.accepted > 500 && seen.refused > 500, "{seen:?}");
    assert!(seen.needless * 20 < seen.refused, "{seen:?}");
}
