//! JSON lines: what small logs and goldens are kept in, and people read.
//!
//! Lines, in this order: header, machine, program without ranks, placement, layout; then each rank and its
//! ops, one a line; then the messages of each ring; then the footer. Times are in femtoseconds.

use std::borrow::Cow;
use std::sync::Arc;

use machine::{Machine, MachineSpec, PeId, SimTime};
use program::program::{FORMAT, Source};
use program::{Layout, Op, RankProgram};
use serde::{Deserialize, Serialize};

use crate::damage::Damage;
use crate::digest::{Digest, Digests};
use crate::frame::{Frame, RankFrame};
use crate::lines::{self, Lines};
use crate::log::{Entries, GivenInput, MessageTimes, OpLog, RunId};
use crate::stall::{Stall, StallReason, UnitId};

pub const VERSION: u64 = 1;
/// First bytes of every log in JSON lines.
pub const MARK: &[u8] = b"{\"kernmesh\":\"oplog\",";

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HeaderLine {
    kernmesh: String,
    version: u64,
    structure: Digest,
    timing: Digest,
    seed: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<GivenInput>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    ranks: usize,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MachineLine<'a> {
    machine: Cow<'a, MachineSpec>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProgramLine {
    program: Frame,
    /// Programs without command buffers do not mention events.
    #[serde(default, skip_serializing_if = "none")]
    n_events: u32,
}

fn none(n: &u32) -> bool {
    *n == 0
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlacementLine<'a> {
    placement: Cow<'a, [PeId]>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LayoutLine<'a> {
    layout: Cow<'a, Layout>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RankLine {
    rank: usize,
    ops: usize,
    memory: RankFrame,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpLine<'a> {
    rank: usize,
    index: usize,
    op: Cow<'a, Op>,
    unit: String,
    issue: SimTime,
    start: SimTime,
    done: SimTime,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    stalls: Vec<(StallReason, SimTime, SimTime)>,
    /// File, line and column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<(u32, u32, u32)>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RingLine<'a> {
    ring: usize,
    messages: Cow<'a, [MessageTimes]>,
}

/// # Panics
/// When the columns of the log are not as long as its program: see [`crate::check()`].
pub fn encode(log: &OpLog, digests: &Digests) -> Vec<u8> {
    let mut out = Vec::new();
    let header = HeaderLine {
        kernmesh: "oplog".to_owned(),
        version: VERSION,
        structure: digests.structure,
        timing: digests.timing,
        seed: log.id.seed,
        inputs: log.id.inputs.clone(),
        job: log.id.job.clone(),
        ranks: log.program.ranks.len(),
    };
    lines::put(&mut out, &header);
    lines::put(&mut out, &MachineLine { machine: Cow::Borrowed(log.machine.spec()) });
    lines::put(&mut out, &ProgramLine { program: Frame::of(&log.program), n_events: log.program.n_events });
    lines::put(&mut out, &PlacementLine { placement: Cow::Borrowed(&log.placement) });
    lines::put(&mut out, &LayoutLine { layout: Cow::Borrowed(&*log.layout) });
    let mut global = 0;
    let mut stalls = log.stalls.as_slice();
    for (rank, program) in log.program.ranks.iter().enumerate() {
        let (ops, memory) = (program.ops.len(), RankFrame::of(program));
        lines::put(&mut out, &RankLine { rank, ops, memory });
        for index in 0..ops {
            let of_later = stalls.iter().position(|stall| stall.op as usize != global);
            let (of_op, rest) = stalls.split_at(of_later.unwrap_or(stalls.len()));
            lines::put(&mut out, &op_line(log, rank, index, global, of_op));
            stalls = rest;
            global += 1;
        }
    }
    for (ring, messages) in log.messages.iter().enumerate() {
        lines::put(&mut out, &RingLine { ring, messages: Cow::Borrowed(messages) });
    }
    lines::finish(out, global as u64)
}

fn op_line<'a>(log: &'a OpLog, rank: usize, index: usize, global: usize, stalls: &[Stall]) -> OpLine<'a> {
    let (program, entries) = (&log.program.ranks[rank], &log.entries);
    OpLine {
        rank,
        index,
        op: program.ops[index].for_json(&program.views, log.program.format),
        unit: entries.unit[global].to_string(),
        issue: entries.issue[global],
        start: entries.start[global],
        done: entries.done[global],
        stalls: stalls.iter().map(|stall| (stall.reason, stall.from, stall.to)).collect(),
        source: program.sources.get(index).map(|s| (s.file, s.line, s.column)),
    }
}

