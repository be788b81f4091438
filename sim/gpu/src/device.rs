//! Devices that run plans.

use crate::plan::{Contents, Plan};
use crate::tolerance::Allowance;

/// An executor of plans. It adds no order of its own: passes that a plan does not order may overlap.
pub trait Device: Sync {
    /// Description of the device, for reports.
    fn adapter(&self) -> &Adapter;
    /// Permitted differences from the CPU's results.
    fn allowance(&self) -> Allowance;
    /// Runs a plan and gives the bytes of its reads, in their order.
    ///
    /// # Errors
    /// [`DeviceError`] when the device cannot hold the plan, a command buffer fails, or one never ends.
    fn run(&self, plan: &Plan, contents: &Contents) -> Result<Vec<Vec<u8>>, DeviceError>;
}

/// Description of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Adapter {
    /// The device's own name.
    pub name: String,
    /// Driver and its version, or the operating system's.
    pub driver: String,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    #[error("there is no {what} here: {why}; {instead}")]
    Missing { what: String, why: String, instead: String },
    #[error("the device cannot run this plan: {0}")]
    Unfit(String),
    #[error("the shader `{family}` was refused: {why}")]
    Shader { family: String, why: String },
    /// A command buffer failed, or never ended.
    #[error("{place}: {what}")]
    Fault { place: String, what: String },
}

/// What switches on Metal's checks of its API, which end the program, and of shaders, which write to stderr. Metal
/// reads them when a process makes its first device, so a program must start itself again with them.
pub const METAL_VALIDATION: [(&str, &str); 3] = [
    ("MTL_DEBUG_LAYER", "1"),
    ("MTL_SHADER_VALIDATION", "1"),
    ("MTL_SHADER_VALIDATION_REPORT_TO_STDERR", "1"),
];
