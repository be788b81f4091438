use std::sync::Arc;

use machine::{Machine, SimTime};
use program::op::{BinaryFn, Constant};
use program::{ComputeOp, DType, Dims, NoteOp, Op, Operand, Program, SendOp, SyncOp};

use super::*;
use crate::sample;

#[test]
fn a_digest_is_64_lower_case_hex_digits() {
    let digest = Digest([0xab; 32]);
    let text = "ab".repeat(32);
    assert_eq!(digest.to_string(), text);
    assert_eq!(text.parse(), Ok(digest));
    assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{text}\""));
    for wrong in [&text[1..], &text.to_uppercase(), &text.replace('a', "g"), ""] {
        assert_eq!(wrong.parse::<Digest>(), Err(DigestError(wrong.to_owned())));
    }
}

fn structure_of(program: &Program) -> Digest {
    structure(program, &Dataflow::of(program))
}

type Change = fn(&mut Program);

/// What the structure digest is, and is not, about.
#[test]
fn the_structure_digest_is_of_what_was_asked_for() {
    let same: &[(&str, Change)] = &[
        ("source lines", |p| p.ranks[0].sources.clear()),
        ("file names", |p| p.files[0] = "elsewhere.rs".to_owned()),
        ("the kernel's name", |p| p.kernel = "other".to_owned()),
        ("parameters", |p| p.params.clear()),
        ("named parts", |p| p.ranks[0].spans.clear()),
        ("slot counts", |p| p.rings[1].n_slots = 7),
        ("a larger buffer", |p| p.ranks[0].buffers[0].bytes = 64),
        ("the order of views", |p| {
            let rank = &mut p.ranks[1];
            rank.views.push(rank.views[2]);
            rank.ops[6] = Op::Send(SendOp::Send { message: sample::message(1, 0), from: program::ViewId(3) });
        }),
        ("the numbers of buffers", |p| {
            p.ranks[1].buffers.push(sample::TILE);
            p.ranks[1].views[2] = sample::in_buffer(1);
        }),
    ];
    let other: &[(&str, Change)] = &[
        ("an op", |p| p.ranks[0].ops[0] = Op::Sync(SyncOp::Barrier { number: 0 })),
        ("one op more", |p| p.ranks[1].ops.push(Op::Sync(SyncOp::Barrier { number: 0 }))),
        ("a data edge", |p| p.ranks[1].views[1] = sample::in_message(0, 0)),
        ("a shape", |p| p.ranks[0].views[1].shape = Dims::new(&[4, 3])),
        ("strides", |p| p.ranks[0].views[1].strides = Dims::new(&[1, 4])),
        ("a dtype", |p| p.ranks[0].views[1].dtype = DType::Bf16),
        ("an offset", |p| {
            p.ranks[0].views[1].shape = Dims::new(&[2, 4]);
            p.ranks[0].views[1].offset = 16;
        }),
        ("a constant", |p| constant(p, 1.0)),
        ("another constant", |p| constant(p, 2.0)),
        ("the host's shape", |p| p.inputs[0].shape = vec![8, 4]),
        ("a ring's end", |p| p.rings[0].consumer = program::Rank(0)),
        ("the name of an output", |p| p.outputs[0].name = "other".to_owned()),
    ];
    let whole = structure_of(&sample::exchange());
    for (what, change) in same {
        let mut program = sample::exchange();
        change(&mut program);
        assert_eq!(structure_of(&program), whole, "{what}");
    }
    let mut seen = vec![whole];
    for (what, change) in other {
        let mut program = sample::exchange();
        change(&mut program);
        let digest = structure_of(&program);
        assert!(!seen.contains(&digest), "{what}");
        seen.push(digest);
    }
}

fn constant(program: &mut Program, value: f32) {
    let (x, y) = (Operand::View(program::ViewId(0)), Operand::Constant(Constant::of(value)));
    program.ranks[1].ops[3] =
        Op::Compute(ComputeOp::Binary { f: BinaryFn::Add, x, y, to: program::ViewId(2) });
}

#[test]
fn the_timing_digest_is_of_all_times() {
    let log = sample::log(sample::exchange(), 3);
    let whole = timing(&log);
    let later = |time: &mut SimTime| *time = SimTime::from_fs(time.fs() + 1);
    type Change = fn(&mut OpLog, fn(&mut SimTime));
    let changes: &[Change] = &[
        |log, later| later(&mut log.entries.issue[3]),
        |log, later| later(&mut log.entries.start[4]),
        |log, later| later(&mut log.entries.done[11]),
        |log, later| later(&mut log.messages[1][0].filled),
        |log, _| log.messages[0][1].credit = Some(SimTime::MAX),
        |log, later| later(&mut log.stalls[0].to),
        |log, _| log.stalls[1].reason = crate::StallReason::Memory,
        |log, _| log.entries.unit[0] = crate::UnitId::dma(7),
    ];
    for (number, change) in changes.iter().enumerate() {
        let mut changed = log.clone();
        change(&mut changed, later);
        assert_ne!(timing(&changed), whole, "change {number}");
    }
    let mut other = log.clone();
    other.id.seed = 1;
    other.machine = Machine::preset("sip").unwrap();
    Arc::make_mut(&mut other.layout).tensors[0] = 64;
    assert_eq!(Digests::of(&other), Digests::of(&log));
}

#[test]
fn the_data_digest_is_of_names_shapes_dtypes_and_bytes() {
    let (q, o) = (sample::host("q"), sample::host("o"));
    let flat = HostTensor { shape: vec![16], ..q.clone() };
    let bf16 = HostTensor { dtype: DType::Bf16, ..q.clone() };
    let (ones, twos) = ([1u8; 32], [2u8; 32]);
    let all = [
        data([]),
        data([(&q, &ones[..])]),
        data([(&q, &twos[..])]),
        data([(&o, &ones[..])]),
        data([(&flat, &ones[..])]),
        data([(&bf16, &ones[..])]),
        data([(&q, &ones[..]), (&o, &twos[..])]),
        data([(&o, &twos[..]), (&q, &ones[..])]),
    ];
    let mut distinct = all.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), all.len());
    assert_eq!(data([(&q, &ones[..])]), all[1]);
}

/// Two marks of the same view differ when another op wrote what they mark.
#[test]
fn the_structure_digest_is_of_whose_bytes_are_marked() {
    let marked = |view: u32, key: u32| {
        let mut program = sample::exchange();
        let rank = &mut program.ranks[0];
        rank.views.push(sample::in_buffer(1));
        rank.ops.push(Op::Note(NoteOp::Contribute { view: program::ViewId(view), key }));
        structure_of(&program)
    };
    // Views 1 and 5 look the same and are of the two buffers.
    assert_ne!(marked(1, 0), marked(5, 0));
    assert_eq!(marked(3, 0), marked(5, 0));
}
