//! The MSL text, compiled for the CPU: what a Mac will compile runs here first. For tests.
//!
//! The system's C++ compiler makes one program of all families, with a stand-in for Metal's standard library. The
//! program runs as a child and takes plans from a pipe.

mod child;
mod compiler;
mod source;
#[cfg(test)]
mod tests;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use child::Child;

use crate::bounds;
use crate::device::{Adapter, Device, DeviceError};
use crate::plan::{Contents, Plan};
use crate::tolerance::Allowance;

/// A device whose shaders are C++. Passes run one after the other, in the order of the plan's command buffers.
#[derive(Debug)]
pub struct MslCpu {
    adapter: Adapter,
    program: PathBuf,
    /// None until a plan runs, and after a fault.
    child: Mutex<Option<Child>>,
}

/// Run-time checks of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    None,
    /// Addresses and undefined behaviour, by the compiler's sanitizers: several times slower.
    Sanitized,
}

impl MslCpu {
    /// Compiles the shaders, unless `folder` holds a program that was made of the same text before.
    ///
    /// # Errors
    /// [`DeviceError::Missing`] without a C++ compiler, [`DeviceError::Shader`] when it refuses the text.
    pub fn new(folder: &Path, checks: Checks) -> Result<MslCpu, DeviceError> {
        let driver = compiler::version()?;
        let program = compiler::compile(folder, checks)?;
        let adapter = Adapter { name: "msl-cpu".to_owned(), driver };
        Ok(MslCpu { adapter, program, child: Mutex::new(None) })
    }
}

impl Device for MslCpu {
    fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    fn allowance(&self) -> Allowance {
        Allowance::NONE
    }

    fn run(&self, plan: &Plan, contents: &Contents) -> Result<Vec<Vec<u8>>, DeviceError> {
        bounds::check(plan, contents)?;
        let request = wire::request(plan, contents)?;
        let sizes: Vec<usize> =
            plan.reads.iter().map(|read| plan.buffers[read.buffer.index()].bytes as usize).collect();
        // A child whose plan panicked half-way cannot be trusted with another.
        let mut place = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = match place.take() {
            Some(child) => child,
            None => Child::start(&self.program)?,
        };
        let replies = child.ask(&request, &sizes)?;
        *place = Some(child);
        Ok(replies)
    }
}
