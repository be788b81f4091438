//! A plan as a program of a machine with command queues, so that the hazard checks judge it.
//!
//! A device is a rank. A pass loads what it reads from the memory that all devices share, computes, and stores:
//! while it runs it may touch its operands at any time, and that is what the loads and the store say. What the host
//! reads is copied once more, in a command buffer that waits for the moments of the read.

use machine::{Bytes, Machine, MachineError, QueueModel, RankAxis};
use program::op::EventId;
use program::program::{Buffer as Tile, FORMAT, HostTensor, Role, Source, Tensor};
use program::{Base, DType, MoveOp, Op, Program, QueueOp, Rank, RankProgram, TensorId, View, ViewId};

use super::{CommandBuffer, Init, Moment, Pass, Plan};

/// The tile of what a pass writes; those of its reads come before it.
const RESULT: usize = 3;

impl Plan {
    /// The plan as a program. `like` is the one that it is the plan of, and lends its source lines.
    pub fn as_program(&self, like: &Program) -> Program {
        let mut tensors: Vec<Tensor> =
            self.buffers.iter().map(|buffer| tensor(&buffer.name, buffer.bytes)).collect();
        let mut inputs = Vec::new();
        for (tensor, buffer) in tensors.iter_mut().zip(&self.buffers) {
            match buffer.init {
                Init::Given | Init::Zero => {
                    tensor.role = host(&mut inputs, tensor, |of, start| Role::Input { of, start })
                }
                Init::Poison => {}
            }
        }
        let mut outputs = Vec::new();
        let mut devices: Vec<Device> = (0..self.n_devices).map(|_| Device::new(like)).collect();
        for command_buffer in &self.command_buffers {
            devices[command_buffer.device.index()].command_buffer(command_buffer);
        }
        for read in &self.reads {
            let buffer = &self.buffers[read.buffer.index()];
            let mut taken = tensor(&format!("host {}", buffer.name), buffer.bytes);
            taken.role = host(&mut outputs, &taken, |of, start| Role::Output { of, start });
            let (from, to) = (whole(read.buffer.0, &taken), whole(tensors.len() as u32, &taken));
            tensors.push(taken);
            let moments: Vec<Moment> = read.after.into_iter().chain(read.and_after.iter().copied()).collect();
            let by = read.after.map_or(0, |moment| moment.device.index());
            devices[by].read(&moments, Pass::copy(from, to, None));
        }
        Program {
            format: FORMAT,
            kernel: format!("plan of {}", like.kernel),
            params: like.params.clone(),
            rank_axis: RankAxis::Pe,
            inputs,
            outputs,
            tensors,
            rings: Vec::new(),
            n_events: self.n_devices,
            ranks: devices.into_iter().map(Device::finish).collect(),
            files: like.files.clone(),
        }
    }

    /// A machine of as many devices as the plan has, with memory enough for it. Its times mean nothing: they only
    /// make a log.
    ///
    /// # Errors
    /// [`MachineError`] when the plan is larger than a machine can be.
    pub fn machine(&self, model: QueueModel) -> Result<Machine, MachineError> {
        let mut spec = Machine::preset("metal4")?.with_queue_model(model)?.spec().clone();
        let bytes: u64 = self.buffers.iter().map(|buffer| buffer.bytes.next_multiple_of(4096)).sum();
        spec.name = "plan".to_owned();
        spec.grid.pe = [self.n_devices, 1];
        // What the host takes lies there a second time; a device keeps a tile for each of four operands.
        spec.hbm.bytes_per_pe = Bytes(spec.hbm.bytes_per_pe.0.max(2 * bytes));
        spec.pe.tcm_bytes = Bytes(spec.pe.tcm_bytes.0.max(5 * bytes));
        Machine::new(spec)
    }
}

/// A tensor in the memory that all share.
fn tensor(name: &str, bytes: u64) -> Tensor {
    let shape = vec![u32::try_from(bytes).expect("a buffer has fewer than 2^32 bytes").max(1)];
    Tensor { name: name.to_owned(), home: Rank(0), shape, dtype: DType::U8, role: Role::Scratch }
}

/// Lists all of a tensor as one of the host's, and gives its role.
fn host(listed: &mut Vec<HostTensor>, tensor: &Tensor, role: impl Fn(u32, Vec<u32>) -> Role) -> Role {
    listed.push(HostTensor { name: tensor.name.clone(), shape: tensor.shape.clone(), dtype: tensor.dtype });
    role(listed.len() as u32 - 1, vec![0])
}

