//! Conversion of an op log to a plan.

use diagnostic::OpRef;
use oplog::OpLog;
use order::{Dataflow, Decided, Part, Writer};
use program::op::UnaryFn;
use program::{
    Base, ComputeOp, Effect, Message, OpIndex, Operand, Rank, Reduction, Target, TensorId, View, ViewId,
};

use super::buffers::{Buffers, SUMS, buffer_of};
use super::queues::{Queues, moment};
use super::touched::{Memory, Touch};
use super::{BufferId, Init, Pass, Plan, PlanError, Read};

impl Plan {
    /// The plan of a log whose program has this `flow`, on `devices` virtual devices, which ranks are dealt to in
    /// turn. Each does the ops of its ranks in the order in which they start in the log.
    ///
    /// # Errors
    /// [`PlanError`] when the log computes nothing, is racy, or is too large for a GPU.
    pub fn of(log: &OpLog, flow: &Dataflow, devices: u32) -> Result<Plan, PlanError> {
        let program = &log.program;
        if program.is_timing_only() {
            return Err(PlanError::TimingOnly(program.kernel.clone()));
        }
        if devices == 0 || devices > program.n_ranks() {
            return Err(PlanError::Devices { asked: devices, ranks: program.n_ranks() });
        }
        let mut builder = Builder {
            log,
            flow,
            decided: Decided::of(flow, &log.entries.start, &log.entries.done),
            buffers: Buffers::of(program, devices)?,
            memory: Memory::new(),
            queues: Queues::new(devices as usize),
            n_devices: devices as usize,
        };
        for (rank, op) in sequence(log) {
            builder.op(rank, op)?;
        }
        builder.finish()
    }
}

/// The ops in the order of their starts. Where two conflict and something orders them, the first is done before the
/// second starts; so in a log without races each op finds what it means to read.
fn sequence(log: &OpLog) -> Vec<(Rank, OpIndex)> {
    let entries = &log.entries;
    let mut ops: Vec<_> = log.ops().enumerate().collect();
    ops.sort_by_key(|&(at, op)| (entries.start[at], entries.done[at], op));
    ops.into_iter().map(|(_, op)| op).collect()
}

struct Builder<'a> {
    log: &'a OpLog,
    flow: &'a Dataflow,
    decided: Decided<'a>,
    buffers: Buffers,
    memory: Memory,
    queues: Queues,
    n_devices: usize,
}

