//! Bounds check of a plan before it runs: shaders do not check their addresses.

use program::{Base, View};

use crate::device::DeviceError;
use crate::plan::{BufferId, Contents, Init, Plan};

/// Checks that every view ends inside its buffer, and that every given buffer is given, whole.
///
/// # Errors
/// [`DeviceError::Unfit`] that names the first buffer for which it is not so.
pub fn check(plan: &Plan, contents: &Contents) -> Result<(), DeviceError> {
    for (i, buffer) in plan.buffers.iter().enumerate() {
        let given = contents.0.get(&BufferId(i as u32)).map(|bytes| bytes.len() as u64);
        if buffer.init == Init::Given && given != Some(buffer.bytes) {
            let (name, bytes, given) = (&buffer.name, buffer.bytes, given.unwrap_or(0));
            return unfit(format!("`{name}` has {bytes} bytes and {given} are given"));
        }
    }
    let passes = plan.command_buffers.iter().flat_map(|command_buffer| &command_buffer.passes);
    for view in passes.flat_map(|pass| &pass.views) {
        inside(plan, view)?;
    }
    match plan.reads.iter().find(|read| read.buffer.index() >= plan.buffers.len()) {
        Some(read) => unfit(format!("{} is read, and the plan has no such buffer", read.buffer)),
        None => Ok(()),
    }
}

fn inside(plan: &Plan, view: &View) -> Result<(), DeviceError> {
    let buffer = match view.base {
        Base::Tensor(tensor) => plan.buffers.get(tensor.index()),
        Base::Buffer(_) | Base::Message(_) => None,
    };
    let Some(buffer) = buffer else {
        return unfit("the base of a view is not a buffer of the plan".to_owned());
    };
    if view.elements() > 0 && view.end() > buffer.bytes {
        let (shape, end) = (view.shape, view.end());
        return unfit(format!(
            "a view of {shape} ends at byte {end} of `{}`, which has {}",
            buffer.name, buffer.bytes
        ));
    }
    Ok(())
}

fn unfit<T>(what: String) -> Result<T, DeviceError> {
    Err(DeviceError::Unfit(what))
}

#[cfg(test)]
#[path = "bounds_tests.rs"]
mod tests;
