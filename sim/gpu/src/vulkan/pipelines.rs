//! One pipeline a family, made when it is first needed.

use std::collections::BTreeMap;

use super::Gpu;
use crate::device::DeviceError;
use crate::launch::{Family, Launch, OUTPUT_BINDING, PARAMS_BINDING};

/// The WGSL of a family.
pub(super) type Source = fn(Family) -> String;

pub(super) struct Pipelines {
    wgsl: Source,
    made: BTreeMap<Family, Pipeline>,
}

pub(super) struct Pipeline {
    pub layout: wgpu::BindGroupLayout,
    pub pipeline: wgpu::ComputePipeline,
}

impl Pipelines {
    pub fn of(wgsl: Source) -> Pipelines {
        Pipelines { wgsl, made: BTreeMap::new() }
    }

    pub fn get(&mut self, gpu: &Gpu, launch: &Launch) -> Result<&Pipeline, DeviceError> {
        if !self.made.contains_key(&launch.family) {
            let pipeline = make(gpu, &(self.wgsl)(launch.family), launch)?;
            self.made.insert(launch.family, pipeline);
        }
        Ok(&self.made[&launch.family])
    }
}

fn make(gpu: &Gpu, wgsl: &str, launch: &Launch) -> Result<Pipeline, DeviceError> {
    let name = launch.family.name();
    let label = Some(name);
    let source = wgpu::ShaderSource::Wgsl(wgsl.into());
    let module = gpu.device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
    let entries = entries(launch.inputs.len());
    let layout =
        gpu.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
    let pipeline_layout = gpu.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label,
        bind_group_layouts: &[Some(&layout)],
        immediate_size: 0,
    });
    let pipeline = gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label,
        layout: Some(&pipeline_layout),
        module: &module,
        // The only one there is.
        entry_point: None,
        compilation_options: wgpu::PipelineCompilationOptions::default(),
        cache: None,
    });
    match gpu.complaints.take() {
        Some(why) => Err(DeviceError::Shader { family: name.to_owned(), why }),
        None => Ok(Pipeline { layout, pipeline }),
    }
}

/// Inputs, the output, and the parameters at an offset that each dispatch chooses.
fn entries(n_inputs: usize) -> Vec<wgpu::BindGroupLayoutEntry> {
    let storage = |read_only| wgpu::BufferBindingType::Storage { read_only };
    let mut bindings: Vec<_> = (0..n_inputs as u32).map(|input| (input, storage(true))).collect();
    bindings.push((OUTPUT_BINDING, storage(false)));
    bindings.push((PARAMS_BINDING, wgpu::BufferBindingType::Uniform));
    bindings.into_iter().map(|(binding, ty)| entry(binding, ty)).collect()
}

fn entry(binding: u32, ty: wgpu::BufferBindingType) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: binding == PARAMS_BINDING,
            min_binding_size: None,
        },
        count: None,
    }
}
