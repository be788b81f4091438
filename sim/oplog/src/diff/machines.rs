//! Which keys of two machines differ.

use std::collections::BTreeMap;

use machine::Machine;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A key of the machine file, such as `pe.issue_cycles`, with its values as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineChange {
    pub key: String,
    /// `None` when the machine does not have the key.
    pub a: Option<String>,
    pub b: Option<String>,
}

pub fn changes(a: &Machine, b: &Machine) -> Vec<MachineChange> {
    let (a, b) = (keys(a), keys(b));
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
