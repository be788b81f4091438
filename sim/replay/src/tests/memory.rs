//! Random programs of moves and ops on overlapping, strided and transposed views, against plain memory.

use machine::Random;
use program::op::{BinaryFn, ComputeOp, Constant, MoveOp, Op, UnaryFn};
use program::program::Role;
use program::{Base, BufferId, DType, Dims, Operand, TensorId, View};

use super::hand::Hand;
use crate::cpu::{Input, Packed, SimdLevel, Strided, binary, pack, unary, unpack};
use crate::inputs::HostValues;
use crate::operands::POISON;
use crate::rule::ReadRule;
use crate::run::{Options, run};

/// Bytes of each buffer.
const BUFFER: usize = 96;
const BUFFERS: u32 = 3;

/// A view of some buffer with this shape; one that is written to touches every byte once.
fn view(random: &mut Random, shape: [u32; 2], written: bool) -> View {
    let strides = match random.below(if written { 4 } else { 6 }) {
        0 => [shape[1], 1],
        1 => [1, shape[0]],
        2 => [shape[1] + 2, 1],
        3 => [1, shape[0] + 1],
        4 => [0, 1],
        _ => [1, 1],
    };
    let base = Base::Buffer(BufferId(random.below(BUFFERS.into()) as u32));
    let (shape, strides) = (Dims::new(&shape), Dims::new(&strides));
    let mut view = View { base, offset: 0, shape, strides, dtype: DType::F16 };
    view.offset = 2 * random.below((BUFFER as u64 - view.end()) / 2 + 1);
    view
}

/// The same program on bytes, one op after the other.
struct Plain(Vec<Vec<u8>>);

impl Plain {
    fn strided(&self, view: &View) -> Strided<'_> {
        let Base::Buffer(buffer) = view.base else { unreachable!("only buffers here") };
        let View { offset, shape, strides, dtype, .. } = *view;
        Strided { bytes: &self.0[buffer.index()], offset, shape, strides, dtype }
    }
    fn write(&mut self, view: &View, bytes: &[u8]) {
        let Base::Buffer(buffer) = view.base else { unreachable!("only buffers here") };
        let to = Packed { shape: view.shape, dtype: view.dtype };
        unpack(bytes, &mut self.0[buffer.index()], view.offset, view.strides, to).expect("it fits");
    }
}

fn random_op(random: &mut Random, hand: &mut Hand, plain: &mut Plain, at: u64) {
    let shape = [1 + random.below(4) as u32, 1 + random.below(4) as u32];
    let (x, y) = (view(random, shape, false), view(random, shape, false));
    let to = view(random, shape, true);
    let (vx, vy, vto) = (hand.view(0, x), hand.view(0, y), hand.view(0, to));
    let packed = Packed { shape: to.shape, dtype: to.dtype };
    let simd = SimdLevel::Narrow;
    let (op, bytes) = match random.below(4) {
        0 => {
            let value = Constant::of(at as f32);
            (Op::Compute(ComputeOp::Fill { value, to: vto }), crate::cpu::fill(value, packed))
        }
        1 => (Op::Move(MoveOp::Copy { from: vx, to: vto }), pack(&plain.strided(&x)).expect("inside")),
        2 => {
            let f = UnaryFn::Neg;
            (
                Op::Compute(ComputeOp::Unary { f, x: vx, to: vto }),
                unary(f, &plain.strided(&x), to.dtype, Vec::new(), simd).expect("inside"),
            )
        }
        _ => {
            let f = BinaryFn::Add;
            let (a, b) = (Input::View(plain.strided(&x)), Input::View(plain.strided(&y)));
            let bytes = binary(f, &a, &b, packed, Vec::new(), simd).expect("inside");
            (Op::Compute(ComputeOp::Binary { f, x: Operand::View(vx), y: Operand::View(vy), to: vto }), bytes)
        }
    };
    hand.op(0, at, at + 1, op);
    plain.write(&to, &bytes);
}

fn check(seed: u64) {
    let mut random = Random::seeded(seed);
    let mut hand = Hand::new(1);
    let mut plain = Plain(vec![vec![POISON; BUFFER]; BUFFERS as usize]);
    let whole: Vec<_> = (0..BUFFERS).map(|_| hand.tile(0, &[BUFFER as u32 / 2])).collect();
    for at in 0..60 {
        random_op(&mut random, &mut hand, &mut plain, at);
    }
    for (buffer, from) in whole.into_iter().enumerate() {
        let output = hand.output(&format!("b{buffer}"), 0, &[BUFFER as u32 / 2]);
        let to = hand.whole(0, output);
        hand.op(0, 100, 101, Op::Move(MoveOp::Store { from, to }));
    }
    assert!(matches!(hand.program.tensors[TensorId(0).index()].role, Role::Output { .. }));
    let log = hand.log();
    for rule in [ReadRule::Identity, ReadRule::Hardware] {
        let replayed =
            run(&log, &HostValues::new(), Options { rule, ..Options::default() }).expect("it runs");
        let outputs = replayed.outputs.expect("it computes");
        for (buffer, bytes) in plain.0.iter().enumerate() {
            assert_eq!(&outputs[&format!("b{buffer}")].bytes, bytes, "seed {seed}, {rule}, buffer {buffer}");
        }
    }
}

#[test]
fn random_programs_are_what_plain_memory_gives() {
    for seed in 0..200 {
        check(seed);
    }
}
