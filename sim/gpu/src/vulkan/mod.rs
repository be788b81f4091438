//! Vulkan, through wgpu: where a Linux machine runs the shaders, lavapipe's software device in CI.
//!
//! wgpu has one queue, and orders on it all that touch the same buffer. So it keeps every order that a plan asks for
//! and more: it says whether the shaders are right, not whether the plan's waits are enough.

#[cfg(test)]
mod agreement_tests;
mod complaints;
mod encode;
mod open;
mod pipelines;
mod pool;
mod read;
#[cfg(test)]
mod tests;
mod upload;
mod wait;

// A length of time; there is no clock here.
use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bounds;
use crate::device::{Adapter, Device, DeviceError};
use crate::launch::{Family, Launch};
use crate::plan::{Contents, Plan};
use crate::tolerance::Allowance;

use complaints::Complaints;
use pipelines::Pipelines;
use pool::Pool;

/// Options of opening a device.
#[derive(Clone, Debug)]
pub struct Options {
    /// Part of the device's name, in any case; else a real GPU before a software one.
    pub name: Option<String>,
    /// A command buffer that takes longer than this has failed.
    pub limit: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { name: None, limit: Duration::from_secs(60) }
    }
}

/// One Vulkan device. Plans run on it one after the other.
pub struct Vulkan {
    gpu: Gpu,
    adapter: Adapter,
    kept: Mutex<Kept>,
}

/// The device and what is known of it.
struct Gpu {
    device: wgpu::Device,
    queue: wgpu::Queue,
    limits: wgpu::Limits,
    complaints: Arc<Complaints>,
    limit: Duration,
}

/// What outlives a run.
struct Kept {
    pipelines: Pipelines,
    pool: Pool,
}

impl Vulkan {
    /// # Errors
    /// [`DeviceError::Missing`] when there is no Vulkan device, or none of this name.
    pub fn open(options: &Options) -> Result<Vulkan, DeviceError> {
        Vulkan::with_shaders(options, Family::wgsl)
    }

    fn with_shaders(options: &Options, wgsl: pipelines::Source) -> Result<Vulkan, DeviceError> {
        let (gpu, adapter) = open::open(options)?;
        let kept = Kept { pipelines: Pipelines::of(wgsl), pool: Pool::default() };
        Ok(Vulkan { gpu, adapter, kept: Mutex::new(kept) })
    }

    /// Runs the launches of each command buffer.
    fn execute(
        &self,
        plan: &Plan,
        launches: &[Vec<Launch>],
        contents: &Contents,
    ) -> Result<Vec<Vec<u8>>, DeviceError> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // What an earlier run has left behind is not this run's.
        self.gpu.complaints.take();
        let Kept { pipelines, pool } = &mut *kept;
        let buffers = upload::upload(&self.gpu, pool, plan, contents)?;
        let params = upload::params(&self.gpu, pool, launches)?;
        let submitted = encode::submit_all(&self.gpu, pipelines, plan, launches, &buffers, &params)?;
        let bytes = read::read_all(&self.gpu, pool, plan, &buffers, submitted)?;
        // Only buffers of runs that went well are used again.
        pool.give(params.buffer);
        buffers.into_iter().for_each(|buffer| pool.give(buffer));
        Ok(bytes)
    }
}

impl Device for Vulkan {
    fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    fn allowance(&self) -> Allowance {
        Allowance::VULKAN
    }

    fn run(&self, plan: &Plan, contents: &Contents) -> Result<Vec<Vec<u8>>, DeviceError> {
        bounds::check(plan, contents)?;
        let of = |passes: &[crate::plan::Pass]| passes.iter().map(Launch::of).collect();
        let launches: Result<Vec<_>, _> = plan.command_buffers.iter().map(|s| of(&s.passes)).collect();
        self.execute(plan, &launches?, contents)
    }
}
