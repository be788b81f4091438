use std::sync::Arc;

use machine::{Cycles, Machine, MachineSpec, SimTime};
use oplog::{Digest, Digests, Replay, StallReason};
use program::op::Constant;
use program::{ComputeOp, MoveOp, Op, Rank, SendOp, SyncOp, ViewId};

use super::*;
use crate::sample;

/// The difference of two logs, with the checksums of both when they are known.
fn diff(a: &OpLog, b: &OpLog, checksums: Option<(&Checksums, &Checksums)>) -> Diff {
    diff_with(a, b, checksums, Options { without_values: checksums.is_none(), ..Options::default() })
}

fn diff_with(a: &OpLog, b: &OpLog, checksums: Option<(&Checksums, &Checksums)>, options: Options) -> Diff {
    let flows = [Dataflow::of(&a.program), Dataflow::of(&b.program)];
    let side = |log, flow, checksums| Side { log, flow, checksums };
    let (of_a, of_b) = checksums.unzip();
    super::diff(side(a, &flows[0], of_a), side(b, &flows[1], of_b), options)
}

fn base() -> OpLog {
    sample::log(sample::exchange(), 5)
}

fn later(time: &mut SimTime, fs: u64) {
    *time = SimTime::from_fs(time.fs() + fs);
}

fn place(spot: &Option<Spot>) -> String {
    match spot {
        None => "none".to_owned(),
        Some(Spot { op: None, what, .. }) => what.to_string(),
        Some(Spot { op: Some(op), what, .. }) => format!("{op}: {what}"),
    }
}

#[test]
fn a_log_is_the_same_as_itself() {
    let log = base();
    let same = diff(&log, &log.clone(), None);
    assert_eq!(same.verdict, Some(Difference::Same));
    assert_eq!((same.first, same.causes, same.machine), (First::default(), vec![], vec![]));
    assert_eq!(same.makespan.delta, 0);
    let mut moved = log.clone();
    Arc::make_mut(&mut moved.layout).buffers[0][0] += 64;
    Arc::make_mut(&mut moved.program).ranks[0].sources.clear();
    assert_eq!(diff(&log, &moved, None).verdict, Some(Difference::Same));
}

#[test]
fn the_first_op_whose_structure_differs_is_named() {
    type Change = fn(&mut program::Program);
    let cases: &[(&str, Change)] = &[
        ("rank 0, op 4 (store): only a has this op", |p| {
            p.ranks[0].ops[4] = Op::Sync(SyncOp::Barrier { number: 0 })
        }),
        ("rank 1, op 7 (barrier): only b has this op", |p| {
            p.ranks[1].ops.push(Op::Sync(SyncOp::Barrier { number: 0 }))
        }),
        ("rank 0, op 4 (store): only a has this op", |p| p.ranks[0].ops.truncate(4)),
        ("rank 1, op 4 (release): it is of ring0#0 in a, of ring0#1 in b", |p| {
            p.ranks[1].ops[4] =
                Op::Sync(SyncOp::Release { message: sample::message(0, 1), after: [].into() });
        }),
        (
            "rank 0, op 0 (load): its views differ: 4×4 f16 of a buffer in a, 4×4 bf16 of a buffer in b",
            |p| {
                p.ranks[0].views[1].dtype = program::DType::Bf16;
            },
        ),
        (
            "rank 0, op 1 (send): it reads bytes 0 to 32 of rank 0, op 0 (load) in a, bytes 0 to 32 of nothing in b",
            |p| {
                p.ranks[0].views.push(sample::in_buffer(1));
                p.ranks[0].ops[1] =
                    Op::Send(SendOp::Send { message: sample::message(0, 0), from: ViewId(5) });
            },
        ),
        ("the host's inputs or outputs differ", |p| p.inputs[0].name = "k".to_owned()),
        ("rank 0, op 4 (store): its views differ: 4×4 f16 of `t of 0` (4×4 f16 of rank 0) in a, ", |p| {
            p.tensors[1].home = Rank(1);
        }),
        ("rank 0, op 1 (send): only a has this op", |p| p.rings[0].queue = 3),
        ("the tensors in HBM, or the ends of the rings, differ", |p| {
            p.rings[0].flow = program::program::Flow::None;
        }),
        ("2 ranks in a, 3 in b", |p| p.ranks.push(program::RankProgram::default())),
    ];
    let a = base();
    for (expected, change) in cases {
        let mut program = sample::exchange();
        change(&mut program);
        let b = sample::log(program, 5);
        let found = diff(&a, &b, None);
        assert_eq!(found.verdict, Some(Difference::Structure), "{expected}");
        assert!(place(&found.first.structure).starts_with(expected), "{}", place(&found.first.structure));
    }
}

