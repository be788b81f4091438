//! The sealed binary form: what large logs are kept in.
//!
//! Sections, in this order: header, machine (JSON), program without ranks (postcard), layout (postcard);
//! then for each rank its memory, its ops and their times; then messages and stalls.

use std::sync::Arc;

use machine::{Machine, MachineSpec, PeId};
use program::layout::{Layout, Peak, Slots};

use crate::columns::{self, OpColumn, Times, from_postcard, put_postcard, take_postcard};
use crate::damage::Damage;
use crate::digest::{Digest, Digests};
use crate::frame::Frame;
use crate::log::{Entries, OpLog, RunId};
use crate::seal::{self, Mark, Sealing, Section};
use crate::tick::Tick;
use crate::varint::{Cursor, Read, put};

pub const MARK: Mark = Mark { bytes: *b"\x89kmoplog", version: 1, what: "an op log" };

const HEADER: u8 = 1;
const MACHINE: u8 = 2;
const PROGRAM: u8 = 3;
const LAYOUT: u8 = 4;
const MEMORY: u8 = 5;
const OPS: u8 = 6;
const TIMES: u8 = 7;
const MESSAGES: u8 = 8;
const STALLS: u8 = 9;
/// Sections before those of the ranks, of each rank, and after them.
const BEFORE: usize = 4;
const A_RANK: usize = 3;
const AFTER: usize = 2;

/// A section's name in messages.
fn name(position: usize, kind: u8) -> String {
    let rank = position.saturating_sub(BEFORE) / A_RANK;
    match kind {
        HEADER => "header".to_owned(),
        MACHINE => "machine".to_owned(),
        PROGRAM => "program".to_owned(),
        LAYOUT => "layout".to_owned(),
        MEMORY => format!("memory of rank {rank}"),
        OPS => format!("ops of rank {rank}"),
        TIMES => format!("times of rank {rank}"),
        MESSAGES => "messages".to_owned(),
        STALLS => "stalls".to_owned(),
        _ => format!("section {position}"),
    }
}

/// # Panics
/// When the columns of the log are not as long as its program: see [`crate::check()`].
pub fn encode(log: &OpLog, digests: &Digests) -> Vec<u8> {
    let tick = Tick::of(log);
    // A record takes about 20 bytes; growing a large buffer would copy it.
    let mut file = Sealing::new(&MARK, 4096 + 24 * log.program.n_ops());
    file.section(HEADER, |out| {
        out.extend(digests.structure.0);
        out.extend(digests.timing.0);
        out.extend(log.id.seed.to_le_bytes());
        out.extend(tick.fs.to_le_bytes());
        // Most runs are given no inputs and have no job, and their header ends here.
        let RunId { seed: _, inputs, job } = &log.id;
        if !inputs.is_empty() || job.is_some() {
            put_postcard(out, inputs);
        }
        if let Some(job) = job {
            put_postcard(out, job);
        }
    });
    file.section(MACHINE, |out| {
        serde_json::to_writer(out, log.machine.spec()).expect("a machine can be written to memory");
    });
    file.section(PROGRAM, |out| {
        put_postcard(out, &Frame::of(&log.program));
        // Programs without command buffers do not mention events.
        if log.program.n_events > 0 {
            put(out, log.program.n_events.into());
        }
    });
    file.section(LAYOUT, |out| {
        put_postcard(out, &(&log.placement, &log.layout.rings, &log.layout.tensors, &log.layout.peaks));
    });
    let firsts = log.first_ops();
    for (rank, program) in log.program.ranks.iter().enumerate() {
        let ops = firsts[rank]..firsts[rank + 1];
        let entries = &log.entries;
        file.section(MEMORY, |out| columns::put_memory(out, program, &log.layout.buffers[rank]));
        file.section(OPS, |out| columns::put_ops(out, program, &entries.unit[ops.clone()]));
        let times = Times {
            issue: &entries.issue[ops.clone()],
            start: &entries.start[ops.clone()],
            done: &entries.done[ops.clone()],
        };
        file.section(TIMES, |out| columns::put_times(out, &times, tick));
    }
    file.section(MESSAGES, |out| columns::put_messages(out, &log.messages, tick));
    file.section(STALLS, |out| columns::put_stalls(out, log, tick));
    file.finish(log.program.n_ops() as u64)
}

