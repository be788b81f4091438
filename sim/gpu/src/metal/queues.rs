//! The calls of a host, in Metal: a command queue and a shared event for each virtual device.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::ptr::NonNull;

use block2::RcBlock;
use objc2::rc::Retained;
use objc2::runtime::ProtocolObject;
use objc2_foundation::NSString;
use objc2_metal::{
    MTLBuffer, MTLCommandBuffer, MTLCommandBufferStatus, MTLCommandEncoder, MTLCommandQueue,
    MTLComputeCommandEncoder, MTLDevice, MTLEvent, MTLResourceOptions, MTLSharedEvent, MTLSize,
};

use super::Metal;
use crate::device::DeviceError;
use crate::host::{Host, Reached};
use crate::launch::{Launch, OUTPUT_BINDING, PARAMS_BINDING};
use crate::plan::{BufferId, DeviceId, Moment, Pass, Plan};

type Buffer = Retained<ProtocolObject<dyn MTLBuffer>>;
type Commands = Retained<ProtocolObject<dyn MTLCommandBuffer>>;
type Encoder = Retained<ProtocolObject<dyn MTLComputeCommandEncoder>>;

/// How long the host waits for one command buffer. Shader validation is slow, and a GPU that hangs is stopped by the
/// system long before.
const PATIENCE_MS: u64 = 60_000;
/// Command buffers that a queue holds at most. A further one makes the host wait, which ends: all that it waits for
/// is committed.
const UNCOMPLETED_MAX: usize = 4096;

/// One run of a plan.
pub struct Queues<'a> {
    metal: &'a Metal,
    /// By device.
    devices: Vec<VirtualDevice>,
    /// By id.
    buffers: Vec<Buffer>,
    committed: BTreeMap<Moment, Commands>,
}

struct VirtualDevice {
    queue: Retained<ProtocolObject<dyn MTLCommandQueue>>,
    /// A shared event and not an event: the host waits for it with a limit, and releases those that wait.
    timeline: Retained<ProtocolObject<dyn MTLSharedEvent>>,
    /// Command buffers of the plan: the value at which the timeline ends.
    end: u64,
}

impl<'a> Queues<'a> {
    pub fn of(metal: &'a Metal, plan: &Plan) -> Result<Queues<'a>, DeviceError> {
        let device = |id: u32| {
            let id = DeviceId(id);
            let count =
                plan.command_buffers.iter().filter(|command_buffer| command_buffer.device == id).count();
            VirtualDevice::new(metal, id, count)
        };
        let devices = (0..plan.n_devices).map(device).collect::<Result<_, _>>()?;
        Ok(Queues { metal, devices, buffers: Vec::new(), committed: BTreeMap::new() })
    }

    fn timeline(&self, device: DeviceId) -> &ProtocolObject<dyn MTLSharedEvent> {
        &self.devices[device.index()].timeline
    }
}

impl VirtualDevice {
    fn new(metal: &Metal, id: DeviceId, n: usize) -> Result<VirtualDevice, DeviceError> {
        let lacks = |what: &str| DeviceError::Unfit(format!("Metal makes no {what} for {id}"));
        let room = n.clamp(1, UNCOMPLETED_MAX);
        let queue =
            metal.device.newCommandQueueWithMaxCommandBufferCount(room).ok_or_else(|| lacks("queue"))?;
        queue.setLabel(Some(&NSString::from_str(&id.to_string())));
        let timeline = metal.device.newSharedEvent().ok_or_else(|| lacks("shared event"))?;
        Ok(VirtualDevice { queue, timeline, end: n as u64 })
    }
}

impl Host for Queues<'_> {
    type Commands = Commands;
    type Encoder = Encoder;

    fn allocate(&mut self, id: BufferId, bytes: &[u8]) -> Result<(), DeviceError> {
        assert_eq!(id.index(), self.buffers.len(), "buffers are made in their order");
        let unfit = |why: &str| DeviceError::Unfit(format!("{id} of {} bytes {why}", bytes.len()));
        if u32::try_from(bytes.len()).is_err() || bytes.len() > self.metal.device.maxBufferLength() {
            return Err(unfit("is larger than a buffer may be"));
        }
        let start = NonNull::from(bytes).cast::<c_void>();
        // Shared, so that the host reads what is there; tracked, which is the default, so that passes of one queue
        // that touch the same bytes keep their order.
        let storage = MTLResourceOptions::StorageModeShared;
        // SAFETY: `start` points to as many bytes as are named, and Metal copies them before it returns.
        let buffer =
            unsafe { self.metal.device.newBufferWithBytes_length_options(start, bytes.len(), storage) };
        self.buffers.push(buffer.ok_or_else(|| unfit("is more than there is memory"))?);
        Ok(())
    }

    fn begin(&mut self, device: DeviceId) -> Result<Commands, DeviceError> {
        let commands = self.devices[device.index()].queue.commandBuffer();
        commands.ok_or_else(|| DeviceError::Unfit(format!("Metal makes no command buffer for {device}")))
    }

    fn wait(&mut self, commands: &Commands, moment: Moment) {
        commands
            .encodeWaitForEvent_value(as_event(self.timeline(moment.device)), u64::from(moment.value.get()));
    }

    fn open(&mut self, commands: &Commands) -> Result<Encoder, DeviceError> {
        // Serial: a dispatch starts when the one before it has ended.
        let encoder = commands.computeCommandEncoder();
        encoder.ok_or_else(|| DeviceError::Unfit("Metal makes no encoder".to_owned()))
    }

