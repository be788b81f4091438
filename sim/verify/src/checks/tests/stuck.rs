//! Chains of waits, and the repairs that were tried, word for word.

use std::cell::Cell;

use Direction::{Left, Right};
use diagnostic::Deadlock;
use machine::place;
use program::Program;
use program::dtype::DType::F16;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};

use crate::checks::lay_out::{Unfit, lay_out};
use crate::deadlock::{Looked, repaired};
use crate::progress::tests::ring_of_three;
use crate::samples::{Random, tiny};
use crate::verify;

fn record(n_ranks: u32, slots: u32, kernel: impl FnMut(&mut Tl)) -> Program {
    let mut recording = Recording::new("stuck", n_ranks);
    let topology = if n_ranks > 2 { Topology::Ring } else { Topology::Line };
    recording.links(topology, slots, 64, SlotPlace::Tcm);
    let mut program = recording.record(kernel).expect("a kernel without mistakes");
    // Without sources the text does not depend on the lines of this file.
    program.ranks.iter_mut().for_each(|rank| rank.sources.clear());
    program
}

fn other_side(tl: &Tl) -> Direction {
    if tl.rank() == 0 { Right } else { Left }
}

/// Both wait for the other's tile, and send their own after that.
fn receive_first() -> Program {
    record(2, 1, |tl| {
        let side = other_side(tl);
        let got = tl.recv(side, [8], F16);
        let x = tl.full([8], F16, 1.0);
        tl.send(side, x);
        tl.release(got);
    })
}

/// Rank 0 waits until `n` sends are done, of messages that rank 1 takes and, where `releases` says so, releases.
fn hand_over(slots: u32, n: u32, releases: fn(u32) -> bool) -> Program {
    record(2, slots, |tl| {
        let x = tl.full([8], F16, 1.0);
        for number in 0..n {
            if tl.rank() == 0 {
                let sent = tl.send(Right, x);
                tl.wait(&[sent]);
            } else {
                let got = tl.recv(Left, [8], F16);
                if releases(number) {
                    tl.release(got);
                }
            }
        }
    })
}

/// Both wait for two of their sends before they receive: two rings in opposite directions.
fn opposite() -> Program {
    record(2, 1, |tl| {
        let side = other_side(tl);
        let x = tl.full([8], F16, 1.0);
        for _ in 0..2 {
            let sent = tl.send(side, x);
            tl.wait(&[sent]);
        }
        for _ in 0..2 {
            let got = tl.recv(side, [8], F16);
            tl.release(got);
        }
    })
}

/// Rank 1 signals `given` times, and rank 0 waits for `awaited`.
fn awaits(given: u32, awaited: u32) -> Program {
    record(2, 1, |tl| {
        let semaphore = tl.semaphore();
        match tl.rank() {
            0 => tl.wait_ge(semaphore, awaited),
            _ => (0..given).for_each(|_| _ = tl.signal(semaphore, 0, 1, &[])),
        }
    })
}

/// Each signals the other only after it has been signalled.
fn crossed() -> Program {
    record(2, 1, |tl| {
        let semaphore = tl.semaphore();
        tl.wait_ge(semaphore, 1);
        tl.signal(semaphore, 1 - tl.rank(), 1, &[]);
    })
}

fn barrier_lacks() -> Program {
    record(3, 1, |tl| {
        if tl.rank() != 2 {
            tl.barrier();
        }
    })
}

/// The barrier of rank 0 stands before the send for which rank 1 waits before its own.
fn barrier_between() -> Program {
    record(2, 1, |tl| {
        let x = tl.full([8], F16, 1.0);
        if tl.rank() == 0 {
            tl.barrier();
            tl.send(Right, x);
        } else {
            let got = tl.recv(Left, [8], F16);
            tl.release(got);
            tl.barrier();
        }
    })
}

fn ring_receives_first() -> Program {
    record(3, 1, |tl| {
        let got = tl.recv(Left, [8], F16);
        let x = tl.full([8], F16, 1.0);
        tl.send(Right, x);
        tl.release(got);
    })
}

/// One message more is received than is sent.
fn send_lacks() -> Program {
    let mut program = hand_over(2, 2, |_| true);
    // Without the second send, and the wait for it.
    program.ranks[0].ops.truncate(3);
    program
}

