//! Inputs of the host: shares, and what does not fit.

use oplog::OpLog;
use program::DType;
use program::op::{MoveOp, Op};
use program::program::{HostTensor, Role};

use super::execution::{neg, replay};
use super::hand::Hand;
use crate::inputs::{HostValue, HostValues, seeded};
use crate::run::{Options, run};

/// Splits a 4×6 input into column halves on two ranks, negates them and gives them back.
fn halves() -> OpLog {
    let mut hand = Hand::new(2);
    hand.program.inputs.push(HostTensor { name: "x".to_owned(), shape: vec![4, 6], dtype: DType::F16 });
    hand.program.outputs.push(HostTensor { name: "y".to_owned(), shape: vec![4, 6], dtype: DType::F16 });
    for rank in 0..2 {
        let input = hand.tensor(rank, &[4, 3], Role::Input { of: 0, start: vec![0, 3 * rank] });
        let output = hand.tensor(rank, &[4, 3], Role::Output { of: 0, start: vec![0, 3 * rank] });
        let (from, x, y) = (hand.whole(rank, input), hand.tile(rank, &[4, 3]), hand.tile(rank, &[4, 3]));
        let to = hand.whole(rank, output);
        hand.op(rank, 0, 1, Op::Move(MoveOp::Load { from, to: x }));
        hand.op(rank, 1, 2, neg(x, y));
        hand.op(rank, 2, 3, Op::Move(MoveOp::Store { from: y, to }));
    }
    hand.log()
}

#[test]
fn shares_are_boxes_of_the_host_tensors() {
    let log = halves();
    let inputs = seeded(&log.program, 5);
    let outputs = replay(&log, &inputs).outputs.expect("it computes");
    let negated: Vec<f32> = inputs["x"].values().iter().map(|x| -x).collect();
    assert_eq!(outputs["y"].values(), negated);
}

#[test]
fn a_host_tensor_without_elements_has_no_bytes_whatever_its_other_extents() {
    let mut hand = Hand::new(1);
    for shape in [vec![u32::MAX, u32::MAX, u32::MAX, 0], vec![0, u32::MAX, u32::MAX, u32::MAX]] {
        let name = format!("x{}", hand.program.inputs.len());
        let tensor = HostTensor { name, shape, dtype: DType::F32 };
        hand.program.inputs.push(tensor.clone());
        hand.program.outputs.push(tensor);
    }
    let log = hand.log();
    let outputs = replay(&log, &seeded(&log.program, 5)).outputs.expect("it computes");
    assert!(outputs.values().all(|output| output.bytes.is_empty()));
}

#[test]
fn inputs_that_do_not_fit_are_refused() {
    let log = halves();
    let refused =
        |inputs: HostValues| run(&log, &inputs, Options::default()).expect_err("refused").to_string();
    let given =
        |shape: &[u32], dtype| HostValues::from([("x".to_owned(), HostValue::of(&[0.0; 24], shape, dtype))]);
    let cases = [
        (HostValues::new(), "input `x` is missing: the program needs 4×6 f16; the host gave nothing"),
        (
            given(&[6, 4], DType::F16),
            "input `x` is 6×4 f16, but the program takes 4×6 f16: give a tensor of that shape and dtype",
        ),
        (
            given(&[4, 6], DType::Bf16),
            "input `x` is 4×6 bf16, but the program takes 4×6 f16: give a tensor of that shape and dtype",
        ),
    ];
    for (inputs, message) in cases {
        assert_eq!(refused(inputs), message);
    }
}
