use machine::SimTime;
use order::Dataflow;
use program::DType::{F16, F32};
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use program::{Program, TensorId};

use super::*;
use crate::sample;

/// The log of a program whose ops follow each other, ten femtoseconds each.
fn log(program: Program) -> OpLog {
    let mut log = sample::log(program, 0);
    for (at, number) in (0..log.entries.done.len()).zip(0u64..) {
        log.entries.start[at] = SimTime::from_fs(10 * number);
        log.entries.done[at] = SimTime::from_fs(10 * number + 10);
    }
    log
}

/// Two ranks. Both have `w` in their HBM; rank 0 has half of it once more, scratch `a`, `b`, and the output `y`.
fn recorded(kernel: impl Fn(&mut Tl, &[TensorId])) -> Program {
    let mut recording = Recording::new("case", 2);
    recording.links(Topology::Line, 2, 64, SlotPlace::Tcm);
    let w = recording.input("w", [2, 4], F32);
    let y = recording.output("y", [2, 4], F32);
    let tensors = [
        recording.input_share(w, 0, [0, 0], [2, 4]),
        recording.input_share(w, 1, [0, 0], [2, 4]),
        recording.scratch("a", 0, [2, 4], F32),
        recording.scratch("b", 0, [2, 4], F32),
        recording.scratch("c", 1, [2, 4], F32),
        recording.output_share(y, 0, [0, 0], [2, 4]),
        recording.input_share(w, 0, [0, 0], [2, 4]),
    ];
    recording.record(|tl| kernel(tl, &tensors)).expect("a kernel without mistakes")
}

const W: usize = 0;
const W_OF_1: usize = 1;
const A: usize = 2;
const B: usize = 3;
const C: usize = 4;
const Y: usize = 5;
const W_AGAIN: usize = 6;

/// What is held twice, in short.
fn twice(log: &OpLog) -> Vec<String> {
    let copies = Copies::of(log, &Dataflow::of(&log.program), |_| true);
    assert!(copies.is_complete);
    let said = |it: &Twice| {
        let [one, other] = it.holders.map(|holder| holder.name(&log.program));
        let what = match it.content {
            Content::Host(tensor) => Holder::Tensor(tensor).name(&log.program),
            Content::Op { rank, op } => log.program.op(rank, op).kind().to_owned(),
        };
        format!("{} of {what}: {one}, {other}, {}..{}", it.bytes, it.from.fs(), it.to.fs())
    };
    copies.all.iter().map(said).collect()
}

type Kernel = fn(&mut Tl, &[TensorId]);

const TWICE: &[(&str, Kernel, &[&str])] = &[
    (
        "a copy beside the original, which is read again",
        |tl, t| {
            let x = tl.load(tl.tensor(t[W]));
            tl.store(x, tl.tensor(t[A]));
            tl.load(tl.tensor(t[A]));
            tl.load(tl.tensor(t[W]));
        },
        // Tiles: what is loaded and read by nobody is not held.
        &["32 of w: w, a, 20..30"],
    ),
    (
        "a copy whose original nobody reads any more",
        |tl, t| {
            let x = tl.load(tl.tensor(t[W]));
            tl.store(x, tl.tensor(t[A]));
            tl.load(tl.tensor(t[A]));
        },
        &[],
    ),
    (
        "half of the copy is written anew before it is read",
        |tl, t| {
            let x = tl.load(tl.tensor(t[W]));
            tl.store(x, tl.tensor(t[A]));
            let y = tl.full([1, 4], F32, 1.0);
            tl.store(y, tl.tensor(t[A]).slice(0, 0, 1));
            tl.load(tl.tensor(t[A]));
            tl.load(tl.tensor(t[W]));
        },
        &["16 of w: w, a, 20..50"],
    ),
    (
        "a result that is stored in two places",
        |tl, t| {
            let x = tl.full([2, 4], F32, 1.0);
            tl.store(x, tl.tensor(t[A]));
            tl.store(x, tl.tensor(t[B]));
            tl.load(tl.tensor(t[A]));
            tl.load(tl.tensor(t[B]));
        },
        &["32 of fill: a, b, 30..40"],
    ),
    (
        "a part in another order of elements",
        |tl, t| {
            let x = tl.load(tl.tensor(t[W]));
            tl.store(x.slice(1, 0, 2).trans(), tl.tensor(t[A]).slice(1, 0, 2));
            tl.load(tl.tensor(t[A]).slice(1, 0, 2));
            tl.load(tl.tensor(t[W]));
        },
        &["16 of w: w, a, 20..30"],
    ),
    (
        "equal values that two ops make",
        |tl, t| {
            let (x, y) = (tl.full([2, 4], F32, 1.0), tl.full([2, 4], F32, 1.0));
            tl.store(x, tl.tensor(t[A]));
            tl.store(y, tl.tensor(t[B]));
            tl.load(tl.tensor(t[A]));
            tl.load(tl.tensor(t[B]));
        },
        &[],
    ),
    (
        "a cast is another value",
        |tl, t| {
            let x = tl.load(tl.tensor(t[W]));
            let y = tl.cast(x, F16);
            tl.maximum(x, x);
            tl.maximum(y, y);
        },
        &[],
    ),
    (
        "one input in two tiles at once",
        |tl, t| {
            let x = tl.load(tl.tensor(t[W]));
            let y = tl.load(tl.tensor(t[W]));
            tl.add(x, y);
        },
        &["32 of w: b0, b1, 20..30"],
    ),
    (
        "two tensors of one box of an input",
        |tl, t| {
            tl.load(tl.tensor(t[W]));
            tl.load(tl.tensor(t[W_AGAIN]));
        },
        &["32 of w: w, w, 0..10"],
    ),
    (
        "an output holds to the end what it is a copy of",
        |tl, t| {
            let x = tl.load(tl.tensor(t[W]));
            tl.store(x, tl.tensor(t[Y]));
            tl.full([2, 4], F32, 1.0);
            tl.load(tl.tensor(t[W]));
        },
        &["32 of w: w, y, 20..40"],
    ),
];

