//! Repairs as edits: each makes its finding go away, and brings no other.

use machine::{Machine, QueueModel, Sync};
use oplog::{Finding, FindingKind};
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{HbmTile, Recording, Tl};
use program::{OpIndex, Program, Rank};

use super::{F32, Own, SHAPE, check_on, lifetimes, machine, pairs, ranks, record};
use crate::{Change, Edit, Options};

/// Applies the edit of every finding. It must leave fewer findings, and not this one.
fn mended(name: &str, program: &Program, machine: &Machine) -> Vec<Edit> {
    let found = check_on(program, machine, Options::default());
    assert_eq!(found.findings.len(), found.edits.len(), "{name}");
    for (finding, edit) in found.findings.iter().zip(&found.edits) {
        assert_eq!(edit.is_some(), has_edit(finding.kind), "{name}: {finding}");
        let Some(edit) = edit else { continue };
        let left = check_on(&edit.apply(program), machine, Options::default()).findings;
        assert!(left.len() < found.findings.len(), "{name}: {edit:?} leaves {left:#?}");
        assert!(!left.iter().any(|left| same(left, finding)), "{name}: {edit:?} leaves {finding}");
    }
    found.edits.into_iter().flatten().collect()
}

fn has_edit(kind: FindingKind) -> bool {
    use FindingKind::{CreditLeak, RaceRaw, RaceWar, RaceWaw, SlotLeak, UseAfterRelease};
    [CreditLeak, RaceRaw, RaceWar, RaceWaw, SlotLeak, UseAfterRelease].contains(&kind)
}

/// Ops are renumbered, and their lines stay.
fn same(a: &Finding, b: &Finding) -> bool {
    let lines = |finding: &Finding| finding.ops.iter().map(|op| op.source.clone()).collect::<Vec<_>>();
    a.kind == b.kind && lines(a) == lines(b)
}

#[test]
fn every_edit_makes_its_finding_go_away() {
    let explicit = machine(Sync::Explicit);
    for (name, kernel, _) in pairs::CASES {
        mended(name, &record(1, |tl, own| kernel(tl, own, false)), &explicit);
    }
    for (name, kernel, _) in ranks::CASES {
        mended(name, &record(2, |tl, own| kernel(tl, own, false)), &explicit);
    }
    for (name, kernel, _) in lifetimes::CASES {
        mended(name, &record(2, |tl, own| lifetimes::with_store(tl, own, *kernel)), &explicit);
    }
}

#[test]
fn a_mistake_in_a_loop_is_mended_everywhere() {
    let program = record(2, |tl: &mut Tl, own: Own| {
        for _ in 0..3 {
            let x = tl.load(own.x);
            let e = tl.exp(x);
            tl.wait(&[e.handle()]);
            tl.store(e, own.y);
        }
    });
    let edits = mended("a loop", &program, &machine(Sync::Explicit));
    let waits = edits[0].0.iter().filter(|change| matches!(change, Change::WaitBefore { .. })).count();
    assert_eq!((edits[0].0.len(), waits), (6, 6), "{edits:?}");
}

/// Rank 0 sends twice on a ring of one slot without credits; rank 1 may forget to release.
#[test]
fn credits_come_with_releases() {
    for releases in [false, true] {
        let mut recording = Recording::new("flow", 2);
        let y = recording.output("y", SHAPE, F32);
        let y = recording.output_share(y, 1, [0, 0], SHAPE);
        let (producer, consumer, place, flow) = (Rank(0), Rank(1), SlotPlace::Tcm, Flow::None);
        let ring =
            recording.ring(Ring { producer, consumer, queue: 0, n_slots: 1, slot_bytes: 128, place, flow });
        let program = recording.record(|tl| {
            for _ in 0..2 {
                if tl.rank() == 0 {
                    let tile = tl.full(SHAPE, F32, 1.0);
                    tl.wait(&[tile.handle()]);
                    tl.send_ring(ring, tile);
                } else {
                    let got = tl.recv_ring(ring, SHAPE, F32);
                    let stored = tl.store(got, tl.tensor(y));
                    tl.wait(&[stored]);
                    if releases {
                        tl.release(got);
                    }
                }
            }
        });
        let program = program.unwrap_or_else(|error| panic!("{error}"));
        let edits = mended("no credits", &program, &machine(Sync::Explicit));
        assert!(edits.contains(&Edit(vec![Change::Credits { ring }])), "{edits:?}");
    }
}

