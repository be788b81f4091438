//! The same machine with some keys changed, each named by its path in a machine file.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::machine::{Machine, MachineError};
use crate::suggest::shown;

/// Parts of the path of a key; the deepest of a machine has four.
const MOST_PARTS: usize = 8;

impl Machine {
    /// Sets keys such as `link.cube.bytes_per_cycle`, each to what stands for it in a machine file, as a file lays them
    /// over its base: another `model` replaces the keys of the old one. Rates may be written without quotes.
    ///
    /// # Errors
    /// [`MachineError::Syntax`] for a key that the machine does not have, with the one that may be meant, and for a
    /// value of the wrong kind; [`MachineError::Value`] for one that cannot work.
    pub fn changed(&self, keys: &BTreeMap<String, String>) -> Result<Machine, MachineError> {
        let whole = self.table();
        let mut over = Table::new();
        for (path, value) in keys {
            let problem = |message| MachineError::Syntax { file: shown(path), at: None, message };
            is_path(path).map_err(problem)?;
            set(&mut whole.clone(), path, read(value)).map_err(problem)?;
            set(&mut over, path, read(value)).map_err(problem)?;
        }
        let whole = write(&whole);
        Machine::overlaid(&whole, &write(&over)).map_err(|error| match error {
            MachineError::Syntax { message, .. } => {
                MachineError::Syntax { file: blamed(&whole, keys, &message), at: None, message }
            }
            MachineError::Value { .. } | MachineError::Unknown { .. } | MachineError::TooManyRanks { .. } => {
                error
            }
        })
    }

    /// Every key with its value, as a machine file has them.
    pub(crate) fn keys(&self) -> BTreeMap<String, Value> {
        let mut keys = BTreeMap::new();
        flatten(self.table(), "", &mut keys);
        keys
    }

    /// Every key with its value as text, as [`Machine::changed`] takes it.
    pub fn values(&self) -> BTreeMap<String, String> {
        let text = |value: Value| match value {
            Value::String(text) => text,
            Value::Array(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Table(_) => value.to_string(),
        };
        self.keys().into_iter().map(|(key, value)| (key, text(value))).collect()
    }

    fn table(&self) -> Table {
        let mut whole: Table = toml::from_str(&self.to_toml()).expect("a machine's own file is TOML");
        if let Some(Value::Table(noc)) = whole.get_mut("noc") {
            // A file leaves them out where they say nothing new; here they are to be named.
            noc.entry("collectives").or_insert_with(|| Value::String("software".to_owned()));
            noc.entry("reduce_cycles").or_insert(Value::Integer(0));
        }
        whole
    }
}

fn flatten(table: Table, path: &str, keys: &mut BTreeMap<String, Value>) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => flatten(inner, &format!("{path}{key}."), keys),
            value @ (Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Array(_)) => {
                keys.insert(format!("{path}{key}"), value);
            }
        }
    }
}

fn write(table: &Table) -> String {
    toml::to_string(table).expect("what was read can be written")
}

/// The key that alone is refused for the same reason, else all of them.
fn blamed(whole: &str, keys: &BTreeMap<String, String>, message: &str) -> String {
    let alone = |path: &str, value: &str| {
        let mut over = Table::new();
        let set = set(&mut over, path, read(value));
        set.is_ok()
            && Machine::overlaid(whole, &write(&over)).is_err_and(|e| e.to_string().ends_with(message))
    };
    let one = keys.iter().find(|(path, value)| alone(path, value)).map(|(path, _)| path.clone());
    one.unwrap_or_else(|| shown(&keys.keys().map(String::as_str).collect::<Vec<_>>().join(", ")))
}

/// Keys that a machine file may have but that change nothing of a machine are no keys here.
fn is_path(path: &str) -> Result<(), String> {
    if path.split('.').count() > MOST_PARTS {
        return Err(format!(
            "a key has at most {MOST_PARTS} parts: name one as a machine file does, `pe.tcm_bytes`"
        ));
    }
    match path {
        "base" => Err(
            "a base changes nothing of a whole machine: set the keys that differ, or run the program again \
                       with --machine"
                .to_owned(),
        ),
        "name" => Err("a name changes nothing: set a key with a number or a model".to_owned()),
        _ => Ok(()),
    }
}

