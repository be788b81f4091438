//! Differing keys of two machines, and differing parameters of two runs.

use std::collections::BTreeMap;

use machine::Machine;
use oplog::OpLog;
use program::Program;
use program::program::Ring;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A key of the machine file, such as `pe.issue_cycles`, with its values as JSON; or a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineChange {
    pub key: String,
    /// `None` where the key is absent.
    pub a: Option<String>,
    pub b: Option<String>,
}

pub fn changes(a: &Machine, b: &Machine) -> Vec<MachineChange> {
    compare(&keys(a), &keys(b))
}

/// Kernel, seed, parameters and inputs that were given.
pub fn params(a: &OpLog, b: &OpLog) -> Vec<MachineChange> {
    let asked = |log: &OpLog| {
        let mut keys = log.program.params.clone();
        keys.insert("kernel".to_owned(), log.program.kernel.clone());
        keys.insert("seed".to_owned(), log.id.seed.to_string());
        let given = log.id.inputs.iter();
        keys.extend(given.map(|input| (format!("input {}", input.name), input.digest.to_string())));
        keys
    };
    compare(&asked(a), &asked(b))
}

/// Settings that are not part of the structure: slots of rings, placement of ranks, names of spans.
pub fn around(a: &OpLog, b: &OpLog) -> Vec<MachineChange> {
    let mut changes = rings(&a.program, &b.program);
    let places = |log: &OpLog| {
        let places = log.placement.iter().enumerate();
        places.map(|(rank, pe)| (format!("place of rank {rank}"), pe.to_string())).collect()
    };
    changes.extend(compare(&places(a), &places(b)));
    let spans = |log: &OpLog| {
        let spans = log.program.ranks.iter().flat_map(|rank| &rank.spans);
        spans.map(|span| (format!("span `{}`", span.name), "present".to_owned())).collect()
    };
    changes.extend(compare(&spans(a), &spans(b)));
    changes
}

/// Rings with the same change are listed together.
fn rings(a: &Program, b: &Program) -> Vec<MachineChange> {
    let known = |program: &Program| {
        let rings = program.rings.iter();
        let ends = |ring: &Ring| (ring.producer, ring.consumer, ring.queue);
        rings.map(|ring| (ends(ring), ring.clone())).collect::<BTreeMap<_, _>>()
    };
    let of_b = known(b);
    let mut alike: BTreeMap<(&str, String, String), Vec<String>> = BTreeMap::new();
    for (ends, ring) in known(a) {
        let Some(other) = of_b.get(&ends) else { continue };
        let numbers = |ring: &Ring| {
            let place = ring.place.name().to_lowercase();
            [
                ("n_slots", ring.n_slots.to_string()),
                ("slot_bytes", ring.slot_bytes.to_string()),
                ("place", place),
            ]
        };
        for ((key, was), (_, is)) in numbers(&ring).into_iter().zip(numbers(other)) {
            if was != is {
                let ring = format!("the ring from rank {} to rank {}", ends.0.0, ends.1.0);
                alike.entry((key, was, is)).or_default().push(ring);
            }
        }
    }
    let told = alike.into_iter().map(|((key, a, b), rings)| {
        let of = if let [ring] = &rings[..] { ring.clone() } else { format!("{} rings", rings.len()) };
        MachineChange { key: format!("{key} of {of}"), a: Some(a), b: Some(b) }
    });
    told.collect()
}

fn compare(a: &BTreeMap<String, String>, b: &BTreeMap<String, String>) -> Vec<MachineChange> {
    let mut all: Vec<&String> = a.keys().chain(b.keys()).collect();
    all.sort_unstable();
    all.dedup();
    let change =
        |key: &String| MachineChange { key: key.clone(), a: a.get(key).cloned(), b: b.get(key).cloned() };
    all.into_iter().map(change).filter(|change| change.a != change.b).collect()
}

fn keys(machine: &Machine) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    let value = serde_json::to_value(machine.spec()).expect("a machine is written as JSON in every log");
    flatten("", &value, &mut keys);
    keys
}

fn flatten(prefix: &str, value: &Value, keys: &mut BTreeMap<String, String>) {
    let Some(table) = value.as_object() else {
        keys.insert(prefix.to_owned(), value.to_string());
        return;
    };
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        flatten(&key, value, keys);
    }
}
