//! Waits for command buffers, each for a limited time.

use core::time::Duration;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Gpu;
use crate::device::DeviceError;
use crate::plan::CommandBuffer;

/// Command buffers that are submitted ahead; each holds memory until it is waited for.
const AHEAD: usize = 64;

/// What was submitted and not yet waited for, oldest first.
#[derive(Default)]
pub(super) struct InFlight(VecDeque<(String, wgpu::SubmissionIndex)>);

impl InFlight {
    pub fn add(
        &mut self,
        gpu: &Gpu,
        place: String,
        submitted: wgpu::SubmissionIndex,
    ) -> Result<(), DeviceError> {
        self.0.push_back((place, submitted));
        self.down_to(gpu, AHEAD)
    }
    pub fn finish(mut self, gpu: &Gpu) -> Result<(), DeviceError> {
        self.down_to(gpu, 0)
    }
    fn down_to(&mut self, gpu: &Gpu, n: usize) -> Result<(), DeviceError> {
        while self.0.len() > n {
            let Some((place, submitted)) = self.0.pop_front() else { break };
            wait(gpu, &place, submitted)?;
        }
        Ok(())
    }
}

/// How errors name a command buffer.
pub(super) fn place(command_buffer: &CommandBuffer) -> String {
    format!("{} command buffer {}", command_buffer.device, command_buffer.signals)
}

fn wait(gpu: &Gpu, place: &str, submitted: wgpu::SubmissionIndex) -> Result<(), DeviceError> {
    let until = wgpu::PollType::Wait { submission_index: Some(submitted), timeout: Some(gpu.limit) };
    // This is the one call of wgpu that panics, whatever one does, when the device is lost.
    let polled = catch_unwind(AssertUnwindSafe(|| gpu.device.poll(until))).ok();
    gpu.complaints.check(place)?;
    ended(polled, gpu.limit).map_err(|what| DeviceError::Fault { place: place.to_owned(), what })
}

/// What a wait that came back says. `None`: it panicked.
pub(super) fn ended(
    polled: Option<Result<wgpu::PollStatus, wgpu::PollError>>,
    limit: Duration,
) -> Result<(), String> {
    match polled {
        Some(Ok(_)) => Ok(()),
        Some(Err(wgpu::PollError::Timeout)) => Err(format!("it has not ended within {limit:?}")),
        Some(Err(error @ wgpu::PollError::WrongSubmissionIndex(..))) => Err(error.to_string()),
        None => Err("the device is lost; open it again".to_owned()),
    }
}
