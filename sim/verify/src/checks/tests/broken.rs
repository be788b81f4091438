//! A good program with one thing changed, and what is then said of it. The ops of `relay`:
//! rank 0: load cast send compare where signal wait_ge barrier store wait
//! rank 1: load cast recv add forward release compare where signal wait_ge barrier store wait
//! rank 2: load cast recv add release compare where signal wait_ge barrier store wait
//! Buffers of each rank: b0 own (16 f16), b1 sum (16 f32), b2 mask (16 u8), b3 out (16 f16).

use diagnostic::Code::{self, *};
use program::dtype::DType::{F8e4m3, F16, F32, I32, U8};
use program::op::{BusyUnit, Constant, ReduceFn, SemaphoreId, UnaryFn};
use program::program::{Ring, Role, SlotPlace};
use program::tl::Recording;
use program::{
    Base, BufferId, ComputeOp, DType, Dims, Message, MoveOp, Op, OpIndex, Operand, Program, Rank, RecvOp,
    RingId, SendOp, SyncOp, TensorId, TimeOp, View, ViewId,
};

use super::{at, reasons};
use crate::samples::{relay, tiny, tiny_with};
use crate::verify;

/// What is expected, where (rank and op), in which words, and the change that causes it.
type Case = (Code, Option<(u32, Option<u32>)>, &'static str, fn(&mut Program));

fn check(&(code, place, says, edit): &Case) {
    let mut program = relay();
    edit(&mut program);
    let refusal = verify(program, &tiny()).map(|_| ()).expect_err(says);
    let place = (place.map(|(rank, _)| rank), place.and_then(|(_, op)| op));
    let found =
        refusal.reasons.iter().find(|it| it.code == code && at(it) == place && it.message().contains(says));
    let Some(found) = found else { panic!("no {code:?} at {place:?} saying `{says}` in {refusal}") };
    let text = refusal.to_string();
    assert!(text.contains(code.name()) && text.contains(says), "{text}");
    assert!(!found.repair_text().is_empty() && text.contains(&found.repair_text()), "{text}");
    if let Some(op) = found.ops().next() {
        assert!(text.contains(&format!("{op:#}")), "{text}");
        assert!(op.location.as_ref().is_some_and(|it| it.file.ends_with("samples.rs")), "{text}");
    }
}

const fn op(rank: u32, op: u32) -> Option<(u32, Option<u32>)> {
    Some((rank, Some(op)))
}
const fn rank(rank: u32) -> Option<(u32, Option<u32>)> {
    Some((rank, None))
}
/// A new entry of a rank's view table.
fn view(program: &mut Program, rank: usize, base: Base, shape: &[u32], dtype: DType) -> ViewId {
    let views = &mut program.ranks[rank].views;
    views.push(View::packed(base, Dims::new(shape), dtype));
    ViewId(views.len() as u32 - 1)
}
fn buffer(program: &mut Program, rank: usize, buffer: u32, shape: &[u32], dtype: DType) -> ViewId {
    view(program, rank, Base::Buffer(BufferId(buffer)), shape, dtype)
}
fn tensor(program: &mut Program, rank: usize, tensor: u32) -> ViewId {
    view(program, rank, Base::Tensor(TensorId(tensor)), &[1, 16], F16)
}
const fn message(ring: u32, number: u32) -> Message {
    Message { ring: RingId(ring), number }
}
fn edit_view(program: &mut Program, rank: usize, id: ViewId, edit: fn(&mut View)) -> ViewId {
    edit(&mut program.ranks[rank].views[id.index()]);
    id
}

#[test]
fn tables_must_hold_together() {
    let cases: [Case; 14] = [
        (Malformed, rank(0), "4294967295 semaphores", |p| p.ranks[0].n_semaphores = u32::MAX),
        (Malformed, None, "program format 9", |p| p.format = 9),
        (Malformed, None, "without ranks", |p| p.ranks.clear()),
        (Malformed, None, "rank 7 does not exist", |p| p.rings[0].producer = Rank(7)),
        (Malformed, None, "the ring rank 0 → rank 1, queue 0, is declared twice", |p| {
            p.rings.push(p.rings[0].clone())
        }),
        (Malformed, None, "the ring has no slots", |p| p.rings[1].n_slots = 0),
        (Malformed, None, "more than 2^53 bytes", |p| p.rings[1].slot_bytes = u64::MAX),
        (Malformed, Some((3, None)), "its home, rank 3, does not exist", |p| p.tensors[0].home = Rank(3)),
        (Malformed, Some((0, None)), "host tensor 4 does not exist", |p| {
            p.tensors[0].role = Role::Input { of: 4, start: vec![] }
        }),
        (Malformed, rank(1), "its buffer does not exist", |p| {
            _ = buffer(p, 1, 99, &[1], F16);
        }),
        (Malformed, rank(1), "2 extents and 1 strides", |p| {
            let id = buffer(p, 1, 0, &[4, 4], F16);
            edit_view(p, 1, id, |view| view.strides = Dims::new(&[1]));
        }),
        (Malformed, rank(2), "the extents are [0]", |p| _ = buffer(p, 2, 0, &[0], F16)),
        (Malformed, rank(0), "1 sources for 10 ops", |p| p.ranks[0].sources.truncate(1)),
        (Malformed, rank(0), "message ring0#0 goes to another rank", |p| {
            _ = view(p, 0, Base::Message(message(0, 0)), &[1, 16], F16);
        }),
    ];
    cases.iter().for_each(check);
}

#[test]
fn ops_must_name_what_exists() {
    let cases: [Case; 7] = [
        (Malformed, op(0, 1), "view v99 does not exist", |p| {
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Fill { value: Constant::of(0.0), to: ViewId(99) });
        }),
        (Malformed, op(1, 5), "ring9 does not exist", |p| {
            p.ranks[1].ops[5] = Op::Sync(SyncOp::Release { message: message(9, 0), after: [].into() })
        }),
        (Malformed, op(1, 5), "the consumer of ring1 is rank 2", |p| {
            p.ranks[1].ops[5] = Op::Sync(SyncOp::Release { message: message(1, 0), after: [].into() });
        }),
        (Malformed, op(0, 2), "the producer of ring3 is rank 2", |p| {
            let from = buffer(p, 0, 0, &[1, 16], F16);
            p.ranks[0].ops[2] = Op::Send(SendOp::Send { message: message(3, 0), from });
        }),
        (Malformed, op(0, 9), "waits for itself or a later op", |p| {
            p.ranks[0].ops[9] = Op::Sync(SyncOp::Wait { on: [OpIndex(9)].into() });
        }),
        (Malformed, op(1, 9), "this rank has no sem5", |p| {
            p.ranks[1].ops[9] = Op::Sync(SyncOp::WaitGe { semaphore: SemaphoreId(5), value: 1 });
        }),
        (Malformed, op(0, 5), "rank 1 has no sem0", |p| p.ranks[1].n_semaphores = 0),
    ];
    cases.iter().for_each(check);
}

