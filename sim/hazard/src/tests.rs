//! Programs recorded with `tl`, and logs of them in which everything happens at once: no check looks at a time.

mod bytes;
mod copies;
mod drops;
mod edits;
mod lifetimes;
mod pairs;
mod queues;
mod ranks;
mod rings;

use diagnostic::Code;
use machine::{Machine, SimTime, Sync};
use oplog::{Entries, MessageTimes, OpLog, RunId, UnitId};
use order::Dataflow;
use program::program::SlotPlace;
use program::tl::{HbmTile, Recording, Tl, Topology};
use program::{DType, Program, TensorId, UnitKind};
use verify::Verified;

use crate::{Hazards, Options};

/// Shape and dtype of everything in these programs.
pub const SHAPE: [u32; 2] = [4, 8];
pub const F32: DType = DType::F32;

/// A program of ranks in a ring of two slots, each with an input and an output of its own.
pub fn record(n_ranks: u32, mut kernel: impl FnMut(&mut Tl, Own)) -> Program {
    let mut recording = Recording::new("hazard", n_ranks);
    let (x, y) = (recording.input("x", [n_ranks, 4, 8], F32), recording.output("y", [n_ranks, 4, 8], F32));
    let own = |share: &mut dyn FnMut(u32) -> TensorId| (0..n_ranks).map(share).collect::<Vec<_>>();
    let xs = own(&mut |rank| recording.input_share(x, rank, [rank, 0, 0], [1, 4, 8]));
    let ys = own(&mut |rank| recording.output_share(y, rank, [rank, 0, 0], [1, 4, 8]));
    let shared = recording.scratch("shared", 0, SHAPE, F32);
    recording.links(Topology::Ring, 2, 128, SlotPlace::Tcm);
    let recorded = recording.record(|tl| {
        let rank = tl.rank() as usize;
        let (x, y) = (tl.tensor(xs[rank]).reshape(SHAPE), tl.tensor(ys[rank]).reshape(SHAPE));
        let own = Own { x, y, shared: tl.tensor(shared) };
        kernel(tl, own);
    });
    recorded.unwrap_or_else(|error| panic!("{error}"))
}

/// The tensors of a rank, and one that all share.
#[derive(Clone, Copy)]
pub struct Own {
    pub x: HbmTile,
    pub y: HbmTile,
    pub shared: HbmTile,
}

pub fn machine(sync: Sync) -> Machine {
    Machine::preset("sip").expect("a preset").with_sync(sync).expect("no queues")
}

pub fn check(program: &Program, sync: Sync, options: Options) -> Hazards {
    check_on(program, &machine(sync), options)
}

pub fn check_on(program: &Program, machine: &Machine, options: Options) -> Hazards {
    let verified = verify::verify(program.clone(), machine).unwrap_or_else(|refusal| panic!("{refusal}"));
    check_verified(&verified, options)
}

pub fn check_verified(verified: &Verified, options: Options) -> Hazards {
    crate::check(&log(verified), &Dataflow::of(&verified.program), &verified.dependencies, options)
}

pub fn kinds(program: &Program, sync: Sync, options: Options) -> Vec<Code> {
    let mut kinds: Vec<Code> =
        check(program, sync, options).findings.iter().map(|finding| finding.code).collect();
    kinds.sort_unstable();
    kinds
}

/// A log of the program in which every op takes no time.
pub fn log(verified: &Verified) -> OpLog {
    let program = &verified.program;
    let ops = || program.ranks.iter().flat_map(|rank| &rank.ops);
    let unit: Vec<UnitId> = ops().map(|op| first(op.unit())).collect();
    let at_once = vec![SimTime::ZERO; unit.len()];
    let [issue, start, done] = [at_once.clone(), at_once.clone(), at_once];
    let filled = MessageTimes { filled: SimTime::ZERO, credit: None };
    OpLog {
        id: RunId::default(),
        program: program.clone(),
        machine: verified.machine.clone(),
        placement: verified.placement.clone(),
        layout: verified.layout.clone(),
        entries: Entries { unit, issue, start, done },
        messages: program.rings.iter().map(|_| vec![filled; ops().count()]).collect(),
        stalls: Vec::new(),
    }
}

fn first(kind: UnitKind) -> UnitId {
    match kind {
        UnitKind::Sequencer => UnitId::SEQUENCER,
        UnitKind::Gemm => UnitId::GEMM,
        UnitKind::Math => UnitId::MATH,
        UnitKind::Send => UnitId::SEND,
        UnitKind::Recv => UnitId::RECV,
        UnitKind::Dma => UnitId::dma(0),
    }
}
