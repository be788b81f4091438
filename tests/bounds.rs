//! No run is faster than its lower bounds: of such a run, the engine or the bound is wrong.

use analysis::{Bound, Bounds};
use machine::spec::{HbmPlacement, SramSpec, Topology, TransactionSpec};
use machine::{Bytes, ControllersSpec, Cycles, Machine, MachineSpec, Networks, Noc, Rate, Sync};
use oplog::OpLog;
use program::program::SlotPlace;

use crate::harness::{on_every_preset, record};
use crate::queues;
use crate::random::{self, Random};

fn bounds(log: &OpLog) -> Bounds {
    Bounds::of(&log.program, &log.machine, &log.placement, &log.layout)
}

fn check(log: &OpLog, name: &str) {
    let (makespan, machine) = (log.makespan().fs(), &log.machine.spec().name);
    for (bound, least) in bounds(log).ranked() {
        let least = least.fs();
        assert!(makespan >= least, "{name} on {machine}: {makespan} fs, {} {least} fs", bound.name());
    }
}

/// Every kernel on every preset that has room for it.
#[test]
fn no_kernel_is_faster_than_its_bounds() {
    on_every_preset(check);
}

#[test]
fn no_random_program_is_faster_than_its_bounds() {
    for seed in 0..200 {
        println!("seed {seed}");
        random::runs(seed).for_each(|log| check(&log, &format!("seed {seed}")));
    }
}

#[test]
fn no_program_of_command_queues_is_faster_than_its_bounds() {
    for seed in 0..50 {
        println!("seed {seed}");
        for machine in queues::machines() {
            let log = kernmesh::time(queues::program(seed), &machine, seed).expect("a run that ends").log;
            check(&log, &format!("seed {seed}"));
        }
    }
}

/// A machine with rates that do not divide, and with each way to place memory.
fn odd_machine(random: &mut Random) -> Machine {
    let preset = ["tiny", "sip"][random.below(2) as usize];
    let mut spec = Machine::preset(preset).expect("a preset").spec().clone();
    let mut rate =
        || Rate::new(1 + u64::from(random.below(200)), 1 + u64::from(random.below(7))).expect("a rate");
    spec.hbm.bytes_per_cycle = rate();
    spec.hbm.efficiency = Rate::new(7, 9).expect("a rate");
    spec.noc.port_bytes_per_cycle = rate();
    spec.pe.tcm_bytes_per_cycle = rate();
    let (bytes_per_cycle, latency_cycles) = (rate(), Cycles(3));
    spec.link.pe.bytes_per_cycle = rate();
    spec.link.cube.bytes_per_cycle = rate();
    let placements = [HbmPlacement::PerPe, HbmPlacement::Striped];
    spec.hbm.placement = placements[random.below(2) as usize];
    spec.sram = Some(SramSpec { bytes: Bytes(1 << 20), bytes_per_cycle, latency_cycles });
    spec.sync = [Sync::Interlocked, Sync::Explicit][random.below(2) as usize];
    options(&mut spec, random);
    if random.below(2) == 0 {
        let mut noc = || Noc::ALL[random.below(2) as usize];
        spec.noc.networks = Some(Networks::Opposite { loads: noc(), stores: noc(), messages: noc() });
        (spec.link.pe.topology, spec.link.cube.topology) = match preset {
            "tiny" => (Topology::Torus, Topology::Mesh),
            _ => (Topology::Mesh, Topology::Torus),
        };
    }
    Machine::new(spec).expect("a machine that works")
}

/// Keys that a machine may have or not.
fn options(spec: &mut MachineSpec, random: &mut Random) {
    let mut maybe = |most: u32| Some(1 + random.below(most)).filter(|_| random.below(2) == 0);
    spec.hbm.turnaround_cycles = maybe(50).map(|cycles| Cycles(cycles.into()));
    spec.hbm.write_efficiency = maybe(9).map(|ninths| Rate::new(ninths.into(), 9).expect("a rate"));
    spec.pe.tcm_shared_bytes_per_cycle = maybe(300).map(|rate| Rate::new(rate.into(), 7).expect("a rate"));
    let issue =
        |cycles: u32| TransactionSpec { cycles: Cycles(cycles.into()), bytes_per_cycle: Rate::whole(9) };
    spec.noc.transaction = maybe(100).map(issue);
    if let Some(channels) = maybe(4) {
        spec.hbm.placement = HbmPlacement::Controllers;
        spec.hbm.bytes_per_pe = Bytes(1 << 26);
        let at = vec![[1, 1], [0, 0]];
        spec.hbm.controllers = Some(ControllersSpec { at, channels, bytes: Bytes(1 << 34) });
    }
}

#[test]
fn no_random_program_is_faster_than_its_bounds_on_an_odd_machine() {
    let mut runs = 0;
    for seed in 0..300 {
        println!("seed {seed}");
        let mut random = Random::seeded(seed);
        let machine = odd_machine(&mut random);
        let mut program = random::program(seed);
        let place = [SlotPlace::Tcm, SlotPlace::Sram, SlotPlace::Hbm][random.below(3) as usize];
        program.rings.iter_mut().for_each(|ring| ring.place = place);
        // Slots may not fit the memory they are put in, and an explicit machine wants more waits.
        let Ok(timed) = kernmesh::time(program, &machine, seed) else { continue };
        check(&timed.log, &format!("seed {seed}, slots in {place:?}"));
        runs += 1;
    }
    assert!(runs >= 100, "{runs} runs");
}

/// What is known to bind some kernels.
#[test]
fn the_bound_that_binds_is_the_one_that_is_expected() {
    for (words, machine, expected) in
        [("gemm ranks=1 m=256 n=256 k=256", "sip", Bound::Gemm), ("ring_model ranks=8", "sip", Bound::Math)]
    {
        let machine = Machine::preset(machine).expect("a preset");
        let log = kernmesh::time(record(words).program, &machine, 0).expect("a run that ends").log;
        assert_eq!(bounds(&log).binding().0, expected, "{words}: {:?}", bounds(&log));
    }
}
