//! The bytes of a finding are those that both ops touch, and a race behind a later write is found.

use diagnostic::Code::{self, RaceRaw, RaceWaw, UseAfterRelease};
use machine::Sync;
use program::tl::{Direction, Tl};

use super::{F32, Own, SHAPE, check, record};
use crate::Options;

/// A kernel, and the code, the ranks and the bytes of what is found, counted from the least address of all.
type Case = (&'static str, fn(&mut Tl, Own), &'static [(Code, [u32; 2], [u64; 2])]);

const CASES: &[Case] = &[
    ("a part of what is read is written", part_written, &[(RaceRaw, [0, 1], [32, 64])]),
    ("a part of what is written is read", part_read, &[(RaceRaw, [0, 1], [32, 64])]),
    (
        "a later write, which the reader follows, hides an earlier one",
        hidden_write,
        &[(RaceWaw, [2, 1], [0, 128]), (RaceRaw, [0, 1], [0, 128])],
    ),
    ("what is read lies between the rows of an earlier write", between_rows, &[(RaceWaw, [2, 1], [0, 112])]),
    ("a part of a slot is read after its release", part_of_slot, &[(UseAfterRelease, [1, 1], [0, 64])]),
];

#[test]
fn the_bytes_are_those_that_both_ops_touch() {
    for (name, kernel, expected) in CASES {
        let program = record(3, kernel);
        let findings = check(&program, Sync::Explicit, Options::default()).findings;
        let races = findings.iter().filter(|finding| finding.code.is_race());
        let mut found: Vec<(Code, [u32; 2], [u64; 2])> = races
            .map(|race| {
                let ranks: Vec<u32> = race.ops().map(|op| op.rank.0).collect();
                (race.code, [ranks[0], ranks[1]], race.bytes.expect("bytes"))
            })
            .collect();
        let of_slot = expected[0].0 == UseAfterRelease;
        // The message begins where its slot does.
        let least = if of_slot { found[0].2[0] - expected[0].2[0] } else { shared_at(&program) };
        found.iter_mut().for_each(|(.., bytes)| *bytes = bytes.map(|byte| byte - least));
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name}");
    }
}

/// The address of the shared tensor.
fn shared_at(program: &program::Program) -> u64 {
    let verified =
        verify::verify(program.clone(), &super::machine(Sync::Explicit)).expect("a program that can run");
    let shared = program.tensors.iter().position(|tensor| tensor.name == "shared").expect("it is there");
    verified.layout.tensors[shared]
}

fn ready(tl: &mut Tl, own: Own) -> program::tl::Tile {
    let x = tl.load(own.x);
    tl.wait(&[x.handle()]);
    x
}

fn part_written(tl: &mut Tl, own: Own) {
    let x = ready(tl, own);
    if tl.rank() == 1 {
        tl.store(x.slice(0, 1, 1), own.shared.slice(0, 1, 1));
    } else if tl.rank() == 0 {
        tl.load(own.shared);
    }
    tl.store(x, own.y);
}

fn part_read(tl: &mut Tl, own: Own) {
    let x = ready(tl, own);
    if tl.rank() == 1 {
        tl.store(x, own.shared);
    } else if tl.rank() == 0 {
        tl.load(own.shared.slice(0, 1, 1));
    }
    tl.store(x, own.y);
}

/// Ranks 1 and 2 write, and rank 0 waits for rank 2 alone.
fn hidden_write(tl: &mut Tl, own: Own) {
    let done = tl.semaphore();
    let x = ready(tl, own);
    match tl.rank() {
        0 => {
            tl.wait_ge(done, 1);
            tl.load(own.shared);
        }
        1 => drop(tl.store(x, own.shared)),
        _ => {
            let stored = tl.store(x, own.shared);
            tl.signal(done, 0, 1, &[stored]);
        }
    }
    tl.store(x, own.y);
}

/// As [`hidden_write`], but rank 1 writes the left columns, and rank 0 reads the right ones.
fn between_rows(tl: &mut Tl, own: Own) {
    let done = tl.semaphore();
    let x = ready(tl, own);
    match tl.rank() {
        0 => {
            tl.wait_ge(done, 1);
            tl.load(own.shared.slice(1, 4, 4));
        }
        1 => drop(tl.store(x.slice(1, 0, 4), own.shared.slice(1, 0, 4))),
        _ => {
            let stored = tl.store(x, own.shared);
            tl.signal(done, 0, 1, &[stored]);
        }
    }
    tl.store(x, own.y);
}

fn part_of_slot(tl: &mut Tl, own: Own) {
    let x = ready(tl, own);
    for _ in 0..3 {
        if tl.rank() == 0 {
            tl.send(Direction::Right, x);
        } else if tl.rank() == 1 {
            let got = tl.recv(Direction::Left, SHAPE, F32);
            let half = tl.add(got.slice(0, 0, 2), 1.0);
            tl.release(got);
            tl.wait(&[half.handle()]);
        }
    }
    tl.store(x, own.y);
}
