use machine::Sync;
use program::dtype::DType::{F16, F32};
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use program::{Op, OpIndex, RankProgram, SyncOp, TensorId};

use super::*;
use crate::samples::{relay, tiny, tiny_with};

fn record(kernel: impl FnMut(&mut Tl)) -> Program {
    let mut recording = Recording::new("case", 3);
    let x = recording.input("x", [4, 4], F32);
    for rank in 0..3 {
        recording.input_share(x, rank, [0, 0], [4, 4]);
    }
    recording.links(Topology::Line, 2, 64, SlotPlace::Tcm);
    recording.record(kernel).expect("a kernel without mistakes")
}

fn sync(program: &Program) -> Program {
    auto_sync(program, &tiny()).unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The ops of rank 1, each with the ops it names.
fn listing(program: &Program) -> Vec<String> {
    let text = |op: &Op| {
        let mut text = op.kind().to_owned();
        if let Op::Sync(SyncOp::Wait { on: ops } | SyncOp::Release { after: ops, .. }) = op {
            ops.iter().for_each(|op| text += &format!(" {}", op.0));
        }
        text
    };
    program.ranks[1].ops.iter().map(text).collect()
}

type Case = (&'static str, fn(&mut Tl), &'static [&'static str]);

fn check(cases: &[Case]) {
    for &(case, kernel, expected) in cases {
        assert_eq!(listing(&sync(&record(kernel))), expected, "{case}");
    }
}

#[test]
fn waits_are_inserted_where_the_program_does_not_order() {
    check(&[
        (
            "a queue is served in order",
            |tl| {
                let x = tl.full([4, 4], F32, 1.0);
                tl.exp(x);
            },
            &["fill", "exp"],
        ),
        (
            "another unit reads the newer of two",
            |tl| {
                let (a, b) = (tl.full([4, 4], F32, 1.0), tl.full([4, 4], F32, 1.0));
                tl.dot(a, b);
            },
            &["fill", "fill", "wait 1", "dot"],
        ),
        (
            "two channels are waited for at once",
            |tl| {
                let [a, b] = [0, 1].map(|_| tl.load(tl.tensor(TensorId(tl.rank()))));
                tl.dot(a, b);
            },
            &["load", "load", "wait 0 1", "dot"],
        ),
        (
            "the author has waited",
            |tl| {
                let x = tl.full([4, 4], F32, 1.0);
                tl.wait(&[x.handle()]);
                tl.dot(x, x);
            },
            &["fill", "wait 0", "dot"],
        ),
        (
            "what is overwritten is still read",
            |tl| {
                let x = tl.full([4, 4], F32, 1.0);
                tl.dot(x, x);
                tl.to(x).fill(2.0);
            },
            &["fill", "wait 0", "dot", "wait 2", "fill"],
        ),
        (
            "two tiles have the same bytes in turn",
            |tl| {
                let x = tl.full([4, 4], F32, 1.0);
                tl.dot(x, x);
                tl.full([4, 4], F32, 2.0);
            },
            &["fill", "wait 0", "dot", "wait 2", "fill"],
        ),
    ]);
}

#[test]
fn slots_and_messages_are_waited_for_where_the_program_does_not_order() {
    check(&[
        (
            "a release does not keep the sequencer",
            |tl| {
                if tl.rank() == 0 {
                    let x = tl.full([1, 4], F32, 1.0);
                    tl.send(Direction::Right, x);
                } else if tl.rank() == 1 {
                    let got = tl.recv(Direction::Left, [1, 4], F32);
                    let (kept, y) = (tl.tile([1, 4], F32), tl.exp(got));
                    tl.copy(got, kept);
                    tl.neg(got);
                    tl.release(got);
                    tl.to(kept).add(kept, y);
                }
            },
            &["recv", "exp", "copy", "neg", "release 2 3", "wait 2", "add"],
        ),
        (
            "a message received later is waited for by itself",
            |tl| {
                if tl.rank() == 0 {
                    let x = tl.full([1, 4], F32, 1.0);
                    tl.send(Direction::Right, x);
                } else if tl.rank() == 1 {
                    let (got, _) = tl.recv_async(Direction::Left, [1, 4], F32);
                    tl.exp(got);
                    tl.release(got);
                }
            },
            &["recv_async", "wait 0", "exp", "release 2"],
        ),
        (
            "a message tells that what it answers was sent",
            |tl| {
                if tl.rank() == 0 {
                    let got = tl.recv(Direction::Right, [1, 4], F32);
                    let answer = tl.exp(got);
                    tl.release(got);
                    tl.send(Direction::Right, answer);
                } else if tl.rank() == 1 {
                    let x = tl.full([1, 4], F32, 1.0);
                    tl.send(Direction::Left, x);
                    tl.recv(Direction::Left, [1, 4], F32);
                    tl.to(x).fill(2.0);
                }
            },
            &["fill", "wait 0", "send", "recv", "fill"],
        ),
    ]);
}

/// The last copy overwrites what the store reads, on the channel of the store.
fn overwrites_what_is_stored(tl: &mut Tl, to: u32) {
    let x = tl.full([4, 4], F32, 1.0);
    tl.store(x, tl.tensor(TensorId(to)));
    let loaded = tl.load(tl.tensor(TensorId(tl.rank())));
    tl.copy(loaded, x);
}

#[test]
fn the_end_of_an_op_on_memory_of_several_ranks_is_waited_for() {
    check(&[
        (
            "a tensor of its own",
            |tl| overwrites_what_is_stored(tl, tl.rank()),
            &["fill", "wait 0", "store", "wait 2", "load", "wait 4", "copy"],
        ),
        (
            "a tensor of all",
            |tl| overwrites_what_is_stored(tl, 0),
            &["fill", "wait 0", "store", "load", "wait 2 3", "copy"],
        ),
    ]);
}

/// Where the ops of the original came to lie: what was inserted is a wait, and never before another.
fn places(original: &RankProgram, synced: &RankProgram) -> Vec<usize> {
    let mut old = original.ops.iter().peekable();
    let kept = synced.ops.iter().enumerate().filter(|(_, op)| {
        let kept = old.next_if(|next| next.kind() == op.kind()).is_some();
        assert!(kept || op.kind() == "wait", "{op:?} was inserted");
        kept
    });
    kept.map(|(place, _)| place).collect()
}

#[test]
fn without_its_waits_the_program_is_the_original() {
    let original = relay();
    let synced = sync(&original);
    assert!(synced.n_ops() > original.n_ops());
    for (before, after) in original.ranks.iter().zip(&synced.ranks) {
        let places = places(before, after);
        assert_eq!(places.len(), before.ops.len());
        for (index, &place) in places.iter().enumerate() {
            let moved = |ops: &[OpIndex]| -> Vec<usize> { ops.iter().map(|op| places[op.index()]).collect() };
            let now = |ops: &[OpIndex]| -> Vec<usize> { ops.iter().map(|op| op.index()).collect() };
            match (&before.ops[index], &after.ops[place]) {
                (Op::Sync(SyncOp::Wait { on: old }), Op::Sync(SyncOp::Wait { on: new })) => {
                    assert_eq!(moved(old), now(new))
                }
                (
                    Op::Sync(SyncOp::Signal { after: old, .. }),
                    Op::Sync(SyncOp::Signal { after: new, .. }),
                ) => {
                    assert_eq!(moved(old), now(new));
                }
                (
                    Op::Sync(SyncOp::Release { message: old, .. }),
                    Op::Sync(SyncOp::Release { message: new, .. }),
                ) => assert_eq!(old, new),
                (old, new) => assert_eq!(old, new),
            }
            let first = if index == 0 { 0 } else { places[index - 1] + 1 };
            assert!(after.sources[first..=place].iter().all(|source| *source == before.sources[index]));
        }
    }
}

#[test]
fn spans_keep_their_ops_and_the_waits_before_them() {
    let program = record(|tl| {
        let x = tl.full([4, 4], F32, 1.0);
        let y = tl.span("product", |tl| tl.dot(x, x));
        tl.span("after", |tl| _ = tl.exp(y));
        tl.span("nothing", |_| ());
    });
    let synced = sync(&program);
    assert_eq!(listing(&synced), ["fill", "wait 0", "dot", "wait 2", "exp"]);
    let spans: Vec<_> = synced.ranks[1].spans.iter().map(|span| (span.first.0, span.end.0)).collect();
    assert_eq!(spans, [(1, 3), (3, 5), (5, 5)]);
}

#[test]
fn a_program_that_fits_interlocked_fits_explicit() {
    let original = relay();
    let layout = verify(original.clone(), &tiny()).unwrap().layout;
    let peak = layout.peaks.iter().map(|peak| peak.bytes).max().expect("a rank");
    let machine = tiny_with(|spec| (spec.sync, spec.pe.tcm_bytes) = (Sync::Explicit, peak));
    let without_waits = verify(original.clone(), &machine);
    assert!(without_waits.is_err(), "tiles that nothing is waited for are never given away");
    let synced = auto_sync(&original, &machine).unwrap();
    assert_eq!(verify(synced, &machine).unwrap().layout.buffers, layout.buffers);
}

#[test]
fn a_program_that_is_refused_interlocked_is_refused() {
    let program = record(|tl| _ = tl.tile([1024, 1024], F16).handle());
    let too_large = record(|tl| {
        let x = tl.tile([2048, 1024], F16);
        tl.to(x).fill(0.0);
    });
    assert!(auto_sync(&program, &tiny()).is_ok());
    assert!(auto_sync(&too_large, &tiny()).is_err());
}
