//! Every pass of a plan alone: the device is given what the CPU has, so the first pass that is wrong is named and no
//! error of one hides in the next.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use program::{Base, MoveOp, Op, OpIndex, Rank, TensorId, View, ViewId};
use replay::cpu::{Input, Packed, Strided, pack};
use replay::{Few, arguments};
use serde::Serialize;

use crate::Cpu;
use crate::cpu::{Memory, memory};
use crate::device::{Device, DeviceError};
use crate::plan::{
    Buffer, BufferId, CommandBuffer, Contents, DeviceId, Init, Moment, Pass, Plan, Read, Value, buffer_of,
};
use crate::report::{PlanCounts, UlpHistogram};
use crate::tolerance::{Agreement, agree};

/// Result of all passes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PerOp {
    pub checked: u64,
    pub failed: u64,
    /// Among those that passed and those that failed.
    pub worst_ulp: u64,
    /// By kind of op: `copy` stands for all that move bytes.
    pub by_kind: BTreeMap<&'static str, Kind>,
    /// The first passes that failed, in the order of the plan.
    pub failures: Vec<Failure>,
}

/// Result of the passes of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Kind {
    pub checked: u64,
    pub failed: u64,
    pub values: u64,
    /// Values with other bits than the CPU's.
    pub differing: u64,
    pub worst_ulp: u64,
    /// How far off how many values are.
    pub ulps: UlpHistogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub rank: Option<u32>,
    pub index: Option<u32>,
    pub op: &'static str,
    pub what: String,
}

/// Failures that are listed.
const TOLD: usize = 8;
/// Passes, and bytes of operands, that go to the device in one plan.
const BATCH: (usize, usize) = (128, 8 << 20);

/// Checks every pass.
///
/// # Errors
/// [`DeviceError`] when the device fails, or the CPU finds no value for a pass.
pub fn op_by_op(device: &dyn Device, plan: &Plan, contents: &Contents) -> Result<PerOp, DeviceError> {
    watched(device, plan, contents, &|_, _| {})
}

/// As [`op_by_op`], and says after every batch how many passes are checked, and of how many.
///
/// # Errors
/// As [`op_by_op`].
pub fn watched(
    device: &dyn Device,
    plan: &Plan,
    contents: &Contents,
    watch: &dyn Fn(u64, u64),
) -> Result<PerOp, DeviceError> {
    compare(device, (plan, plan), contents, watch)
}

/// Checks every pass of a plan against what the passes of another mean: they are the same but for planted faults.
///
/// # Errors
/// As [`op_by_op`].
pub fn against(
    device: &dyn Device,
    run: &Plan,
    meant: &Plan,
    contents: &Contents,
) -> Result<PerOp, DeviceError> {
    compare(device, (run, meant), contents, &|_, _| {})
}

fn compare(
    device: &dyn Device,
    (run, meant): (&Plan, &Plan),
    contents: &Contents,
    watch: &dyn Fn(u64, u64),
) -> Result<PerOp, DeviceError> {
    let of = PlanCounts::of(meant).passes;
    let (cpu, mut memory) = (Cpu::default(), memory(meant, contents)?);
    let (mut found, mut batch) = (PerOp::default(), Batch::default());
    for (run, command_buffer) in run.command_buffers.iter().zip(&meant.command_buffers) {
        for (run, pass) in run.passes.iter().zip(&command_buffer.passes) {
            batch.add(run, &pass.op, &memory);
            cpu.run_pass(command_buffer, pass, &mut memory)?;
            batch.meant(pass, &memory);
            if batch.is_full() {
                std::mem::take(&mut batch).judge(device, &mut found)?;
                watch(found.checked, of);
            }
        }
    }
    batch.judge(device, &mut found)?;
    Ok(found)
}

/// Passes that have nothing to do with each other: each has buffers of its own, which hold as much of those of the
/// plan as its views reach over, at the same places within a word.
#[derive(Default)]
struct Batch {
    alone: Vec<Alone>,
    buffers: Vec<Buffer>,
    contents: Contents,
    bytes: usize,
}

/// A pass alone.
struct Alone {
    pass: Pass,
    /// What the pass should do; with a planted fault the device does something else.
    op: Op,
    /// All of its output's buffer, after the CPU has run it.
    meant: Vec<u8>,
}

impl Batch {
    fn is_full(&self) -> bool {
        self.alone.len() >= BATCH.0 || self.bytes >= BATCH.1
    }

    fn add(&mut self, pass: &Pass, op: &Op, memory: &Memory) {
        let mut pass = pass.clone();
        for view in &mut pass.views {
            let (start, end) = window(view);
            let held = &memory[buffer_of(view).index()];
            let bytes = held[start as usize..(end as usize).min(held.len())].to_vec();
            let id = BufferId(self.buffers.len() as u32);
            let name = format!("operand {id}");
            self.buffers.push(Buffer { name, bytes: bytes.len() as u64, init: Init::Given });
            self.bytes += bytes.len();
            self.contents.0.insert(id, bytes);
            *view = View { base: Base::Tensor(TensorId(id.0)), offset: view.offset - start, ..*view };
        }
        self.alone.push(Alone { pass, op: op.clone(), meant: Vec::new() });
    }

