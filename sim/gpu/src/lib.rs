//! The ops of a log on a GPU.
//!
//! A [`Plan`] says what is to run: buffers, and on every virtual device command buffers of passes with what they
//! wait for. It is portable data, and all order lies in it. A [`Device`] runs a plan and adds none: the CPU, Vulkan,
//! Metal. Each op is written once, in WGSL.

#[cfg(all(test, any(feature = "msl-cpu", feature = "vulkan")))]
mod agreement;
pub mod bounds;
pub mod cpu;
pub mod device;
pub mod faults;
pub mod host;
pub mod launch;
#[cfg(all(feature = "metal", target_os = "macos"))]
pub mod metal;
#[cfg(feature = "msl")]
pub mod msl;
#[cfg(feature = "msl-cpu")]
pub mod msl_cpu;
pub mod op_by_op;
pub mod params;
pub mod plan;
pub mod probe;
pub mod report;
pub mod shaders;
pub mod tolerance;
#[cfg(feature = "vulkan")]
pub mod vulkan;

pub use cpu::Cpu;
pub use device::{Adapter, Device, DeviceError};
pub use plan::Plan;
