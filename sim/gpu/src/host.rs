//! A plan as the calls of a host program: which ones, and in what order. All that a device of its own adds is how
//! each call is written, so that this order is tested on every system, and Metal's files hold none.

use crate::bounds;
use crate::device::DeviceError;
use crate::plan::{Buffer, BufferId, CommandBuffer, Contents, DeviceId, Moment, Pass, Plan};

/// The calls of a system that has command queues and events.
pub trait Host {
    /// A command buffer that is being encoded.
    type Commands;
    /// Encodes passes that run one after the other. While there is one, nothing else is encoded.
    type Encoder;

    /// Makes a buffer that holds these bytes: at least one word, and whole words.
    fn allocate(&mut self, id: BufferId, bytes: &[u8]) -> Result<(), DeviceError>;
    fn begin(&mut self, device: DeviceId) -> Result<Self::Commands, DeviceError>;
    fn wait(&mut self, commands: &Self::Commands, moment: Moment);
    fn open(&mut self, commands: &Self::Commands) -> Result<Self::Encoder, DeviceError>;
    fn launch(&mut self, encoder: &Self::Encoder, pass: &Pass) -> Result<(), DeviceError>;
    fn close(&mut self, encoder: Self::Encoder);
    fn signal(&mut self, commands: &Self::Commands, moment: Moment);
    /// Should the command buffer fail, its moment comes all the same: those that wait for it must not hang.
    fn watch(&mut self, commands: &Self::Commands, moment: Moment);
    fn commit(&mut self, commands: Self::Commands, moment: Moment);
    /// Waits, for a limited time, until the command buffer of this moment is done, and says how it ended.
    fn reach(&mut self, moment: Moment) -> Reached;
    /// Lets all timelines arrive at their ends, so that no command buffer waits for ever.
    fn release(&mut self);
    fn take(&mut self, id: BufferId, bytes: u64) -> Vec<u8>;
}

/// End of a command buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    Done,
    /// In the time that the host allows, its device's timeline came only this far.
    Stuck {
        at: u64,
    },
    Failed(String),
}

/// Runs a plan: all command buffers, then the reads.
pub fn replay(plan: &Plan, contents: &Contents, host: &mut impl Host) -> Result<Vec<Vec<u8>>, DeviceError> {
    bounds::check(plan, contents)?;
    committed_before_awaited(plan)?;
    for (id, buffer) in (0..).map(BufferId).zip(&plan.buffers) {
        host.allocate(id, &initial(id, buffer, contents))?;
    }
    for command_buffer in &plan.command_buffers {
        encode(command_buffer, host)?;
    }
    // A read waits for its own moments only: a plan that forgot one must not be mended here.
    let taken: Result<Vec<Vec<u8>>, DeviceError> = plan
        .reads
        .iter()
        .map(|read| {
            read.after.iter().chain(&read.and_after).try_for_each(|&moment| reach(moment, host))?;
            Ok(host.take(read.buffer, plan.buffers[read.buffer.index()].bytes))
        })
        .collect();
    // The first in the order of the commits that did not end well is the cause of what others suffered.
    let settled =
        plan.command_buffers.iter().try_for_each(|command_buffer| reach(command_buffer.moment(), host));
    if settled.is_err() {
        host.release();
    }
    settled.and(taken)
}

fn encode(command_buffer: &CommandBuffer, host: &mut impl Host) -> Result<(), DeviceError> {
    let commands = host.begin(command_buffer.device)?;
    for &moment in &command_buffer.waits {
        host.wait(&commands, moment);
    }
    if !command_buffer.passes.is_empty() {
        let encoder = host.open(&commands)?;
        let launched = command_buffer.passes.iter().try_for_each(|pass| host.launch(&encoder, pass));
        // In any case: Metal ends a program that drops an open encoder.
        host.close(encoder);
        launched?;
    }
    host.signal(&commands, command_buffer.moment());
    host.watch(&commands, command_buffer.moment());
    host.commit(commands, command_buffer.moment());
    Ok(())
}

fn reach(moment: Moment, host: &mut impl Host) -> Result<(), DeviceError> {
    let Moment { device, value } = moment;
    match host.reach(moment) {
        Reached::Done => Ok(()),
        Reached::Stuck { at } => {
            Err(DeviceError::Fault { place: device.to_string(), what: format!("stuck at {at} < {value}") })
        }
        Reached::Failed(what) => {
            Err(DeviceError::Fault { place: format!("{device}, command buffer {value}"), what })
        }
    }
}

/// What a wait names is committed before it; else the queues could fill up with buffers that wait, and the host
/// would hang.
fn committed_before_awaited(plan: &Plan) -> Result<(), DeviceError> {
    let mut committed = vec![0; plan.n_devices as usize];
    for command_buffer in &plan.command_buffers {
        for moment in &command_buffer.waits {
            is_committed(*moment, &committed)?;
        }
        let value =
            committed.get_mut(command_buffer.device.index()).ok_or_else(|| unknown(command_buffer.device))?;
        *value += 1;
        if command_buffer.signals.get() != *value {
            let why = format!(
                "command buffer {value} of {} signals {}",
                command_buffer.device, command_buffer.signals
            );
            return Err(DeviceError::Unfit(why));
        }
    }
    let mut read = plan.reads.iter().flat_map(|read| read.after.iter().chain(&read.and_after));
    read.try_for_each(|moment| is_committed(*moment, &committed))
}

fn is_committed(moment: Moment, committed: &[u32]) -> Result<(), DeviceError> {
    let so_far = *committed.get(moment.device.index()).ok_or_else(|| unknown(moment.device))?;
    if moment.value.get() <= so_far {
        return Ok(());
    }
    let Moment { device, value } = moment;
    Err(DeviceError::Unfit(format!("{value} of {device} is awaited where only {so_far} is committed")))
}

fn unknown(device: DeviceId) -> DeviceError {
    DeviceError::Unfit(format!("it has no {device}"))
}

/// Shaders see words, so a buffer is filled up with zeros to whole words, of which it has at least one.
fn initial(id: BufferId, buffer: &Buffer, contents: &Contents) -> Vec<u8> {
    let mut bytes = contents.initial(id, buffer);
    bytes.resize(bytes.len().next_multiple_of(4).max(4), 0);
    bytes
}

#[cfg(test)]
#[path = "host_tests.rs"]
mod tests;
