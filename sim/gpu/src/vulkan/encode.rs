//! A command buffer becomes one command buffer with one compute pass; wgpu puts barriers between dispatches of a pass
//! where one writes what another touches.

use std::num::NonZeroU64;

use super::pipelines::Pipelines;
use super::upload::Params;
use super::wait::InFlight;
use super::{Gpu, wait};
use crate::device::DeviceError;
use crate::launch::{Launch, OUTPUT_BINDING, PARAMS_BINDING};
use crate::plan::{CommandBuffer, Plan};

/// Submits all, in the order of the plan, and gives what has not been waited for.
pub(super) fn submit_all(
    gpu: &Gpu,
    pipelines: &mut Pipelines,
    plan: &Plan,
    launches: &[Vec<Launch>],
    buffers: &[wgpu::Buffer],
    params: &Params,
) -> Result<InFlight, DeviceError> {
    let mut in_flight = InFlight::default();
    let mut encoder = Encoder { gpu, pipelines, plan, buffers, params, next: 0 };
    for (command_buffer, launches) in plan.command_buffers.iter().zip(launches) {
        let commands = encoder.encode(command_buffer, launches)?;
        in_flight.add(gpu, wait::place(command_buffer), gpu.queue.submit([commands]))?;
    }
    Ok(in_flight)
}

struct Encoder<'a> {
    gpu: &'a Gpu,
    pipelines: &'a mut Pipelines,
    plan: &'a Plan,
    buffers: &'a [wgpu::Buffer],
    params: &'a Params,
    /// Launches so far.
    next: u64,
}

impl Encoder<'_> {
    fn encode(
        &mut self,
        command_buffer: &CommandBuffer,
        launches: &[Launch],
    ) -> Result<wgpu::CommandBuffer, DeviceError> {
        let mut commands = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        {
            let mut pass = commands.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            for launch in launches {
                self.dispatch(&mut pass, launch)?;
            }
        }
        let commands = commands.finish();
        self.gpu.complaints.check(&wait::place(command_buffer))?;
        Ok(commands)
    }

    fn dispatch(&mut self, pass: &mut wgpu::ComputePass<'_>, launch: &Launch) -> Result<(), DeviceError> {
        self.check(launch)?;
        let pipeline = self.pipelines.get(self.gpu, launch)?;
        let params = wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.params.buffer,
            offset: 0,
            size: NonZeroU64::new(self.params.stride),
        });
        let inputs = launch.inputs.iter().enumerate().map(|(at, input)| wgpu::BindGroupEntry {
            binding: at as u32,
            resource: match input {
                Some(buffer) => self.buffers[buffer.index()].as_entire_binding(),
                // A constant: nothing reads it, so that any buffer will do.
                None => params.clone(),
            },
        });
        let output = self.buffers[launch.output.index()].as_entire_binding();
        let entries: Vec<_> = inputs
            .chain([
                wgpu::BindGroupEntry { binding: OUTPUT_BINDING, resource: output },
                wgpu::BindGroupEntry { binding: PARAMS_BINDING, resource: params.clone() },
            ])
            .collect();
        let bound = self.gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        });
        pass.set_pipeline(&pipeline.pipeline);
        pass.set_bind_group(0, &bound, &[(self.next * self.params.stride) as u32]);
        let [x, y, z] = launch.groups;
        pass.dispatch_workgroups(x, y, z);
        self.next += 1;
        Ok(())
    }

    /// What wgpu would refuse as well, but in words that do not name the buffer.
    fn check(&self, launch: &Launch) -> Result<(), DeviceError> {
        let most = self.gpu.limits.max_compute_workgroups_per_dimension;
        if let Some(n) = launch.groups.into_iter().find(|&n| n > most) {
            return Err(DeviceError::Unfit(format!(
                "a pass has {n} workgroups in a row, and at most {most} fit"
            )));
        }
        if launch.inputs.contains(&Some(launch.output)) {
            let name = &self.plan.buffers[launch.output.index()].name;
            return Err(DeviceError::Unfit(format!(
                "a pass reads and writes `{name}`: copy its input first"
            )));
        }
        Ok(())
    }
}
