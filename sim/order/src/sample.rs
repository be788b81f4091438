//! Small programs for tests, put together by hand: nothing here is verified.

use std::collections::BTreeMap;

use machine::RankAxis;
use program::op::BinaryFn;
use program::program::{Buffer, Flow, HostTensor, NamedSpan, Ring, Role, SlotPlace, Source, Tensor};
use program::{
    Base, BufferId, ComputeOp, DType, Dims, Message, MoveOp, Op, OpIndex, Operand, Program, Rank,
    RankProgram, RecvOp, RingId, SendOp, SyncOp, TensorId, View, ViewId,
};

pub fn message(ring: u32, number: u32) -> Message {
    Message { ring: RingId(ring), number }
}

/// A buffer of 32 bytes that the planner places.
pub const TILE: Buffer = Buffer { bytes: 32, at: None };

/// All of a base of 32 bytes: 4 × 4 f16.
pub fn tile(base: Base) -> View {
    View::packed(base, Dims::new(&[4, 4]), DType::F16)
}
pub fn in_buffer(buffer: u32) -> View {
    tile(Base::Buffer(BufferId(buffer)))
}
pub fn in_tensor(tensor: u32) -> View {
    tile(Base::Tensor(TensorId(tensor)))
}
pub fn in_message(ring: u32, number: u32) -> View {
    tile(Base::Message(message(ring, number)))
}

pub fn host(name: &str) -> HostTensor {
    HostTensor { name: name.to_owned(), shape: vec![4, 4], dtype: DType::F16 }
}

pub fn tensor(home: u32, role: Role) -> Tensor {
    Tensor { name: format!("t of {home}"), home: Rank(home), shape: vec![4, 4], dtype: DType::F16, role }
}

pub fn ring(producer: u32, consumer: u32, n_slots: u32) -> Ring {
    Ring {
        producer: Rank(producer),
        consumer: Rank(consumer),
        queue: 0,
        n_slots,
        slot_bytes: 32,
        place: SlotPlace::Tcm,
        flow: Flow::Credit,
    }
}

/// A program of these ranks with one input (tensor 0) and one output (tensor 1), both of rank 0.
pub fn program(ranks: Vec<RankProgram>, rings: Vec<Ring>) -> Program {
    Program {
        format: program::program::FORMAT,
        kernel: "sample".to_owned(),
        params: BTreeMap::from([("n".to_owned(), "2".to_owned())]),
        rank_axis: RankAxis::Pe,
        inputs: vec![host("q")],
        outputs: vec![host("out")],
        tensors: vec![
            tensor(0, Role::Input { of: 0, start: vec![0, 0] }),
            tensor(0, Role::Output { of: 0, start: vec![0, 0] }),
        ],
        rings,
        n_events: 0,
        ranks,
        files: vec!["kernels/sample.rs".to_owned()],
    }
}

/// A rank whose ops name views by their place in `views`, each op written on a line of its own.
pub fn rank(n_buffers: usize, views: Vec<View>, ops: Vec<Op>) -> RankProgram {
    let source = |line: usize| Source { file: 0, line: 10 + line as u32, column: 5 };
    RankProgram {
        buffers: vec![TILE; n_buffers],
        views,
        n_semaphores: 1,
        sources: (0..ops.len()).map(source).collect(),
        spans: vec![NamedSpan { name: "all".to_owned(), first: OpIndex(0), end: OpIndex(ops.len() as u32) }],
        ops,
    }
}

/// Rank 0 loads a tile, sends it twice and stores what comes back; rank 1 doubles what it receives.
pub fn exchange() -> Program {
    let v = ViewId;
    let sum = |x, y, to| {
        Op::Compute(ComputeOp::Binary {
            f: BinaryFn::Add,
            x: Operand::View(v(x)),
            y: Operand::View(v(y)),
            to: v(to),
        })
    };
    let first = rank(
        2,
        vec![in_tensor(0), in_buffer(0), in_message(1, 0), in_buffer(1), in_tensor(1)],
        vec![
            Op::Move(MoveOp::Load { from: v(0), to: v(1) }),
            Op::Send(SendOp::Send { message: message(0, 0), from: v(1) }),
            Op::Send(SendOp::Send { message: message(0, 1), from: v(1) }),
            Op::Recv(RecvOp::RecvCopy { message: message(1, 0), view: v(2), to: v(3) }),
            Op::Move(MoveOp::Store { from: v(3), to: v(4) }),
        ],
    );
    let second = rank(
        1,
        vec![in_message(0, 0), in_message(0, 1), in_buffer(0)],
        vec![
            Op::Recv(RecvOp::Recv { message: message(0, 0), view: v(0) }),
            Op::Recv(RecvOp::RecvAsync { message: message(0, 1), view: v(1) }),
            Op::Sync(SyncOp::Wait { on: [OpIndex(1)].into() }),
            sum(0, 1, 2),
            Op::Sync(SyncOp::Release { message: message(0, 0), after: [].into() }),
            Op::Sync(SyncOp::Release { message: message(0, 1), after: [].into() }),
            Op::Send(SendOp::Send { message: message(1, 0), from: v(2) }),
        ],
    );
    program(vec![first, second], vec![ring(0, 1, 2), ring(1, 0, 2)])
}