fn set(table: &mut Table, path: &str, value: Value) -> Result<(), String> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let Some(old) = table.get_mut(first) else {
        // An optional key, or one that reading the machine refuses with the one that may be meant.
        let mut inner = Table::new();
        let value = match rest {
            Some(rest) => set(&mut inner, rest, value).map(|()| Value::Table(inner))?,
            None => value,
        };
        table.insert(first.to_owned(), value);
        return Ok(());
    };
    match (old, rest) {
        (Value::Table(inner), Some(rest)) => set(inner, rest, value),
        (Value::Table(inner), None) => {
            let keys = inner.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            Err(format!("`{first}` has keys of its own: name one of {keys}"))
        }
        (_, Some(rest)) => Err(format!("`{first}` is a value and has no key `{rest}`")),
        (old, None) => {
            *old = value;
            Ok(())
        }
    }
}

/// A value as in a file. What is no integer, list or quoted text is text: an exact rate, or a word.
fn read(text: &str) -> Value {
    let parsed = toml::from_str::<Table>(&format!("value = {text}")).ok();
    let value = parsed.and_then(|mut table| table.remove("value"));
    match value {
        Some(Value::Float(_) | Value::Datetime(_)) | None => Value::String(text.to_owned()),
        Some(value) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(path: &str, value: &str) -> Result<Machine, String> {
        let keys = [(path.to_owned(), value.to_owned())].into();
        Machine::preset("sip").expect("a preset").changed(&keys).map_err(|error| error.to_string())
    }

    #[test]
    fn a_key_is_set_and_nothing_else() {
        for (value, rate) in [("64", "64"), ("11.8", "59/5"), ("59/5", "59/5"), ("\"59/5\"", "59/5")] {
            let changed = change("link.cube.bytes_per_cycle", value).expect("a machine that works");
            let mut expected = Machine::preset("sip").expect("a preset").spec().clone();
            expected.link.cube.bytes_per_cycle = rate.parse().expect("a rate");
            assert_eq!(*changed.spec(), expected, "{value}");
        }
    }

    /// `sip` says nothing of turning round.
    #[test]
    fn an_optional_key_may_be_new() {
        let changed = change("hbm.turnaround_cycles", "7").expect("a machine that works");
        assert_eq!(changed.spec().hbm.turnaround_cycles, Some(crate::quantity::Cycles(7)));
        let changed = change("math.functions.cast_cycles", "2").expect("a machine that works");
        let functions = changed.spec().math.functions.expect("set");
        assert_eq!(functions.cast_cycles, Some(crate::quantity::Cycles(2)));
    }

    #[test]
    fn keys_that_a_file_leaves_out_can_be_set() {
        let fabric = change("noc.collectives", "fabric").expect("a machine that works");
        assert_eq!(fabric.spec().noc.collectives, crate::spec::Collectives::Fabric);
        assert_eq!(change("noc.reduce_cycles", "0").expect("it says nothing new").to_toml(), sip().to_toml());
        assert!(
            change("noc.reduce_cycles", "2").expect_err("software").contains("software adds at the root")
        );
    }

    #[test]
    fn another_model_replaces_the_keys_of_the_old_one() {
        let keys = [("gemm.macs_per_cycle", "512"), ("gemm.model", "rate")];
        let keys = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let changed = sip().changed(&keys).expect("a machine that works");
        let macs_per_cycle = crate::quantity::Rate::whole(512);
        assert_eq!(changed.spec().gemm, crate::spec::GemmSpec::Rate { macs_per_cycle });
    }

    fn sip() -> Machine {
        Machine::preset("sip").expect("a preset")
    }

    #[test]
    fn a_key_that_is_not_there_is_refused_with_a_close_one() {
        for (path, value, expected) in [
            ("link.cub.bytes_per_cycle", "64", "did you mean `cube`?"),
            ("lnk.cube.bytes_per_cycle", "64", "did you mean `link`?"),
            ("link.cube", "64", "`cube` has keys of its own"),
            ("base", "sip", "a base changes nothing"),
            ("name", "other", "a name changes nothing"),
            ("gemm.model", "rate", "the key `macs_per_cycle` is missing"),
            ("gemm.macs_per_cycle", "512", "unknown key `macs_per_cycle`"),
            ("grid.pe", "[4, 4, 4]", "an element too many"),
            ("clock", "[1, 2, 3]", "`clock` has keys of its own"),
            ("a.a.a.a.a.a.a.a.a", "1", "at most 8 parts"),
            ("name.x", "64", "`name` is a value"),
            ("link.cube.bytes_per_cycle", "fast", "`fast` is not a rate"),
            ("pe.dma_channels", "0", "dma_channels"),
            ("hbm.turnround_cycles", "4", "did you mean `turnaround_cycles`?"),
            ("hbm.controllers.channels", "2", "the key `at` is missing"),
        ] {
            let said = change(path, value).expect_err(path);
            assert!(said.contains(expected), "{path}={value}: {said}");
        }
    }
}