#[test]
fn operands_must_agree_and_lie_where_the_unit_reaches() {
    let cases: [Case; 9] = [
        (Mismatch, op(0, 1), "1×16 does not go into 16", |p| {
            let (x, to) = (buffer(p, 0, 0, &[1, 16], F16), buffer(p, 0, 1, &[16], F32));
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Unary { f: UnaryFn::Cast, x, to });
        }),
        (Mismatch, op(0, 0), "f16 does not go into f32", |p| {
            let (from, to) = (tensor(p, 0, 0), buffer(p, 0, 1, &[1, 16], F32));
            p.ranks[0].ops[0] = Op::Move(MoveOp::Load { from, to });
        }),
        (Malformed, op(0, 0), "`from` is not a tensor in HBM", |p| {
            let (from, to) = (buffer(p, 0, 1, &[1, 16], F16), buffer(p, 0, 0, &[1, 16], F16));
            p.ranks[0].ops[0] = Op::Move(MoveOp::Load { from, to });
        }),
        (Malformed, op(0, 2), "`from` lies in HBM", |p| {
            let from = tensor(p, 0, 0);
            p.ranks[0].ops[2] = Op::Send(SendOp::Send { message: message(0, 0), from });
        }),
        (Malformed, op(1, 1), "`to` is message ring0#0: only its producer writes into a slot", |p| {
            let (x, to) =
                (buffer(p, 1, 0, &[1, 16], F16), view(p, 1, Base::Message(message(0, 0)), &[1, 16], F16));
            p.ranks[1].ops[1] = Op::Compute(ComputeOp::Unary { f: UnaryFn::Neg, x, to });
        }),
        (Malformed, op(1, 3), "whose slot is not in TCM", |p| p.rings[0].place = SlotPlace::Hbm),
        (Malformed, op(1, 4), "`from` is received message ring0#0", |p| {
            let from = view(p, 1, Base::Message(message(0, 0)), &[1, 16], F16);
            p.ranks[1].ops[4] = Op::Send(SendOp::Send { message: message(1, 0), from });
        }),
        (Malformed, op(1, 4), "`from` is not a received message", |p| {
            let from = buffer(p, 1, 0, &[1, 16], F16);
            p.ranks[1].ops[4] = Op::Send(SendOp::Forward { message: message(1, 0), from });
        }),
        (Malformed, op(0, 1), "writes some bytes twice", |p| {
            let to = buffer(p, 0, 1, &[4, 4], F32);
            edit_view(p, 0, to, |view| view.strides = Dims::new(&[0, 1]));
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Fill { value: Constant::of(0.0), to });
        }),
    ];
    cases.iter().for_each(check);
}

