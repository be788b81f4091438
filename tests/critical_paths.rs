//! The critical path of every run begins at 0, ends with it, and leaves nothing out.

use analysis::CriticalPath;
use kernels::Catalogue;
use kernmesh::Timed;
use machine::{Machine, SimTime};
use order::Dependencies;

use crate::harness::record;
use crate::{queues, random};

fn check(timed: &Timed, name: &str) -> CriticalPath {
    check_with(&timed.log, &timed.dependencies, name)
}

fn check_with(log: &oplog::OpLog, dependencies: &Dependencies, name: &str) -> CriticalPath {
    let path = CriticalPath::of(log, dependencies);
    let mut at = SimTime::ZERO;
    for stretch in &path.stretches {
        assert!(stretch.from == at && stretch.to > at, "{name}: {stretch:?} after {at:?}");
        at = stretch.to;
    }
    assert_eq!(at, log.makespan(), "{name}");
    for spans in [path.by_category().values().copied().sum(), path.by_op().values().copied().sum()] {
        let spans: machine::Span = spans;
        assert_eq!(spans, log.makespan() - SimTime::ZERO, "{name}");
    }
    path
}

#[test]
fn the_critical_path_of_every_kernel_is_as_long_as_the_run() {
    for kernel in Catalogue::BUILT_IN.iter() {
        for name in machine::preset_names() {
            let machine = Machine::preset(name).expect("a preset");
            let Ok(timed) = kernmesh::time(record(kernel.name).program, &machine, 0) else { continue };
            check(&timed, kernel.name);
        }
    }
}

#[test]
fn the_critical_path_of_random_programs_is_as_long_as_the_run() {
    for seed in 0..200 {
        println!("seed {seed}");
        for log in random::runs(seed) {
            let dependencies = Dependencies::find(&log.program, &log.layout, &log.machine);
            check_with(&log, &dependencies, &format!("seed {seed} on {}", log.machine.spec().name));
        }
    }
}

#[test]
fn the_critical_path_of_command_queues_is_as_long_as_the_run() {
    for seed in 0..50 {
        println!("seed {seed}");
        for machine in queues::machines() {
            let timed = kernmesh::time(queues::program(seed), &machine, seed).expect("a run that ends");
            check(&timed, &format!("seed {seed}"));
        }
    }
}