#[test]
fn what_is_held_twice_is_told_and_nothing_else() {
    for (case, kernel, expected) in TWICE {
        let program = recorded(|tl, tensors| {
            if tl.rank() == 0 {
                kernel(tl, tensors);
            }
        });
        assert_eq!(twice(&log(program)), *expected, "{case}");
    }
}

#[test]
fn a_copy_is_followed_through_messages() {
    let program = recorded(|tl, t| {
        if tl.rank() == 0 {
            let x = tl.load(tl.tensor(t[W]));
            tl.send(Direction::Right, x);
        } else {
            let y = tl.tile([2, 4], F32);
            tl.recv_into(Direction::Left, y);
            tl.store(y, tl.tensor(t[C]));
            tl.load(tl.tensor(t[C]));
            tl.load(tl.tensor(t[W_OF_1]));
        }
    });
    assert_eq!(twice(&log(program)), ["32 of w: w, c, 40..50"]);
}

#[test]
fn tensors_live_from_their_first_use_or_the_beginning_to_the_last_or_the_end() {
    let program = recorded(|tl, t| {
        if tl.rank() == 0 {
            let x = tl.load(tl.tensor(t[W]));
            tl.store(x, tl.tensor(t[A]));
            let y = tl.load(tl.tensor(t[A]));
            tl.store(y, tl.tensor(t[Y]));
            tl.full([2, 4], F32, 1.0);
        }
    });
    let log = log(program);
    let all = memories(&log);
    let hbm = all.iter().find(|memory| memory.space == Space::Hbm(Rank(0))).expect("it has tensors");
    let lives: Vec<(String, u64, u64)> =
        hbm.lives.iter().map(|life| (life.holder.name(&log.program), life.from.fs(), life.to.fs())).collect();
    let expected = [("w", 0, 10), ("a", 10, 30), ("y", 30, 50)];
    assert_eq!(lives, expected.map(|(name, from, to)| (name.to_owned(), from, to)));
    let levels: Vec<(u64, u64)> = hbm.levels().iter().map(|(at, bytes)| (at.fs(), *bytes)).collect();
    assert_eq!(levels, [(0, 32), (10, 32), (30, 32), (50, 0)]);
    assert_eq!(hbm.fullest(), Fullest { bytes: 32, from: SimTime::ZERO, to: SimTime::from_fs(10) });
    assert_eq!((hbm.capacity, hbm.slots), (log.machine.spec().hbm.bytes_per_pe.0, 0));
    // Rank 1 has tensors that nobody uses: they take room and are not live.
    let other = all.iter().find(|memory| memory.space == Space::Hbm(Rank(1))).expect("it has tensors");
    assert!(other.lives.is_empty() && other.needed > 0 && other.fullest().bytes == 0);
}

/// Two tiles lie on one another by half, and a third has the address of the first. All are named by the last op.
#[test]
fn what_tiles_share_counts_once() {
    let mut log = log(recorded(|tl, tensors| {
        if tl.rank() > 0 {
            return;
        }
        let [first, half, again] = [0, 16, 0].map(|at| tl.tile_at(at, [2, 4], F32));
        tl.load_into(tl.tensor(tensors[W]), first);
        tl.to(half).fill(1.0);
        tl.load_into(tl.tensor(tensors[W_AGAIN]), again);
        tl.to(first).add(half, again);
    }));
    // The sample lays buffers one behind the other.
    std::sync::Arc::make_mut(&mut log.layout).buffers[0] = vec![0, 16, 0];
    let memories = memories(&log);
    let tcm = memories.iter().find(|it| it.space == Space::Tcm(Rank(0))).expect("tiles");
    assert_eq!((tcm.lives.len(), tcm.slots), (3, 128));
    let levels: Vec<(u64, u64)> = tcm.levels().into_iter().map(|(at, n)| (at.fs(), n)).collect();
    assert_eq!(levels, [(0, 128 + 32), (10, 128 + 48), (20, 128 + 48), (40, 128)]);
    assert_eq!(tcm.fullest().bytes, 128 + 48);
    // The same bytes of the memory are no second copy: those of the host are.
    assert_eq!(twice(&log).iter().filter(|it| it.contains("buffer")).count(), 0, "{:?}", twice(&log));
}