#[test]
fn dots_reductions_and_masks_have_the_shapes_and_dtypes_they_take() {
    let cases: [Case; 7] = [
        (Mismatch, op(0, 1), "a is 4×4, b is 2×2, c is 4×2", |p| {
            let (a, b, c) =
                (buffer(p, 0, 0, &[4, 4], F16), buffer(p, 0, 1, &[2, 2], F16), buffer(p, 0, 3, &[4, 2], F16));
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Dot { a, b, c, accumulate: false, acc: F32 });
        }),
        (Mismatch, op(0, 1), "dot accumulates in f8e4m3", |p| {
            let (a, c) = (buffer(p, 0, 0, &[4, 4], F16), buffer(p, 0, 3, &[4, 4], F16));
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Dot { a, b: a, c, accumulate: false, acc: F8e4m3 });
        }),
        (Mismatch, op(0, 1), "a is u8, b is u8, c is f16", |p| {
            let (a, c) = (buffer(p, 0, 0, &[4, 4], U8), buffer(p, 0, 3, &[4, 4], F16));
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Dot { a, b: a, c, accumulate: false, acc: F32 });
        }),
        (Mismatch, op(0, 1), "reducing axis 1 of 4×4 gives 4×1, not 1×4", |p| {
            let (x, to) = (buffer(p, 0, 0, &[4, 4], F16), buffer(p, 0, 1, &[1, 4], F16));
            p.ranks[0].ops[1] =
                Op::Compute(ComputeOp::Reduce { f: ReduceFn::Max, axis: 1, x, to, acc: F32, wrap: false });
        }),
        (Mismatch, op(0, 1), "a sum of u8 accumulates in f8e4m3", |p| {
            let (x, to) = (buffer(p, 0, 0, &[4, 4], U8), buffer(p, 0, 1, &[4, 1], U8));
            p.ranks[0].ops[1] =
                Op::Compute(ComputeOp::Reduce { f: ReduceFn::Sum, axis: 1, x, to, acc: F8e4m3, wrap: false });
        }),
        (Mismatch, op(0, 1), "axis 3 of a tile of 4", |p| {
            let to = buffer(p, 0, 1, &[4], I32);
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Iota { axis: 3, start: 0, step: 1, to });
        }),
        (Mismatch, op(0, 4), "the mask is f32, not u8", |p| {
            let (mask, to) = (buffer(p, 0, 1, &[1, 16], F32), buffer(p, 0, 3, &[1, 16], F16));
            let zero = Operand::Constant(Constant::of(0.0));
            p.ranks[0].ops[4] = Op::Compute(ComputeOp::Where { mask, x: zero, y: zero, to });
        }),
    ];
    cases.iter().for_each(check);
}

