//! The `DataExecutor` of Phase 2: computes the value of every version of a log from what its op read.

use oplog::OpLog;
use oplog::digest::checksum;
use program::op::Constant;
use program::{Base, ComputeOp, Effect, Op, OpIndex, Operand as Named, Rank, Target, View};
use smallvec::SmallVec;

use crate::backend::{Backend, ComputeError};
use crate::cpu::{Input, Packed, Strided, pack};
use crate::crew::{Lead, with_crew};
use crate::error::ReplayError;
use crate::inputs::{self, HostValues};
use crate::memory::{self, Limit};
use crate::operands::{Operand, in_memory_order, is_packed};
use crate::place::op_ref;
use crate::reads::Reads;
use crate::run::Options;
use crate::schedule::{Needs, Schedule};
use crate::threads::no_threads;
use crate::values::{Produced, Values};
use crate::version::{VersionId, Versions};

/// Elements from which on threads share a wave: of all of it, about 10 µs of one thread, and of a mean op, because what
/// threads tell one another of an op takes about as long as all of a small one.
const WORTH_THREADS: u64 = 1 << 16;
const WORTH_SHARING: u64 = 1 << 14;
/// Multiply-adds in the time of one element.
const OF_ELEMENT: u64 = 16;
/// Waves, and their elements and multiply-adds, between two words to a watcher: some milliseconds.
const MOST_WAVES: usize = 64;
const MOST_WORK: u64 = 1 << 26;

/// Computes the values of a log, whatever rule its reads were resolved by.
pub struct DataExecutor<'a> {
    log: &'a OpLog,
    versions: &'a Versions,
    reads: &'a Reads,
    pub(crate) needs: Needs,
    pub(crate) backend: &'a dyn Backend,
    threads: usize,
    checksums: bool,
    memory: Limit<'a>,
}

/// How far a replay is.
struct InWaves {
    schedule: Schedule,
    /// By global op.
    checksums: Vec<Option<[u8; 8]>>,
    is_over: bool,
}

/// Operands of an op: three but for a reduction of messages.
pub type Few<T> = SmallVec<[T; 3]>;

type Made = Result<(Produced, Option<[u8; 8]>), ReplayError>;

