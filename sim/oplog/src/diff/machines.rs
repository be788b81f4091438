//! Which keys of two machines, and which parameters of two runs, differ.

use std::collections::BTreeMap;

use machine::Machine;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::log::OpLog;

/// A key of the machine file, such as `pe.issue_cycles`, with its values as JSON; or a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
