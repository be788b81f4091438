//! The share of its peak that a unit reaches, and the reasons for the rest, are the whole run.

use analysis::{Bound, Busiest, Peak, peaks};
use machine::{Machine, SimTime, Span};
use oplog::OpLog;

use crate::harness::{on_every_preset, record};
use crate::{golden, queues, random};

fn check(log: &OpLog, name: &str) -> Vec<Peak> {
    let makespan = log.makespan() - SimTime::ZERO;
    let busiest = Busiest::of(&log.program, &log.machine, &log.placement, &log.layout);
    let peaks = peaks(log, &busiest);
    for peak in &peaks {
        let name = format!("{name} on {}: {}", log.machine.spec().name, peak.bound.name());
        assert_eq!(peak.total(), makespan, "{name}");
        assert!(peak.reached <= busiest.bounds.of_resource(peak.bound), "{name}: more than there is to do");
        let is_unit = matches!(peak.bound, Bound::Gemm | Bound::Math);
        assert_eq!((peak.rank.is_some(), peak.waits.is_empty() || is_unit), (is_unit, true), "{name}");
    }
    peaks
}

/// Every kernel on every preset that has room for it, and random programs with rings and with queues.
#[test]
fn every_run_is_its_peak_and_reasons() {
    on_every_preset(|log, name| drop(check(log, name)));
    for seed in 0..100 {
        println!("seed {seed}");
        random::runs(seed).for_each(|log| drop(check(&log, &format!("seed {seed}"))));
        for machine in queues::machines() {
            let log = kernmesh::time(queues::program(seed), &machine, seed).expect("a run that ends").log;
            check(&log, &format!("seed {seed}"));
        }
    }
}

/// In cycles, rounded up: of each resource what it reaches, then what it loses, then its waits.
fn in_cycles(log: &OpLog) -> String {
    let cycles = |span: Span| log.machine.spec().clock.pe_fs.cycles_covering(span).0;
    let line = |peak: Peak| {
        let lost = peak.lost.iter().map(|(loss, span)| format!(", {} {}", loss.name(), cycles(*span)));
        let waits = peak.waits.iter().map(|(reason, span)| format!(", {} {}", reason.name(), cycles(*span)));
        let parts: String = lost.chain(waits).collect();
        format!("  {} {}{parts}\n", peak.bound.name(), cycles(peak.reached))
    };
    check(log, &log.program.kernel).into_iter().map(line).collect()
}

#[test]
fn golden_peaks_of_kernels_on_presets() {
    let mut text = String::new();
    for (words, name) in [
        ("llama70b_decode_single", "sip"),
        ("llama70b_decode_multi", "sip"),
        ("llama70b_prefill_single", "sip"),
        ("llama70b_prefill_multi", "sip"),
        ("gemm m=8", "sip"),
        ("gemm", "tiny"),
        ("gemm", "wormhole"),
        ("gemm", "blackhole"),
        ("gemm", "softhier32"),
        ("gemm ranks=8 m=32 n=32 k=32", "wse2"),
        ("mesh_flat ranks=16 heads=2 kv_heads=2", "softhier32"),
        ("traffic k=4 window=200", "sip"),
        ("ring_model", "sip"),
    ] {
        let kernels::Recorded { program, machine, .. } = record(words);
        let machine = machine.map_or_else(|| Machine::preset(name), Machine::new).expect("a machine");
        let timed = kernmesh::time(program, &machine, 0).unwrap_or_else(|error| panic!("{words}: {error}"));
        text += &format!("{words} on {}\n{}", machine.spec().name, in_cycles(&timed.log));
    }
    golden::check("peaks", &text);
}

/// By hand: each of the 4 ranks of `gemm m=8` multiplies its 2 rows by 4 blocks of 64 columns, in 2 halves of k. The
/// weights that stay fill the array, and 2 rows stream through it in each of the 8 folds of a product.
#[test]
fn a_product_of_two_rows_fills_a_thirtieth_of_the_array() {
    let machine = Machine::preset("sip").expect("a preset");
    let timed = kernmesh::time(record("gemm m=8").program, &machine, 0).expect("a run that ends");
    let all = check(&timed.log, "gemm m=8");
    let gemm = all.iter().find(|peak| peak.bound == Bound::Gemm).expect("it multiplies");
    let cycles = |span: Span| machine.spec().clock.pe_fs.cycles_covering(span).0;
    // A fold streams 2 rows, and takes 94 cycles to load, fill and drain; a product is one cycle shorter.
    let (folds, products) = (8 * 8, 8);
    assert_eq!(cycles(gemm.reached), 2 * 256 * 256 / 1024);
    assert_eq!(cycles(gemm.lost[&analysis::Loss::Fill]), folds * 94 - products);
    assert!(!gemm.lost.contains_key(&analysis::Loss::Places), "{gemm:?}");
}
