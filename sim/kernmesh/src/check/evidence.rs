//! Report of all checks on one computer, for readers who do not have it.

use std::collections::BTreeMap;

use gpu::Device;
use gpu::report::{FORMAT, Report, System};

use super::{Backend, Outcome};
use crate::error::Error;

/// How often each variant of a probe is run.
#[cfg(all(feature = "gpu", target_os = "macos"))]
const ROUNDS: u32 = 20;

/// The report of a device on which these kernels were checked.
///
/// # Errors
/// [`Error`] when the device fails a probe.
pub fn evidence(
    backend: Backend,
    device: &dyn Device,
    validation: bool,
    kernels: BTreeMap<String, Outcome>,
) -> Result<Report<Outcome>, Error> {
    let (system, order) = facts(backend, device)?;
    Ok(Report {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        backend: backend.name().to_owned(),
        adapter: device.adapter().clone(),
        system,
        validation,
        msl: msl(backend)?,
        order,
        kernels,
    })
}

type Facts = (Option<System>, Option<gpu::probe::Probed>);

/// What only Metal tells and only its queues answer.
#[cfg(all(feature = "gpu", target_os = "macos"))]
fn facts(backend: Backend, device: &dyn Device) -> Result<Facts, Error> {
    match backend {
        Backend::Metal => {
            let system = gpu::metal::Metal::open()?.facts();
            // How a device fails, its kernels say; the report is written all the same.
            Ok((Some(system), gpu::probe::probe(device, ROUNDS).ok()))
        }
        Backend::Cpu | Backend::Vulkan => Ok((None, None)),
    }
}

#[cfg(not(all(feature = "gpu", target_os = "macos")))]
fn facts(_: Backend, _: &dyn Device) -> Result<Facts, Error> {
    Ok((None, None))
}

#[cfg(feature = "gpu")]
fn msl(backend: Backend) -> Result<BTreeMap<String, String>, Error> {
    match backend {
        Backend::Metal => Ok(gpu::report::msl_hashes()?),
        Backend::Cpu | Backend::Vulkan => Ok(BTreeMap::new()),
    }
}

#[cfg(not(feature = "gpu"))]
fn msl(_: Backend) -> Result<BTreeMap<String, String>, Error> {
    Ok(BTreeMap::new())
}
