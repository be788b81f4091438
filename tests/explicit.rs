//! Explicit machines: kernels whose waits were inserted, and kernels whose waits were written by hand.

mod order;

use kernels::{Recorded, Use, sweep};
use kernmesh::{Options, simulate};
use machine::{Machine, Sync};
use oplog::RunId;
use program::{Op, OpIndex, Program, Rank, SyncOp};
use verify::{Verified, auto_sync, verify};

use ::order::Dependencies;

use order::Order;

use crate::harness::{computing, record};
use crate::random;

fn every_kernel(check: impl Fn(&str)) {
    sweep(Use::Sweep, &[1, 2, 3, 4, 8], &[1, 3, 8]).iter().for_each(|words| check(words));
}

/// `sip`, and `tiny` where the ranks fit.
fn explicit_machines(n_ranks: u32) -> Vec<Machine> {
    let fit = ["sip", "tiny"].into_iter().take(1 + usize::from(n_ranks <= 4));
    fit.map(|name| Machine::preset(name).expect("a preset").with_sync(Sync::Explicit).expect("no queues"))
        .collect()
}

fn verified(program: &Program, machine: &Machine) -> Verified {
    verify(program.clone(), machine).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn makespan(verified: &Verified) -> u64 {
    timing::run(verified, RunId::seeded(0)).expect("a run").makespan().fs()
}

/// What an interlocked sequencer would hold, at the addresses that the program has on its machine.
fn would_hold(program: &Program, machine: &Machine) -> Dependencies {
    let mut silent = program.clone();
    for op in silent.ranks.iter_mut().flat_map(|rank| &mut rank.ops) {
        if let Op::Sync(SyncOp::Release { after, .. }) = op {
            // What a release names is held, too, and would be its own reason.
            *after = [].into();
        }
    }
    Dependencies::find(
        &silent,
        &verified(program, machine).layout,
        &machine.with_sync(Sync::Interlocked).expect("no queues"),
    )
}

/// Every op with what it is held for.
fn dependencies<'a>(
    program: &'a Program,
    dependencies: &'a Dependencies,
) -> impl Iterator<Item = (Rank, OpIndex, &'a Op, &'a [OpIndex])> {
    let ops = program.ranks.iter().enumerate().flat_map(|(rank, rank_program)| {
        let ops = rank_program.ops.iter().enumerate();
        ops.map(move |(index, op)| (Rank(rank as u32), OpIndex(index as u32), op))
    });
    ops.enumerate().map(move |(global, (rank, index, op))| (rank, index, op, dependencies.of(global)))
}

/// What auto_sync inserted, as `[who, on whom]`: the waits of the original come in the same order.
fn inserted(original: &Program, synced: &Program) -> Vec<(Rank, [OpIndex; 2])> {
    let mut inserted = Vec::new();
    for (rank, (before, after)) in original.ranks.iter().zip(&synced.ranks).enumerate() {
        let mut old = before.ops.iter().peekable();
        for (index, op) in after.ops.iter().enumerate() {
            let same = |next: &&Op| next.kind() == op.kind();
            let original = old.next_if(same);
            let pair = |&on: &OpIndex| (Rank(rank as u32), [OpIndex(index as u32), on]);
            match (op, original) {
                (Op::Sync(SyncOp::Wait { on }), None) => inserted.extend(on.iter().map(pair)),
                (
                    Op::Sync(SyncOp::Release { after, .. }),
                    Some(Op::Sync(SyncOp::Release { after: named, .. })),
                ) => {
                    assert!(named.is_empty(), "the kernels name nothing");
                    inserted.extend(after.iter().map(pair));
                }
                (_, original) => assert!(original.is_some(), "only waits are inserted"),
            }
        }
        assert_eq!(old.next(), None);
    }
    inserted
}

/// Everything that an interlocked sequencer would hold, at these addresses, is ordered by the program.
fn check_ordered(program: &Program, machine: &Machine, case: &str) {
    let (held, order) = (would_hold(program, machine), Order::of(program, machine));
    for (rank, index, op, on) in dependencies(program, &held) {
        for &on in on {
            assert!(order.has(rank, on, op, index, None), "{case}: {rank} {index} passes {on}");
        }
    }
}

/// Each inserted wait is needed for something, and the tiles lie where an interlocked machine has them.
fn check_none_is_redundant(original: &Program, synced: &Program, machine: &Machine, case: &str) {
    let interlocked = machine.with_sync(Sync::Interlocked).expect("no queues");
    let layout = verified(synced, machine).layout;
    let addresses = &verified(original, &interlocked).layout.buffers;
    assert_eq!(&layout.buffers, addresses, "{case}");
    let (held, order) = (would_hold(synced, machine), Order::of(synced, machine));
    for (rank, wait) in inserted(original, synced) {
        let mut held = dependencies(synced, &held).filter(|(of, index, ..)| *of == rank && *index >= wait[0]);
        let needed = held
            .any(|(rank, index, op, on)| on.iter().any(|&on| !order.has(rank, on, op, index, Some(wait))));
        assert!(needed, "{case}: {rank} {} waits for {} without need", wait[0], wait[1]);
    }
}

