//! Report of `kernmesh check --report`: enough to judge a run on a computer that the reader does not have.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::device::Adapter;
use crate::probe::Probed;

/// A whole report. `C` is the result of one kernel.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report<C> {
    /// Of this form: keys are added, and the number grows when one changes.
    pub format: u32,
    /// The `kernmesh` that wrote it.
    pub version: String,
    pub backend: String,
    pub adapter: Adapter,
    /// Null where the backend does not tell.
    pub system: Option<System>,
    /// Whether the checks of API and shaders were on; they change timing and may hide races.
    pub validation: bool,
    /// The hash of each family's MSL, as it was compiled; empty for backends that take none.
    pub msl: BTreeMap<String, String>,
    /// Measured behaviour that the documents leave open; null for backends without queues of their own.
    pub order: Option<Probed>,
    pub kernels: BTreeMap<String, C>,
}

pub const FORMAT: u32 = 1;

/// System facts that results depend on, beside the adapter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct System {
    /// The newest of each line of families that the GPU belongs to, such as `Apple9` and `Metal3`.
    pub gpu_families: Vec<String>,
    pub os: String,
    /// How shaders were compiled.
    pub math_mode: String,
}

/// Counts of a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlanCounts {
    pub devices: u32,
    pub command_buffers: u64,
    pub passes: u64,
    pub waits: u64,
}

impl PlanCounts {
    pub fn of(plan: &crate::Plan) -> PlanCounts {
        let each = |count: fn(&crate::plan::CommandBuffer) -> usize| {
            plan.command_buffers.iter().map(count).sum::<usize>()
        };
        PlanCounts {
            devices: plan.n_devices,
            command_buffers: plan.command_buffers.len() as u64,
            passes: each(|command_buffer| command_buffer.passes.len()) as u64,
            waits: each(|command_buffer| command_buffer.waits.len()) as u64,
        }
    }
}

/// How many values were how far off, in ulps: 0, 1, 2, up to 4, up to 8 and so on. Written as a map from the largest
/// distance of a class to its count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct UlpHistogram(BTreeMap<u64, u64>);

impl UlpHistogram {
    /// Counts `values` that are this far off.
    pub fn add(&mut self, ulps: u64, values: u64) {
        if values == 0 {
            return;
        }
        // Beyond 2^63 there is one class: a NaN where a number should be.
        let class = if ulps == 0 { 0 } else { ulps.checked_next_power_of_two().unwrap_or(u64::MAX) };
        *self.0.entry(class).or_default() += values;
    }
    pub fn merge(&mut self, other: &UlpHistogram) {
        for (class, count) in &other.0 {
            *self.0.entry(*class).or_default() += count;
        }
    }
}

/// The hash of each family's MSL.
///
/// # Errors
/// [`crate::DeviceError::Shader`] when naga refuses one.
#[cfg(feature = "msl")]
pub fn msl_hashes() -> Result<BTreeMap<String, String>, crate::DeviceError> {
    use crate::launch::Family;
    use crate::msl::Msl;
    Family::ALL.into_iter().map(|family| Ok((family.name().to_owned(), Msl::of(family)?.hash()))).collect()
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
