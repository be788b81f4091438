//! The backends, and those that this computer has.

use std::fmt;
use std::str::FromStr;

use gpu::{Cpu, Device, DeviceError};
use serde::Serialize;

use crate::error::Error;

/// Backend that runs a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// The definition of every op.
    Cpu,
    Vulkan,
    Metal,
}

impl Backend {
    pub const ALL: [Backend; 3] = [Backend::Cpu, Backend::Vulkan, Backend::Metal];

    /// The GPU of this kind of computer.
    pub const fn native() -> Backend {
        if cfg!(target_os = "macos") { Backend::Metal } else { Backend::Vulkan }
    }
    pub const fn name(self) -> &'static str {
        match self {
            Backend::Cpu => "cpu",
            Backend::Vulkan => "vulkan",
            Backend::Metal => "metal",
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`Error::Input`] when this computer lacks it, with those that it has.
    pub fn open(self) -> Result<Box<dyn Device>, Error> {
        self.try_open().map_err(|error| match error {
            DeviceError::Missing { .. } => {
                let here =
                    Backend::ALL.into_iter().filter(|other| other.try_open().is_ok()).map(Backend::name);
                let here: Vec<_> = here.collect();
                let help = format!("this computer has {}", here.join(" and "));
                Error::input(error.to_string(), format!("--backend {self}"), help)
            }
            DeviceError::Unfit(_) | DeviceError::Shader { .. } | DeviceError::Fault { .. } => {
                Error::Device(error)
            }
        })
    }

    fn try_open(self) -> Result<Box<dyn Device>, DeviceError> {
        match self {
            Backend::Cpu => Ok(Box::new(Cpu::default())),
            Backend::Vulkan => vulkan(),
            Backend::Metal => metal(),
        }
    }
}

#[cfg(feature = "gpu")]
fn vulkan() -> Result<Box<dyn Device>, DeviceError> {
    Ok(Box::new(gpu::vulkan::Vulkan::open(&gpu::vulkan::Options::default())?))
}

#[cfg(not(feature = "gpu"))]
fn vulkan() -> Result<Box<dyn Device>, DeviceError> {
    Err(not_built("Vulkan"))
}

#[cfg(all(feature = "gpu", target_os = "macos"))]
fn metal() -> Result<Box<dyn Device>, DeviceError> {
    Ok(Box::new(gpu::metal::Metal::open()?))
}

#[cfg(all(feature = "gpu", not(target_os = "macos")))]
fn metal() -> Result<Box<dyn Device>, DeviceError> {
    Err(DeviceError::Missing {
        what: "Metal".to_owned(),
        why: "this computer is not a Mac".to_owned(),
        instead: "use --backend vulkan".to_owned(),
    })
}

#[cfg(not(feature = "gpu"))]
fn metal() -> Result<Box<dyn Device>, DeviceError> {
    Err(not_built("Metal"))
}

#[cfg(not(feature = "gpu"))]
fn not_built(what: &str) -> DeviceError {
    DeviceError::Missing {
        what: what.to_owned(),
        why: "this kernmesh was built without the feature `gpu`".to_owned(),
        instead: "build it with its default features".to_owned(),
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Backend {
    type Err = String;
    fn from_str(text: &str) -> Result<Backend, String> {
        let known = || Backend::ALL.map(Backend::name).join(", ");
        let found = Backend::ALL.into_iter().find(|backend| backend.name() == text);
        found.ok_or_else(|| format!("there is no backend `{text}`: use one of {}", known()))
    }
}
