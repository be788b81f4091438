//! The happens-before checks against programs that are right, and against the same programs with one thing taken
//! away.

use hazard::Hazards;
use kernmesh::{Options, Tensors, compute, time};
use machine::{Machine, Sync};
use oplog::{FindingKind, RunId};
use order::Dataflow;
use program::{Op, OpIndex, Program, Rank, SyncOp};
use verify::{auto_sync, verify};

use crate::harness::record;
use crate::random;

/// Seeds of random programs that are right.
const RIGHT: u64 = 2000;

fn explicit(name: &str) -> Machine {
    Machine::preset(name).and_then(|machine| machine.with_sync(Sync::Explicit)).expect("a machine")
}

fn hazards(program: &Program, machine: &Machine) -> Hazards {
    let verified = verify(program.clone(), machine).unwrap_or_else(|refusal| panic!("{refusal}"));
    let log = timing::run(&verified, RunId::default()).expect("a run that ends");
    hazard::check(&log, &Dataflow::of(&log.program), &verified.holds, hazard::Options::default())
}

#[test]
fn a_right_program_is_not_accused() {
    for seed in 0..RIGHT {
        println!("seed {seed}");
        let program = random::program(seed);
        for name in ["sip", "tiny"] {
            let interlocked = Machine::preset(name).expect("a preset");
            assert_eq!(hazards(&program, &interlocked).findings, [], "{name}");
        }
        let synced = auto_sync(&program, &explicit("sip")).expect("it runs interlocked");
        assert_eq!(hazards(&synced, &explicit("sip")).findings, []);
    }
}

/// What an explicit machine's memories held in a run is no news to who looks at order alone.
#[test]
fn whatever_goes_wrong_in_a_run_was_unordered() {
    let mut bitten = 0;
    for seed in 0..300 {
        println!("seed {seed}");
        let timed = time(random::program(seed), &explicit("sip"), seed).expect("a run");
        let run = compute(&timed, None, &Tensors::default(), Options::default().replay).expect("values");
        for finding in &run.findings {
            let only_seen =
                matches!(finding.kind, FindingKind::SlotOverwritten | FindingKind::MemoryOverwritten);
            assert!(!only_seen, "{finding:#?}");
        }
        bitten += usize::from(run.findings.iter().any(|finding| finding.value_differed == Some(true)));
    }
    assert!(bitten > 100, "only {bitten} of 300 went wrong");
}

/// Every wait that was inserted, without what it waits for: `[who, on whom]` by rank.
fn waits(program: &Program) -> Vec<(Rank, OpIndex, usize)> {
    let mut waits = Vec::new();
    for (rank, of_rank) in program.ranks.iter().enumerate() {
        for (index, op) in of_rank.ops.iter().enumerate() {
            if let Op::Sync(SyncOp::Wait { on } | SyncOp::Release { after: on, .. }) = op {
                waits.extend((0..on.len()).map(|nth| (Rank(rank as u32), OpIndex(index as u32), nth)));
            }
        }
    }
    waits
}

fn without(program: &Program, (rank, index, nth): (Rank, OpIndex, usize)) -> Program {
    let mut program = program.clone();
    let op = &mut program.ranks[rank.index()].ops[index.index()];
    if let Op::Sync(SyncOp::Wait { on } | SyncOp::Release { after: on, .. }) = op {
        let mut left = on.to_vec();
        left.remove(nth);
        *on = left.into();
    }
    program
}

#[test]
fn without_any_one_inserted_wait_there_is_a_finding() {
    for words in [
        "mesh_mlo heads=4 kv_heads=2 head_dim=8 kv_len=7 kv_block=2 ranks=3 slots=3",
        "mesh_mlo heads=4 kv_heads=2 head_dim=8 kv_len=5 kv_block=2 ranks=2 slots=1 packed=true",
        "mesh_kv heads=2 kv_heads=2 head_dim=8 kv_len=5 q_len=3 kv_block=2 ranks=3 slots=1",
        "mesh_flat heads=2 kv_heads=2 head_dim=8 kv_len=5 q_len=3 slice=1 ranks=4 slots=1",
        "gemm m=5 n=3 k=70 ranks=3",
    ] {
        let machine = explicit("sip");
        let synced = auto_sync(&record(words).program, &machine).expect("it runs interlocked");
        assert_eq!(hazards(&synced, &machine).findings, [], "{words}");
        for wait in waits(&synced) {
            let found = hazards(&without(&synced, wait), &machine);
            assert_ne!(found.findings, [], "{words}: nothing is found without {wait:?}");
        }
    }
}
