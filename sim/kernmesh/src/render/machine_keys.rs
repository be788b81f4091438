//! The keys of a machine file: for a terminal, and as a page.

use super::Paint;
use super::columns::wrapped;
use crate::machine_keys::MachineKey;

/// Blanks before what is said of a key.
const INDENT: usize = 4;

/// Each key with its values, and below it what it means.
pub fn keys(keys: &[MachineKey], paint: Paint) -> String {
    let mut text = String::new();
    for key in keys {
        let facts = [
            key.model.as_ref().map(|model| format!("model {model}")),
            Some(values(key)),
            Some(default(key)),
            key.in_sip.as_ref().map(|value| format!("sip {value}")),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        let head = format!("{}: {}", paint.strong(&key.key), facts.join("; "));
        text.push_str(&format!("{}\n", wrapped(&head, INDENT)));
        if !key.meaning.is_empty() {
            text.push_str(&format!("{}{}\n", " ".repeat(INDENT), wrapped(&key.meaning, INDENT)));
        }
    }
    text
}

/// `docs/machine-keys.md`.
#[cfg(test)]
pub fn keys_markdown(keys: &[MachineKey]) -> String {
    let mut text = "# Keys of a machine file\n\n\
        `kernmesh machines --keys` prints this reference; it is generated from the types that read the file. A key is \
        set in a [machine file](own-machine.md), by `--machine-set KEY=VALUE`, and by `whatif --set KEY=VALUE`. In a \
        file with a `base`, a key that is left out has the base's value. A *rate* is a whole number, or a decimal or \
        fraction in quotes, and exact. Cycles are cycles of the clock that the meaning names.\n"
        .to_owned();
    let mut table = "";
    for key in keys {
        let first = key.key.split('.').next().unwrap_or_default();
        if first != table {
            table = first;
            text.push_str(&format!(
                "\n## `{first}`\n\n| key | values | default | in `sip` | meaning |\n|---|---|---|---|---|\n"
            ));
        }
        let model = key.model.as_ref().map_or_else(String::new, |model| format!(" (model `{model}`)"));
        let sip = key.in_sip.clone().unwrap_or_default();
        let cell = |text: &str| text.replace('|', "\\|");
        text.push_str(&format!(
            "| `{}`{model} | {} | {} | {sip} | {} |\n",
            key.key,
            cell(&values(key)),
            default(key),
            cell(&key.meaning)
        ));
    }
    text
}

fn values(key: &MachineKey) -> String {
    if key.unit.is_empty() { key.values.clone() } else { format!("{}, {}", key.values, key.unit) }
}

fn default(key: &MachineKey) -> String {
    match key.default.as_deref() {
        None => "needed".to_owned(),
        Some("none") => "may be left out".to_owned(),
        Some(value) => format!("default {value}"),
    }
}
