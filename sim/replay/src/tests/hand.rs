//! Op logs made by hand: times are chosen freely, so that any overlap can be shown without a timing engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use machine::{Bytes, Machine, RankAxis, SimTime};
use oplog::{Entries, MessageTimes, OpLog, RunId, UnitId};
use program::layout::{Peak, Slots};
use program::op::Constant;
use program::program::{Buffer, Flow, HostTensor, Ring, Role, SlotPlace, Tensor};
use program::{
    Base, BufferId, ComputeOp, DType, Dims, Layout, Message, Op, OpIndex, Program, Rank, RankProgram, RecvOp,
    RingId, SendOp, Space, TensorId, UnitKind, View, ViewId,
};

/// Address of the first ring in every TCM; buffers lie below.
const RINGS: u64 = 0x1_0000;

/// A program and its times, under construction. Times are in ns.
pub struct Hand {
    pub program: Program,
    layout: Layout,
    times: Vec<Vec<(u64, u64)>>,
    filled: Vec<Vec<u64>>,
}

impl Hand {
    pub fn new(n_ranks: u32) -> Hand {
        let peak = Peak { bytes: Bytes(0), slot_bytes: Bytes(0), holders: Vec::new(), live_bound: Bytes(0) };
        let n = n_ranks as usize;
        Hand {
            program: Program {
                format: program::program::FORMAT,
                kernel: "by hand".to_owned(),
                params: BTreeMap::new(),
                rank_axis: RankAxis::Pe,
                inputs: Vec::new(),
                outputs: Vec::new(),
                tensors: Vec::new(),
                rings: Vec::new(),
                n_events: 0,
                ranks: vec![RankProgram::default(); n],
                files: Vec::new(),
            },
            layout: Layout {
                buffers: vec![Vec::new(); n],
                rings: Vec::new(),
                tensors: Vec::new(),
                peaks: vec![peak; n],
            },
            times: vec![Vec::new(); n],
            filled: Vec::new(),
        }
    }

    /// A TCM buffer of its own, seen as one packed f16 tile.
    pub fn tile(&mut self, rank: u32, shape: &[u32]) -> ViewId {
        let shape = Dims::new(shape);
        let buffers = &mut self.layout.buffers[rank as usize];
        let at = buffers.len() as u64 * 0x1000;
        buffers.push(at);
        let ranks = &mut self.program.ranks[rank as usize];
        ranks.buffers.push(Buffer { bytes: shape.product() * 2, at: None });
        let buffer = BufferId(ranks.buffers.len() as u32 - 1);
        self.view(rank, View::packed(Base::Buffer(buffer), shape, DType::F16))
    }
    /// Lays the newest buffer of a rank on an address: as the planner does, or by the author's hand.
    pub fn lay(&mut self, rank: u32, address: u64, by_hand: bool) {
        *self.layout.buffers[rank as usize].last_mut().expect("a buffer is laid") = address;
        let buffer = self.program.ranks[rank as usize].buffers.last_mut();
        buffer.expect("it is a buffer of the program, too").at = by_hand.then_some(address);
    }
    pub fn view(&mut self, rank: u32, view: View) -> ViewId {
        let views = &mut self.program.ranks[rank as usize].views;
        views.push(view);
        ViewId(views.len() as u32 - 1)
    }
    /// A received message as a packed f16 tile.
    pub fn slot(&mut self, rank: u32, message: Message, shape: &[u32]) -> ViewId {
        self.view(rank, View::packed(Base::Message(message), Dims::new(shape), DType::F16))
    }
    /// A whole tensor as seen by a rank.
    pub fn whole(&mut self, rank: u32, tensor: TensorId) -> ViewId {
        let Tensor { shape, dtype, .. } = &self.program.tensors[tensor.index()];
        let view = View::packed(Base::Tensor(tensor), Dims::new(shape), *dtype);
        self.view(rank, view)
    }
    pub fn ring(&mut self, from: u32, to: u32, n_slots: u32, flow: Flow) -> RingId {
        let id = self.program.rings.len() as u32;
        let (producer, consumer, place) = (Rank(from), Rank(to), SlotPlace::Tcm);
        self.program.rings.push(Ring {
            producer,
            consumer,
            queue: id,
            n_slots,
            slot_bytes: 2048,
            place,
            flow,
        });
        self.layout.rings.push(Slots { space: Space::Tcm(Rank(to)), address: RINGS * u64::from(id + 1) });
        self.filled.push(Vec::new());
        RingId(id)
    }
    pub fn input(&mut self, name: &str, home: u32, shape: &[u32]) -> TensorId {
        let of = self.program.inputs.len() as u32;
        self.program.inputs.push(HostTensor {
            name: name.to_owned(),
            shape: shape.to_vec(),
            dtype: DType::F16,
        });
        self.tensor(home, shape, Role::Input { of, start: vec![0; shape.len()] })
    }
    pub fn output(&mut self, name: &str, home: u32, shape: &[u32]) -> TensorId {
        let of = self.program.outputs.len() as u32;
        self.program.outputs.push(HostTensor {
            name: name.to_owned(),
            shape: shape.to_vec(),
            dtype: DType::F16,
        });
        self.tensor(home, shape, Role::Output { of, start: vec![0; shape.len()] })
    }
    pub fn tensor(&mut self, home: u32, shape: &[u32], role: Role) -> TensorId {
        let id = self.program.tensors.len() as u32;
        let (name, home) = (format!("t{id}"), Rank(home));
        self.program.tensors.push(Tensor { name, home, shape: shape.to_vec(), dtype: DType::F16, role });
        self.layout.tensors.push(u64::from(id) * 0x1_0000);
        TensorId(id)
    }