/// The log, not yet checked for sense, and the digests its header claims.
pub fn decode(file: &[u8]) -> Result<(OpLog, Digests), Damage> {
    check_version(file)?;
    let mut lines = lines::open(file)?;
    let header: HeaderLine = lines.next()?;
    let machine = lines.next::<MachineLine<'_>>()?.machine.into_owned();
    let machine = Machine::new(machine).map_err(|error| lines.refuse(error.to_string()))?;
    let ProgramLine { program: frame, n_events } = lines.next()?;
    let placement = lines.next::<PlacementLine<'_>>()?.placement.into_owned();
    let layout = Arc::new(lines.next::<LayoutLine<'_>>()?.layout.into_owned());
    let (mut entries, mut stalls, mut ranks) = (Entries::default(), Vec::new(), Vec::new());
    for rank in 0..header.ranks {
        ranks.push(read_rank(&mut lines, rank, &mut entries, &mut stalls)?);
    }
    let mut program = frame.with(n_events, ranks);
    if program.format < FORMAT {
        program.ranks.iter_mut().flat_map(|rank| &mut rank.ops).for_each(Op::settle_names);
    }
    let program = Arc::new(program);
    let mut messages = Vec::new();
    for ring in 0..program.rings.len() {
        let line: RingLine<'_> = lines.next()?;
        expect(&lines, ("ring", ring), line.ring)?;
        messages.push(line.messages.into_owned());
    }
    lines.end()?;
    if lines.count != entries.done.len() as u64 {
        return Err(lines.refuse(format!(
            "the footer counts {} ops, the lines {}",
            lines.count,
            entries.done.len()
        )));
    }
    let digests = Digests { structure: header.structure, timing: header.timing };
    let id = RunId { seed: header.seed, inputs: header.inputs, job: header.job };
    Ok((OpLog { id, program, machine, placement, layout, entries, messages, stalls }, digests))
}

fn read_rank(
    lines: &mut Lines<'_>,
    rank: usize,
    entries: &mut Entries,
    stalls: &mut Vec<Stall>,
) -> Result<RankProgram, Damage> {
    let line: RankLine = lines.next()?;
    expect(lines, ("rank", rank), line.rank)?;
    let mut program = line.memory.without_ops();
    for index in 0..line.ops {
        let op: OpLine<'_> = lines.next()?;
        expect(lines, ("rank", rank), op.rank)?;
        expect(lines, ("op", index), op.index)?;
        let number = u32::try_from(entries.done.len()).map_err(|_| lines.refuse("more than 2^32 ops"))?;
        entries
            .unit
            .push(unit(&op.unit).ok_or_else(|| lines.refuse(format!("`{}` is not a unit", op.unit)))?);
        entries.issue.push(op.issue);
        entries.start.push(op.start);
        entries.done.push(op.done);
        stalls.extend(op.stalls.iter().map(|&(reason, from, to)| Stall { op: number, reason, from, to }));
        program.sources.extend(op.source.map(|(file, line, column)| Source { file, line, column }));
        program.ops.push(op.op.into_owned());
    }
    program.settle_constants();
    Ok(program)
}

/// The unit that prints as `text`.
fn unit(text: &str) -> Option<UnitId> {
    (0..=u8::MAX).map(UnitId).find(|unit| unit.to_string() == text)
}

fn expect(lines: &Lines<'_>, (what, wanted): (&str, usize), found: usize) -> Result<(), Damage> {
    if wanted == found {
        Ok(())
    } else {
        Err(lines.refuse(format!("expected {what} {wanted}, found {what} {found}")))
    }
}

/// Another version is named before its other differences are taken for damage.
fn check_version(file: &[u8]) -> Result<(), Damage> {
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    let first = file.split(|&byte| byte == b'\n').next().unwrap_or_default();
    match serde_json::from_slice::<Version>(first) {
        Ok(Version { version }) if version != VERSION => {
            Err(Damage::Version { found: version, known: VERSION })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}
