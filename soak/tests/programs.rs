//! Random programs of every kind: two thousand of them, and everything that `docs/soundness.md` claims of each.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use kernmesh_soak::{Case, Census, Depth, Kind, Target, examine, generate, machines, shrink};
use program::program::{Flow, SlotPlace};
use program::{DType, Op, Program};

const PROGRAMS: u64 = 2000;
const DEPTH: Depth = Depth { seeds: 2, removals: 1, one_in_threads: 16 };

/// Shrinks a case that fails, and tells of it.
fn told(case: &Case, targets: &[Target]) -> String {
    let Err(failure) = examine(case, targets, DEPTH) else { return "it does not fail again".to_owned() };
    let least = shrink(case, &failure, targets, DEPTH);
    let what = examine(&least, targets, DEPTH).err().map_or(String::new(), |failure| failure.what);
    let (seed, on) = (case.seed, targets[case.target].name);
    format!("seed {seed} on {on}: {}: {what}\n{}", failure.property, least.program.to_json())
}

/// The seeds below `end` that are left, one after the other.
fn work(next: &AtomicU64, end: u64, targets: &[Target]) -> (Census, Vec<String>) {
    let (mut census, mut failures) = (Census::default(), Vec::new());
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end || !failures.is_empty() {
            return (census, failures);
        }
        let case = generate(seed, targets);
        match examine(&case, targets, DEPTH) {
            Ok((_, seen)) => census.add(&seen),
            Err(_) => failures.push(told(&case, targets)),
        }
    }
}

#[test]
fn two_thousand_random_programs_keep_every_property() {
    println!("seed 0");
    let (targets, next) = (machines(), AtomicU64::new(0));
    let (mut census, mut failures) = (Census::default(), Vec::new());
    std::thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| work(&next, PROGRAMS, &targets)));
        for thread in threads {
            let (seen, failed) = thread.join().expect("panics are failures");
            census.add(&seen);
            failures.extend(failed);
        }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    println!("{census}");
    assert_eq!(census.programs(), PROGRAMS);
    assert!(census.ran() * 100 >= PROGRAMS * 40, "too few run: {census}");
    let enough =
        [Kind::Racy, Kind::Clean].into_iter().all(|kind| census.kinds[kind as usize] * 10 >= PROGRAMS);
    assert!(enough && census.shown > 100 && census.removals > 50 && census.synced > 50, "{census}");
}

/// What a program has of all that it might have.
fn parts(program: &Program) -> BTreeSet<String> {
    let rings = program.rings.iter();
    let mut parts: BTreeSet<String> = rings.map(|ring| format!("{:?} {:?}", ring.place, ring.flow)).collect();
    for rank in &program.ranks {
        parts.extend(rank.ops.iter().map(|op| op.name().to_owned()));
        let used = rank.ops.iter().flat_map(Op::views).map(|view| &rank.views[view.index()]);
        for view in used {
            parts.insert(view.dtype.to_string());
            let stride = |at: usize| view.strides[at];
            let wide = (0..view.shape.len()).filter(|&at| view.shape[at] > 1);
            parts.extend(wide.clone().filter(|&at| stride(at) == 0).map(|_| "broadcast".to_owned()));
            let mut strides: Vec<u32> = wide.map(stride).collect();
            let n = strides.len();
            strides.sort_unstable();
            strides.dedup();
            parts.extend((strides.len() < n).then(|| "overlapping".to_owned()));
            parts.extend(view.strides.contains(&2).then(|| "gaps".to_owned()));
            parts.extend((view.offset % view.dtype.size() > 0).then(|| "odd offset".to_owned()));
        }
    }
    parts
}

#[test]
fn programs_have_every_op_dtype_view_and_ring() {
    let targets = machines();
    let parts: BTreeSet<String> =
        (0..1000).flat_map(|seed| parts(&generate(seed, &targets).program)).collect();
    let rings = [SlotPlace::Tcm, SlotPlace::Sram, SlotPlace::Hbm]
        .into_iter()
        .flat_map(|place| [Flow::Credit, Flow::None].map(|flow| format!("{place:?} {flow:?}")));
    let words = ["broadcast", "overlapping", "gaps", "odd offset"];
    let wanted = Op::NAMES.iter().chain(&words).map(|name| (*name).to_owned());
    let wanted = wanted.chain(DType::ALL.iter().map(DType::to_string)).chain(rings);
    let missing: Vec<String> = wanted.filter(|part| !parts.contains(part)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn one_seed_is_one_program() {
    let targets = machines();
    for seed in 0..50 {
        let [one, other] = [(); 2].map(|()| generate(seed, &targets));
        assert_eq!((one.program, one.target), (other.program, other.target), "seed {seed}");
    }
}
