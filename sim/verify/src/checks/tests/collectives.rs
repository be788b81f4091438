//! Multicasts and reductions of which one thing is wrong. Ranks 1 and 2 get a tile of rank 0 and send it another.

use diagnostic::Code::{self, *};
use program::dtype::DType::{F16, F32, I32};
use program::tl::{Recording, Rings, Way};
use program::{DType, Dims, Message, Op, Program, RecvOp, Reduction, RingId, SendOp};

use super::reasons;
use crate::samples::tiny;
use crate::verify;

fn good() -> Program {
    let mut recording = Recording::new("there_and_back", 3);
    let like = Rings { queue: 0, n_slots: 2, slot_bytes: 64 };
    let ranks = recording.row(0);
    let [out, back] = [Way::Out, Way::In].map(|way| recording.group(0, &ranks, way, like));
    let program = recording.record(|tl| {
        let (Some(from), Some(to)) = (out.ring(tl.rank()), back.ring(tl.rank())) else {
            let tile = tl.full([4, 4], F16, 1.0);
            tl.multicast(&out.rings, tile);
            tl.recv_sum(&back.rings, tile);
            return;
        };
        let got = tl.recv_ring(from, [4, 4], F16);
        let twice = tl.add(got, got);
        tl.send_ring(to, twice);
        tl.release(got);
    });
    program.expect("a kernel without mistakes")
}

fn multicast(program: &mut Program) -> &mut Box<[Message]> {
    let Op::Send(SendOp::Multicast { messages, .. }) = &mut program.ranks[0].ops[1] else {
        unreachable!("it is one")
    };
    messages
}
fn reduction(program: &mut Program) -> &mut Reduction {
    let Op::Recv(RecvOp::RecvReduce { reduction }) = &mut program.ranks[0].ops[2] else {
        unreachable!("it is one")
    };
    reduction
}
fn retype(program: &mut Program, of: fn(&Reduction) -> usize, shape: &[u32], dtype: DType) {
    let at = of(reduction(program));
    let view = &mut program.ranks[0].views[at];
    *view = program::view::View::packed(view.base, Dims::new(shape), dtype);
}

#[test]
fn each_mistake_is_refused_in_words() {
    verify(good(), &tiny()).unwrap_or_else(|refusal| panic!("{refusal}"));
    type Edit = fn(&mut Program);
    let cases: [(Code, &str, Edit); 12] = [
        (Malformed, "a multicast without messages", |p| *multicast(p) = [].into()),
        (Malformed, "two messages of one ring", |p| multicast(p)[1] = multicast(p)[0]),
        (Malformed, "the producer of ring2 is rank 1", |p| multicast(p)[1].ring = RingId(2)),
        (Malformed, "ring9 does not exist", |p| multicast(p)[1].ring = RingId(9)),
        (Malformed, "the next message on ring1 is number 0, not 4", |p| multicast(p)[1].number = 4),
        (Malformed, "a reduction without messages", |p| {
            (reduction(p).messages, reduction(p).views) = ([].into(), [].into());
        }),
        (Malformed, "2 messages and 1 views", |p| reduction(p).views = [reduction(p).views[0]].into()),
        (Malformed, "not all of message ring2#0", |p| reduction(p).views.swap(0, 1)),
        (Mismatch, "a sum of f16 accumulates in i32", |p| reduction(p).acc = I32),
        (Mismatch, "ring2#0 is 2×4 f16, and `x` is 4×4 f16", |p| {
            retype(p, |reduction| reduction.views[0].index(), &[2, 4], F16);
        }),
        (Mismatch, "received as 4×4 f32", |p| {
            retype(p, |reduction| reduction.views[0].index(), &[4, 4], F32);
            retype(p, |reduction| reduction.views[1].index(), &[4, 4], F32);
            retype(p, |reduction| reduction.x.index(), &[4, 4], F32);
            p.ranks[0].buffers.iter_mut().for_each(|buffer| buffer.bytes = 64);
        }),
        (Malformed, "a member's tile is sent by", |p| {
            let Op::Send(SendOp::Send { message, from }) = p.ranks[1].ops[2] else {
                unreachable!("it is one")
            };
            p.ranks[1].ops[2] = Op::Send(SendOp::Multicast { messages: [message].into(), from });
        }),
    ];
    for (kind, says, edit) in cases {
        let mut program = good();
        edit(&mut program);
        let reasons = reasons(program, &tiny(), says);
        let found = reasons.iter().any(|reason| reason.code == kind && reason.message().contains(says));
        assert!(found, "no {kind:?} saying `{says}` among {reasons:#?}");
    }
}
