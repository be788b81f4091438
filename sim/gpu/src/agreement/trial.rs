use std::collections::BTreeMap;
use std::num::NonZeroU32;

use program::{Base, ComputeOp, DType, Dims, MoveOp, Op, Operand, TensorId, View, ViewId};
use replay::cpu::{self, Input, Packed, Strided};
use replay::{Backend, CpuBackend, SimdLevel};

use super::values::Random;
use crate::device::Device;
use crate::plan::{Buffer, BufferId, CommandBuffer, Contents, DeviceId, Init, Pass, Plan, Read};
use crate::tolerance::{Agreement, Allowance, Rule, agree};

const INPUTS: Base = Base::Tensor(TensorId(0));
const OUTPUTS: Base = Base::Tensor(TensorId(1));

/// Passes that read one buffer and write another, whose results do not overlap.
pub(crate) struct Trial {
    pub name: String,
    inputs: Vec<u8>,
    /// Before the passes; what no pass writes must stay.
    outputs: Vec<u8>,
    passes: Vec<Pass>,
}

/// How a view lies in its buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lies {
    Packed,
    /// With so many elements from one to the next, and the first so many elements after a word begins.
    Apart {
        every: u32,
        after: u32,
    },
    /// The last axis is the outermost.
    Transposed,
    /// The first axis repeats.
    Repeated,
}

/// An element of which the device says otherwise than the CPU.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "Debug prints them")]
pub(crate) struct Difference {
    pub pass: String,
    pub element: usize,
    pub dtype: DType,
    /// As the element's bits.
    pub wanted: u64,
    pub got: u64,
}

impl Trial {
    pub fn new(name: &str) -> Trial {
        Trial { name: name.to_owned(), inputs: Vec::new(), outputs: Vec::new(), passes: Vec::new() }
    }

    /// A view to read, whose memory holds these codes over and over.
    pub fn read(&mut self, shape: &[u32], lies: Lies, dtype: DType, codes: &[u32]) -> View {
        let view = place(&mut self.inputs, INPUTS, shape, lies, dtype);
        let size = dtype.size() as usize;
        let elements = self.inputs[view.offset as usize..].chunks_exact_mut(size);
        for (element, code) in elements.zip(codes.iter().cycle()) {
            element.copy_from_slice(&bytes_of(*code)[..size]);
        }
        view
    }
    /// A packed line of these codes, each once.
    pub fn line(&mut self, dtype: DType, codes: &[u32]) -> View {
        self.read(&[codes.len() as u32], Lies::Packed, dtype, codes)
    }
    /// A view to write.
    pub fn write(&mut self, shape: &[u32], lies: Lies, dtype: DType) -> View {
        let view = place(&mut self.outputs, OUTPUTS, shape, lies, dtype);
        let mut random = Random::seeded(view.offset);
        self.outputs[view.offset as usize..].fill_with(|| random.next() as u8);
        view
    }
    /// A view to write and to read before, whose memory holds these codes.
    pub fn update(&mut self, shape: &[u32], lies: Lies, dtype: DType, codes: &[u32]) -> View {
        let view = place(&mut self.outputs, OUTPUTS, shape, lies, dtype);
        let size = dtype.size() as usize;
        let elements = self.outputs[view.offset as usize..].chunks_exact_mut(size);
        for (element, code) in elements.zip(codes.iter().cycle()) {
            element.copy_from_slice(&bytes_of(*code)[..size]);
        }
        view
    }
    /// Adds a pass; the view ids of its op are places in `views`.
    pub fn pass(&mut self, op: Op, views: &[View]) {
        self.passes.push(Pass { op, views: views.to_vec(), of: None });
    }

    /// Wants equal bits, and of functions that a device has in f32 alone as many ulps as its tolerance says.
    pub fn check(&self, device: &dyn Device) {
        let differences = self.differences(device);
        let count = differences.len();
        let first = differences.first();
        assert!(first.is_none(), "{}: {count} elements differ, the first is {first:x?}", self.name);
    }

