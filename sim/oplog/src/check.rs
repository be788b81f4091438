//! Consistency check of a log: a program that its machine can run, columns as long as the program, units that exist,
//! times in order. A log from the timing engine passes; a log from a file is checked before anything uses it.

mod causality;

use std::collections::BTreeSet;

use machine::{Bytes, SimTime};
use order::{Dependencies, EventGraph};
use program::{
    Base, BufferId, Class, Layout, Message, Op, OpIndex, Program, Rank, RankProgram, RingId, Space, UnitKind,
};

use crate::damage::Damage;
use crate::log::OpLog;
use crate::stall::{Stall, UnitId};

/// What makes no sense, at the first place where it does not.
type Sense = Result<(), Damage>;

/// The order of the ops of a log that makes sense.
///
/// # Errors
/// [`Damage::At`] names the op, ring or table that makes no sense.
pub fn check(log: &OpLog) -> Result<Dependencies, Damage> {
    let dependencies = in_form(log)?;
    in_order(log, &dependencies)?;
    Ok(dependencies)
}

/// What [`in_form`] leaves: whether each event of a log comes no earlier than what it waits for.
///
/// # Errors
/// As [`check`].
pub fn in_order(log: &OpLog, dependencies: &Dependencies) -> Result<(), Damage> {
    causality::check(log, &EventGraph::of(&log.program, &log.machine, dependencies))
}

/// As [`check`], of everything but the order of its times: they may be those of no machine.
///
/// # Errors
/// As [`check`].
pub fn in_form(log: &OpLog) -> Result<Dependencies, Damage> {
    // A log holds a program that was verified, so a program that is refused was not in a log.
    let addressed = || {
        check_inputs(log)?;
        check_layout(&log.program, &log.layout, log.machine.mesh().n_cubes())?;
        check_memories(log)
    };
    let dependencies = verify::verify_laid_out(&log.program, &log.machine, &log.layout, addressed)?;
    check_placement(log)?;
    check_columns(log)?;
    for (global, (rank, op)) in log.ops().enumerate() {
        check_entry(log, global).map_err(|reason| at(log, rank, op, reason))?;
    }
    check_messages(log)?;
    check_stalls(log)?;
    Ok(dependencies)
}

impl From<verify::Refusal> for Damage {
    fn from(refusal: verify::Refusal) -> Damage {
        Damage::content("program", first(&refusal))
    }
}

/// One line: a message about a file names one damage, as all of them do.
fn first(refusal: &verify::Refusal) -> String {
    let text = refusal.to_string();
    let line = text.lines().next().unwrap_or_default();
    match refusal.reasons.len() {
        0 | 1 => line.to_owned(),
        n => format!("{line} (the first of {n} reasons)"),
    }
}

fn must(holds: bool, place: &str, reason: impl FnOnce() -> String) -> Sense {
    if holds { Ok(()) } else { Err(Damage::content(place, reason())) }
}

fn at(log: &OpLog, rank: Rank, op: OpIndex, reason: String) -> Damage {
    Damage::content(format!("rank {}, op {} ({})", rank.0, op.0, log.program.op(rank, op).kind()), reason)
}

/// Whether the inputs that were given are those of the program.
fn check_inputs(log: &OpLog) -> Sense {
    let given: Vec<&str> = log.id.inputs.iter().map(|input| &*input.name).collect();
    let taken: Vec<&str> = log.program.inputs.iter().map(|input| &*input.name).collect();
    must(given.is_empty() || given == taken, "header", || {
        format!("it was given the inputs {}, and the program takes {}", given.join(", "), taken.join(", "))
    })
}

fn check_columns(log: &OpLog) -> Sense {
    let (entries, n) = (&log.entries, log.program.n_ops());
    must(u32::try_from(n).is_ok(), "program", || format!("{n} ops are more than a log can number"))?;
    let columns = [
        ("unit", entries.unit.len()),
        ("issue", entries.issue.len()),
        ("start", entries.start.len()),
        ("done", entries.done.len()),
    ];
    for (column, length) in columns {
        must(length == n, "entries", || {
            format!("the column {column} has {length} rows and the program {n} ops")
        })?;
    }
    Ok(())
}

fn check_entry(log: &OpLog, op: usize) -> Result<(), String> {
    let entries = &log.entries;
    let (issue, start, done) = (entries.issue[op], entries.start[op], entries.done[op]);
    if issue > start || start > done || done > SimTime::MAX {
        let [issue, start, done] = [issue, start, done].map(SimTime::fs);
        return Err(format!("issue {issue}, start {start} and done {done} fs are not in order"));
    }
    Ok(())
}