/// In each log, the op that takes longer is the cause and not those it shifts.
#[test]
fn the_op_that_takes_longer_is_the_cause() {
    let a = base();
    let mut b = a.clone();
    // Rank 1's add takes 7 fs longer, and all after it on that rank are later.
    let add = 5 + 3;
    later(&mut b.entries.done[add], 7);
    for op in add + 1..12 {
        later(&mut b.entries.issue[op], 7);
        later(&mut b.entries.start[op], 7);
        later(&mut b.entries.done[op], 7);
    }
    for stall in b.stalls.iter_mut().filter(|stall| stall.op > add as u32) {
        later(&mut stall.from, 7);
        later(&mut stall.to, 7);
    }
    let found = diff(&a, &b, None);
    assert_eq!(found.verdict, Some(Difference::Timing));
    assert!(
        place(&found.first.timing).starts_with("rank 1, op 3 (add): done 0.000007 ns later"),
        "{found:?}"
    );
    let [cause] = &found.causes[..] else { panic!("{found:?}") };
    assert_eq!((cause.op.rank.0, cause.op.index.0, cause.shift_fs, cause.ops), (1, 3, 7, 1));
    assert_eq!(
        cause.op.location.as_ref().map(ToString::to_string).as_deref(),
        Some("kernels/sample.rs:13:5")
    );
    assert!(cause.what.to_string().starts_with("takes 0.000007 ns longer"), "{}", cause.what);
    let delta = b.makespan().fs() as i64 - a.makespan().fs() as i64;
    assert_eq!(found.makespan.delta, delta);
}

#[test]
fn what_lies_outside_the_ops_is_named_too() {
    let a = base();
    let last = a.entries.done.len() - 1;
    type Change = Box<dyn Fn(&mut OpLog)>;
    let cases: Vec<(&str, Change)> = vec![
        (
            "issued 0.000009 ns later",
            Box::new(move |b: &mut OpLog| {
                later(&mut b.entries.issue[last], 9);
                later(&mut b.entries.start[last], 9);
                later(&mut b.entries.done[last], 9);
                later(&mut b.messages[1][0].filled, 9);
                for stall in b.stalls.iter_mut().filter(|stall| stall.op as usize == last) {
                    later(&mut stall.from, 9);
                    later(&mut stall.to, 9);
                }
            }),
        ),
        (
            "its message is under way 0.000005 ns longer",
            Box::new(|b: &mut OpLog| later(&mut b.messages[0][0].filled, 5)),
        ),
    ];
    for (expected, change) in cases {
        let mut a = a.clone();
        a.messages[0][0].filled = SimTime::from_fs(1 << 50);
        a.messages[1][0].filled = SimTime::from_fs(1 << 50);
        let mut b = a.clone();
        change(&mut b);
        let found = diff(&a, &b, None);
        assert_eq!(found.verdict, Some(Difference::Timing));
        let [cause] = &found.causes[..] else { panic!("{expected}: {found:?}") };
        assert!(cause.what.to_string().contains(expected), "{expected}: {}", cause.what);
    }
    let mut b = a.clone();
    b.stalls[0].reason = StallReason::QueueFull;
    let found = diff(&a, &b, None);
    assert_eq!(place(&found.first.timing), "the same waits have other reasons");
}

#[test]
fn changes_of_the_machine_are_listed() {
    let a = base();
    let mut spec: MachineSpec = a.machine.spec().clone();
    spec.pe.issue_cycles = Cycles(spec.pe.issue_cycles.0 + 2);
    spec.name = "other".to_owned();
    let b = OpLog { machine: Machine::new(spec).expect("a machine"), ..a.clone() };
    let found = diff(&a, &b, None);
    let keys: Vec<&str> = found.machine.iter().map(|change| change.key.as_str()).collect();
    assert_eq!(keys, ["name", "pe.issue_cycles"]);
    assert_eq!(found.machine[0].b.as_deref(), Some("\"other\""));
    assert_eq!(found.verdict, Some(Difference::Same));
}

