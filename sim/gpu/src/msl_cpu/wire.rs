//! A plan as the bytes that the child reads: `host.hpp` says in which order.

use crate::device::DeviceError;
use crate::launch::Launch;
use crate::plan::{Buffer, BufferId, Contents, Init, Plan};

/// In place of a buffer that a launch does not have.
const NONE: u32 = u32::MAX;

pub(super) fn request(plan: &Plan, contents: &Contents) -> Result<Vec<u8>, DeviceError> {
    let mut bytes = Vec::new();
    word(&mut bytes, plan.buffers.len() as u32);
    for (i, buffer) in plan.buffers.iter().enumerate() {
        put_buffer(&mut bytes, buffer, contents.0.get(&BufferId(i as u32)));
    }
    let passes = || plan.command_buffers.iter().flat_map(|command_buffer| &command_buffer.passes);
    word(&mut bytes, passes().count() as u32);
    for pass in passes() {
        put_launch(&mut bytes, &Launch::of(pass)?);
    }
    word(&mut bytes, plan.reads.len() as u32);
    for read in &plan.reads {
        word(&mut bytes, read.buffer.0);
    }
    Ok(bytes)
}

fn word(bytes: &mut Vec<u8>, word: u32) {
    bytes.extend(word.to_le_bytes());
}

fn put_buffer(bytes: &mut Vec<u8>, buffer: &Buffer, given: Option<&Vec<u8>>) {
    bytes.extend(buffer.bytes.to_le_bytes());
    let (init, fill) = match buffer.init {
        Init::Given => (0, 0),
        Init::Zero => (1, 0),
        Init::Poison => (1, u32::MAX),
    };
    word(bytes, init);
    word(bytes, fill);
    if buffer.init == Init::Given {
        bytes.extend(given.map(Vec::as_slice).unwrap_or_default());
    }
}

fn put_launch(bytes: &mut Vec<u8>, launch: &Launch) {
    word(bytes, launch.family as u32);
    for input in 0..3 {
        let buffer = launch.inputs.get(input).copied().flatten();
        word(bytes, buffer.map_or(NONE, |buffer| buffer.0));
    }
    word(bytes, launch.output.0);
    for groups in launch.groups {
        word(bytes, groups);
    }
    word(bytes, launch.params.len() as u32);
    for &param in &launch.params {
        word(bytes, param);
    }
}
