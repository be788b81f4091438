use program::op::{BinaryFn, CompareFn, Constant, Operand, ReduceFn, UnaryFn};
use program::{Base, ComputeOp, DType, Dims, MoveOp, Op, TensorId, View, ViewId};

use super::*;
use crate::params::Params;

const V: [ViewId; 3] = [ViewId(0), ViewId(1), ViewId(2)];

fn view(buffer: u32, shape: &[u32], dtype: DType) -> View {
    View::packed(Base::Tensor(TensorId(buffer)), Dims::new(shape), dtype)
}

fn launch(op: Op, views: &[View]) -> Result<Launch, DeviceError> {
    Launch::of(&Pass { op, views: views.to_vec(), of: None })
}

fn params(launch: &Launch) -> Params {
    bytemuck::pod_read_unaligned(bytemuck::cast_slice(&launch.params))
}

#[test]
fn a_launch_binds_buffers_and_leaves_constants_out() {
    let three = Operand::Constant(Constant::of(3.0));
    let op = Op::Compute(ComputeOp::Binary { f: BinaryFn::Add, x: three, y: Operand::View(V[0]), to: V[1] });
    let launch = launch(op, &[view(4, &[3], DType::I32), view(7, &[2, 3], DType::U8)]).expect("a launch");
    assert_eq!((launch.inputs.clone(), launch.output), (vec![None, Some(BufferId(4))], BufferId(7)));
    let params = params(&launch);
    assert_eq!((params.integer, params.x.constant, params.count), (1, 3, 6));
    assert_eq!(
        (params.shape, params.y.strides, params.to.strides),
        ([1, 1, 2, 3], [0, 0, 0, 1], [0, 0, 3, 1])
    );
}

#[test]
fn every_element_has_a_thread_and_no_dimension_too_many_workgroups() {
    for (count, groups) in [
        (0, [1, 1, 1]),
        (1, [1, 1, 1]),
        (64, [1, 1, 1]),
        (65, [2, 1, 1]),
        (64 * 65535, [65535, 1, 1]),
        (64 * 65535 + 1, [65535, 2, 1]),
        (1 << 31, [65535, 513, 1]),
    ] {
        let fill = Op::Compute(ComputeOp::Fill { value: Constant::of(0.0), to: V[0] });
        let launch = launch(fill, &[view(0, &[count], DType::U8)]).expect("a launch");
        assert_eq!(launch.groups, groups, "{count}");
        let row = u64::from(params(&launch).row);
        assert_eq!(row, u64::from(groups[0] * WORKGROUP), "{count}");
        let threads = row * u64::from(groups[1]);
        assert!((u64::from(count)..=u64::from(u32::MAX)).contains(&threads), "{count}: {threads}");
    }
}

#[test]
fn what_cannot_be_launched_is_refused() {
    let f32 = |shape: &[u32]| view(0, shape, DType::F32);
    let copy = Op::Move(MoveOp::Copy { from: V[0], to: V[1] });
    let dot = |acc| Op::Compute(ComputeOp::Dot { a: V[0], b: V[1], c: V[2], accumulate: false, acc });
    let sum = |axis, acc| {
        Op::Compute(ComputeOp::Reduce { f: ReduceFn::Sum, axis, x: V[0], to: V[1], acc, wrap: true })
    };
    let neg = Op::Compute(ComputeOp::Unary { f: UnaryFn::Neg, x: V[0], to: V[1] });
    let less = Op::Compute(ComputeOp::Compare {
        f: CompareFn::Lt,
        x: Operand::View(V[0]),
        y: Operand::View(V[0]),
        to: V[1],
    });
    let fill = Op::Compute(ComputeOp::Fill { value: Constant::of(1.0), to: V[0] });
    let odd = View { offset: 2, ..f32(&[1]) };
    let far = View { offset: 1 << 32, ..f32(&[1]) };
    let message = View { base: Base::Buffer(program::BufferId(0)), ..f32(&[1]) };
    for (op, views, says) in [
        (Op::Move(MoveOp::Load { from: V[0], to: V[1] }), vec![f32(&[1]); 2], "`load` is not a pass"),
        (copy.clone(), vec![f32(&[2, 3]), f32(&[3, 2])], "a copy of 2×3 f32 into 3×2 f32"),
        (copy.clone(), vec![f32(&[2])], "v1 of a `copy` is not among the views"),
        (neg.clone(), vec![f32(&[2]), f32(&[3])], "2 does not broadcast to 3"),
        (less, vec![f32(&[2]), f32(&[2])], "a comparison writes bool or u8"),
        (dot(DType::F32), vec![f32(&[2]), f32(&[2, 2]), f32(&[2, 2])], "a dot of 2 · 2×2 to 2×2"),
        (dot(DType::F32), vec![f32(&[2, 3]), f32(&[2, 3]), f32(&[2, 3])], "m, k] · […, k, n]"),
        (dot(DType::I32), vec![f32(&[2, 2]); 3], "floats cannot accumulate in i32"),
        (sum(1, DType::F32), vec![f32(&[2]), f32(&[1])], "axis 1 of 2"),
        (sum(0, DType::F32), vec![f32(&[2]), f32(&[2])], "keep the axis"),
        (sum(0, DType::U8), vec![f32(&[2]), f32(&[1])], "floats cannot accumulate in u8"),
        (
            Op::Compute(ComputeOp::Iota { axis: 1, start: 0, step: 1, to: V[0] }),
            vec![f32(&[2])],
            "count axes from 0",
        ),
        (fill.clone(), vec![odd], "begin at a multiple of 4"),
        (fill.clone(), vec![far], "keep buffers below 4 GiB"),
        (fill.clone(), vec![message], "has no tensor as its base"),
        (fill, vec![view(0, &[(1 << 31) + 1], DType::U8)], "more than 2^31 elements"),
    ] {
        let error = launch(op.clone(), &views).expect_err("a refusal").to_string();
        assert!(error.contains(says), "{op:?}: {error}");
    }
}