#[test]
fn values_differ_first_where_the_first_op_does() {
    let log = base();
    let replay = Replay {
        run: Digest::default(),
        log: Digests::of(&log),
        read_rule: "identity".to_owned(),
        data: Digest::default(),
        outputs: vec![sample::host("out")],
        verdict: None,
    };
    let whole = Checksums { replay, ops: vec![Some([0; 8]); 12] };
    let mut other = whole.clone();
    other.ops[4] = Some([1; 8]);
    other.ops[8] = Some([1; 8]);
    let earliest = if log.entries.start[4] <= log.entries.start[8] { "rank 0, op 4" } else { "rank 1, op 3" };
    let found = diff(&log, &log, Some((&whole, &other)));
    assert_eq!(found.verdict, Some(Difference::Data));
    assert!(place(&found.first.data).starts_with(earliest), "{found:?}");
    let mut outputs = whole.clone();
    outputs.replay.data = Digest([1; 32]);
    assert!(place(&diff(&log, &log, Some((&whole, &outputs))).first.data).starts_with("the outputs differ"));
    assert_eq!(diff(&log, &log, Some((&whole, &whole))).verdict, Some(Difference::Same));
}

#[test]
fn a_diff_is_json() {
    let a = base();
    let mut program = sample::exchange();
    program.ranks[0].ops[0] = Op::Compute(ComputeOp::Fill { value: Constant::of(0.0), to: ViewId(1) });
    let found = diff(&a, &sample::log(program, 6), None);
    let json = serde_json::to_string(&found).expect("JSON");
    assert!(
        json.starts_with(r#"{"verdict":"structure","first":{"structure":{"rank":0,"index":0,"op":"load""#),
        "{json}"
    );
    let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(read["first"]["structure"]["unit"].as_str(), Some("dma0"), "{json}");
    let causes = read["causes"].as_array().expect("a list");
    assert!(causes.iter().any(|cause| cause["op"] == "load" && cause.get("only_b").is_none()), "{json}");
}

/// In b, half of what the last op reads was written over, because two buffers share bytes.
#[test]
fn an_op_that_reads_other_parts_is_named() {
    let program = |second_at: Option<u64>| {
        let mut program = sample::exchange();
        let rank = &mut program.ranks[0];
        rank.buffers[0].at = second_at.map(|at| at - 16);
        rank.buffers[1].at = second_at;
        rank.ops.push(Op::Move(MoveOp::Copy { from: ViewId(1), to: ViewId(3) }));
        sample::log(program, 5)
    };
    let found = diff(&program(None), &program(Some(528)), None);
    let named = place(&found.first.structure);
    assert!(named.starts_with("rank 0, op 5 (copy): it reads other bytes"), "{named}");
}

#[test]
fn every_op_has_the_mark_of_its_change() {
    type Change = fn(&mut OpLog);
    let cases: &[(&str, Change)] = &[
        ("", |_| {}),
        ("a0.4 only", |log| {
            Arc::make_mut(&mut log.program).ranks[0].ops[4] = Op::Sync(SyncOp::Barrier { number: 0 })
        }),
        ("a0.4 changed", |log| Arc::make_mut(&mut log.program).tensors[1].home = Rank(1)),
        ("a1.3 takes", |log| later(&mut log.entries.done[5 + 3], 7)),
    ];
    for (expected, change) in cases {
        let (a, mut b) = (base(), base());
        change(&mut b);
        let flows = [Dataflow::of(&a.program), Dataflow::of(&b.program)];
        let side = |log, flow| Side { log, flow, checksums: None };
        let options = Options { without_values: true, ..Options::default() };
        let (diff, marks) = diff_and_marks(side(&a, &flows[0]), side(&b, &flows[1]), options);
        let marked = a.ops().zip(&marks.a).filter(|(_, mark)| ![Mark::Same, Mark::Rewired].contains(mark));
        let told = marked.map(|((rank, op), mark)| format!("a{}.{} {}", rank.0, op.0, mark.name()));
        assert_eq!(told.collect::<Vec<_>>().join(", "), *expected);
        let n = |of: &[Mark], mark| of.iter().filter(|&&it| it == mark).count() as u64;
        assert_eq!(n(&marks.a, Mark::Only), diff.ops.only_a);
        assert_eq!(n(&marks.b, Mark::Only), diff.ops.only_b);
        for (mark, count) in [
            (Mark::Changed, diff.ops.changed),
            (Mark::Moved, diff.ops.moved),
            (Mark::Rewired, diff.ops.rewired),
        ] {
            assert_eq!([n(&marks.a, mark), n(&marks.b, mark)], [count; 2], "{mark:?}");
        }
        let partners = marks.to_b.iter().flatten().count() as u64;
        assert_eq!(partners, diff.ops.both, "{expected}");
    }
}