#[test]
fn views_must_lie_inside() {
    let cases: [Case; 5] = [
        (OutOfBounds, op(0, 1), "ends at byte 36, and there are 32", |p| {
            let to = buffer(p, 0, 0, &[18], F16);
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Fill { value: Constant::of(0.0), to });
        }),
        (OutOfBounds, op(0, 1), "ends at byte 18446744073709551615", |p| {
            let to = buffer(p, 0, 0, &[2], F16);
            edit_view(p, 0, to, |view| view.offset = u64::MAX);
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Fill { value: Constant::of(0.0), to });
        }),
        (OutOfBounds, op(0, 0), "ends at byte 34, and there are 32", |p| {
            let from = tensor(p, 0, 0);
            edit_view(p, 0, from, |view| view.offset = 2);
            let to = buffer(p, 0, 1, &[1, 16], F16);
            p.ranks[0].ops[0] = Op::Move(MoveOp::Load { from, to });
        }),
        (OutOfBounds, op(1, 3), "ends at byte 64, and there are 32", |p| {
            let x = view(p, 1, Base::Message(message(0, 0)), &[16], F32);
            let to = buffer(p, 1, 1, &[16], F32);
            p.ranks[1].ops[3] = Op::Compute(ComputeOp::Unary { f: UnaryFn::Neg, x, to });
        }),
        (
            OutOfBounds,
            Some((2, None)),
            "box [1, 16] from [3, 0] lies outside host tensor `x`, [3, 16]",
            |p| {
                p.tensors[2].role = Role::Input { of: 0, start: vec![3, 0] };
            },
        ),
    ];
    cases.iter().for_each(check);
}

#[test]
fn messages_must_match() {
    let cases: [Case; 12] = [
        (UnmatchedSend, op(0, 2), "rank 1 never receives the message", |p| {
            p.ranks[1].ops[2] = Op::Sync(SyncOp::Barrier { number: 9 })
        }),
        (UnmatchedRecv, op(1, 2), "rank 0 sends 0 messages on ring0, none of number 0", |p| {
            p.ranks[0].ops[2] = Op::Sync(SyncOp::Barrier { number: 9 });
        }),
        (UnmatchedRecv, op(1, 3), "the message is received twice", |p| {
            p.ranks[1].ops[3] = p.ranks[1].ops[2].clone()
        }),
        (Malformed, op(0, 2), "the next message on ring0 is number 0, not 4", |p| {
            let from = buffer(p, 0, 0, &[1, 16], F16);
            p.ranks[0].ops[2] = Op::Send(SendOp::Send { message: message(0, 4), from });
        }),
        (Mismatch, op(1, 2), "the message is 16 f16 and is received as 1×16 f16", |p| {
            let from = buffer(p, 0, 0, &[16], F16);
            p.ranks[0].ops[2] = Op::Send(SendOp::Send { message: message(0, 0), from });
        }),
        (Malformed, op(1, 2), "not all of message ring0#0", |p| {
            let view = buffer(p, 1, 0, &[1, 16], F16);
            p.ranks[1].ops[2] = Op::Recv(RecvOp::Recv { message: message(0, 0), view });
        }),
        (OutOfBounds, op(0, 2), "a message of 32 bytes does not fit a slot of 31", |p| {
            p.rings[0].slot_bytes = 31
        }),
        (DoubleRelease, op(1, 6), "already released by rank 1, op 5 (release", |p| {
            p.ranks[1].ops[6] = Op::Sync(SyncOp::Release { message: message(0, 0), after: [].into() });
        }),
        (UseAfterRelease, op(1, 5), "released by rank 1, op 4 (release", |p| p.ranks[1].ops.swap(4, 5)),
        (Malformed, op(1, 1), "read before it is received", |p| p.ranks[1].ops.swap(1, 3)),
        (Malformed, op(1, 1), "released before it is received", |p| p.ranks[1].ops.swap(1, 5)),
        (UseAfterRelease, op(1, 3), "released by rank 1, op 2 (recv_copy", |p| {
            let whole = view(p, 1, Base::Message(message(0, 0)), &[1, 16], F16);
            let to = buffer(p, 1, 0, &[1, 16], F16);
            p.ranks[1].ops[2] = Op::Recv(RecvOp::RecvCopy { message: message(0, 0), view: whole, to });
        }),
    ];
    cases.iter().for_each(check);
}

