//! Choice of a device, the same one every time.

use std::sync::Arc;

use super::{Complaints, Gpu, Options};
use crate::device::{Adapter, DeviceError};

/// All devices of this computer come sorted, so that neither drivers nor the loader choose.
pub(super) fn open(options: &Options) -> Result<(Gpu, Adapter), DeviceError> {
    let adapters = adapters();
    let names: Vec<String> = adapters.iter().map(|a| a.get_info().name).collect();
    let wanted = options.name.as_deref().unwrap_or_default().to_lowercase();
    let Some(found) = adapters.into_iter().find(|a| a.get_info().name.to_lowercase().contains(&wanted))
    else {
        return Err(missing(options.name.as_deref(), &names));
    };
    let info = found.get_info();
    let limits = found.limits();
    let wanted = wgpu::DeviceDescriptor {
        required_limits: limits.clone(),
        // Plans are many and small; the other hint takes blocks of 64 MiB and more at once.
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..Default::default()
    };
    let (device, queue) = pollster::block_on(found.request_device(&wanted)).map_err(|error| {
        let place = format!("opening `{}`", info.name);
        DeviceError::Fault { place, what: error.to_string() }
    })?;
    let complaints = Arc::new(Complaints::default());
    let (errors, losses) = (Arc::clone(&complaints), Arc::clone(&complaints));
    device.on_uncaptured_error(Arc::new(move |error| errors.add(&error)));
    device.set_device_lost_callback(move |reason, why| {
        losses.lose(format!("{}, {why}", format!("{reason:?}").to_lowercase()))
    });
    let adapter = Adapter { name: info.name, driver: format!("{} {}", info.driver, info.driver_info) };
    Ok((Gpu { device, queue, limits, complaints, limit: options.limit }, adapter))
}

/// Real devices first, then by name.
fn adapters() -> Vec<wgpu::Adapter> {
    let mut wanted = wgpu::InstanceDescriptor::new_without_display_handle();
    wanted.backends = wgpu::Backends::VULKAN;
    // By default a debug build would look for validation layers, and a release build would not.
    wanted.flags = wgpu::InstanceFlags::empty();
    let instance = wgpu::Instance::new(wanted);
    let mut adapters = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::VULKAN));
    adapters.sort_by_cached_key(|adapter| {
        let info = adapter.get_info();
        (rank(info.device_type), info.name, info.device_pci_bus_id, info.driver)
    });
    adapters
}

fn rank(kind: wgpu::DeviceType) -> u8 {
    match kind {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Cpu => 3,
        wgpu::DeviceType::Other => 4,
    }
}

fn missing(name: Option<&str>, there: &[String]) -> DeviceError {
    let what = match name {
        Some(name) => format!("Vulkan device with `{name}` in its name"),
        None => "Vulkan device".to_owned(),
    };
    if there.is_empty() {
        let why = "no Vulkan loader, or no driver".to_owned();
        let instead = "install both, on Debian libvulkan1 and mesa-vulkan-drivers".to_owned();
        DeviceError::Missing { what, why, instead }
    } else {
        let instead = "take one of those, or none by name".to_owned();
        DeviceError::Missing { what, why: format!("there are {}", there.join(", ")), instead }
    }
}
