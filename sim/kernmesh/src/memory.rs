//! Memory and work of a run, estimated before they are taken. Above a limit the run is refused.

use std::collections::BTreeSet;
use std::fs;
use std::thread::available_parallelism;

use kernels::Reference;
use program::program::HostTensor;
use program::{Base, Op, OpIndex, Program, Rank, RankProgram, TensorId, UnitKind, View};
use replay::inputs::describe;

use crate::allocator;
use crate::error::Error;
use crate::render::{bytes, grouped};

/// Of the computer's memory, the part that a run may take unless `--memory` says otherwise.
const SHARE: u64 = 2;
/// Multiply-adds and elements of all ops that a run may take: hours of one core.
pub const MOST_WORK: u64 = 1 << 40;
/// Where the system does not say how much memory there is.
const UNKNOWN: u64 = 8 << 30;
/// An op in a log, with its times, stalls and dependencies.
const OP_BYTES: u64 = 256;
/// A count of a rank's vector clocks in the hazard checks: that of its sequencer, and that of its last send.
const LANE_BYTES: u64 = 8;
/// A run of bytes of an operand, in the data flow and in the reads and writes of a replay.
const RUN_BYTES: u64 = 160;
/// Estimates from here on are tried with the allocator.
const TRIED: u64 = 64 << 20;

/// Half of the computer's memory, or of what its control group may take.
pub fn default_limit() -> u64 {
    let total = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total_of(&text));
    let group =
        fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
    total.into_iter().chain(group).min().unwrap_or(UNKNOWN) / SHARE
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
fn total_of(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// `8GiB`, `500 MiB`, `64k` or a number of bytes. Every prefix is binary.
///
/// # Errors
/// What a size is, in words.
pub fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let power = match &unit.trim().to_ascii_lowercase()[..] {
        "" | "b" => Some(0),
        "k" | "kb" | "kib" => Some(10),
        "m" | "mb" | "mib" => Some(20),
        "g" | "gb" | "gib" => Some(30),
        "t" | "tb" | "tib" => Some(40),
        _ => None,
    };
    let number = number.parse::<u64>().ok().filter(|&number| number > 0);
    let bytes = number.zip(power).and_then(|(number, power)| number.checked_mul(1 << power));
    bytes.ok_or_else(|| "a size is a number of bytes, or one with KiB, MiB, GiB or TiB: 16GiB".to_owned())
}

/// What a run may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub memory: u64,
    /// Multiply-adds and elements.
    pub work: u64,
}

/// One thing that takes memory.
struct Need {
    what: String,
    bytes: u64,
}

/// Refuses a program whose run takes more than the limits, or more memory than the computer gives. The program need not
/// be verified.
///
/// # Errors
/// [`Error::Input`] names what takes most.
pub fn admit(program: &Program, reference: Option<&Reference>, limits: Limits) -> Result<(), Error> {
    admit_memory(program, reference, limits.memory)?;
    let work = Share::of(program, |rank, op| replay::memory::work_of(program, rank, op));
    let Some((most, of_most)) = work.largest.filter(|_| work.all > limits.work) else { return Ok(()) };
    let (all, of_most, limit) = (grouped(work.all), grouped(of_most), grouped(limits.work));
    let problem = format!("the run takes {all} multiply-adds and elements, and the limit is {limit}");
    let place = format!("{}: {of_most}", named(program, most));
    Err(Error::input(problem, place, "make it smaller, or raise the limit with --work N"))
}

/// As [`admit`], for memory alone.
///
/// # Errors
/// As [`admit`].
pub fn admit_memory(program: &Program, reference: Option<&Reference>, limit: u64) -> Result<(), Error> {
    let copies = reference.is_some_and(Reference::copies_inputs);
    let mut needs = of_log(program, Pieces::OfAll);
    needs.push(of_clocks(program));
    needs.extend(program.inputs.iter().map(|tensor| of_input(tensor, copies)));
    needs.extend(program.outputs.iter().map(|tensor| of_output(tensor, reference.is_some())));
    needs.extend(of_largest_op(program));
    needs.extend(reference.map(|reference| Need {
        what: "the scores of the reference".to_owned(),
        bytes: reference.scratch_bytes(available_parallelism().map_or(1, usize::from)),
    }));
    refuse(needs, limit)
}

/// As [`admit`], for a run without values: Phase 1 and the hazard checks.
///
/// # Errors
/// As [`admit`].
pub fn admit_times(program: &Program, limit: u64) -> Result<(), Error> {
    let mut needs = of_log(program, Pieces::OfWritten);
    needs.push(of_clocks(program));
    refuse(needs, limit)
}

/// As [`admit`], for what only reading a log takes.
///
/// # Errors
/// As [`admit`].
pub fn admit_log(program: &Program, limit: u64) -> Result<(), Error> {
    refuse(of_log(program, Pieces::OfWritten), limit)
}

fn refuse(needs: Vec<Need>, limit: u64) -> Result<(), Error> {
    let all = needs.iter().map(|need| need.bytes).fold(0, u64::saturating_add);
    let Some(most) = needs.into_iter().max_by_key(|need| need.bytes) else { return Ok(()) };
    let place = format!("{}: {}", most.what, shown(most.bytes));
    if all > limit || all == u64::MAX {
        let problem = format!("the run needs {} of memory, and the limit is {}", shown(all), bytes(limit));
        return Err(Error::input(problem, place, "make it smaller, or raise the limit with --memory SIZE"));
    }
    if all >= TRIED && !allocator::can_give(all) {
        let problem = format!("the run needs {} of memory, and the system does not give it", bytes(all));
        return Err(Error::input(problem, place, "make it smaller, or give the process more memory"));
    }
    Ok(())
}

