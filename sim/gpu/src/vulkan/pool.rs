//! Buffers of earlier runs, used again. Making one costs more than filling it, and a comparison op by op runs
//! thousands of small plans whose tiles have few sizes.

use std::collections::BTreeMap;

use super::Gpu;

/// Bytes that are kept; what is given beyond them is let go.
const KEPT: u64 = 256 << 20;

#[derive(Default)]
pub(super) struct Pool {
    free: BTreeMap<(u64, u32), Vec<wgpu::Buffer>>,
    bytes: u64,
}

impl Pool {
    /// A buffer with anything in it: its user must fill it.
    pub fn take(&mut self, gpu: &Gpu, bytes: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let size = rounded(bytes);
        if let Some(buffer) = self.free.get_mut(&(size, usage.bits())).and_then(Vec::pop) {
            self.bytes -= size;
            return buffer;
        }
        let wanted = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
        gpu.device.create_buffer(&wanted)
    }

    pub fn give(&mut self, buffer: wgpu::Buffer) {
        let size = buffer.size();
        if self.bytes + size <= KEPT {
            self.bytes += size;
            self.free.entry((size, buffer.usage().bits())).or_default().push(buffer);
        }
    }
}

/// Whole words, at least one: Vulkan has no empty buffers.
pub(super) fn rounded(bytes: u64) -> u64 {
    bytes.next_multiple_of(4).max(4)
}