fn check_placement(log: &OpLog) -> Sense {
    let (n_ranks, n_pes) = (log.program.ranks.len(), log.machine.mesh().n_pes());
    let placed = log.placement.len();
    must(placed == n_ranks, "placement", || format!("{placed} PEs for {n_ranks} ranks"))?;
    for pe in &log.placement {
        must(pe.0 < n_pes, "placement", || format!("{pe} is not one of the {n_pes} PEs"))?;
    }
    let channels = log.machine.spec().pe.dma_channels;
    for ((rank, op), unit) in log.ops().zip(&log.entries.unit) {
        let kind = log.program.op(rank, op).unit();
        if unit.index() >= UnitId::count(channels) || unit.kind() != kind {
            let kind = log.program.op(rank, op).kind();
            return Err(at(log, rank, op, format!("a {kind} cannot run on unit {} ({unit})", unit.0)));
        }
    }
    Ok(())
}

fn check_messages(log: &OpLog) -> Sense {
    let sent = sent(&log.program);
    let found: Vec<usize> = log.messages.iter().map(Vec::len).collect();
    must(found == sent, "messages", || {
        format!("by ring {found:?} messages, and the program sends {sent:?}")
    })?;
    let not_waited_for = not_waited_for(&log.program);
    for (ring, messages) in log.messages.iter().enumerate() {
        for (number, times) in messages.iter().enumerate() {
            let message = Message { ring: RingId(ring as u32), number: number as u32 };
            let last = times.credit.unwrap_or(times.filled);
            let is_late = times.filled <= last || not_waited_for.contains(&message);
            must(is_late && times.filled.max(last) <= SimTime::MAX, &message.to_string(), || {
                format!("filled at {} fs, its credit back at {} fs", times.filled.fs(), last.fs())
            })?;
        }
    }
    Ok(())
}

/// Messages whose release need not wait for them: a race, and a run all the same.
fn not_waited_for(program: &Program) -> BTreeSet<Message> {
    let ops = program.ranks.iter().flat_map(|rank| &rank.ops);
    ops.filter(|op| op.class() == Class::RecvAsync).flat_map(Op::receives).copied().collect()
}

/// By ring: how many messages its producer sends.
fn sent(program: &Program) -> Vec<usize> {
    let mut sent = vec![0; program.rings.len()];
    for op in program.ranks.iter().flat_map(|rank| &rank.ops) {
        op.sends().iter().for_each(|message| sent[message.ring.index()] += 1);
    }
    sent
}

fn check_stalls(log: &OpLog) -> Sense {
    let key = |stall: &Stall| (stall.op, stall.from);
    let ops: Vec<(Rank, OpIndex)> = log.ops().collect();
    let mut last = None;
    for stall in &log.stalls {
        let Some(&(rank, op)) = ops.get(stall.op as usize) else {
            return Err(Damage::content("stalls", format!("op number {} of {}", stall.op, ops.len())));
        };
        if last.is_some_and(|last| key(stall) < last) {
            return Err(at(log, rank, op, "its stalls are not in order".to_owned()));
        }
        check_stall(log, stall, log.program.op(rank, op).unit())
            .map_err(|reason| at(log, rank, op, reason))?;
        last = Some(key(stall));
    }
    Ok(())
}

/// A hold ends before the op is issued, or is what an op of the sequencer's own does until it is done. Any
/// other stall is the unit's, while it has the op.
fn check_stall(log: &OpLog, stall: &Stall, unit: UnitKind) -> Result<(), String> {
    let (issue, done) = (log.entries.issue[stall.op as usize], log.entries.done[stall.op as usize]);
    let (earliest, latest) = match (stall.reason.holds_sequencer(), unit == UnitKind::Sequencer) {
        (true, true) => (SimTime::ZERO, done),
        (true, false) => (SimTime::ZERO, issue),
        (false, _) => (issue, done),
    };
    if !stall.reason.is_recorded() {
        return Err(format!("`{}` is not a reason that is recorded", stall.reason.name()));
    }
    if stall.from < earliest || stall.from >= stall.to || stall.to > latest {
        let (from, to, reason) = (stall.from.fs(), stall.to.fs(), stall.reason.name());
        return Err(format!(
            "its stall `{reason}` from {from} to {to} fs is not within {} to {} fs",
            earliest.fs(),
            latest.fs()
        ));
    }
    Ok(())
}

/// As a machine file may say.
const LARGEST_MEMORY: u64 = 1 << 40;

