//! Memories and their holders, as JSON has them.

use std::collections::BTreeMap;

use analysis::memory::{Content, Copies, Holder, Life, Memory, Twice, memories, op_of};
use machine::{SimTime, printable};
use oplog::OpLog;
use program::program::Role;
use program::{OpIndex, Program, Rank, Space};
use serde::Serialize;

use crate::simulate::Timed;

/// Holders that a result names of a memory; `memory --json` has all.
const NAMED: usize = 10;
/// Copies that a result names.
const COPIES: usize = 100;

/// A memory, and what it holds when it is at its fullest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MemoryUse {
    /// `tcm`, `hbm` or `sram`.
    pub space: &'static str,
    /// The rank whose it is; of SRAM, the cube.
    pub of: u32,
    pub capacity_bytes: u64,
    /// One past the highest address that the program is given.
    pub needed_bytes: u64,
    /// Slots of rings, which are there for the whole run.
    pub slot_bytes: u64,
    /// The most bytes that are live at once, slots among them, and the first time from and to which they are.
    pub most_bytes: u64,
    pub from_fs: u64,
    pub to_fs: u64,
    /// What is live then, the largest first.
    pub holders: Vec<HolderUse>,
    /// Holders that are not listed.
    pub more_holders: usize,
}

/// A buffer or tensor while it is live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HolderUse {
    /// `b3`, or the name of the tensor.
    pub name: String,
    /// `buffer`, `input`, `output` or `scratch`.
    pub role: &'static str,
    pub bytes: u64,
    pub address: u64,
    pub from_fs: u64,
    pub to_fs: u64,
    /// The first and the last op that name it.
    pub first: OpUse,
    pub last: OpUse,
}

/// An op, by rank and index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OpUse {
    pub rank: u32,
    pub op: u32,
    pub kind: &'static str,
    /// `file:line:column`; null where the program has no lines.
    pub source: Option<String>,
    /// The named spans that it lies in, the outermost first, as `layer 3/attention`; null outside of all.
    pub span: Option<String>,
}

/// Bytes that one memory holds in two places at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TwiceUse {
    pub space: &'static str,
    pub of: u32,
    /// The input whose bytes they are; null where an op made them.
    pub input: Option<String>,
    /// The op that made them; null of an input.
    pub made_by: Option<OpUse>,
    /// The two holders: the one that has them first, then the other.
    pub holders: [String; 2],
    /// The ops that brought them there; null of the host.
    pub by: [Option<OpUse>; 2],
    pub bytes: u64,
    pub from_fs: u64,
    pub to_fs: u64,
}

/// What `memory --json` writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Memories {
    pub kernel: String,
    pub machine: String,
    pub ranks: u32,
    pub makespan_fs: u64,
    pub makespan_cycles: u64,
    /// All memories in which something lies, or those of the rank that was asked for.
    pub memories: Vec<MemoryOverTime>,
    /// What they hold twice, the largest first.
    pub twice: Vec<TwiceUse>,
    /// Whether all was looked at for `twice`: beyond a million pieces, the rest is not.
    pub twice_is_complete: bool,
}

/// A memory over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MemoryOverTime {
    #[serde(flatten)]
    pub at_its_fullest: MemoryUse,
    /// The bytes that are live from each time on, in femtoseconds; slots are among them.
    pub levels: Vec<(u64, u64)>,
    /// Everything that is ever live.
    pub lives: Vec<HolderUse>,
}

/// Names what a log calls by number.
struct Names<'a> {
    log: &'a OpLog,
    firsts: Vec<usize>,
}

/// Of every kind of memory, the one that is fullest in a run; the first of equals.
pub fn fullest(log: &OpLog) -> Vec<MemoryUse> {
    let names = Names { log, firsts: log.first_ops() };
    let mut most: BTreeMap<&str, (u64, Memory)> = BTreeMap::new();
    for memory in memories(log) {
        let bytes = memory.fullest().bytes;
        let kind = of_space(memory.space).0;
        if most.get(kind).is_none_or(|(other, _)| *other < bytes) {
            most.insert(kind, (bytes, memory));
        }
    }
    most.into_values().map(|(_, memory)| names.at_its_fullest(&memory, NAMED)).collect()
}

/// What HBM holds twice in a run.
pub fn twice(timed: &Timed) -> Vec<TwiceUse> {
    let copies = Copies::of(&timed.log, &timed.flow, |space| matches!(space, Space::Hbm(_)));
    let names = Names { log: &timed.log, firsts: timed.log.first_ops() };
    copies.all.iter().take(COPIES).map(|twice| names.twice(twice)).collect()
}

