//! Pairs: what is broken is named, its repair is told once it holds, and the repaired program passes.

use diagnostic::Meaning;
use machine::{QueueModel, Sync};
use program::tl::{HbmTile, Recording, Tl};
use program::{DType, Op, SyncOp};

use super::*;
use crate::simulate::{Options, compute, simulate, time};
use crate::{Error, Tensors};

const SHAPE: [u32; 2] = [4, 8];
const F32: DType = DType::F32;

fn tiny(sync: Sync) -> Machine {
    Machine::preset("tiny").and_then(|machine| machine.with_sync(sync)).expect("a preset")
}

fn queues() -> Machine {
    let machine = Machine::preset("metal4").expect("a preset");
    machine.with_queue_model(QueueModel::Overlap).and_then(|it| it.with_tracked(false)).expect("queues")
}

/// What each rank has: its part of the input and of the output, and a tensor that all share.
struct Own {
    x: HbmTile,
    y: HbmTile,
    shared: HbmTile,
}

/// Ranks that share an input, which the host gives.
fn ranks(n: u32, kernel: impl Fn(&mut Tl, &Own)) -> Program {
    let mut recording = Recording::new("trial", n);
    let whole = [n, SHAPE[0], SHAPE[1]];
    let part = [1, SHAPE[0], SHAPE[1]];
    let (x, y) = (recording.input("x", whole, F32), recording.output("y", whole, F32));
    let given = recording.input("k", SHAPE, F32);
    let xs: Vec<_> = (0..n).map(|rank| recording.input_share(x, rank, [rank, 0, 0], part)).collect();
    let ys: Vec<_> = (0..n).map(|rank| recording.output_share(y, rank, [rank, 0, 0], part)).collect();
    let shared = recording.input_share(given, 0, [0, 0], SHAPE);
    let program = recording.record(|tl| {
        let own = |all: &[program::TensorId]| tl.tensor(all[tl.rank() as usize]).reshape(SHAPE);
        let own = Own { x: own(&xs), y: own(&ys), shared: tl.tensor(shared) };
        kernel(tl, &own);
    });
    program.unwrap_or_else(|error| panic!("{error}"))
}

fn found(program: &Program, machine: &Machine) -> Vec<Diagnostic> {
    let timed = time(program.clone(), machine, 0).unwrap_or_else(|error| panic!("{error}"));
    let computed = compute(&timed, None, &Tensors::default(), Options::default().replay);
    computed.unwrap_or_else(|error| panic!("{error}")).findings
}

/// All patches together leave nothing to find.
fn all_mend(name: &str, program: &Program, machine: &Machine) -> Vec<Diagnostic> {
    let findings = found(program, machine);
    let mut draft = Draft::new(program);
    for finding in &findings {
        assert_eq!(finding.trial, Trial::Holds, "{name}: {finding}: {}", finding.repair_text());
        draft.add(finding.patch.as_ref().unwrap_or_else(|| panic!("{name}: {finding} has no edit")));
        for patch in finding.more.iter().filter_map(|way| way.patch.as_ref()) {
            let left = found(&patch.apply(program), machine);
            assert!(left.len() < findings.len(), "{name}: {patch:?} leaves {left:#?}");
        }
    }
    assert_eq!(found(&draft.done().apply(program), machine), [], "{name}");
    findings
}

#[test]
fn where_the_program_leaves_the_order_open_both_directions_are_told() {
    let program = ranks(2, |tl, own| {
        if tl.rank() == 1 {
            let x = tl.load(own.x);
            tl.store(x, own.shared);
            tl.store(x, own.y);
        } else {
            let k = tl.load(own.shared);
            tl.store(k, own.y);
        }
    });
    let machine = tiny(Sync::Interlocked);
    let findings = all_mend("update, then read", &program, &machine);
    let [race] = &findings[..] else { panic!("{findings:#?}") };
    assert_eq!((race.code, &race.meaning), (Code::RaceRaw, &Some(Meaning::New)));
    assert_eq!(race.more[0].meaning, Some(Meaning::Old));
    let text = race.repair_text();
    let [new, old] = ["to read the new value: on rank 1, ", "; to read the old value: on rank 0, "]
        .map(|part| text.find(part).unwrap_or_else(|| panic!("{text}")));
    assert!(new < old, "{text}");
    // Each does what it says.
    let outputs = |patch: &Patch| {
        let recorded = kernels::Recorded { program: patch.apply(&program), reference: None, machine: None };
        simulate(recorded, &machine, &Options::default()).expect("a run").computed.data
    };
    let ways =
        [race.patch.as_ref(), race.more[0].patch.as_ref()].map(|patch| outputs(patch.expect("an edit")));
    assert_ne!(ways[0], ways[1]);
}

