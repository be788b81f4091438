//! `explain`: what it says was measured, and it says no more.

use corpus::Form;
use kernmesh::Options;
use kernmesh::explain::{Effect, Explanation, Subject, explain};
use machine::{Machine, Sync};

use crate::harness::record;

fn of_bug(name: &str) -> Explanation {
    let recorded = corpus::find(name).expect("a bug").record(Form::Broken);
    let machine = Machine::new(recorded.machine.clone().expect("its machine")).expect("a machine");
    explain(&Subject { recorded, machine, origin: None, options: Options::default() }).expect("a run")
}

/// The changes with this effect, each up to its first `:`.
fn with(explanation: &Explanation, wanted: impl Fn(&Effect) -> bool) -> Vec<String> {
    let changes = explanation.tried.iter().filter(|tried| wanted(&tried.effect));
    changes.map(|tried| tried.change.split(':').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_single_change_that_mends_is_found() {
    let serial = "command buffers run one after another (`queue.model = serial`)";
    let interlocked = "the sequencer holds ops back (`--sync interlocked`)";
    let waits = "waits where an interlocked sequencer would hold (`--auto-sync`)";
    let tracked = "queues order conflicting passes (`queue.tracked = true`)";
    let cases: &[(&str, &[&str])] = &[
        ("queue_without_events", &["the repair of race_raw"]),
        ("missing_receive_wait", &["the repair of race_raw", interlocked, waits]),
        ("untracked_buffers_overlap", &["the repair of race_raw", serial, tracked]),
        ("missing_credit", &["the repair of race_war", "twice as many slots in every ring"]),
        // More slots only turn the deadlock into leaks.
        ("credits_drained", &["the repair of the deadlock"]),
        ("circular_wait", &["the repair of the deadlock"]),
        ("threshold_on_two_sides", &["the repair of the deadlock"]),
        ("fresh_mask_for_every_layer", &["twice the memory of each PE, TCM and HBM"]),
        // Edits of one line.
        ("tile_index_swapped", &["rank 0, op 5 (store, tile_index_swapped.rs"]),
        (
            "released_twice",
            &["without all 3 ops, on 3 ranks, of the line of rank 0, op 5 (release, released_twice.rs"],
        ),
        ("delivered_twice", &[]),
    ];
    for (name, vanishing) in cases {
        let explanation = of_bug(name);
        assert_eq!(
            with(&explanation, |effect| *effect == Effect::Vanishes),
            *vanishing,
            "{name}: {explanation:#?}"
        );
    }
}

/// Bugs that are no single mistake, or one of a whole loop.
const NOT_FOUND: [&str; 6] = [
    "event_from_0_in_its_own_buffer",
    "event_from_0_in_a_serial_queue",
    "group_passed_over",
    "delivered_twice",
    "masked_chunk_skipped",
    "flag_reset_unanswered",
];

#[test]
fn a_single_change_is_found_for_nearly_every_bug_and_the_rest_say_why_not() {
    let mut not_found = Vec::new();
    for bug in corpus::bugs() {
        let explanation = of_bug(bug.name);
        let found = explanation.tried.iter().any(|tried| tried.effect == Effect::Vanishes);
        assert_eq!(found, explanation.why_not.is_empty(), "{}: {}", bug.name, explanation.why_not);
        if !found {
            not_found.push(bug.name);
        }
    }
    assert_eq!(not_found, NOT_FOUND);
}

#[test]
fn a_change_that_gives_other_bits_says_so() {
    for (name, other_bits) in [("finite_mask", Some(true)), ("missing_receive_wait", Some(false))] {
        let tried = of_bug(name).tried;
        let vanishing = tried.iter().find(|tried| tried.effect == Effect::Vanishes).expect("a change");
        assert_eq!(vanishing.other_bits, other_bits, "{name}: {}", vanishing.change);
    }
}

#[test]
fn nothing_is_said_of_what_is_not_wrong() {
    let recorded = record("gemm ranks=2");
    let machine = Machine::preset("tiny").expect("a preset");
    let subject = Subject { recorded, machine, origin: None, options: Options::default() };
    let explanation = explain(&subject).expect("a run");
    assert!(explanation.symptom.is_nothing() && explanation.tried.is_empty());
}

#[test]
fn a_kernel_is_recorded_anew_with_other_parameters() {
    let kernel = kernels::find("gemm").expect("a kernel");
    let params = [("ranks".to_owned(), "2".to_owned())].into();
    let recorded = kernel.record(&params).expect("a program");
    let machine =
        Machine::preset("tiny").and_then(|machine| machine.with_sync(Sync::Explicit)).expect("a machine");
    let subject = Subject { recorded, machine, origin: Some((kernel, params)), options: Options::default() };
    let explanation = explain(&subject).expect("a run");
    let vanishing = with(&explanation, |effect| *effect == Effect::Vanishes);
    assert!(vanishing.contains(&"`--set waits=hand`".to_owned()), "{vanishing:?}");
    // Of nine repairs, those are named that are needed.
    let few = "7 of the 9 repairs, none of which can be left out (";
    assert!(vanishing.iter().any(|change| change.starts_with(few)), "{vanishing:?}");
    let others = with(&explanation, |effect| *effect != Effect::Vanishes);
    assert!(others.contains(&"`--set dtype=f32`".to_owned()), "{others:?}");
}
