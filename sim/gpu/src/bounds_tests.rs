use std::collections::BTreeMap;
use std::num::NonZeroU32;

use program::op::Constant;
use program::{ComputeOp, DType, Dims, Op, TensorId, ViewId};

use super::*;
use crate::plan::{Buffer, CommandBuffer, DeviceId, Moment, Pass, Read};

/// A plan of one buffer of 8 bytes, a fill of one view, and one read.
fn plan(base: Base, offset: u64, read: u32) -> Plan {
    let dtype = DType::F16;
    let view = View { offset, ..View::packed(base, Dims::new(&[2]), dtype) };
    let op = Op::Compute(ComputeOp::Fill { value: Constant::of(1.0), to: ViewId(0) });
    let pass = Pass { op, views: vec![view], of: None };
    let (device, value) = (DeviceId(0), NonZeroU32::MIN);
    let moment = Moment { device, value };
    Plan {
        buffers: vec![Buffer { name: "q".to_owned(), bytes: 8, init: Init::Given }],
        n_devices: 1,
        command_buffers: vec![CommandBuffer { device, waits: vec![], passes: vec![pass], signals: value }],
        reads: vec![Read { buffer: BufferId(read), after: Some(moment), and_after: vec![] }],
    }
}

#[test]
fn views_end_inside_their_buffers() {
    let tensor = |n| Base::Tensor(TensorId(n));
    for (base, offset, read, given, says) in [
        (tensor(0), 4, 0, 8, None),
        (tensor(0), 6, 0, 8, Some("ends at byte 10 of `q`, which has 8")),
        (tensor(0), u64::MAX, 0, 8, Some("of `q`, which has 8")),
        (tensor(1), 0, 0, 8, Some("not a buffer of the plan")),
        (Base::Buffer(program::BufferId(0)), 0, 0, 8, Some("not a buffer of the plan")),
        (tensor(0), 0, 1, 8, Some("buf1 is read")),
        (tensor(0), 0, 0, 7, Some("`q` has 8 bytes and 7 are given")),
    ] {
        let contents = Contents(BTreeMap::from([(BufferId(0), vec![0; given])]));
        let error = check(&plan(base, offset, read), &contents).err().map(|error| error.to_string());
        assert_eq!(error.is_some(), says.is_some(), "{error:?}");
        assert!(error.unwrap_or_default().contains(says.unwrap_or_default()), "{says:?}");
    }
}