#[test]
fn where_the_program_states_the_order_the_repair_follows_it() {
    // The barrier says which comes first, and only what was issued: on an explicit machine both race.
    let cases: [(&str, bool, Code); 2] =
        [("write, barrier, read", true, Code::RaceRaw), ("read, barrier, write", false, Code::RaceWar)];
    for (name, writes_first, code) in cases {
        let program = ranks(2, |tl, own| {
            let x = tl.load(own.x);
            tl.wait(&[x.handle()]);
            let write = |tl: &mut Tl| {
                if tl.rank() == 1 {
                    tl.store(x, own.shared);
                }
            };
            let read = |tl: &mut Tl| {
                if tl.rank() == 0 {
                    let k = tl.load(own.shared);
                    tl.wait(&[k.handle()]);
                }
            };
            if writes_first {
                write(tl);
                tl.barrier();
                read(tl);
            } else {
                if tl.rank() == 0 {
                    tl.load(own.shared);
                }
                tl.barrier();
                write(tl);
            }
            tl.store(x, own.y);
        });
        let findings = all_mend(name, &program, &tiny(Sync::Explicit));
        let [race] = &findings[..] else { panic!("{name}: {findings:#?}") };
        assert_eq!((race.code, race.meaning.as_ref(), race.more.len()), (code, None, 0), "{name}");
    }
}

/// Three workers store a row each, and one does not signal.
#[test]
fn a_deadlock_is_not_traded_for_a_race() {
    let program = ranks(4, |tl, own| {
        let stored = tl.semaphore();
        let x = tl.load(own.x);
        if tl.rank() == 0 {
            tl.wait_ge(stored, 3);
            let k = tl.load(own.shared);
            tl.store(k, own.y);
            return;
        }
        let row = own.shared.slice(0, tl.rank(), 1);
        let done = tl.store(x.slice(0, 0, 1), row);
        if tl.rank() < 3 {
            tl.signal(stored, 0, 1, &[done]);
        }
        tl.store(x, own.y);
    });
    let machine = tiny(Sync::Interlocked);
    let Err(Error::Refused(refusal)) = time(program.clone(), &machine, 0) else { panic!("it finishes") };
    let way_out = refusal.deadlock.expect("a deadlock").way_out;
    assert!(way_out.to_string().starts_with("on rank 3, `signal` sem0 of rank 0 by 1"), "{way_out}");
    assert_eq!(found(&way_out.apply(&program), &machine), []);
}

/// A host that copies what a queue writes, or writes what a queue reads.
#[test]
fn a_host_commits_before_it_waits() {
    type Case = (&'static str, fn(&mut Tl, &Own));
    let cases: [Case; 3] = [
        ("the host copies before the commit", |tl, own| {
            let x = tl.load(own.x);
            if tl.rank() == 0 {
                tl.store(x, own.shared);
                tl.host_copy(own.shared, own.y);
            } else {
                tl.store(x, own.y);
            }
            tl.commit();
        }),
        ("the host copies after the commit", |tl, own| {
            let x = tl.load(own.x);
            if tl.rank() == 0 {
                tl.store(x, own.shared);
                tl.commit();
                tl.host_copy(own.shared, own.y);
            } else {
                tl.store(x, own.y);
                tl.commit();
            }
        }),
        ("the host of another device copies", |tl, own| {
            let x = tl.load(own.x);
            if tl.rank() == 0 {
                tl.store(x, own.shared);
                tl.store(x, own.y);
            } else {
                tl.host_copy(own.shared, own.y);
            }
            tl.commit();
        }),
    ];
    for (name, kernel) in cases {
        all_mend(name, &ranks(2, kernel), &queues());
    }
}

/// Two findings whose repairs need a semaphore of one rank each.
#[test]
fn edits_that_are_told_side_by_side_share_no_semaphore() {
    let program = ranks(3, |tl, own| {
        let x = tl.load(own.x);
        if tl.rank() == 0 {
            let k = tl.load(own.shared);
            tl.store(k, own.y);
        } else {
            let row = own.shared.slice(0, tl.rank(), 1);
            tl.store(x.slice(0, 0, 1), row);
            tl.store(x, own.y);
        }
    });
    let findings = all_mend("two writers", &program, &tiny(Sync::Interlocked));
    let waits = findings.iter().flat_map(|finding| finding.patch.iter().flat_map(Patch::steps));
    let waited = waits.filter_map(|step| {
        let diagnostic::Step::Insert { rank, op, .. } = step else { return None };
        let Op::Sync(SyncOp::WaitGe { semaphore, .. }) = op else { return None };
        Some((*rank, *semaphore))
    });
    let waited: Vec<_> = waited.collect();
    assert_eq!(waited.iter().collect::<BTreeSet<_>>().len(), waited.len(), "{waited:?}");
    assert!(waited.len() > 1 || findings.len() == 1, "{findings:#?}");
}

#[test]
fn above_the_limit_nothing_is_tried_and_there_is_no_edit() {
    let program = ranks(2, |tl, own| {
        let x = tl.load(own.x);
        for _ in 0..Trial::MOST_OPS / 2 {
            tl.exp(x);
        }
        if tl.rank() == 1 {
            tl.store(x, own.shared);
        } else {
            tl.load(own.shared);
        }
        tl.store(x, own.y);
    });
    let verified = verify(program, &tiny(Sync::Interlocked)).unwrap_or_else(|refusal| panic!("{refusal}"));
    let flow = Dataflow::of(&verified.program);
    let (log, dependencies) = untimed(verified);
    let mut findings = hazard::check(&log, &flow, &dependencies, hazard::Options::default()).findings;
    tried(&log, &flow, &mut findings);
    let race = findings.iter().find(|finding| finding.code.is_race()).expect("a race");
    assert_eq!((race.trial.clone(), race.patch.as_ref()), (Trial::TooLarge, None));
    assert!(race.repair_text().contains("not tried"), "{}", race.repair_text());
}