    fn launch(&mut self, encoder: &Encoder, pass: &Pass) -> Result<(), DeviceError> {
        let launch = Launch::of(pass)?;
        let pipeline = &self.metal.pipelines[&launch.family];
        let output = &self.buffers[launch.output.index()];
        // A constant's binding is not read; it must only be there.
        let inputs = launch.inputs.iter().map(|input| input.map_or(output, |id| &self.buffers[id.index()]));
        let bound: Vec<(u32, &Buffer)> = (0..).zip(inputs).chain([(OUTPUT_BINDING, output)]).collect();
        encoder.setComputePipelineState(&pipeline.state);
        for &(slot, buffer) in &bound {
            // SAFETY: the slot is one of the shader's, which takes any bytes; the command buffer keeps the buffer alive.
            unsafe { encoder.setBuffer_offset_atIndex(Some(buffer), 0, slot as usize) };
        }
        let sizes: Vec<u32> = bound.iter().map(|(_, buffer)| buffer.length() as u32).collect();
        assert_eq!(sizes.len(), pipeline.msl.n_sizes, "what is bound is what the shader has");
        set_words(encoder, &launch.params, PARAMS_BINDING);
        set_words(encoder, &sizes, pipeline.msl.sizes_slot);
        encoder.dispatchThreadgroups_threadsPerThreadgroup(size(launch.groups), size(pipeline.msl.workgroup));
        Ok(())
    }

    fn close(&mut self, encoder: Encoder) {
        encoder.endEncoding();
    }

    fn signal(&mut self, commands: &Commands, moment: Moment) {
        commands
            .encodeSignalEvent_value(as_event(self.timeline(moment.device)), u64::from(moment.value.get()));
    }

    fn watch(&mut self, commands: &Commands, moment: Moment) {
        commands.setLabel(Some(&NSString::from_str(&format!("{} {}", moment.device, moment.value))));
        let timeline = self.devices[moment.device.index()].timeline.clone();
        let value = u64::from(moment.value.get());
        let ended = RcBlock::new(move |commands: NonNull<ProtocolObject<dyn MTLCommandBuffer>>| {
            // SAFETY: Metal gives the command buffer that has ended, which lives as long as this call.
            let failed = unsafe { commands.as_ref() }.status() == MTLCommandBufferStatus::Error;
            if failed {
                arrive(&timeline, value);
            }
        });
        // SAFETY: the block lives until Metal has copied it. It owns a shared event, which any thread may use.
        unsafe { commands.addCompletedHandler(RcBlock::as_ptr(&ended)) };
    }

    fn commit(&mut self, commands: Commands, moment: Moment) {
        commands.commit();
        self.committed.insert(moment, commands);
    }

    fn reach(&mut self, moment: Moment) -> Reached {
        let timeline = self.timeline(moment.device);
        if !timeline.waitUntilSignaledValue_timeoutMS(u64::from(moment.value.get()), PATIENCE_MS) {
            return Reached::Stuck { at: timeline.signaledValue() };
        }
        // A value may have come by `watch`, or with a later command buffer: this one says itself how it ended.
        let commands = &self.committed[&moment];
        commands.waitUntilCompleted();
        if commands.status() == MTLCommandBufferStatus::Completed {
            return Reached::Done;
        }
        let why = |error: Retained<_>| describe(&error);
        Reached::Failed(
            commands.error().map_or_else(|| "it failed, and Metal does not say why".to_owned(), why),
        )
    }

    fn release(&mut self) {
        for device in &self.devices {
            arrive(&device.timeline, device.end);
        }
    }

    fn take(&mut self, id: BufferId, bytes: u64) -> Vec<u8> {
        let buffer = &self.buffers[id.index()];
        assert!(bytes as usize <= buffer.length(), "{id} has {} bytes", buffer.length());
        let mut taken = vec![0; bytes as usize];
        // SAFETY: the contents of a shared buffer are mapped for all its length, and `taken` is as long as what is
        // copied. The command buffers that the plan's read names have completed; a plan that leaves out a writer
        // gives bytes from before or after it, which any u8 may be.
        unsafe {
            buffer
                .contents()
                .cast::<u8>()
                .copy_to_nonoverlapping(NonNull::from(&mut *taken).cast(), taken.len())
        };
        taken
    }
}

/// A timeline never goes back. Should the GPU signal a later value in between, a wait for that one runs into the
/// host's limit, and the host names the failure that began it.
fn arrive(timeline: &ProtocolObject<dyn MTLSharedEvent>, value: u64) {
    if timeline.signaledValue() < value {
        timeline.setSignaledValue(value);
    }
}

fn set_words(encoder: &Encoder, words: &[u32], slot: u32) {
    let start = NonNull::from(words).cast::<c_void>();
    // SAFETY: `start` points to as many bytes as are named, which Metal copies before it returns.
    unsafe { encoder.setBytes_length_atIndex(start, size_of_val(words), slot as usize) };
}

fn as_event(timeline: &ProtocolObject<dyn MTLSharedEvent>) -> &ProtocolObject<dyn MTLEvent> {
    ProtocolObject::from_ref(timeline)
}

fn size([width, height, depth]: [u32; 3]) -> MTLSize {
    MTLSize { width: width as usize, height: height as usize, depth: depth as usize }
}

fn describe(error: &objc2_foundation::NSError) -> String {
    format!("{} (code {})", error.localizedDescription(), error.code())
}