fn deadlock_of(program: &Program) -> Option<Deadlock> {
    let deadlock = verify(program.clone(), &tiny()).err().and_then(|refusal| refusal.deadlock);
    deadlock.map(|boxed| *boxed)
}

/// The cycle, how it ends, the smallest number of slots, and the repair, which is tried once more.
fn check(case: &str, program: &Program, cycle: &[&str], closed: bool, slots: Option<u32>, repair: &str) {
    let deadlock = deadlock_of(program).expect(case);
    let links: Vec<String> = deadlock.cycle.iter().map(ToString::to_string).collect();
    assert_eq!(links, cycle, "{case}");
    assert_eq!((deadlock.closed, deadlock.smallest_slots), (closed, slots), "{case}");
    assert_eq!(deadlock.way_out.to_string(), format!("{repair}: tried, and it then finishes"), "{case}");
    verify(deadlock.way_out.apply(program), &tiny()).unwrap_or_else(|refusal| panic!("{case}: {refusal}"));
}

#[test]
fn cycles_are_named_and_repaired() {
    check(
        "two ranks that both receive first",
        &receive_first(),
        &[
            "rank 0, op 0 (recv) waits for message ring1#0, sent by rank 1, op 2 (send), behind op 0",
            "rank 1, op 0 (recv) waits for message ring0#0, sent by rank 0, op 2 (send), behind op 0",
        ],
        true,
        None,
        "move rank 0, op 2 (send) before rank 0, op 0 (recv), with op 1 that it needs",
    );
    check(
        "two rings in opposite directions, with too few slots",
        &opposite(),
        &[
            "rank 0, op 3 (send) waits for a free slot of ring0: message 0 holds it until rank 1, op 6 (release), \
             behind op 4",
            "rank 1, op 4 (wait) waits for rank 1, op 3 (send)",
            "rank 1, op 3 (send) waits for a free slot of ring1: message 0 holds it until rank 0, op 6 (release), \
             behind op 4",
            "rank 0, op 4 (wait) waits for rank 0, op 3 (send)",
        ],
        true,
        Some(2),
        "declare slots = 2 for every ring, the smallest number that works (or 2 for ring0 alone)",
    );
    check(
        "semaphores crossed",
        &crossed(),
        &[
            "rank 0, op 0 (wait_ge) waits for sem0 to reach 1: it is 0, raised next by rank 1, op 1 (signal), \
             behind op 0",
            "rank 1, op 0 (wait_ge) waits for sem0 to reach 1: it is 0, raised next by rank 0, op 1 (signal), \
             behind op 0",
        ],
        true,
        None,
        "move rank 0, op 1 (signal) before rank 0, op 0 (wait_ge)",
    );
    check(
        "a barrier before the send for which the other waits",
        &barrier_between(),
        &[
            "rank 0, op 1 (barrier) waits for barrier 0, which rank 1 has not reached: rank 1, op 3 (barrier), \
             behind op 1",
            "rank 1, op 1 (recv) waits for message ring0#0, sent by rank 0, op 2 (send), behind op 1",
        ],
        true,
        None,
        "move rank 0, op 2 (send) before rank 0, op 1 (barrier)",
    );
    check(
        "a ring of three",
        &ring_receives_first(),
        &[
            "rank 0, op 0 (recv) waits for message ring4#0, sent by rank 2, op 2 (send), behind op 0",
            "rank 2, op 0 (recv) waits for message ring2#0, sent by rank 1, op 2 (send), behind op 0",
            "rank 1, op 0 (recv) waits for message ring0#0, sent by rank 0, op 2 (send), behind op 0",
        ],
        true,
        None,
        "move rank 0, op 2 (send) before rank 0, op 0 (recv), with op 1 that it needs",
    );
}

