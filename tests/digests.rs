//! Digests of every kernel on every preset, every bug and a few random programs: a change that should not change
//! results changes no line of these files.

use std::collections::BTreeSet;

use corpus::Form;
use kernels::{Recorded, Reference, Use, cases};
use kernmesh::{Options, Summary, Tensors, compute, time};
use machine::{Machine, Sync, preset_names};
use oplog::digest::checksum;
use program::Program;
use serde_json::{Value, json};
use verify::auto_sync;

use crate::harness::{computing, record};
use crate::{golden, random};

/// How a program is run: as the machine says, without interlocks, and there with the waits that it then needs.
const FORMS: [&str; 3] = ["as_is", "explicit", "auto_sync"];

#[test]
fn kernels_on_every_preset() {
    for name in preset_names() {
        let machine = Machine::preset(name).expect("a preset");
        let mut text = String::new();
        for words in computing() {
            text += &format!("{words}\n{}", in_every_form(record(words), &machine));
        }
        golden::check(&format!("digests_{name}"), &text);
    }
}

#[test]
fn kernels_on_machines_of_their_own() {
    let mut text = String::new();
    for words in cases(&[Use::Run, Use::Refused]) {
        let recorded = record(words);
        let Some(spec) = recorded.machine.clone() else { continue };
        let machine = Machine::new(spec).expect("a machine");
        text += &format!("{words}\n{}", in_every_form(recorded, &machine));
    }
    golden::check("digests_own_machine", &text);
}

#[test]
fn bugs() {
    let mut text = String::new();
    for bug in corpus::bugs() {
        for (form, name) in [(Form::Broken, "broken"), (Form::Repaired, "repaired")] {
            let recorded = bug.record(form);
            let machine = Machine::new(recorded.machine.expect("its own")).expect("a machine");
            let line = line(recorded.program, recorded.reference.as_ref(), &machine);
            text += &format!("{} {name} {line}\n", bug.name);
        }
    }
    golden::check("digests_bugs", &text);
}

#[test]
fn random_programs() {
    let mut text = String::new();
    for seed in 0..24 {
        for name in ["tiny", "sip"] {
            let recorded = Recorded { program: random::program(seed), reference: None, machine: None };
            let forms = in_every_form(recorded, &Machine::preset(name).expect("a preset"));
            text += &format!("seed {seed} on {name}\n{forms}");
        }
    }
    golden::check("digests_random", &text);
}

/// A line for each form that the machine has.
fn in_every_form(recorded: Recorded, machine: &Machine) -> String {
    let Recorded { program, reference, .. } = recorded;
    let in_form = |form| {
        let machine = if form == "as_is" { machine } else { &machine.with_sync(Sync::Explicit).ok()? };
        let program = if form == "auto_sync" { auto_sync(&program, machine) } else { Ok(program.clone()) };
        let line = match program {
            Ok(program) => line(program, reference.as_ref(), machine),
            Err(refusal) => kinds(refusal.reasons.iter().map(|reason| reason.code.name())),
        };
        Some(format!("  {form:9} {line}\n"))
    };
    FORMS.into_iter().filter_map(in_form).collect()
}

/// The result of a run: digests, makespan, verdict, kinds of findings, and a checksum of what else is told of it in
/// numbers.
fn line(program: Program, reference: Option<&Reference>, machine: &Machine) -> String {
    let (summary, layout) = run(program, reference, machine);
    let digest =
        |name: &str| summary["digests"][name].as_str().map_or("-".to_owned(), |it| it[..16].to_owned());
    let [structure, timing, data] = ["structure", "timing", "data"].map(digest);
    let verdict = summary["verdict"]["pass"].as_bool();
    let passed = verdict.map_or("unjudged", |pass| if pass { "right" } else { "wrong" });
    let kinds = kinds(summary["findings"].as_array().expect("a list").iter().map(|it| text(&it["kind"])));
    let makespan = &summary["makespan_fs"];
    let rest = rest(&summary, &layout);
    format!("{structure} {timing} {data} {rest} {makespan} {passed} {kinds}")
}

/// As `--json` has it, and where everything lies.
fn run(program: Program, reference: Option<&Reference>, machine: &Machine) -> (Value, Value) {
    let options = Options::default();
    let mut summary = Summary::of(&program, machine, options.seed, options.replay.rule.to_string());
    let mut layout = Value::Null;
    match time(program.clone(), machine, options.seed) {
        Ok(timed) => {
            summary.add_times(&timed);
            layout = serde_json::to_value(&timed.log.layout).expect("JSON");
            match compute(&timed, reference, &Tensors::default(), options.replay) {
                Ok(computed) => summary.add_values(&computed),
                Err(error) => summary.add_failure(&error, &program),
            }
        }
        Err(error) => summary.add_failure(&error, &program),
    }
    (serde_json::to_value(&summary).expect("JSON"), layout)
}

/// Addresses, bounds, the critical path by what it is spent on, and the time of every unit by reason.
fn rest(summary: &Value, layout: &Value) -> String {
    let path = &summary["critical_path"];
    let rest = json!([
        layout,
        summary["bounds"],
        [path["by_category"], path["ops"]],
        summary["traffic"],
        summary["unordered"],
        [summary["peak_tcm_bytes"], summary["live_tcm_bytes"]],
        summary["units"],
    ]);
    checksum(rest.to_string().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn kinds<'a>(kinds: impl Iterator<Item = &'a str>) -> String {
    let kinds: BTreeSet<&str> = kinds.collect();
    if kinds.is_empty() { "clean".to_owned() } else { kinds.into_iter().collect::<Vec<_>>().join(",") }
}