    /// What the CPU has made of the pass that was added last.
    fn meant(&mut self, pass: &Pass, memory: &Memory) {
        let view = pass.view(pass.writes());
        let (start, end) = window(view);
        let held = &memory[buffer_of(view).index()];
        let alone = self.alone.last_mut().expect("a pass was added");
        alone.meant = held[start as usize..(end as usize).min(held.len())].to_vec();
    }

    fn judge(self, device: &dyn Device, found: &mut PerOp) -> Result<(), DeviceError> {
        if self.alone.is_empty() {
            return Ok(());
        }
        let Batch { alone, buffers, contents, .. } = self;
        let passes: Vec<Pass> = alone.iter().map(|alone| alone.pass.clone()).collect();
        let done = Moment { device: DeviceId(0), value: NonZeroU32::MIN };
        let read = |pass: &Pass| Read {
            buffer: buffer_of(pass.view(pass.writes())),
            after: Some(done),
            and_after: Vec::new(),
        };
        let reads = passes.iter().map(read).collect();
        let all = CommandBuffer { device: done.device, waits: Vec::new(), passes, signals: Value::MIN };
        let plan = Plan { buffers, n_devices: 1, command_buffers: vec![all], reads };
        let made = device.run(&plan, &contents)?;
        for (alone, made) in alone.iter().zip(&made) {
            found.add(device, alone, &contents, made);
        }
        Ok(())
    }
}

/// The bytes that a view reaches over, in whole words.
fn window(view: &View) -> (u64, u64) {
    (view.offset & !3, view.end().next_multiple_of(4))
}

impl PerOp {
    fn add(&mut self, device: &dyn Device, alone: &Alone, contents: &Contents, made: &[u8]) {
        let pass = &alone.pass;
        let agreement = compared(device, alone, contents, made);
        let stray = strayed(pass.view(pass.writes()), &alone.meant, made);
        let kind = self.by_kind.entry(pass.op.kind()).or_default();
        let failed = !agreement.pass || stray.is_some();
        for (checked, wrong, worst) in [
            (&mut self.checked, &mut self.failed, &mut self.worst_ulp),
            (&mut kind.checked, &mut kind.failed, &mut kind.worst_ulp),
        ] {
            *checked += 1;
            *wrong += u64::from(failed);
            *worst = agreement.worst_ulp.max(*worst);
        }
        kind.values += agreement.elements;
        kind.differing += agreement.differing;
        kind.ulps.merge(&agreement.ulps);
        if failed && self.failures.len() < TOLD {
            self.failures.push(failure(pass, &agreement, stray));
        }
    }
}

fn compared(device: &dyn Device, alone: &Alone, contents: &Contents, made: &[u8]) -> Agreement {
    let pass = &alone.pass;
    let given = |id: ViewId| strided(&contents.0[&buffer_of(pass.view(id))], pass.view(id));
    let operands: Vec<Strided<'_>> = alone.op.access().reads().map(given).collect();
    let inputs = if let Op::Move(MoveOp::Copy { .. }) = alone.op {
        Few::new()
    } else {
        arguments(&alone.op, &operands, |view| Input::View(*view), Input::Constant)
    };
    let to = pass.view(pass.writes());
    let [meant, made] =
        [&alone.meant, made].map(|bytes| pack(&strided(bytes, to)).expect("a view that was run"));
    let to = Packed { shape: to.shape, dtype: to.dtype };
    agree(&alone.op, &inputs, to, (&meant, &made), &device.allowance())
}

fn strided<'b>(bytes: &'b [u8], view: &View) -> Strided<'b> {
    let View { offset, shape, strides, dtype, .. } = *view;
    Strided { bytes, offset, shape, strides, dtype }
}

/// The first byte outside the view that the device changed.
fn strayed(view: &View, meant: &[u8], made: &[u8]) -> Option<u64> {
    let mut at = 0;
    let last = meant.len() as u64;
    for (start, end) in view.spans().into_iter().chain([(last, last)]) {
        let outside = at as usize..start as usize;
        if let Some(byte) = outside.into_iter().find(|&byte| meant[byte] != made[byte]) {
            return Some(byte as u64);
        }
        at = end;
    }
    None
}

fn failure(pass: &Pass, agreement: &Agreement, stray: Option<u64>) -> Failure {
    let (rank, index): (Option<Rank>, Option<OpIndex>) = pass.of.unzip();
    let what = match stray {
        Some(byte) => format!("it changed byte {byte} of its buffer, which it does not write"),
        None => format!(
            "{} of {} values differ, by up to {} ulp: more than {:?} allows",
            agreement.differing, agreement.elements, agreement.worst_ulp, agreement.rule
        ),
    };
    Failure { rank: rank.map(|rank| rank.0), index: index.map(|index| index.0), op: pass.op.kind(), what }
}