    pub fn differences(&self, device: &dyn Device) -> Vec<Difference> {
        let (mut wanted, got) = (self.wanted(), &self.made(device));
        for pass in &self.passes {
            let found = self.agreement(pass, &device.allowance(), &wanted, got);
            if found.rule != Rule::T0 && found.pass {
                // It need not be equal, and is near enough.
                let View { offset, shape, strides, dtype, .. } = written(pass);
                let made = packed(pass, got);
                cpu::unpack(&made, &mut wanted, offset, strides, Packed { shape, dtype })
                    .expect("it is inside");
            }
        }
        if *got == wanted {
            return Vec::new();
        }
        let differences: Vec<Difference> =
            self.passes.iter().flat_map(|pass| of_pass(pass, &wanted, got)).collect();
        assert!(!differences.is_empty(), "{}: bytes changed that no pass writes", self.name);
        differences
    }

    /// With only every `n`th pass.
    #[cfg(feature = "msl-cpu")]
    pub fn thinned(mut self, n: usize) -> Trial {
        self.passes = self.passes.into_iter().step_by(n).collect();
        self
    }

    /// All passes in one command buffer; buffer 0 is read and buffer 1 written, which the host takes.
    pub fn plan(&self) -> (Plan, Contents) {
        let named = |name: &str, bytes: &Vec<u8>| Buffer {
            name: name.to_owned(),
            bytes: bytes.len() as u64,
            init: Init::Given,
        };
        let command_buffer = CommandBuffer {
            device: DeviceId(0),
            waits: Vec::new(),
            passes: self.passes.clone(),
            signals: NonZeroU32::MIN,
        };
        let read = Read { buffer: BufferId(1), after: Some(command_buffer.moment()), and_after: Vec::new() };
        // A buffer of no bytes could not be bound.
        let mut inputs = self.inputs.clone();
        inputs.resize(inputs.len().max(4), 0);
        let plan = Plan {
            buffers: vec![named("inputs", &inputs), named("outputs", &self.outputs)],
            n_devices: 1,
            command_buffers: vec![command_buffer],
            reads: vec![read],
        };
        let contents = BTreeMap::from([(BufferId(0), inputs), (BufferId(1), self.outputs.clone())]);
        (plan, Contents(contents))
    }

    /// The outputs, as the CPU makes them.
    fn wanted(&self) -> Vec<u8> {
        let mut outputs = self.outputs.clone();
        for pass in &self.passes {
            let to = written(pass);
            let packed = self.computed(pass, &to, &outputs);
            let target = Packed { shape: to.shape, dtype: to.dtype };
            cpu::unpack(&packed, &mut outputs, to.offset, to.strides, target)
                .unwrap_or_else(|error| panic!("{}: {:?}: {error}", self.name, pass.op));
        }
        outputs
    }

    /// Buffer 1 as the device leaves it.
    fn made(&self, device: &dyn Device) -> Vec<u8> {
        let (plan, contents) = self.plan();
        let mut reads = device.run(&plan, &contents).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        assert_eq!(reads.len(), 1, "{}", self.name);
        reads.remove(0)
    }

    /// How each pass agrees with the CPU. No pass reads what another one writes.
    #[cfg(feature = "vulkan")]
    pub fn agreements(&self, device: &dyn Device) -> Vec<(Op, Agreement)> {
        let (wanted, got, allowance) = (self.wanted(), self.made(device), device.allowance());
        let agreement = |pass: &Pass| (pass.op.clone(), self.agreement(pass, &allowance, &wanted, &got));
        self.passes.iter().map(agreement).collect()
    }

    fn agreement(&self, pass: &Pass, allowance: &Allowance, wanted: &[u8], got: &[u8]) -> Agreement {
        let inputs = match pass.op {
            Op::Move(_) => Vec::new(),
            Op::Compute(_)
            | Op::Send(_)
            | Op::Recv(_)
            | Op::Sync(_)
            | Op::Queue(_)
            | Op::Note(_)
            | Op::Time(_) => self.operands(pass, &self.outputs),
        };
        let View { shape, dtype, .. } = written(pass);
        let (right, made) = (packed(pass, wanted), packed(pass, got));
        agree(&pass.op, &inputs, Packed { shape, dtype }, (&right, &made), allowance)
    }

    fn strided<'a>(&'a self, pass: &Pass, id: ViewId, outputs: &'a [u8]) -> Strided<'a> {
        let View { base, offset, shape, strides, dtype } = pass.views[id.index()];
        let bytes = if base == INPUTS { &self.inputs[..] } else { outputs };
        Strided { bytes, offset, shape, strides, dtype }
    }