#[test]
fn what_nobody_does_is_named_and_added() {
    check(
        "every message leaks, until no slot is left",
        &hand_over(2, 6, |_| false),
        &["rank 0, op 5 (send) waits for a free slot of ring0: message 0 holds it and is never released"],
        false,
        Some(6),
        "`release` message ring0#0 after its last use, rank 1, op 1 (recv), and the 5 others that are never \
         released, or declare slots = 6 for every ring, the smallest number that works (or 6 for ring0 alone)",
    );
    check(
        "one release is missing",
        &hand_over(1, 3, |number| number != 0),
        &["rank 0, op 3 (send) waits for a free slot of ring0: message 0 holds it and is never released"],
        false,
        Some(3),
        "`release` message ring0#0 after its last use, rank 1, op 1 (recv), or declare slots = 3 for every \
         ring, the smallest number that works (or 3 for ring0 alone)",
    );
    check(
        "one send is missing",
        &send_lacks(),
        &["rank 1, op 3 (recv) waits for message ring0#1, which no op sends"],
        false,
        None,
        "on rank 0, `send` message ring0#1 at its end",
    );
    check(
        "a semaphore waits for more than is given",
        &awaits(2, 3),
        &["rank 0, op 0 (wait_ge) waits for sem0 to reach 3: it is 2, and no signal is left"],
        false,
        None,
        "raise the amount of rank 1, op 1 (signal) for sem0 of rank 0 by 1, to 2",
    );
    check(
        "a semaphore that nobody signals",
        &awaits(0, 3),
        &["rank 0, op 0 (wait_ge) waits for sem0 to reach 3: it is 0, and no signal is left"],
        false,
        None,
        "on rank 1, `signal` sem0 of rank 0 by 3 at its end, after its stores",
    );
    check(
        "a barrier that one rank does not call",
        &barrier_lacks(),
        &["rank 0, op 0 (barrier) waits for barrier 0, which rank 2 never calls"],
        false,
        None,
        "call `barrier` as often on rank 2 as on the others",
    );
}

/// The smallest number of slots is tried from both sides by `finish.rs`.
#[test]
fn a_repair_that_is_named_lets_the_program_finish() {
    let mut random = Random::seeded(21);
    let (mut stuck, mut repaired) = (0, 0);
    for _ in 0..1500 {
        let program = ring_of_three(&mut random);
        let Some(deadlock) = deadlock_of(&program) else { continue };
        let steps = deadlock.cycle.len();
        assert!(steps > 0 && deadlock.cycle.iter().all(|waiting| waiting.on.is_some() == deadlock.closed));
        stuck += 1;
        repaired += u32::from(!deadlock.way_out.changes.is_empty());
        let tried = deadlock.way_out.to_string().ends_with(": tried, and it then finishes");
        assert_eq!(tried, !deadlock.way_out.changes.is_empty(), "{deadlock}");
        if tried {
            let changed = deadlock.way_out.apply(&program);
            verify(changed, &tiny()).unwrap_or_else(|refusal| panic!("{deadlock}\n{refusal}"));
        }
    }
    // Ops of a random program depend on each other in ways that no single change can undo.
    assert!(stuck > 500 && repaired * 3 > stuck * 2, "{repaired} of {stuck} show too little");
}

#[test]
fn a_large_program_is_repaired_too() {
    let deadlock = deadlock_of(&hand_over(2, 100_000, |_| false)).expect("it is stuck");
    assert_eq!(deadlock.smallest_slots, None, "so many slots do not fit");
    let repair = deadlock.way_out.to_string();
    assert!(repair.contains("and the 99999 others that are never released"), "{repair}");
}

/// About a second is the most that a search may take. What bounds it is how many ops are looked at.
#[test]
fn no_more_programs_are_looked_at_than_there_are_ops_to_spend() {
    let (program, machine) = (hand_over(2, 6, |_| false), tiny());
    let placement = place(&machine, 2, program.rank_axis).expect("room for two ranks");
    let Err(Unfit::Stuck(stuck)) = lay_out(&program, &machine, &placement) else { panic!("it is stuck") };
    let looked_at = |ops_left: usize| {
        let count = Cell::new(0);
        let look = |_: &Program| {
            count.set(count.get() + 1);
            Looked::Refused
        };
        let found = repaired(&program, &stuck, ops_left, &look);
        assert!(found.changes.is_empty());
        (count.get(), found.gave_up)
    };
    let one_more = program.n_ops() + 1;
    assert_eq!(looked_at(one_more - 1), (0, true));
    assert_eq!(looked_at(one_more), (1, true));
    assert_eq!(looked_at(100 * one_more), (2, false));
}
