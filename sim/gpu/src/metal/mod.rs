//! Metal itself. It replays plans and adds no order: which calls are made, and in what order, is written in `host`
//! and tested on every system. Here is how each call is spelt.

#![allow(unsafe_code, reason = "objc2 cannot check pointers, indices and lifetimes that Objective-C takes")]

mod facts;
mod pipeline;
mod queues;

use std::collections::BTreeMap;

use objc2::available;
use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::ProtocolObject;
use objc2_metal::{MTLCreateSystemDefaultDevice, MTLDevice};

use crate::device::{Adapter, Device, DeviceError};
use crate::host::replay;
use crate::launch::Family;
use crate::plan::{Contents, Plan};
use crate::tolerance::Allowance;
use pipeline::Pipeline;
use queues::Queues;

// A program without windows must ask for this itself, else there is no default device.
#[link(name = "CoreGraphics", kind = "framework")]
unsafe extern "C" {}

/// Metal's default device, with the shader of every family compiled.
pub struct Metal {
    device: Retained<ProtocolObject<dyn MTLDevice>>,
    adapter: Adapter,
    pipelines: BTreeMap<Family, Pipeline>,
}

impl Metal {
    /// # Errors
    /// [`DeviceError::Missing`] without a device, [`DeviceError::Shader`] when Metal refuses a shader.
    pub fn open() -> Result<Metal, DeviceError> {
        // The first with which a host can wait for an event and give up.
        if !available!(macos = 12.0) {
            return Err(missing("macOS is older than 12"));
        }
        let device = MTLCreateSystemDefaultDevice().ok_or_else(|| missing("macOS names no device"))?;
        let compiled = |family| Ok((family, Pipeline::of(&device, family)?));
        let pipelines = Family::ALL.into_iter().map(compiled).collect::<Result<_, DeviceError>>()?;
        let adapter = Adapter { name: device.name().to_string(), driver: facts::system_version() };
        Ok(Metal { device, adapter, pipelines })
    }
}

fn missing(why: &str) -> DeviceError {
    DeviceError::Missing {
        what: "Metal".to_owned(),
        why: why.to_owned(),
        instead: "run it on a Mac with macOS 12 or later, not in a virtual machine without a GPU".to_owned(),
    }
}

impl Device for Metal {
    fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    fn allowance(&self) -> Allowance {
        Allowance::METAL
    }

    fn run(&self, plan: &Plan, contents: &Contents) -> Result<Vec<Vec<u8>>, DeviceError> {
        // Command buffers and encoders belong to the nearest pool; without one they live as long as the thread.
        autoreleasepool(|_| replay(plan, contents, &mut Queues::of(self, plan)?))
    }
}