fn shown(n: u64) -> String {
    if n == u64::MAX { "more than 2^64 bytes".to_owned() } else { bytes(n) }
}

/// Views of which every contiguous piece is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pieces {
    /// A replay knows for every piece what it reads.
    OfAll,
    /// Data flow and the hazard checks keep no pieces of an input that no op writes.
    OfWritten,
}

fn of_log(program: &Program, pieces: Pieces) -> Vec<Need> {
    let written = written_tensors(program);
    let is_kept = |view: &&View| match view.base {
        Base::Tensor(tensor) => {
            let given = program.tensors.get(tensor.index()).and_then(|tensor| tensor.role.given());
            let is_input = given.is_some();
            pieces == Pieces::OfAll || !is_input || written.contains(&tensor)
        }
        Base::Buffer(_) | Base::Message(_) => true,
    };
    // Ops share views: each is asked once.
    let pieces_of = |view: &View| if is_kept(&view) { view.n_rows() } else { 0 };
    let of_views: Vec<Vec<u64>> =
        program.ranks.iter().map(|rank| rank.views.iter().map(pieces_of).collect()).collect();
    let ops = program.n_ops() as u64;
    let log = Need { what: format!("the log of {ops} ops"), bytes: ops.saturating_mul(OP_BYTES) };
    let runs = Share::of(program, |rank, op| {
        let views = &of_views[rank.index()];
        op.views().filter_map(|view| views.get(view.index())).copied().fold(0, u64::saturating_add)
    });
    let pieces = runs.largest.map(|(op, _)| Need {
        what: format!("the pieces of operands, most of them in {}", named(program, op)),
        bytes: runs.all.saturating_mul(RUN_BYTES),
    });
    pieces.into_iter().chain([log]).collect()
}

/// About what the hazard checks take beside the log. Clocks of messages that wait to be received are left out.
fn of_clocks(program: &Program) -> Need {
    let ranks = program.ranks.len() as u64;
    Need {
        what: format!("the vector clocks of {ranks} ranks"),
        bytes: ranks.saturating_mul(lanes(program)).saturating_mul(LANE_BYTES),
    }
}

/// About the counts of a vector clock: one for every sequencer, and for every unit that a rank uses.
fn lanes(program: &Program) -> u64 {
    let of_rank = |rank: &RankProgram| {
        let units: BTreeSet<UnitKind> = rank.ops.iter().map(Op::unit).collect();
        units.len().max(1) as u64
    };
    program.ranks.iter().map(of_rank).fold(0, u64::saturating_add)
}

fn written_tensors(program: &Program) -> BTreeSet<TensorId> {
    let of_rank = |rank: &RankProgram| -> Vec<TensorId> {
        let views = rank.ops.iter().filter_map(|op| rank.views.get(op.access().write?.index()));
        let tensor = |view: &View| match view.base {
            Base::Tensor(tensor) => Some(tensor),
            Base::Buffer(_) | Base::Message(_) => None,
        };
        views.filter_map(tensor).collect()
    };
    program.ranks.iter().flat_map(of_rank).collect()
}

fn of_input(tensor: &HostTensor, copies: bool) -> Need {
    let wide = if copies { size_of::<f64>() as u64 } else { 0 };
    of_tensor("input", tensor, tensor.dtype.size() + wide)
}

/// Shares of ranks are gathered. The oracle's values are there while the naive computation has its own, and the blocks
/// that they are gathered from.
fn of_output(tensor: &HostTensor, judged: bool) -> Need {
    let wide = if judged { 3 * size_of::<f64>() as u64 } else { 0 };
    of_tensor("output", tensor, 2 * tensor.dtype.size() + wide)
}

fn of_tensor(what: &str, tensor: &HostTensor, element: u64) -> Need {
    let what = format!("{what} `{}`, {}", tensor.name, describe(&tensor.shape, tensor.dtype));
    Need { what, bytes: tensor.elements().saturating_mul(element) }
}

fn of_largest_op(program: &Program) -> Option<Need> {
    let (op, bytes) = Share::of(program, |rank, op| replay::memory::of_op(program, rank, op)).largest?;
    Some(Need { what: named(program, op), bytes })
}

/// What all ops take of something, and the last of those that take most.
struct Share {
    all: u64,
    largest: Option<((Rank, OpIndex), u64)>,
}

impl Share {
    fn of(program: &Program, takes: impl Fn(Rank, &Op) -> u64) -> Share {
        let mut share = Share { all: 0, largest: None };
        for (rank, of_rank) in (0u32..).map(Rank).zip(&program.ranks) {
            for (index, op) in (0u32..).map(OpIndex).zip(&of_rank.ops) {
                let taken = takes(rank, op);
                share.all = share.all.saturating_add(taken);
                if share.largest.is_none_or(|(_, most)| taken >= most) {
                    share.largest = Some(((rank, index), taken));
                }
            }
        }
        share
    }
}

fn named(program: &Program, (rank, index): (Rank, OpIndex)) -> String {
    let kind = program.op(rank, index).kind();
    let source = program.source(rank, index).map_or_else(String::new, |source| format!(" at {source}"));
    let span = program.span_of(rank, index).map_or_else(String::new, |span| format!(" in span `{span}`"));
    format!("rank {}, op {} ({kind}){span}{source}", rank.0, index.0)
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
