//! Small programs on small machines whose times can be worked out by hand.

mod commands;
mod costs;
mod deadlock;
mod idle;
mod memories;
mod networks;
mod order;
mod queues;
mod ties;
mod transfers;
mod watch;

use machine::Machine;
use oplog::{OpLog, RunId, StallReason, UnitId};
use program::tl::{Recording, Tl};
use program::{OpIndex, Rank};

/// A line of `n` PEs without fixed costs: what remains are widths, hops and cycles of units. `overrides` is
/// TOML that replaces parts of it.
pub fn line(n: u32, overrides: &str) -> Machine {
    let base = format!(
        r#"
base = "tiny"
name = "line"
[grid]
pe = [{n}, 1]
[pe]
issue_cycles = 0
dma_setup_cycles = 0
tcm_bytes_per_cycle = 512
[ipcq]
send_cycles = 0
recv_cycles = 0
release_cycles = 0
[math]
start_cycles = 0
"#
    );
    let mut table: toml::Table = base.parse().expect("the base is TOML");
    merge(&mut table, overrides.parse().expect("the overrides are TOML"));
    Machine::from_toml(&table.to_string(), "line.toml").expect("a machine")
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, value) => drop(into.insert(key, value)),
        }
    }
}

/// Records, verifies and runs a program.
pub fn simulate(machine: &Machine, recording: Recording, kernel: impl FnMut(&mut Tl)) -> OpLog {
    let program = recording.record(kernel).expect("a program");
    let verified = verify::verify(program, machine).expect("a program that can run");
    let log = crate::run(&verified, RunId::default()).expect("a run that ends");
    // Every program of these tests: a log that is not kept changes nothing.
    assert_eq!(crate::makespan(&verified, crate::Ties::Canonical), Ok(log.makespan()));
    log
}

/// Issue, start and done of an op in PE cycles.
pub fn cycles(log: &OpLog, rank: u32, op: u32) -> [u64; 3] {
    let global = log.first_ops()[rank as usize] + op as usize;
    let period = log.machine.spec().clock.pe_fs.period.fs();
    let times = [log.entries.issue[global], log.entries.start[global], log.entries.done[global]];
    times.map(|at| {
        assert_eq!(at.fs() % period, 0, "rank{rank} op{op} is not on a cycle");
        at.fs() / period
    })
}

/// The waits of an op: reason, from, to, in PE cycles.
pub fn stalls(log: &OpLog, rank: u32, op: u32) -> Vec<(StallReason, u64, u64)> {
    let global = (log.first_ops()[rank as usize] + op as usize) as u32;
    let period = log.machine.spec().clock.pe_fs.period.fs();
    let of_op = log.stalls.iter().filter(|stall| stall.op == global);
    of_op.map(|stall| (stall.reason, stall.from.fs() / period, stall.to.fs() / period)).collect()
}

/// The index of the n-th op of a kind in a rank's program.
pub fn nth(log: &OpLog, rank: u32, kind: &str, n: usize) -> u32 {
    let ops = &log.program.rank(Rank(rank)).ops;
    let index = ops.iter().enumerate().filter(|(_, op)| op.kind() == kind).nth(n);
    index.unwrap_or_else(|| panic!("rank{rank} has no {kind} number {n}")).0 as u32
}

pub fn unit(log: &OpLog, rank: u32, op: u32) -> UnitId {
    log.entries.unit[log.first_ops()[rank as usize] + OpIndex(op).index()]
}
