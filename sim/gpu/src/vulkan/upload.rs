//! Upload of initial buffer contents, before the first command buffer.

use super::Gpu;
use super::pool::{Pool, rounded};
use crate::device::DeviceError;
use crate::launch::Launch;
use crate::plan::{Buffer, BufferId, Contents, Plan};

/// The parameters of all launches, one after the other.
pub(super) struct Params {
    pub buffer: wgpu::Buffer,
    /// Between launches, in bytes.
    pub stride: u64,
}

/// One buffer for each of the plan's.
pub(super) fn upload(
    gpu: &Gpu,
    pool: &mut Pool,
    plan: &Plan,
    contents: &Contents,
) -> Result<Vec<wgpu::Buffer>, DeviceError> {
    let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
    let most = gpu.limits.max_storage_buffer_binding_size.min(gpu.limits.max_buffer_size);
    let mut buffers = Vec::with_capacity(plan.buffers.len());
    for (at, wanted) in plan.buffers.iter().enumerate() {
        if wanted.bytes > most {
            let Buffer { name, bytes, .. } = wanted;
            return Err(DeviceError::Unfit(format!(
                "`{name}` has {bytes} bytes, and a buffer at most {most}"
            )));
        }
        let buffer = pool.take(gpu, wanted.bytes, usage);
        let mut bytes = contents.initial(BufferId(at as u32), wanted);
        bytes.resize(rounded(wanted.bytes) as usize, 0);
        gpu.queue.write_buffer(&buffer, 0, &bytes);
        gpu.complaints.check(&format!("filling `{}`, {} bytes", wanted.name, wanted.bytes))?;
        buffers.push(buffer);
    }
    Ok(buffers)
}

pub(super) fn params(gpu: &Gpu, pool: &mut Pool, launches: &[Vec<Launch>]) -> Result<Params, DeviceError> {
    let all = || launches.iter().flatten();
    let longest = all().map(|launch| launch.params.len()).max().unwrap_or(0);
    let align = u64::from(gpu.limits.min_uniform_buffer_offset_alignment);
    // A uniform buffer's size is a multiple of 16.
    let stride = rounded(longest as u64 * 4).next_multiple_of(16).next_multiple_of(align);
    let mut bytes = vec![0; stride as usize * all().count().max(1)];
    for (launch, to) in all().zip(bytes.chunks_mut(stride as usize)) {
        to[..launch.params.len() * 4].copy_from_slice(bytemuck::cast_slice(&launch.params));
    }
    // Dynamic offsets have 32 bits.
    let most = gpu.limits.max_buffer_size.min(u64::from(u32::MAX));
    if bytes.len() as u64 > most {
        let n = all().count();
        return Err(DeviceError::Unfit(format!("it has {n} passes, and at most {} fit", most / stride)));
    }
    // Storage: it is also bound where a launch has a constant.
    let usage = wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST;
    let buffer = pool.take(gpu, bytes.len() as u64, usage);
    gpu.queue.write_buffer(&buffer, 0, &bytes);
    gpu.complaints.check("filling the parameters")?;
    Ok(Params { buffer, stride })
}