impl<'a> DataExecutor<'a> {
    /// An executor of `log`, whose ops read as `reads` says; of `options`, those about the rule do not matter.
    ///
    /// # Errors
    /// [`ReplayError::Threads`] when there are not as many threads as the options ask for.
    pub fn new(
        log: &'a OpLog,
        versions: &'a Versions,
        reads: &'a Reads,
        backend: &'a dyn Backend,
        options: Options,
    ) -> Result<DataExecutor<'a>, ReplayError> {
        let memory = Limit::of(log, versions, options.memory);
        let needs = Needs::of_reads(versions, reads);
        let checksums = options.checksums;
        Ok(DataExecutor {
            log,
            versions,
            reads,
            needs,
            backend,
            threads: options.threads.max(1),
            checksums,
            memory,
        })
    }

    /// The values before the first op: the inputs of the host. A value is freed after its last read, but those of
    /// `kept` stay.
    ///
    /// # Errors
    /// [`ReplayError`] when an input is missing or is not what the program takes.
    pub fn start<'h>(&self, inputs: &'h HostValues, kept: &[VersionId]) -> Result<Values<'h>, ReplayError> {
        inputs::check(&self.log.program, inputs)?;
        let mut values = Values::new(self.needs.uses(self.versions.n_ids(), kept), self.threads);
        inputs::scatter(self.log, self.versions, inputs, &mut values)?;
        Ok(values)
    }

    /// Computes everything, from what [`DataExecutor::start`] gave. Gives the checksum of what each op wrote, by
    /// global op, when checksums are asked for. `watch` hears after every few waves how many ops are computed, and
    /// of how many.
    ///
    /// # Errors
    /// [`ReplayError::Op`] names the first op, in the order they are computed, that has no value.
    pub fn run(
        &self,
        values: &mut Values<'_>,
        watch: &dyn Fn(u64, u64),
    ) -> Result<Vec<Option<[u8; 8]>>, ReplayError> {
        self.run_to(None, values, watch)
    }

    /// As [`DataExecutor::run`], and ends after the wave that computes `last`.
    ///
    /// # Errors
    /// As [`DataExecutor::run`].
    pub fn run_to(
        &self,
        last: Option<u32>,
        values: &mut Values<'_>,
        watch: &dyn Fn(u64, u64),
    ) -> Result<Vec<Option<[u8; 8]>>, ReplayError> {
        let schedule = Schedule::new(self.log, self.versions, &self.needs);
        let progress = InWaves { schedule, checksums: vec![None; self.versions.n_ops()], is_over: false };
        values.note_peak();
        let one = |values: &&mut Values<'_>, op| self.made(op, values);
        with_crew(self.threads, values, one, |crew| self.waves(last, progress, crew, watch))
    }

    fn waves<'v, 'h: 'v, F: Fn(&&'v mut Values<'h>, u32) -> Made + Sync>(
        &self,
        last: Option<u32>,
        mut progress: InWaves,
        crew: &Lead<'_, '_, &'v mut Values<'h>, Made, F>,
        watch: &dyn Fn(u64, u64),
    ) -> Result<Vec<Option<[u8; 8]>>, ReplayError> {
        let of = progress.schedule.left();
        watch(0, of);
        let mut left = of;
        while !progress.is_over {
            self.some_waves(last, &mut progress, crew)?;
            // An empty wave ends the replay, and is nothing to hear of.
            if progress.schedule.left() < left {
                left = progress.schedule.left();
                watch(of - left, of);
            }
        }
        Ok(progress.checksums)
    }

    /// Computes the next waves: so many that a watcher hears of them a few times a second.
    fn some_waves<'v, 'h: 'v, F: Fn(&&'v mut Values<'h>, u32) -> Made + Sync>(
        &self,
        last: Option<u32>,
        progress: &mut InWaves,
        crew: &Lead<'_, '_, &'v mut Values<'h>, Made, F>,
    ) -> Result<(), ReplayError> {
        let mut work = 0u64;
        for _ in 0..MOST_WAVES {
            let wave = progress.schedule.wave()?;
            if wave.is_empty() {
                progress.is_over = true;
                break;
            }
            progress.is_over = last.is_some_and(|last| wave.contains(&last));
            let mut values = crew.common();
            self.memory.admit(&wave, self.reads, values.live_bytes())?;
            if self.is_worth_threads(&wave) {
                drop(values);
                let made = crew.compute(&self.shares(&wave));
                let made = made.map_err(|problem| no_threads(self.threads, problem))?;
                self.take_over(&wave, made, &mut crew.common(), progress)?;
            } else {
                let made = wave.iter().map(|&op| self.made(op, &values)).collect();
                self.take_over(&wave, made, &mut values, progress)?;
            }
            work = wave.iter().map(|&op| self.work_of(op).1).fold(work, u64::saturating_add);
            if progress.is_over || work >= MOST_WORK {
                break;
            }
        }
        Ok(())
    }

    /// Adds what a wave made to the values, and frees what nothing will read.
    fn take_over(
        &self,
        wave: &[u32],
        made: Vec<Made>,
        values: &mut Values<'_>,
        progress: &mut InWaves,
    ) -> Result<(), ReplayError> {
        for (&op, made) in wave.iter().zip(made) {
            let (produced, checksum) = made?;
            progress.checksums[op as usize] = checksum;
            values.insert(VersionId(op), produced, self.home(op));
        }
        // Everything the wave read and made is alive at once: the peak counts both.
        values.note_peak();
        for &op in wave {
            values.free_unused(VersionId(op));
            self.needs.of(op as usize).iter().for_each(|&version| values.used(version));
            progress.schedule.done(op);
        }
        Ok(())
    }

    fn made(&self, op: u32, values: &Values<'_>) -> Made {
        let (rank, index) = self.versions.op(op);
        let produced = self.produce(rank, index, op as usize, values).map_err(|source| ReplayError::Op {
            op: Box::new(op_ref(self.log, self.versions, op)),
            source,
        })?;
        let checksum = self.checksums.then(|| checksum(values.produced(&produced)));
        Ok((produced, checksum))
    }

    /// Whether a wave takes longer than it takes threads to meet.
    pub(crate) fn is_worth_threads(&self, wave: &[u32]) -> bool {
        if self.threads == 1 || wave.len() < 2 {
            return false;
        }
        let elements = |&op: &u32| {
            let (op, work) = self.work_of(op);
            if matches!(op, Op::Compute(ComputeOp::Dot { .. })) { work / OF_ELEMENT } else { work }
        };
        let all = wave.iter().map(elements).fold(0, u64::saturating_add);
        all >= WORTH_THREADS.max(wave.len() as u64 * WORTH_SHARING)
    }

    /// A wave, whose ranks lie one after the other, in as many shares as there are threads. A rank is of the same share in
    /// every wave, so that a thread finds most values near itself.
    fn shares<'w>(&self, wave: &'w [u32]) -> Vec<&'w [u32]> {
        let mut rest = wave;
        let share = |thread| {
            let (share, later) = rest.split_at(rest.partition_point(|&op| self.home(op) <= thread));
            rest = later;
            share
        };
        (0..self.threads).map(share).collect()
    }

    /// The thread whose share an op belongs to: that of its rank.
    pub(crate) fn home(&self, op: u32) -> usize {
        self.versions.op(op).0.index() * self.threads / self.log.program.n_ranks() as usize
    }

    /// An op, with its elements or multiply-adds.
    fn work_of(&self, op: u32) -> (&Op, u64) {
        let (rank, index) = self.versions.op(op);
        let op = self.log.program.op(rank, index);
        (op, memory::work_of(&self.log.program, rank, op))
    }

    /// What one op makes; it may be asked from any thread.
    pub(crate) fn produce(
        &self,
        rank: Rank,
        index: OpIndex,
        at: usize,
        values: &Values<'_>,
    ) -> Result<Produced, ComputeError> {
        let op = self.log.program.op(rank, index);
        let operands = self.operands(rank, op, at, values);
        if let Effect::Move { from, to } = op.effect() {
            return match to {
                Target::View(to) => moved(&operands[0], self.view(rank, to)),
                Target::Slots(messages) => {
                    let from = self.view(rank, from);
                    moved(&operands[0], &View::packed(Base::Message(messages[0]), from.shape, from.dtype))
                }
            };
        }
        let to = self.view(rank, op.access().write.expect("only ops that write, or send, are scheduled"));
        let inputs = inputs_of(op, &operands);
        let packed = Packed { shape: to.shape, dtype: to.dtype };
        let room = values.room(to.shape.product().saturating_mul(to.dtype.size()), self.home(at as u32));
        let bytes = self.backend.compute(op, &inputs, packed, room)?;
        if to.is_packed() {
            return Ok(Produced::Bytes(bytes));
        }
        let made = in_memory_order(&Strided::packed(&bytes, &to.shape, to.dtype), to);
        Ok(Produced::Bytes(if is_packed(&made) { bytes } else { pack(&made)? }))
    }

    /// What one op reads, in the order of [`program::Access::reads`].
    pub(crate) fn operands<'v>(
        &self,
        rank: Rank,
        op: &Op,
        at: usize,
        values: &'v Values<'_>,
    ) -> Few<Operand<'v>> {
        let read = |(view, parts)| {
            let view = self.view(rank, view);
            let base = || self.log.layout.locate(&self.log.program, rank, view).1;
            Operand::read(values, view, parts, base)
        };
        op.access().reads().zip(self.reads.of(at)).map(read).collect()
    }

    pub(crate) fn view(&self, rank: Rank, view: program::ViewId) -> &View {
        &self.log.program.rank(rank).views[view.index()]
    }
}