#[test]
fn inserted_waits_order_all_that_would_be_held_and_none_is_redundant() {
    every_kernel(|words| {
        let program = record(words).program;
        for machine in explicit_machines(program.n_ranks()) {
            let synced = auto_sync(&program, &machine).expect("a kernel that runs interlocked");
            check_ordered(&synced, &machine, words);
            check_none_is_redundant(&program, &synced, &machine, words);
        }
    });
}

/// A wait keeps the sequencer just as long as the hold that it replaces: it costs its issue, on one rank at most all
/// of them after one another.
#[test]
fn inserted_waits_cost_their_issue_and_nothing_else() {
    every_kernel(|words| {
        let program = record(words).program;
        for machine in explicit_machines(program.n_ranks()) {
            let synced = auto_sync(&program, &machine).expect("a kernel that runs interlocked");
            let spec = machine.spec();
            let issue = spec.clock.pe_fs.span(spec.pe.issue_cycles).fs();
            let waits = (synced.n_ops() - program.n_ops()) as u64;
            let before =
                makespan(&verified(&program, &machine.with_sync(Sync::Interlocked).expect("no queues")));
            let after = makespan(&verified(&synced, &machine));
            assert!(after <= before + waits * issue, "{words} on {}: {after} > {before}", spec.name);
        }
    });
}

#[test]
fn kernels_with_inserted_waits_are_right() {
    every_kernel(|words| {
        for machine in explicit_machines(8) {
            let recorded = record(words);
            let program = auto_sync(&recorded.program, &machine).expect("a kernel that runs interlocked");
            let run =
                simulate(Recorded { program, ..recorded }, &machine, &Options::default()).expect("a run");
            assert!(run.passed(), "{words}: {:?} {:?}", run.computed.verdict, run.computed.findings);
        }
    });
}

/// The check that everything else here relies on: without waits, the hardware reads what was not written yet.
#[test]
fn kernels_without_waits_are_found_wrong() {
    let machine = &explicit_machines(8)[0];
    for words in computing().filter(|words| !words.contains("waits=hand")) {
        let run = simulate(record(words), machine, &Options::default()).expect("a run");
        assert!(!run.computed.findings.is_empty(), "{words}");
    }
}

#[test]
fn random_programs_are_ordered() {
    for seed in 0..200 {
        println!("seed {seed}");
        let program = random::program(seed);
        for machine in explicit_machines(4) {
            let synced = auto_sync(&program, &machine).expect("a program that runs interlocked");
            check_ordered(&synced, &machine, &format!("seed {seed}"));
        }
    }
}

#[test]
fn kernels_with_waits_by_hand_are_right() {
    every_kernel(|words| {
        for machine in explicit_machines(record(words).program.n_ranks()) {
            let words = format!("{words} waits=hand");
            let run = simulate(record(&words), &machine, &Options::default());
            let run = run.unwrap_or_else(|error| panic!("{words}: {error}"));
            assert!(run.passed(), "{words}: {:?} {:?}", run.computed.verdict, run.computed.findings);
        }
    });
}

/// Waits by hand order all data; what they leave to `auto_sync` are only bytes that the planner gives to two tiles,
/// and on an explicit machine it does not.
#[test]
fn waits_by_hand_order_all_that_would_be_held() {
    every_kernel(|words| {
        let program = record(&format!("{words} waits=hand")).program;
        for machine in explicit_machines(program.n_ranks()) {
            check_ordered(&program, &machine, words);
        }
    });
}

#[test]
fn the_panels_are_right_on_explicit_machines() {
    let machine = &explicit_machines(8)[0];
    for panel in ["prefill_single", "prefill_multi", "decode_single", "decode_multi"] {
        let by_hand = record(&format!("llama70b_{panel} waits=hand"));
        let program = auto_sync(&record(&format!("llama70b_{panel}")).program, machine).expect("a panel");
        let inserted = Recorded { program, ..by_hand.clone() };
        for recorded in [by_hand, inserted] {
            check_ordered(&recorded.program, machine, panel);
            let run = simulate(recorded, machine, &Options::default()).expect("a run");
            assert!(run.passed(), "{panel}: {:?} {:?}", run.computed.verdict, run.computed.findings);
        }
    }
}
