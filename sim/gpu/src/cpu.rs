//! The device that defines what a plan gives: the CPU backend, pass by pass.

use program::{MoveOp, Op, View};
use replay::cpu::{Input, Packed, Strided, pack, unpack};
use replay::{Backend, ComputeError, CpuBackend, SimdLevel, arguments};

use crate::bounds;
use crate::device::{Adapter, Device, DeviceError};
use crate::plan::{BufferId, CommandBuffer, Contents, Pass, Plan, buffer_of};
use crate::tolerance::Allowance;

/// Runs command buffers one at a time, in the order in which they are committed.
pub struct Cpu {
    backend: CpuBackend,
    adapter: Adapter,
}

/// Contents of every buffer of a plan.
pub type Memory = Vec<Vec<u8>>;

impl Default for Cpu {
    fn default() -> Cpu {
        let simd = SimdLevel::detect();
        let adapter = Adapter { name: "CPU".to_owned(), driver: format!("{simd:?}").to_lowercase() };
        Cpu { backend: CpuBackend { simd }, adapter }
    }
}

impl Device for Cpu {
    fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    fn allowance(&self) -> Allowance {
        Allowance::NONE
    }

    fn run(&self, plan: &Plan, contents: &Contents) -> Result<Vec<Vec<u8>>, DeviceError> {
        let mut memory = memory(plan, contents)?;
        for command_buffer in &plan.command_buffers {
            self.submit(command_buffer, &mut memory)?;
        }
        Ok(plan.reads.iter().map(|read| memory[read.buffer.index()].clone()).collect())
    }
}

impl Cpu {
    /// Runs one command buffer; whether its waits are over is the caller's to know.
    ///
    /// # Errors
    /// [`DeviceError::Fault`] names the pass that has no value.
    pub fn submit(&self, command_buffer: &CommandBuffer, memory: &mut Memory) -> Result<(), DeviceError> {
        command_buffer.passes.iter().try_for_each(|pass| self.run_pass(command_buffer, pass, memory))
    }

    /// Runs one pass of a command buffer.
    ///
    /// # Errors
    /// As [`Cpu::submit`].
    pub fn run_pass(
        &self,
        command_buffer: &CommandBuffer,
        pass: &Pass,
        memory: &mut Memory,
    ) -> Result<(), DeviceError> {
        self.pass(pass, memory).map_err(|error| DeviceError::Fault {
            place: format!("{} {} {}", command_buffer.device, command_buffer.signals, pass.op.kind()),
            what: error.to_string(),
        })
    }

    fn pass(&self, pass: &Pass, memory: &mut Memory) -> Result<(), ComputeError> {
        let to = pass.view(pass.writes());
        let operands: Vec<Strided<'_>> =
            pass.reads().into_iter().map(|id| strided(memory, pass.view(id))).collect();
        let packed = Packed { shape: to.shape, dtype: to.dtype };
        let bytes = if let Op::Move(MoveOp::Copy { .. }) = pass.op {
            pack(&operands[0])?
        } else {
            let inputs = arguments(&pass.op, &operands, |view| Input::View(*view), Input::Constant);
            self.backend.compute(&pass.op, &inputs, packed, Vec::new())?
        };
        let into = &mut memory[buffer_of(to).index()];
        Ok(unpack(&bytes, into, to.offset, to.strides, packed)?)
    }
}

fn strided<'m>(memory: &'m Memory, view: &View) -> Strided<'m> {
    let View { offset, shape, strides, dtype, .. } = *view;
    Strided { bytes: &memory[buffer_of(view).index()], offset, shape, strides, dtype }
}

/// Initial contents of the buffers of a plan.
///
/// # Errors
/// [`DeviceError::Unfit`] when the plan does not fit its buffers or its contents.
pub fn memory(plan: &Plan, contents: &Contents) -> Result<Memory, DeviceError> {
    bounds::check(plan, contents)?;
    let buffers = plan.buffers.iter().enumerate();
    Ok(buffers.map(|(index, buffer)| contents.initial(BufferId(index as u32), buffer)).collect())
}