#[test]
fn order_host_and_work_must_make_sense() {
    let cases: [Case; 9] = [
        (Malformed, op(1, 10), "the next barrier of this rank is number 0, not 3", |p| {
            p.ranks[1].ops[10] = Op::Sync(SyncOp::Barrier { number: 3 });
        }),
        (Deadlock, op(0, 7), "rank 2 never reaches barrier 0", |p| {
            p.ranks[2].ops[9] = p.ranks[2].ops[0].clone()
        }),
        (Semaphore, op(0, 6), "it waits for 2, and all signals together give 1", |p| {
            p.ranks[0].ops[6] = Op::Sync(SyncOp::WaitGe { semaphore: SemaphoreId(0), value: 2 });
        }),
        (Mismatch, Some((0, None)), "it is f32, and host tensor `x` is f16", |p| p.tensors[0].dtype = F32),
        (Mismatch, Some((0, None)), "has other axes than host tensor `x`", |p| p.tensors[0].shape = vec![16]),
        (Malformed, None, "two host tensors are called `x`", |p| p.inputs.push(p.inputs[0].clone())),
        (Malformed, op(0, 1), "cycles are more than 2^53 fs", |p| {
            p.ranks[0].ops[1] = Op::Time(TimeOp::Busy { unit: BusyUnit::Gemm, cycles: u64::MAX });
        }),
        (Malformed, op(0, 1), "operations, more than", |p| {
            let (a, c) = (buffer(p, 0, 0, &[4096, 1_000_000], F16), buffer(p, 0, 1, &[4096, 4096], F16));
            let b = buffer(p, 0, 0, &[1_000_000, 4096], F16);
            for id in [a, b] {
                edit_view(p, 0, id, |view| view.strides = Dims::new(&[0, 0]));
            }
            p.ranks[0].buffers[1].bytes = 1 << 25;
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Dot { a, b, c, accumulate: false, acc: F32 });
        }),
        (Malformed, op(0, 1), "separate pieces, more than", |p| {
            let to = buffer(p, 0, 1, &[1 << 25], U8);
            edit_view(p, 0, to, |view| view.strides = Dims::new(&[2]));
            p.ranks[0].buffers[1].bytes = 1 << 26;
            p.ranks[0].ops[1] = Op::Compute(ComputeOp::Fill { value: Constant::of(0.0), to });
        }),
    ];
    cases.iter().for_each(check);
}

#[test]
fn programs_must_fit_the_machine() {
    type Small = fn() -> machine::Machine;
    let cases: [(&str, Option<u32>, &str, Small); 4] = [
        ("TCM of rank 1", Some(1), "needs 288 bytes", || tiny_with(|spec| spec.pe.tcm_bytes.0 = 256)),
        ("HBM of rank 0", Some(0), "needs 288 bytes", || tiny_with(|spec| spec.hbm.bytes_per_pe.0 = 64)),
        ("SRAM of cube 0", None, "needs 160 bytes", tiny),
        ("", None, "3 ranks do not fit", || tiny_with(|spec| spec.grid.pe = [1, 2])),
    ];
    for (place, rank, says, machine) in cases {
        let mut program = relay();
        if place.starts_with("SRAM") {
            // From rank 2 to 1, where nobody sends.
            program.rings.push(Ring {
                queue: 7,
                place: SlotPlace::Sram,
                slot_bytes: 80,
                ..program.rings[3].clone()
            });
        }
        let reasons = reasons(program, &machine(), says);
        let found = reasons
            .iter()
            .find(|r| r.code == Capacity && r.place_text() == place && r.message().contains(says));
        assert!(found.is_some_and(|r| at(r).0 == rank), "no `{says}` of {place} among {reasons:#?}");
    }
}

/// One move of 2^20 packets of a byte is the most.
#[test]
fn a_move_is_cut_into_no_more_packets_than_can_be_simulated() {
    let machine = tiny_with(|spec| {
        spec.noc.packet_bytes.0 = 1;
        spec.pe.tcm_bytes.0 = 1 << 22;
        spec.hbm.bytes_per_pe.0 = 1 << 22;
    });
    let program = |bytes: u32| {
        let mut recording = Recording::new("long", 1);
        let x = recording.scratch("x", 0, [bytes], U8);
        recording.record(|tl| _ = tl.load(tl.tensor(x))).expect("a kernel without mistakes")
    };
    assert!(verify(program(1 << 20), &machine).is_ok());
    let reasons = reasons(program((1 << 20) + 1), &machine, "one packet more");
    let found = (reasons[0].code, at(&reasons[0]).1, reasons[0].repair_text());
    assert_eq!(
        found,
        (Malformed, Some(0), "use smaller tiles, or a larger noc.packet_bytes".to_owned()),
        "{reasons:#?}"
    );
}