/// The operand laid out as `to` lies in memory; the bytes stay where they are when they already do.
fn moved(operand: &Operand<'_>, to: &View) -> Result<Produced, ComputeError> {
    let from = operand.strided();
    if (from.shape, from.dtype) != (to.shape, to.dtype) {
        let (from, to) = ((from.shape, from.dtype), (to.shape, to.dtype));
        let said = format!("it moves a {} of {} to a {} of {}", from.0, from.1, to.0, to.1);
        return Err(ComputeError::Backend(format!("{said}: both sides must agree")));
    }
    let laid = in_memory_order(&from, to);
    match operand.within() {
        Some((of, offset)) if is_packed(&laid) => {
            let length = laid.shape.product() * laid.dtype.size();
            Ok(Produced::Part { of, offset, length })
        }
        Some(_) | None => Ok(Produced::Bytes(pack(&laid)?)),
    }
}

/// The operands in the order of the op's fields, with its constants between them.
pub fn inputs_of<'a>(op: &Op, operands: &'a [Operand<'_>]) -> Few<Input<'a>> {
    arguments(op, operands, |operand| Input::View(operand.strided()), Input::Constant)
}

/// Operands of an op, in the order of its fields: `views` holds one entry for each of its reads.
pub fn arguments<'a, V, A>(
    op: &Op,
    views: &'a [V],
    view: impl Fn(&'a V) -> A,
    constant: impl Fn(Constant) -> A,
) -> Few<A> {
    let mut views = views.iter();
    let mut argument = |named: &Named| match named {
        Named::View(_) => view(views.next().expect("one operand for each view")),
        Named::Constant(value) => constant(*value),
    };
    if let Op::Compute(ComputeOp::Binary { x, y, .. } | ComputeOp::Compare { x, y, .. }) = op {
        [x, y].map(&mut argument).into_iter().collect()
    } else if let Op::Compute(ComputeOp::Fma { x, y, z, .. }) = op {
        [x, y, z].map(&mut argument).into_iter().collect()
    } else if let Op::Compute(ComputeOp::Where { mask, x, y, .. }) = op {
        [&Named::View(*mask), x, y].map(&mut argument).into_iter().collect()
    } else {
        views.map(view).collect()
    }
}