impl Memories {
    /// Those of a rank, or of all.
    pub fn of(timed: &Timed, rank: Option<Rank>) -> Memories {
        let log = &timed.log;
        let names = Names { log, firsts: log.first_ops() };
        let is_asked = |space: Space| match space {
            Space::Tcm(of) | Space::Hbm(of) => rank.is_none_or(|rank| rank == of),
            Space::Sram(_) => rank.is_none(),
        };
        let all = memories(log).into_iter().filter(|memory| is_asked(memory.space));
        let copies = Copies::of(log, &timed.flow, is_asked);
        let makespan = log.makespan();
        Memories {
            kernel: log.program.kernel.clone(),
            machine: log.machine.spec().name.clone(),
            ranks: log.program.n_ranks(),
            makespan_fs: makespan.fs(),
            makespan_cycles: log.machine.spec().clock.pe_fs.cycles_covering(makespan - SimTime::ZERO).0,
            memories: all.map(|memory| names.over_time(&memory)).collect(),
            twice: copies.all.iter().map(|twice| names.twice(twice)).collect(),
            twice_is_complete: copies.is_complete,
        }
    }
}

/// `hbm` of rank 3 is `("hbm", 3)`.
fn of_space(space: Space) -> (&'static str, u32) {
    match space {
        Space::Tcm(rank) => ("tcm", rank.0),
        Space::Hbm(rank) => ("hbm", rank.0),
        Space::Sram(cube) => ("sram", cube),
    }
}

fn role(program: &Program, holder: Holder) -> &'static str {
    match holder {
        Holder::Buffer(..) => "buffer",
        Holder::Tensor(tensor) => match program.tensors[tensor.index()].role {
            Role::Input { .. } => "input",
            Role::Output { .. } => "output",
            Role::InOut { .. } => "in_out",
            Role::Scratch => "scratch",
        },
    }
}

impl Names<'_> {
    fn at_its_fullest(&self, memory: &Memory, named: usize) -> MemoryUse {
        let (space, of) = of_space(memory.space);
        let fullest = memory.fullest();
        let live = memory.live_at(fullest.from);
        MemoryUse {
            space,
            of,
            capacity_bytes: memory.capacity,
            needed_bytes: memory.needed,
            slot_bytes: memory.slots,
            most_bytes: fullest.bytes,
            from_fs: fullest.from.fs(),
            to_fs: fullest.to.fs(),
            holders: live.iter().take(named).map(|life| self.holder(life)).collect(),
            more_holders: live.len().saturating_sub(named),
        }
    }

    fn over_time(&self, memory: &Memory) -> MemoryOverTime {
        MemoryOverTime {
            at_its_fullest: self.at_its_fullest(memory, usize::MAX),
            levels: memory.levels().into_iter().map(|(at, bytes)| (at.fs(), bytes)).collect(),
            lives: memory.lives.iter().map(|life| self.holder(life)).collect(),
        }
    }

    fn holder(&self, life: &Life) -> HolderUse {
        let program = &self.log.program;
        HolderUse {
            name: self.name(life.holder),
            role: role(program, life.holder),
            bytes: life.bytes,
            address: life.address,
            from_fs: life.from.fs(),
            to_fs: life.to.fs(),
            first: self.op(op_of(&self.firsts, life.first)),
            last: self.op(op_of(&self.firsts, life.last)),
        }
    }

    fn name(&self, holder: Holder) -> String {
        printable(&holder.name(&self.log.program)).into()
    }

    fn op(&self, (rank, op): (Rank, OpIndex)) -> OpUse {
        let program = &self.log.program;
        OpUse {
            rank: rank.0,
            op: op.0,
            kind: program.op(rank, op).kind(),
            source: program.source(rank, op),
            span: program.span_of(rank, op),
        }
    }

    fn twice(&self, twice: &Twice) -> TwiceUse {
        let Twice { content, holders, by, bytes, from, to, .. } = *twice;
        let (space, of) = of_space(twice.space);
        let program = &self.log.program;
        let (input, made_by) = match content {
            Content::Op { rank, op } => (None, Some(self.op((rank, op)))),
            Content::Host(tensor) => {
                let given = program.tensors[tensor.index()].role.given();
                let input = given.and_then(|(of, _)| program.inputs.get(of as usize));
                (input.map(|it| printable(&it.name).into()), None)
            }
        };
        let holders = holders.map(|holder| self.name(holder));
        let by = by.map(|op| op.map(|op| self.op(op)));
        TwiceUse { space, of, input, made_by, holders, by, bytes, from_fs: from.fs(), to_fs: to.fs() }
    }
}