fn whole(tensor: u32, like: &Tensor) -> View {
    View::packed(Base::Tensor(TensorId(tensor)), program::Dims::new(&like.shape), like.dtype)
}

/// The program of one device, while it is written.
struct Device<'a> {
    like: &'a Program,
    /// Those of operands and the result, and one for each read, which nothing orders among themselves.
    tile_bytes: Vec<u64>,
    rank: RankProgram,
    sources: Vec<Option<Source>>,
}

impl<'a> Device<'a> {
    fn new(like: &'a Program) -> Device<'a> {
        Device { like, tile_bytes: vec![0; RESULT + 1], rank: RankProgram::default(), sources: Vec::new() }
    }

    fn command_buffer(&mut self, command_buffer: &CommandBuffer) {
        let (first, last) = (command_buffer.passes.first(), command_buffer.passes.last());
        self.waits(&command_buffer.waits, self.source(first));
        command_buffer.passes.iter().for_each(|pass| self.pass(pass));
        let Moment { device, value } = command_buffer.moment();
        self.push(
            Op::Queue(QueueOp::EventSignal { event: EventId(device.0), value: value.get() }),
            self.source(last),
        );
        self.push(Op::Queue(QueueOp::Commit {}), self.source(last));
    }

    fn read(&mut self, after: &[Moment], copy: Pass) {
        self.waits(after, None);
        self.tile_bytes.push(0);
        let tile = self.tile(self.tile_bytes.len() - 1, copy.view(copy.writes()));
        let [from, to] = [copy.reads()[0], copy.writes()].map(|id| self.view(*copy.view(id)));
        self.push(Op::Move(MoveOp::Load { from, to: tile }), None);
        self.push(Op::Move(MoveOp::Store { from: tile, to }), None);
        self.push(Op::Queue(QueueOp::Commit {}), None);
    }

    fn waits(&mut self, moments: &[Moment], source: Option<Source>) {
        for Moment { device, value } in moments {
            self.push(Op::Queue(QueueOp::EventWait { event: EventId(device.0), value: value.get() }), source);
        }
    }

    fn pass(&mut self, pass: &Pass) {
        let source = self.source(Some(pass));
        let mut tiles: Vec<ViewId> = Vec::new();
        for (id, view) in pass.views.iter().enumerate() {
            let tile = if ViewId(id as u32) == pass.writes() { RESULT } else { id };
            tiles.push(self.tile(tile, view));
        }
        for id in pass.reads() {
            let from = self.view(*pass.view(id));
            self.push(Op::Move(MoveOp::Load { from, to: tiles[id.index()] }), source);
        }
        let to = self.view(*pass.view(pass.writes()));
        // A copy computes nothing: what was loaded is stored.
        let made = if let Some(compute) = pass.op.compute() {
            self.push(compute.with_views(|id| tiles[id.index()]), source);
            pass.writes()
        } else {
            pass.reads()[0]
        };
        self.push(Op::Move(MoveOp::Store { from: tiles[made.index()], to }), source);
    }

    /// A packed view of one of the device's tiles, which grows with what is put into it.
    fn tile(&mut self, tile: usize, like: &View) -> ViewId {
        self.tile_bytes[tile] = self.tile_bytes[tile].max(like.bytes());
        let base = Base::Buffer(program::BufferId(tile as u32));
        self.view(View::packed(base, like.shape, like.dtype))
    }

    fn view(&mut self, view: View) -> ViewId {
        self.rank.views.push(view);
        ViewId(self.rank.views.len() as u32 - 1)
    }

    fn source(&self, pass: Option<&Pass>) -> Option<Source> {
        let (rank, op) = pass?.of?;
        self.like.rank(rank).sources.get(op.index()).copied()
    }

    fn push(&mut self, op: Op, source: Option<Source>) {
        self.rank.ops.push(op);
        self.sources.push(source);
    }

    fn finish(mut self) -> RankProgram {
        let tiles = self.tile_bytes.iter();
        self.rank.buffers = tiles.map(|&bytes| Tile { bytes: bytes.max(4), at: None }).collect();
        // What has no line of its own has that of what follows, or of what came before.
        let some = self.sources.iter().flatten().next().copied();
        let mut last = some;
        for source in &mut self.sources {
            last = source.or(last);
            self.rank.sources.extend(last);
        }
        self.rank
    }
}
