//! Content of the structure digest.

use order::{Dataflow, Part, Writer};
use program::program::{Flow, Role};
use program::{Base, Op, OpIndex, Program, Rank, TensorId, View};

use crate::canonical::Canonical;

/// The encoding of what is around the ops: two programs compare by it.
pub fn surroundings(program: &Program) -> Vec<u8> {
    let mut out = Canonical::new("");
    put_surroundings(program, &mut out);
    out.take()
}

/// The encoding of who wrote each output.
pub fn outputs(program: &Program, flow: &Dataflow) -> Vec<u8> {
    let mut out = Canonical::new("");
    put_outputs(program, flow, &mut out);
    out.take()
}

/// What is around the ops: host tensors, tensors and rings. How many slots a ring has, and where they lie,
/// changes when things happen and not what.
pub(crate) fn put_surroundings(program: &Program, out: &mut Canonical) {
    for tensors in [&program.inputs, &program.outputs] {
        out.u64(tensors.len() as u64);
        tensors.iter().for_each(|tensor| out.host_tensor(tensor));
    }
    out.u64(program.tensors.len() as u64);
    for tensor in &program.tensors {
        out.u32(tensor.home.0);
        out.u64(tensor.shape.len() as u64);
        tensor.shape.iter().for_each(|&n| out.u32(n));
        out.u8(tensor.dtype.code());
        put_role(&tensor.role, out);
    }
    out.u64(program.rings.len() as u64);
    for ring in &program.rings {
        out.u32(ring.producer.0);
        out.u32(ring.consumer.0);
        out.u32(ring.queue);
        out.u8(match ring.flow {
            Flow::Credit => 0,
            Flow::None => 1,
        });
    }
    out.u64(program.ranks.len() as u64);
}

fn put_role(role: &Role, out: &mut Canonical) {
    let (code, host) = match role {
        Role::Input { of, start } => (1, Some((of, start))),
        Role::Output { of, start } => (2, Some((of, start))),
        Role::InOut { input, start, .. } => (3, Some((input, start))),
        Role::Scratch => (0, None),
    };
    out.u8(code);
    if let Role::InOut { output, .. } = role {
        out.u32(*output);
    }
    if let Some((of, start)) = host {
        out.u32(*of);
        out.u64(start.len() as u64);
        start.iter().for_each(|&n| out.u32(n));
    }
}

/// Who wrote each output.
pub(crate) fn put_outputs(program: &Program, flow: &Dataflow, out: &mut Canonical) {
    for tensor in 0..program.tensors.len() {
        put_parts(flow, flow.output(TensorId(tensor as u32)), out);
    }
}

/// Encodes ops one by one.
pub(crate) struct OpWriter<'a> {
    program: &'a Program,
    flow: &'a Dataflow,
    scalars: Vec<u64>,
}

impl<'a> OpWriter<'a> {
    pub fn new(program: &'a Program, flow: &'a Dataflow) -> OpWriter<'a> {
        OpWriter { program, flow, scalars: Vec::new() }
    }

    pub fn put(&mut self, rank: Rank, index: OpIndex, out: &mut Canonical) {
        let op = self.program.op(rank, index);
        out.u8(op.code());
        self.scalars.clear();
        op.put_scalars(&mut self.scalars);
        self.scalars.iter().for_each(|&n| out.u64(n));
        let views = &self.program.rank(rank).views;
        op.views().for_each(|view| put_view(&views[view.index()], out));
        for parts in self.flow.reads(rank, index) {
            put_parts(self.flow, parts, out);
        }
        if let Op::Note(_) = op {
            put_parts(self.flow, self.flow.marked(rank, index), out);
        }
    }
}

/// The shape of a view and where it lies in its base. Which buffer it is shows in the data edges.
fn put_view(view: &View, out: &mut Canonical) {
    match view.base {
        Base::Buffer(_) => out.u8(0),
        Base::Tensor(tensor) => {
            out.u8(1);
            out.u32(tensor.0);
        }
        Base::Message(message) => {
            out.u8(2);
            out.u32(message.ring.0);
            out.u32(message.number);
        }
    }
    out.u64(view.offset);
    out.extents(&view.shape);
    out.extents(&view.strides);
    out.u8(view.dtype.code());
}

fn put_parts(flow: &Dataflow, parts: &[Part], out: &mut Canonical) {
    out.u32(parts.len() as u32);
    for part in parts {
        out.u64(part.start);
        out.u64(part.end);
        out.u64(part.from);
        match part.writer {
            Writer::Ambiguous(_) => {
                let candidates = flow.candidates(part.writer);
                out.u8(3);
                out.u32(candidates.len() as u32);
                candidates.into_iter().for_each(|writer| put_writer(writer, out));
                let left_out = flow.left_out(part.writer);
                if left_out > 0 {
                    out.u8(4);
                    out.u64(left_out);
                }
            }
            Writer::Uninitialised | Writer::Host(_) | Writer::Op { .. } => put_writer(part.writer, out),
        }
    }
}

fn put_writer(writer: Writer, out: &mut Canonical) {
    match writer {
        Writer::Uninitialised | Writer::Ambiguous(_) => out.u8(0),
        Writer::Host(tensor) => {
            out.u8(1);
            out.u32(tensor.0);
        }
        Writer::Op { rank, op } => {
            out.u8(2);
            out.u32(rank.0);
            out.u32(op.0);
        }
    }
}
