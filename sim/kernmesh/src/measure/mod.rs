//! Small programs on a machine, and when their ops start and end: what `validate` and `probe` measure with.

mod links;
mod places;

pub(crate) use links::{message, moved, ring};
pub(crate) use places::{PES, places};

use machine::{Bytes, GemmSpec, Machine, MachineSpec, SimTime, Span, Sync};
use oplog::{OpLog, RunId};
use program::tl::{Recording, Tl};
use program::{Program, Rank};
use verify::verify;

use crate::error::Error;

/// Room in every TCM for what is measured. The size of a TCM has no part in any time.
const ROOM: Bytes = Bytes(1 << 30);

/// What is wrong with a machine that was not built as it is described.
pub type Fault = fn(&mut MachineSpec);

/// A machine as it is described, and as it is built: the same, unless a fault is planted to see that it is found.
#[derive(Clone, Debug)]
pub struct Bench {
    described: MachineSpec,
    fault: Fault,
}

impl Bench {
    /// What is measured are units, links and memories, so the machine is taken to be interlocked.
    ///
    /// # Errors
    /// [`Error::Input`] for a machine with command queues, whose ranks send no messages.
    pub fn of(machine: &Machine) -> Result<Bench, Error> {
        if machine.queue().is_some() {
            let problem = format!("the virtual devices of `{}` send no messages", machine.spec().name);
            return Err(Error::input(problem, "--machine", "name a machine without [queue], such as `sip`"));
        }
        let mut described = machine.with_sync(Sync::Interlocked)?.spec().clone();
        described.pe.tcm_bytes = described.pe.tcm_bytes.max(ROOM);
        Ok(Bench { described, fault: |_| () })
    }

    /// The same bench, whose machines are not built as they are described.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Bench {
        Bench { fault, ..self }
    }

    /// The machine, to be changed for a measurement.
    pub fn spec(&self) -> MachineSpec {
        self.described.clone()
    }

    /// Builds a machine and runs a program on it.
    ///
    /// # Errors
    /// [`Error`] for a machine that cannot be, or one on which the program does not run.
    pub(crate) fn run(
        &self,
        described: &MachineSpec,
        recording: Recording,
        kernel: impl FnMut(&mut Tl),
    ) -> Result<Run, Error> {
        let program = recording.record(kernel).expect("a program of ours records");
        Ok(Run { log: self.run_program(described, program)? })
    }

    /// As [`Bench::run`], of a program that has been recorded.
    pub(crate) fn run_program(&self, described: &MachineSpec, program: Program) -> Result<OpLog, Error> {
        let mut built = described.clone();
        (self.fault)(&mut built);
        let verified = verify(program, &Machine::new(built)?)?;
        Ok(timing::run(&verified, RunId::default())?)
    }
}

/// What came of a measurement.
#[derive(Debug)]
pub(crate) struct Run {
    pub log: OpLog,
}

impl Run {
    /// Start and end of the nth op of a kind in a rank's program.
    pub fn op(&self, rank: u32, kind: &str, nth: usize) -> (SimTime, SimTime) {
        let ops = &self.log.program.rank(Rank(rank)).ops;
        let of_kind = ops.iter().enumerate().filter(|(_, op)| op.kind() == kind).nth(nth);
        let (index, _) = of_kind.expect("the program has the op that is measured");
        let op = self.log.first_ops()[rank as usize] + index;
        (self.log.entries.start[op], self.log.entries.done[op])
    }
    pub fn took(&self, rank: u32, kind: &str, nth: usize) -> Span {
        let (start, done) = self.op(rank, kind, nth);
        done - start
    }
}

/// One line of `n` PEs, or one ring, in place of the machine's own mesh, with one network. It has one clock, that of its mesh, so that
/// a time is a count of its cycles, and its sequencers issue ops at once.
pub(crate) fn in_a_row(spec: &MachineSpec, n: u32, topology: machine::spec::Topology) -> MachineSpec {
    let mut row = spec.clone();
    (row.grid.pe, row.grid.cube, row.grid.sip) = ([n, 1], [1, 1], [1, 1]);
    (row.clock.pe_fs, row.clock.hbm_fs) = (spec.clock.noc_fs, spec.clock.noc_fs);
    (row.link.pe.topology, row.noc.networks) = (topology, None);
    if row.hbm.controllers.take().is_some() {
        row.hbm.placement = machine::spec::HbmPlacement::PerPe;
    }
    row.pe.issue_cycles = machine::Cycles(0);
    row
}

/// Whole cycles of the mesh, as a number of a table.
pub(crate) fn noc_cycles(spec: &MachineSpec, span: Span) -> f64 {
    span.fs() as f64 / spec.clock.noc_fs.period.fs() as f64
}

/// Cycles of a PE, as a number of a table.
pub(crate) fn pe_cycles(spec: &MachineSpec, span: Span) -> f64 {
    span.fs() as f64 / spec.clock.pe_fs.period.fs() as f64
}

/// A systolic array in place of the machine's GEMM unit.
pub(crate) fn with_array(spec: &MachineSpec, side: u32, dataflow: machine::spec::Dataflow) -> MachineSpec {
    MachineSpec { gemm: GemmSpec::Systolic { rows: side, cols: side, dataflow }, ..spec.clone() }
}