    /// The next op of a rank, from `start` to `done`.
    pub fn op(&mut self, rank: u32, start: u64, done: u64, op: Op) -> OpIndex {
        let ops = &mut self.program.ranks[rank as usize].ops;
        ops.push(op);
        self.times[rank as usize].push((start, done));
        OpIndex(ops.len() as u32 - 1)
    }
    pub fn fill(&mut self, rank: u32, start: u64, value: f32, to: ViewId) -> OpIndex {
        self.op(rank, start, start + 1, Op::Compute(ComputeOp::Fill { value: Constant::of(value), to }))
    }
    /// Sends the next message of a ring; it fills its slot at `filled`.
    pub fn send(
        &mut self,
        rank: u32,
        (start, done, filled): (u64, u64, u64),
        ring: RingId,
        from: ViewId,
    ) -> Message {
        let number = self.filled[ring.index()].len() as u32;
        let message = Message { ring, number };
        self.filled[ring.index()].push(filled);
        let base = self.program.ranks[rank as usize].views[from.index()].base;
        let op = match base {
            Base::Message(_) => Op::Send(SendOp::Forward { message, from }),
            Base::Buffer(_) | Base::Tensor(_) => Op::Send(SendOp::Send { message, from }),
        };
        self.op(rank, start, done, op);
        message
    }

    /// Receives what the case does not look at, for a program must receive every message.
    fn receive_the_rest(&mut self) {
        for (ring, filled) in self.filled.clone().into_iter().enumerate() {
            let consumer = self.program.rings[ring].consumer;
            for (number, filled) in filled.into_iter().enumerate() {
                let message = Message { ring: RingId(ring as u32), number: number as u32 };
                let ops = &self.program.ranks[consumer.index()].ops;
                let send = |op: &&Op| matches!(op, Op::Send(SendOp::Send { message: m, .. } | SendOp::Forward { message: m, .. }) if *m == message);
                if ops.iter().any(|op| op.messages().contains(&message)) {
                    continue;
                }
                let producer = &self.program.ranks[self.program.rings[ring].producer.index()];
                let from = producer.ops.iter().find(send).map(|op| op.access().reads().next());
                let sent = producer.views[from.flatten().expect("every message is sent").index()];
                let view =
                    self.view(consumer.0, View::packed(Base::Message(message), sent.shape, sent.dtype));
                self.op(consumer.0, filled, filled, Op::Recv(RecvOp::RecvAsync { message, view }));
            }
        }
    }

    pub fn log(mut self) -> OpLog {
        self.receive_the_rest();
        let ns = |time: u64| SimTime::from_fs(time * 1_000_000);
        let mut entries = Entries::default();
        for (op, &(start, done)) in
            self.program.ranks.iter().flat_map(|r| &r.ops).zip(self.times.iter().flatten())
        {
            entries.unit.push(unit(op.unit()));
            entries.issue.push(ns(start));
            entries.start.push(ns(start));
            entries.done.push(ns(done));
        }
        let filled =
            |ring: &Vec<u64>| ring.iter().map(|&t| MessageTimes { filled: ns(t), credit: None }).collect();
        let machine = Machine::preset("sip").expect("a preset is valid");
        let placement =
            machine::place(&machine, self.program.n_ranks(), RankAxis::Pe).expect("few ranks fit");
        let mut layout = self.layout;
        layout.peaks.iter_mut().for_each(|peak| peak.bytes = machine.spec().pe.tcm_bytes);
        let log = OpLog {
            id: RunId::default(),
            messages: self.filled.iter().map(filled).collect(),
            program: Arc::new(self.program),
            machine,
            placement,
            layout: Arc::new(layout),
            entries,
            stalls: Vec::new(),
        };
        // What a replay observes are times that no machine has.
        assert_eq!(oplog::check::in_form(&log).err(), None, "a log made by hand must make sense");
        log
    }
}

fn unit(kind: UnitKind) -> UnitId {
    match kind {
        UnitKind::Sequencer => UnitId::SEQUENCER,
        UnitKind::Gemm => UnitId::GEMM,
        UnitKind::Math => UnitId::MATH,
        UnitKind::Send => UnitId::SEND,
        UnitKind::Recv => UnitId::RECV,
        UnitKind::Dma => UnitId::dma(0),
    }
}