/// The log, not yet checked for sense, and the digests its header claims.
pub fn decode(file: &[u8]) -> Result<(OpLog, Digests), Damage> {
    let (sections, count) = seal::open(file, &MARK, name)?;
    let mut reader = Reader { sections: &sections, next: 0, end: file.len() };
    let header = reader.read(HEADER, read_header)?;
    let machine = reader.read(MACHINE, read_machine)?;
    let (frame, n_events) = reader.read(PROGRAM, read_program)?;
    let (placement, rings, tensors, peaks): Placed = reader.read(LAYOUT, from_postcard)?;
    let mut layout = Layout { buffers: Vec::new(), rings, tensors, peaks };
    let mut entries = Entries::default();
    let mut ranks = Vec::new();
    for _ in 0..sections.len().saturating_sub(BEFORE + AFTER) / A_RANK {
        let (mut rank, addresses) = reader.read(MEMORY, columns::read_memory)?;
        let OpColumn { ops, units, sources } = reader.read(OPS, columns::read_ops)?;
        entries.unit.extend(units);
        let into = [&mut entries.issue, &mut entries.start, &mut entries.done];
        reader.read(TIMES, |bytes| columns::read_times(bytes, ops.len(), header.tick, into))?;
        (rank.ops, rank.sources) = (ops, sources);
        layout.buffers.push(addresses);
        ranks.push(rank);
    }
    let messages = reader.read(MESSAGES, |bytes| columns::read_messages(bytes, header.tick))?;
    let stalls = reader.read(STALLS, |bytes| columns::read_stalls(bytes, &entries.issue, header.tick))?;
    reader.end()?;
    let program = Arc::new(frame.with(n_events, ranks));
    if count != program.n_ops() as u64 {
        let reason = format!("it counts {count} ops and the sections hold {}", program.n_ops());
        return Err(Damage::byte(file.len(), "footer", reason));
    }
    let (id, layout) = (header.id, Arc::new(layout));
    Ok((OpLog { id, program, machine, placement, layout, entries, messages, stalls }, header.digests))
}

type Placed = (Vec<PeId>, Vec<Slots>, Vec<u64>, Vec<Peak>);

struct Header {
    digests: Digests,
    id: RunId,
    tick: u64,
}

fn read_header(bytes: &[u8]) -> Read<Header> {
    let mut cursor = Cursor::new(bytes);
    let digests = Digests { structure: Digest(cursor.array()?), timing: Digest(cursor.array()?) };
    let seed = u64::from_le_bytes(cursor.array()?);
    let tick = u64::from_le_bytes(cursor.array()?);
    let (inputs, rest) = match cursor.rest() {
        [] => (Vec::new(), &[][..]),
        given => take_postcard(given)?,
    };
    let job = if rest.is_empty() { None } else { Some(from_postcard(rest)?) };
    let id = RunId { seed, inputs, job };
    if tick == 0 { Err("a tick of 0 fs".to_owned()) } else { Ok(Header { digests, id, tick }) }
}

fn read_program(bytes: &[u8]) -> Read<(Frame, u32)> {
    let (frame, rest) = take_postcard(bytes)?;
    if rest.is_empty() {
        return Ok((frame, 0));
    }
    let mut cursor = Cursor::new(rest);
    let n_events = cursor.small()?;
    cursor.end()?;
    if n_events == 0 { Err("the number of events is 0".to_owned()) } else { Ok((frame, n_events)) }
}

fn read_machine(bytes: &[u8]) -> Read<Machine> {
    let spec: MachineSpec = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Machine::new(spec).map_err(|error| error.to_string())
}

/// Reads sections in their order.
pub struct Reader<'a, 'f> {
    sections: &'a [Section<'f>],
    next: usize,
    end: usize,
}

impl<'f> Reader<'_, 'f> {
    fn read<T>(&mut self, kind: u8, read: impl FnOnce(&'f [u8]) -> Read<T>) -> Result<T, Damage> {
        let wanted = name(self.next, kind);
        let Some(section) = self.sections.get(self.next) else {
            return Err(Damage::byte(self.end, wanted, "the section is missing"));
        };
        if section.kind != kind {
            let found = name(self.next, section.kind);
            return Err(Damage::byte(section.offset, wanted, format!("found instead: {found}")));
        }
        self.next += 1;
        read(section.payload).map_err(|reason| Damage::byte(section.offset, wanted, reason))
    }
    fn end(&self) -> Result<(), Damage> {
        match self.sections.get(self.next) {
            None => Ok(()),
            Some(section) => {
                let found = name(self.next, section.kind);
                Err(Damage::byte(section.offset, found, "the section does not belong here"))
            }
        }
    }
}