/// What two virtual devices do with a tensor that they share.
fn devices(kernel: impl Fn(&mut Tl, HbmTile, HbmTile, HbmTile)) -> Program {
    let mut recording = Recording::new("devices", 2);
    let (x, y) = (recording.input("x", SHAPE, F32), recording.output("y", SHAPE, F32));
    let (x, y) = (recording.input_share(x, 0, [0, 0], SHAPE), recording.output_share(y, 1, [0, 0], SHAPE));
    let shared = recording.scratch("shared", 1, SHAPE, F32);
    let program = recording.record(|tl| {
        let [x, shared, y] = [x, shared, y].map(|tensor| tl.tensor(tensor));
        kernel(tl, x, shared, y);
    });
    program.unwrap_or_else(|error| panic!("{error}"))
}

fn copy(tl: &mut Tl, from: HbmTile, to: HbmTile) {
    let tile = tl.load(from);
    tl.store(tile, to);
}

#[test]
fn queues_are_ordered_by_events_and_the_host_by_commits() {
    let metal = Machine::preset("metal4").expect("a preset");
    let metal = metal.with_queue_model(QueueModel::Overlap).and_then(|metal| metal.with_tracked(false));
    let metal = metal.expect("a machine with queues");
    type Case = (&'static str, fn(&mut Tl, HbmTile, HbmTile, HbmTile), &'static str);
    let cases: [Case; 4] = [
        (
            "two queues",
            |tl, x, shared, y| {
                if tl.rank() == 0 {
                    copy(tl, x, shared)
                } else {
                    copy(tl, shared, y)
                };
                tl.commit();
            },
            "EventBetween",
        ),
        (
            "two buffers of one queue",
            |tl, x, shared, y| {
                if tl.rank() == 1 {
                    copy(tl, x, shared);
                    tl.commit();
                    copy(tl, shared, y);
                    tl.commit();
                }
            },
            "EventBetween",
        ),
        (
            "the host copies what a queue may still write",
            |tl, x, shared, y| {
                if tl.rank() == 1 {
                    copy(tl, x, shared);
                    tl.commit();
                    tl.host_copy(shared, y);
                }
            },
            "WaitBefore",
        ),
        (
            "the host of another device does",
            |tl, x, shared, y| {
                if tl.rank() == 0 {
                    copy(tl, x, shared);
                    tl.commit();
                } else {
                    tl.host_copy(shared, y);
                }
            },
            "SignalWait",
        ),
    ];
    for (name, kernel, change) in cases {
        let edits = mended(name, &devices(kernel), &metal);
        assert!(!edits.is_empty(), "{name}");
        let all = edits.iter().flat_map(|edit| &edit.0);
        assert!(all.clone().all(|made| format!("{made:?}").starts_with(change)), "{name}: {edits:?}");
    }
}

#[test]
fn a_wait_that_is_there_stays_in_its_place() {
    let program = devices(|tl, x, shared, y| {
        copy(tl, x, shared);
        let commit = tl.commit();
        tl.wait(&[commit]);
        tl.host_copy(shared, y);
    });
    let change = Change::WaitBefore { rank: Rank(1), op: OpIndex(2), on: OpIndex(0) };
    let edited = Edit(vec![change]).apply(&program);
    let kinds: Vec<&str> = edited.ranks[1].ops.iter().map(|op| op.kind()).collect();
    assert_eq!(kinds, ["load", "store", "wait", "commit", "wait", "host_copy"]);
    let program::Op::Sync(program::SyncOp::Wait { on }) = &edited.ranks[1].ops[4] else {
        panic!("{kinds:?}")
    };
    assert_eq!(on[..], [OpIndex(3)]);
    assert_eq!(edited.ranks[0], program.ranks[0]);
    assert_eq!(edited.ranks[1].sources.len(), 6);
}