    fn operands<'a>(&'a self, pass: &Pass, outputs: &'a [u8]) -> Vec<Input<'a>> {
        let strided = |id: ViewId| self.strided(pass, id, outputs);
        let input = |read: Operand| match read {
            Operand::View(id) => Input::View(strided(id)),
            Operand::Constant(constant) => Input::Constant(constant),
        };
        if let Op::Compute(ComputeOp::Binary { x, y, .. } | ComputeOp::Compare { x, y, .. }) = pass.op {
            vec![input(x), input(y)]
        } else if let Op::Compute(ComputeOp::Fma { x, y, z, .. }) = pass.op {
            vec![input(x), input(y), input(z)]
        } else if let Op::Compute(ComputeOp::Where { mask, x, y, .. }) = pass.op {
            vec![Input::View(strided(mask)), input(x), input(y)]
        } else {
            pass.op.access().reads().map(|id| Input::View(strided(id))).collect()
        }
    }

    fn computed(&self, pass: &Pass, to: &View, outputs: &[u8]) -> Vec<u8> {
        let inputs = self.operands(pass, outputs);
        let made = if let Op::Move(MoveOp::Copy { from, .. }) = pass.op {
            cpu::pack(&self.strided(pass, from, outputs)).map_err(Into::into)
        } else {
            let backend = CpuBackend { simd: SimdLevel::detect() };
            backend.compute(&pass.op, &inputs, Packed { shape: to.shape, dtype: to.dtype }, Vec::new())
        };
        made.unwrap_or_else(|error| panic!("{}: {:?}: {error}", self.name, pass.op))
    }
}

/// Of an element of up to 8 bytes: the code, and its complement.
fn bytes_of(code: u32) -> [u8; 8] {
    (u64::from(!code) << 32 | u64::from(code)).to_le_bytes()
}

/// What a pass writes, of a whole buffer.
fn packed(pass: &Pass, bytes: &[u8]) -> Vec<u8> {
    let View { offset, shape, strides, dtype, .. } = written(pass);
    cpu::pack(&Strided { bytes, offset, shape, strides, dtype }).expect("it is inside")
}

fn written(pass: &Pass) -> View {
    let to = pass.op.access().write.expect("a pass writes");
    pass.views[to.index()]
}

fn of_pass(pass: &Pass, wanted: &[u8], got: &[u8]) -> Vec<Difference> {
    let View { offset, shape, strides, dtype, .. } = written(pass);
    let packed =
        |bytes| cpu::pack(&Strided { bytes, offset, shape, strides, dtype }).expect("it was unpacked");
    let code = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |code, &byte| code << 8 | u64::from(byte));
    let (wanted, got) = (packed(wanted), packed(got));
    let size = dtype.size() as usize;
    let pairs = wanted.chunks_exact(size).zip(got.chunks_exact(size)).map(|(w, g)| (code(w), code(g)));
    let differ = pairs.enumerate().filter(|(_, (wanted, got))| wanted != got);
    let pass = format!("{:?} on {:?}", pass.op, pass.views.iter().map(|view| view.dtype).collect::<Vec<_>>());
    differ
        .map(|(element, (wanted, got))| Difference { pass: pass.clone(), element, dtype, wanted, got })
        .collect()
}

/// Adds room for a view to a buffer, with a word on each side that is not part of it.
fn place(bytes: &mut Vec<u8>, base: Base, shape: &[u32], lies: Lies, dtype: DType) -> View {
    let dims = Dims::new(shape);
    let packed = dims.packed_strides();
    let (strides, after) = match lies {
        Lies::Packed => (packed, 0),
        Lies::Apart { every, after } => {
            (Dims::new(&packed.iter().map(|stride| stride * every).collect::<Vec<_>>()), after)
        }
        Lies::Transposed => (transposed(dims), 0),
        Lies::Repeated => (packed.with(0, 0), 0),
    };
    let offset = (bytes.len() as u64).next_multiple_of(4) + 4 + u64::from(after) * dtype.size();
    let view = View { base, offset, shape: dims, strides, dtype };
    // What is between is random too, so that a wrong address shows.
    let mut random = Random::seeded(offset);
    bytes.resize_with(view.end().next_multiple_of(4) as usize + 4, || random.next() as u8);
    view
}

/// Strides of a packed tensor whose axes lie in the opposite order.
fn transposed(shape: Dims) -> Dims {
    let before = |axis: usize| shape[..axis].iter().product();
    Dims::new(&(0..shape.len()).map(before).collect::<Vec<u32>>())
}
