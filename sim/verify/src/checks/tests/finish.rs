//! Programs that cannot finish, and the slots that would help.

use crate::samples::{relay, tiny, tiny_with};
use program::RefusalKind::{Deadlock, SlotCount};
use program::dtype::DType::F16;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use program::{Program, RefusalKind};

use super::reasons;
use crate::{smallest_slots, verify};

use Direction::{Left, Right};

fn pair(slots: u32, kernel: impl FnMut(&mut Tl)) -> Program {
    let mut recording = Recording::new("pair", 2);
    recording.links(Topology::Line, slots, 64, SlotPlace::Tcm);
    recording.record(kernel).expect("a kernel without mistakes")
}

/// Both ranks send `n` before they receive any: the send queue holds `fifo_depth` = 4 besides the running one.
fn exchange(slots: u32, n: u32) -> Program {
    pair(slots, |tl| {
        let side = if tl.rank() == 0 { Right } else { Left };
        let x = tl.full([8], F16, 1.0);
        for _ in 0..n {
            tl.send(side, x);
        }
        for _ in 0..n {
            let got = tl.recv(side, [8], F16);
            tl.release(got);
        }
    })
}

/// Each waits for the other's message first.
fn both_wait() -> Program {
    pair(2, |tl| {
        let side = if tl.rank() == 0 { Right } else { Left };
        let got = tl.recv(side, [8], F16);
        tl.forward(side, got);
        tl.release(got);
    })
}

/// Rank 0 waits for room while rank 1 never releases.
fn hoards(slots: u32) -> Program {
    pair(slots, |tl| {
        for _ in 0..3 {
            if tl.rank() == 0 {
                let x = tl.full([8], F16, 1.0);
                let sent = tl.send(Right, x);
                tl.wait(&[sent]);
            } else {
                tl.recv(Left, [8], F16);
            }
        }
    })
}

#[test]
fn a_program_that_cannot_finish_is_refused_for_one_reason() {
    let cases: [(&str, Program, RefusalKind, u32, &str); 4] = [
        ("both wait", both_wait(), Deadlock, 0, "the program cannot finish: 2 ops wait for each other"),
        (
            "hoards",
            hoards(2),
            SlotCount,
            7,
            "the program cannot finish with 2 slots on ring0: nobody will ever free rank 0 op 7 (send)",
        ),
        // One runs, four wait, and the sixth finds no room: with one slot, the second never leaves.
        (
            "exchange",
            exchange(1, 8),
            SlotCount,
            2,
            "the program cannot finish with 1 slots on ring0: 4 ops wait for each other",
        ),
        ("semaphore", crossed(), Deadlock, 0, "the program cannot finish: 2 ops wait for each other"),
    ];
    for (case, program, kind, op, says) in cases {
        let reasons = reasons(program, &tiny(), case);
        let [reason] = &reasons[..] else { panic!("{case}: {reasons:#?}") };
        assert_eq!((reason.kind, reason.rank, reason.op), (kind, Some(0), Some(op)), "{case}: {reason}");
        assert_eq!(reason.message, says, "{case}");
        assert!(reason.source.contains("finish.rs:"), "{reason}");
    }
}

/// Each signals the other only after it has been signalled.
fn crossed() -> Program {
    pair(1, |tl| {
        let semaphore = tl.semaphore();
        tl.wait_ge(semaphore, 1);
        tl.signal(semaphore, 1 - tl.rank(), 1, &[]);
    })
}

#[test]
fn the_smallest_number_of_slots_works_and_one_less_does_not() {
    let cases: [(&str, Program, Option<u32>); 7] = [
        ("relay", relay(), Some(1)),
        ("five fit the send queue", exchange(1, 5), Some(1)),
        ("six: one in its slot, one running, four waiting", exchange(1, 6), Some(1)),
        ("eight", exchange(1, 8), Some(3)),
        ("hoards", hoards(1), Some(3)),
        ("both wait", both_wait(), None),
        ("crossed", crossed(), None),
    ];
    for (case, program, smallest) in cases {
        assert_eq!(smallest_slots(&program, &tiny()), smallest, "{case}");
        for slots in 1..=8 {
            let mut program = program.clone();
            program.rings.iter_mut().for_each(|ring| ring.n_slots = slots);
            let verdict = verify(program, &tiny());
            let works = smallest.is_some_and(|smallest| slots >= smallest);
            assert_eq!(verdict.is_ok(), works, "{case} with {slots}");
            let (Err(refusal), Some(smallest)) = (verdict, smallest) else { continue };
            assert_eq!(refusal.reasons[0].kind, SlotCount, "{case} with {slots}: {refusal}");
            assert!(refusal.reasons[0].repair.contains(&format!("slots = {smallest} ")), "{refusal}");
        }
    }
}

#[test]
fn slots_that_do_not_fit_do_not_count_as_a_repair() {
    // Three slots of 64 bytes and the tile need more than 192 bytes.
    let machine = tiny_with(|spec| spec.pe.tcm_bytes.0 = 191);
    let reasons = reasons(hoards(2), &machine, "hoards");
    assert!(reasons.iter().all(|reason| reason.kind == Deadlock), "{reasons:#?}");
    assert_eq!(smallest_slots(&hoards(2), &machine), None);
}

/// Each sends three tiles of its own before it receives any, with one slot.
fn sends_three_tiles() -> Program {
    pair(1, |tl| {
        let side = if tl.rank() == 0 { Right } else { Left };
        for n in 0..3 {
            let x = tl.full([8], F16, n as f32);
            tl.send(side, x);
        }
        for _ in 0..3 {
            let got = tl.recv(side, [8], F16);
            tl.release(got);
        }
    })
}

/// One address for all tiles would hold the third fill behind a send that waits for a slot.
#[test]
fn tiles_of_queued_sends_are_kept_apart_where_the_program_needs_it() {
    let verified = verify(sends_three_tiles(), &tiny()).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(verified.layout.buffers, [[64, 128, 192]; 2]);
    // Where the tiles do not fit side by side, more slots are the repair.
    let machine = tiny_with(|spec| spec.pe.tcm_bytes.0 = 207);
    let found = reasons(sends_three_tiles(), &machine, "no room");
    assert_eq!(found[0].kind, SlotCount, "{found:#?}");
    // Where nothing gets stuck, the bytes are shared.
    assert_eq!(verify(exchange_apart(), &tiny()).unwrap().layout.buffers[0], [128, 128]);
}

/// Rank 0 sends two tiles, for which there are slots.
fn exchange_apart() -> Program {
    pair(2, |tl| {
        for _ in 0..2 {
            if tl.rank() == 0 {
                let x = tl.full([8], F16, 1.0);
                tl.send(Right, x);
            } else {
                let got = tl.recv(Left, [8], F16);
                tl.release(got);
            }
        }
    })
}