fn check_layout(program: &Program, layout: &Layout, n_cubes: u32) -> Sense {
    let n = program.ranks.len();
    let tables = layout.buffers.len() == n
        && layout.peaks.len() == n
        && layout.rings.len() == program.rings.len()
        && layout.tensors.len() == program.tensors.len()
        && layout.buffers.iter().zip(&program.ranks).all(|(list, rank)| list.len() == rank.buffers.len());
    must(tables, "layout", || "it does not have one address for each buffer, ring and tensor".to_owned())?;
    must(ends(program, layout).all(|(_, end)| end.is_some()), "layout", || {
        "an address is past 2^64".to_owned()
    })?;
    let exists = |space: Space| match space {
        Space::Tcm(rank) | Space::Hbm(rank) => rank.index() < n,
        Space::Sram(cube) => cube < n_cubes,
    };
    must(layout.rings.iter().all(|slots| exists(slots.space)), "layout", || {
        "the slots of a ring lie in a memory that does not exist".to_owned()
    })?;
    let held = layout
        .peaks
        .iter()
        .zip(&program.ranks)
        .all(|(peak, rank)| peak.holders.iter().all(|buffer| buffer.index() < rank.buffers.len()));
    must(held, "layout", || "a peak is held by a buffer that does not exist".to_owned())?;
    let fit = |peak: &program::layout::Peak| {
        [peak.bytes, peak.slot_bytes, peak.live_bound].iter().all(|bytes| bytes.0 <= LARGEST_MEMORY)
    };
    must(layout.peaks.iter().all(fit), "layout", || "a peak is larger than any memory".to_owned())
}

/// Whether all that is used lies within its memory, and each rank's TCM within its peak. A buffer that no op names has
/// no place of its own.
fn check_memories(log: &OpLog) -> Sense {
    let (spec, layout) = (log.machine.spec(), &log.layout);
    let sram = spec.sram.map_or(Bytes(0), |sram| sram.bytes);
    let used = used_buffers(&log.program);
    for (what, end) in ends(&log.program, layout) {
        let (space, Bytes(bytes)) = match what {
            (Space::Tcm(rank), Some(buffer)) if !used[rank.index()][buffer.index()] => continue,
            (space @ Space::Tcm(rank), _) => (space, layout.peaks[rank.index()].bytes),
            (space @ Space::Sram(_), _) => (space, sram),
            (space @ Space::Hbm(_), _) => (space, spec.hbm.bytes_per_pe),
        };
        must(end.is_some_and(|end| end <= bytes), "layout", || match space {
            Space::Tcm(rank) => {
                format!("something in TCM of rank {} ends after the {bytes} bytes of its peak", rank.0)
            }
            Space::Sram(cube) => format!("something in SRAM of cube {cube} ends after its {bytes} bytes"),
            Space::Hbm(rank) => format!("something in HBM of rank {} ends after its {bytes} bytes", rank.0),
        })?;
    }
    for (peak, rank) in layout.peaks.iter().zip(0u32..) {
        let fits = peak.live_bound <= peak.bytes && peak.bytes <= spec.pe.tcm_bytes;
        must(fits, "layout", || {
            let [live, peak, all] = [peak.live_bound, peak.bytes, spec.pe.tcm_bytes].map(|bytes| bytes.0);
            format!("rank {rank} has {live} bytes live, a peak of {peak}, and {all} bytes of TCM")
        })?;
    }
    Ok(())
}

/// By rank, then buffer: whether an op names it.
fn used_buffers(program: &Program) -> Vec<Vec<bool>> {
    let of_rank = |rank: &RankProgram| {
        let mut used = vec![false; rank.buffers.len()];
        for view in rank.ops.iter().flat_map(Op::views) {
            if let Base::Buffer(buffer) = rank.views[view.index()].base {
                used[buffer.index()] = true;
            }
        }
        used
    };
    program.ranks.iter().map(of_rank).collect()
}

/// A memory, and the buffer that lies in it, if it is one.
type Lies = (Space, Option<BufferId>);

/// Where everything lies and ends; `None` when that has no address.
fn ends<'a>(program: &'a Program, layout: &'a Layout) -> impl Iterator<Item = (Lies, Option<u64>)> + 'a {
    let buffers = layout.buffers.iter().zip(&program.ranks).zip((0..).map(Rank));
    let buffers = buffers.flat_map(|((list, rank), id)| {
        let buffers = list.iter().zip(&rank.buffers).zip((0..).map(BufferId));
        buffers.map(move |((&address, buffer), nth)| {
            ((Space::Tcm(id), Some(nth)), address.checked_add(buffer.bytes))
        })
    });
    let slots = layout.rings.iter().zip(&program.rings).map(|(slots, ring)| {
        let bytes = ring.slot_bytes.checked_mul(ring.n_slots.into());
        ((slots.space, None), bytes.and_then(|bytes| bytes.checked_add(slots.address)))
    });
    let tensors = layout
        .tensors
        .iter()
        .zip(&program.tensors)
        .map(|(&address, tensor)| ((Space::Hbm(tensor.home), None), tensor.bytes().checked_add(address)));
    buffers.chain(slots).chain(tensors)
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
