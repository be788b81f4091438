//! Test bench: runs small programs on a machine and reads when their ops start and end.

use machine::spec::{HbmPlacement, Topology};
use machine::{Bytes, Cycles, Machine, MachineSpec, SimTime, Span, Sync};
use oplog::{OpLog, RunId};
use program::tl::{Recording, Tl};
use program::{Program, Rank};
use verify::verify;

use crate::BenchError;

/// Room in every TCM for what is measured. The size of a TCM has no part in any time.
const ROOM: Bytes = Bytes(1 << 30);

/// A change of a machine that its description does not have.
pub type Fault = fn(&mut MachineSpec);

/// A machine as described, and as built. The two differ only by a planted fault, with which tests show that a wrong
/// machine is noticed.
#[derive(Clone, Debug)]
pub struct Bench {
    described: MachineSpec,
    fault: Fault,
}

impl Bench {
    /// The machine, made interlocked: units, links and memories are measured, not waits.
    ///
    /// # Errors
    /// [`BenchError::CommandQueues`] for a machine with command queues, whose ranks send no messages.
    pub fn of(machine: &Machine) -> Result<Bench, BenchError> {
        if machine.queue().is_some() {
            return Err(BenchError::CommandQueues { machine: machine.spec().name.clone() });
        }
        let mut described = machine.with_sync(Sync::Interlocked)?.spec().clone();
        described.pe.tcm_bytes = described.pe.tcm_bytes.max(ROOM);
        Ok(Bench { described, fault: |_| () })
    }

    /// The same bench with a fault in every machine that it builds.
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
    /// [`BenchError`] for a machine that cannot be, or one on which the program does not run.
    pub fn run(
        &self,
        described: &MachineSpec,
        recording: Recording,
        kernel: impl FnMut(&mut Tl),
    ) -> Result<Run, BenchError> {
        let program = recording.record(kernel).expect("a program of ours records");
        Ok(Run { log: self.run_program(described, program)? })
    }

    /// As [`Bench::run`], of a program that has been recorded.
    pub fn run_program(&self, described: &MachineSpec, program: Program) -> Result<OpLog, BenchError> {
        let mut built = described.clone();
        (self.fault)(&mut built);
        let verified = verify(program, &Machine::new(built)?)?;
        Ok(timing::run(&verified, RunId::default())?)
    }
}

/// A measured run.
#[derive(Debug)]
pub struct Run {
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

/// One line or ring of `n` PEs with one network, in place of the machine's own mesh. It has one clock, that of its mesh,
/// so that times are counts of its cycles, and its sequencers issue ops at once.
pub fn in_a_row(spec: &MachineSpec, n: u32, topology: Topology) -> MachineSpec {
    let mut row = spec.clone();
    (row.grid.pe, row.grid.cube, row.grid.sip) = ([n, 1], [1, 1], [1, 1]);
    (row.clock.pe_fs, row.clock.hbm_fs) = (spec.clock.noc_fs, spec.clock.noc_fs);
    (row.link.pe.topology, row.noc.networks) = (topology, None);
    if row.hbm.controllers.take().is_some() {
        row.hbm.placement = HbmPlacement::PerPe;
    }
    row.pe.issue_cycles = Cycles(0);
    row
}

/// Whole cycles of the mesh, as a number of a table.
pub fn noc_cycles(spec: &MachineSpec, span: Span) -> f64 {
    span.fs() as f64 / spec.clock.noc_fs.period.fs() as f64
}

/// Cycles of a PE, as a number of a table.
pub fn pe_cycles(spec: &MachineSpec, span: Span) -> f64 {
    span.fs() as f64 / spec.clock.pe_fs.period.fs() as f64
}
