//! Reads of a plan. There is one queue, so they come after all that was submitted.

use std::sync::mpsc;

use super::Gpu;
use super::pool::{Pool, rounded};
use super::wait::InFlight;
use crate::device::DeviceError;
use crate::plan::Plan;

/// Copies what is read into one buffer that the host can map.
pub(super) fn read_all(
    gpu: &Gpu,
    pool: &mut Pool,
    plan: &Plan,
    buffers: &[wgpu::Buffer],
    mut in_flight: InFlight,
) -> Result<Vec<Vec<u8>>, DeviceError> {
    let lengths = || plan.reads.iter().map(|read| plan.buffers[read.buffer.index()].bytes);
    let total: u64 = lengths().map(rounded).sum();
    if total > gpu.limits.max_buffer_size {
        let most = gpu.limits.max_buffer_size;
        return Err(DeviceError::Unfit(format!("it reads {total} bytes, and at most {most} fit a buffer")));
    }
    // In powers of two, so that the next plan's reads most likely fit the same buffer.
    let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
    let size = rounded(total).next_power_of_two().min(gpu.limits.max_buffer_size);
    let staging = pool.take(gpu, size, usage);
    let mut copies = gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
    let mut at = 0;
    for read in &plan.reads {
        let from = &buffers[read.buffer.index()];
        copies.copy_buffer_to_buffer(from, 0, &staging, at, from.size());
        at += from.size();
    }
    in_flight.add(gpu, "reading".to_owned(), gpu.queue.submit([copies.finish()]))?;
    let taken = mapped(gpu, &staging, in_flight, &lengths().collect::<Vec<_>>())?;
    pool.give(staging);
    Ok(taken)
}

/// Waits for everything, and takes pieces of these lengths, each of which begins at a word.
fn mapped(
    gpu: &Gpu,
    staging: &wgpu::Buffer,
    in_flight: InFlight,
    lengths: &[u64],
) -> Result<Vec<Vec<u8>>, DeviceError> {
    let (mapped, is_mapped) = mpsc::channel();
    staging.map_async(wgpu::MapMode::Read, .., move |result| {
        // The receiver is gone after a timeout; the answer is then not needed.
        let _ = mapped.send(result);
    });
    in_flight.finish(gpu)?;
    let fault = |what: String| DeviceError::Fault { place: "reading".to_owned(), what };
    let answer = is_mapped.try_recv().map_err(|_| fault("the copies have not come".to_owned()))?;
    answer.map_err(|error| fault(error.to_string()))?;
    let view = staging.get_mapped_range(..).map_err(|error| fault(error.to_string()))?;
    let mut rest = &view[..];
    let mut taken = Vec::with_capacity(lengths.len());
    for &bytes in lengths {
        let (one, after) = rest.split_at(rounded(bytes) as usize);
        taken.push(one[..bytes as usize].to_vec());
        rest = after;
    }
    drop(view);
    staging.unmap();
    Ok(taken)
}