impl Builder<'_> {
    fn op(&mut self, rank: Rank, index: OpIndex) -> Result<(), PlanError> {
        let op = self.log.program.op(rank, index);
        let of = Some((rank, index));
        let device = rank.index() % self.n_devices;
        let passes = match op.effect() {
            Effect::Nothing => return Ok(()),
            Effect::Move { from, to } => {
                let from = self.view(rank, from);
                self.targets(rank, to, &from).into_iter().map(|to| Pass::copy(from, to, of)).collect()
            }
            Effect::Compute(op) => vec![Pass::compute(op, |id| self.view(rank, id), of)],
            Effect::Fold(reduction) => self.fold(device, rank, index, reduction),
        };
        passes.iter().try_for_each(|pass| self.check(rank, index, pass))?;
        for pass in passes {
            let (copies, pass) = self.staged(device, pass);
            for pass in copies.into_iter().chain([pass]) {
                self.push(device, pass);
            }
        }
        Ok(())
    }

    /// A reduction, a member at a time: its steps are passes of two operands, each rounded to the accumulator.
    fn fold(&mut self, device: usize, rank: Rank, index: OpIndex, reduction: &Reduction) -> Vec<Pass> {
        let of = Some((rank, index));
        let f = reduction.f.of_two().expect("the verifier refuses what does not fold");
        let to = self.view(rank, reduction.to);
        let mut sum = self.view(rank, reduction.x);
        let mut passes = Vec::new();
        for (step, &member) in reduction.views.iter().enumerate() {
            let views = [sum, self.view(rank, member)];
            let is_last = step + 1 == reduction.views.len() && to.dtype == reduction.acc;
            let next = View::packed(to.base, to.shape, reduction.acc);
            sum = if is_last { to } else { self.buffers.scratch(device, SUMS + step % 2, &next) };
            let [x, y] = [0, 1].map(|id| Operand::View(ViewId(id)));
            let add = ComputeOp::Binary { f, x, y, to: ViewId(2) };
            passes.push(Pass::compute(add, |id| [views[0], views[1], sum][id.index()], of));
        }
        if to.dtype != reduction.acc {
            let cast = ComputeOp::Unary { f: UnaryFn::CastTrunc, x: ViewId(0), to: ViewId(1) };
            passes.push(Pass::compute(cast, |id| [sum, to][id.index()], of));
        }
        passes
    }

    fn view(&self, rank: Rank, id: ViewId) -> View {
        self.buffers.view(rank, &self.log.program.rank(rank).views[id.index()])
    }

    fn targets(&self, rank: Rank, to: Target<'_>, from: &View) -> Vec<View> {
        let slot = |&message: &Message| {
            self.buffers.view(rank, &View::packed(Base::Message(message), from.shape, from.dtype))
        };
        match to {
            Target::View(id) => vec![self.view(rank, id)],
            Target::Slots(messages) => messages.iter().map(slot).collect(),
        }
    }

    /// Refuses views that no shader can read, and a log whose order does not give the op what it means to read.
    fn check(&mut self, rank: Rank, index: OpIndex, pass: &Pass) -> Result<(), PlanError> {
        for view in &pass.views {
            let size = view.dtype.size();
            if !view.offset.is_multiple_of(size) {
                let (op, dtype, offset) = (Box::new(self.op_ref(rank, index)), view.dtype, view.offset);
                return Err(PlanError::Unaligned { op, dtype, offset, size });
            }
        }
        let program = &self.log.program;
        let reader = Some(self.flow.global(rank, index) as u32);
        for (meant, id) in self.flow.reads(rank, index).zip(program.op(rank, index).access().reads()) {
            let view = &program.rank(rank).views[id.index()];
            let (buffer, shift) = self.buffers.place(rank, view.base);
            let meant = self.decided(meant, reader);
            for span in view.spans() {
                let found = self.memory.writers(buffer, span.0 + shift, span.1 + shift);
                if !agrees(&meant, span, shift, &found) {
                    return Err(PlanError::Unordered { reader: format!("{:#}", self.op_ref(rank, index)) });
                }
            }
        }
        Ok(())
    }

    /// Parts with one writer each: where the coarse order of the data flow leaves several, the one that the log names.
    /// The log is known to be safe, so something orders them.
    fn decided(&self, parts: &[Part], reader: Option<u32>) -> Vec<Part> {
        let decide = |part: &Part| Part { writer: self.decided.writer(reader, part.writer), ..*part };
        parts.iter().map(decide).collect()
    }

    /// The pass, and before it copies of what it reads from the buffer that it writes: a shader must not read what
    /// others of its threads write. An accumulator is read by the thread that writes it.
    fn staged(&mut self, device: usize, mut pass: Pass) -> (Vec<Pass>, Pass) {
        let output = buffer_of(pass.view(pass.writes()));
        let accumulator = pass.writes();
        let mut copies = Vec::new();
        for (operand, id) in pass.reads().into_iter().enumerate() {
            let view = *pass.view(id);
            if id == accumulator || buffer_of(&view) != output {
                continue;
            }
            let scratch = self.buffers.scratch(device, operand, &view);
            copies.push(Pass::copy(view, scratch, pass.of));
            pass.views[id.index()] = scratch;
        }
        (copies, pass)
    }

    fn push(&mut self, device: usize, pass: Pass) {
        let mut before = Vec::new();
        let reads: Vec<View> = pass.reads().into_iter().map(|id| *pass.view(id)).collect();
        let written = *pass.view(pass.writes());
        reads.iter().for_each(|view| self.memory.before_read(view, &mut before));
        self.memory.before_write(&written, &mut before);
        self.queues.wait_for(device, &before);
        let by = Touch { device, value: self.queues.next_value(device), of: pass.of };
        reads.iter().for_each(|view| self.memory.read(view, by));
        self.memory.write(&written, by);
        self.queues.push(device, pass);
    }

    fn finish(mut self) -> Result<Plan, PlanError> {
        self.queues.close_all();
        let mut reads = Vec::new();
        for (index, tensor) in self.log.program.tensors.iter().enumerate() {
            if tensor.role.taken().is_some() {
                reads.push(self.read(TensorId(index as u32), tensor.bytes(), &tensor.name)?);
            }
        }
        Ok(Plan {
            buffers: self.buffers.list,
            n_devices: self.n_devices as u32,
            command_buffers: self.queues.command_buffers,
            reads,
        })
    }

    fn read(&mut self, tensor: TensorId, bytes: u64, name: &str) -> Result<Read, PlanError> {
        let buffer = BufferId::of_tensor(tensor);
        let unwritten = || PlanError::Unordered { reader: format!("the host, of output `{name}`,") };
        let found = self.memory.writers(buffer, 0, bytes);
        let meant = self.decided(self.flow.output(tensor), None);
        if !agrees(&meant, (0, bytes), 0, &found) {
            return Err(unwritten());
        }
        let mut last = vec![0; self.n_devices];
        for (.., writer) in found {
            last[writer.device] = writer.value.max(last[writer.device]);
        }
        let written = last.iter().enumerate().filter(|&(_, &value)| value > 0);
        let mut moments = written.map(|(device, &value)| moment(device, value));
        let given = self.buffers.list[buffer.index()].init == Init::Given;
        let after = moments.next();
        if after.is_none() && !given {
            return Err(unwritten());
        }
        Ok(Read { buffer, after, and_after: moments.collect() })
    }

    fn op_ref(&self, rank: Rank, index: OpIndex) -> OpRef {
        OpRef::of(&self.log.program, rank, index)
    }
}

/// Whether the bytes of `start..end` were last written by whom the op means. `found` is counted from the start of
/// the buffer, where the base begins at `shift`.
fn agrees(meant: &[Part], (start, end): (u64, u64), shift: u64, found: &[(u64, u64, Touch)]) -> bool {
    let inside = meant.iter().filter(|part| part.start < end && start < part.end);
    inside.into_iter().all(|part| {
        let (from, to) = (part.start.max(start) + shift, part.end.min(end) + shift);
        let mut overlapping = found.iter().filter(|&&(a, b, _)| a < to && from < b);
        match part.writer {
            Writer::Host(_) => overlapping.next().is_none(),
            Writer::Op { rank, op } => {
                let covered: u64 = found.iter().map(|&(a, b, _)| b.min(to).saturating_sub(a.max(from))).sum();
                covered == to - from && overlapping.all(|(.., touch)| touch.of == Some((rank, op)))
            }
            Writer::Uninitialised | Writer::Ambiguous(_) => false,
        }
    })
}
