//! Machine files. A file is a whole machine, or `base = "sip"` and the keys that differ from it.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use crate::fault::{self, Fault};
use crate::frequency;
use crate::machine::{Machine, MachineError};
use crate::plain::plain;
use crate::preset::{preset_names, preset_toml};
use crate::suggest::unknown;

impl Machine {
    /// Reads a machine file. `file_name` is used in messages, and names a machine that has a `base` but
    /// no `name` of its own: with other numbers it is not the base any more.
    ///
    /// # Errors
    /// [`MachineError::Syntax`] with line and column for what is not TOML, unknown or missing keys and
    /// values of the wrong kind, and for values that cannot work at the key that the file sets.
    pub fn from_toml(text: &str, file_name: &str) -> Result<Machine, MachineError> {
        let file = File { text, name: file_name };
        let table = file.table()?;
        // Errors lie in this file and not in its base, because presets are whole and tested.
        let spec = fault::read(Deserializer::from(table)).map_err(|(e, fault)| file.refuse(&e, fault))?;
        Machine::new(spec).map_err(|error| file.place(error))
    }

    /// A whole machine with the keys of a file laid over it.
    ///
    /// # Errors
    /// As [`Machine::from_toml`], without places: nobody wrote these texts.
    pub(crate) fn overlaid(whole: &str, keys: &str) -> Result<Machine, MachineError> {
        let (whole, keys) = (File { text: whole, name: "" }, File { text: keys, name: "" });
        let mut table = whole.table()?;
        overlay(table.get_mut(), keys.table()?.into_inner());
        let spec = fault::read(Deserializer::from(table)).map_err(|(e, fault)| keys.refuse(&e, fault))?;
        Machine::new(spec)
    }

    /// The machine as a file that reads back equal.
    pub fn to_toml(&self) -> String {
        toml::to_string(self.spec()).expect("a checked machine has only numbers that TOML can write")
    }
}

struct File<'a> {
    text: &'a str,
    name: &'a str,
}

impl<'a> File<'a> {
    /// The keys of the file laid over those of its base.
    fn table(&self) -> Result<Spanned<DeTable<'a>>, MachineError> {
        let mut table = DeTable::parse(self.text).map_err(|e| self.refuse(&e, None))?;
        let Some(base) = table.get_mut().remove("base") else { return Ok(table) };
        let base_text = base.get_ref().as_str().and_then(preset_toml).ok_or_else(|| {
            let known = preset_names().join(", ");
            self.at(
                base.span().start,
                format!("`base` must name a preset in quotes; the presets are {known}"),
            )
        })?;
        let mut merged = File { text: base_text, name: "a preset" }.table()?;
        let span = table.span();
        let stem = Path::new(self.name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        merged.get_mut().insert(
            Spanned::new(span.clone(), "name".into()),
            Spanned::new(span.clone(), DeValue::String(stem.into())),
        );
        overlay(merged.get_mut(), table.into_inner());
        Ok(Spanned::new(span, merged.into_inner()))
    }

    fn refuse(&self, error: &toml::de::Error, fault: Option<Fault>) -> MachineError {
        let message = fault.map_or_else(|| plain(error.message()), |fault| explain(fault, self.is_whole()));
        self.at(error.span().map_or(0, |span| span.start), message)
    }

    /// Whether a person wrote it and laid it over nothing.
    fn is_whole(&self) -> bool {
        let has_base = || DeTable::parse(self.text).is_ok_and(|table| table.get_ref().contains_key("base"));
        !self.name.is_empty() && !has_base()
    }

    /// A value that cannot work, at the key that brings it: the one at fault, else one of those that the problem names,
    /// else one beside it.
    fn place(&self, error: MachineError) -> MachineError {
        let MachineError::Value { key, problem, .. } = &error else { return error };
        let Ok(table) = DeTable::parse(self.text) else { return error };
        let mut keys = Vec::new();
        list_keys(table.get_ref(), "", &mut keys);
        let beside = |path: &str| path.split('.').zip(key.split('.')).take_while(|(a, b)| a == b).count();
        let rank = |path: &str| (path == *key, problem.contains(path), beside(path), path.len());
        let Some((path, offset)) = keys.iter().max_by_key(|(path, _)| rank(path)) else { return error };
        let message = format!("`{key}` {problem}");
        if path == key || problem.contains(&**path) || beside(path) > 0 {
            return self.at(*offset, message);
        }
        MachineError::Syntax { file: self.name.to_owned(), at: None, message }
    }

    /// An error at a byte of the text, by its line and column.
    fn at(&self, offset: usize, message: String) -> MachineError {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        MachineError::Syntax { file: self.name.to_owned(), at: Some((line, column)), message }
    }
}

/// Lays `over` on `base`. Tables merge key by key, except that a table with another `model` replaces the
/// whole table: the keys of one model mean nothing to another. A frequency replaces the periods of its clocks.
fn overlay<'a>(base: &mut DeTable<'a>, over: DeTable<'a>) {
    for period in over.keys().flat_map(|key| frequency::replaced(key.get_ref())) {
        base.remove(*period);
    }
    for (key, value) in over {
        let span = value.span();
        let old = base.remove(key.get_ref().as_ref()).map(Spanned::into_inner);
        let merged = match (old, value.into_inner()) {
            (Some(DeValue::Table(mut old)), DeValue::Table(new)) if same_model(&old, &new) => {
                overlay(&mut old, new);
                DeValue::Table(old)
            }
            (_, new) => new,
        };
        base.insert(key, Spanned::new(span, merged));
    }
}

/// Every key of a table by its path, with the byte at which it stands.
fn list_keys(table: &DeTable<'_>, path: &str, keys: &mut Vec<(String, usize)>) {
    for (key, value) in table {
        let path = format!("{path}{}", key.get_ref());
        if let DeValue::Table(inner) = value.get_ref() {
            list_keys(inner, &format!("{path}."), keys);
        }
        keys.push((path, key.span().start));
    }
}

fn same_model(old: &DeTable<'_>, new: &DeTable<'_>) -> bool {
    let model =
        |table: &DeTable<'_>| table.get("model").and_then(|m| m.get_ref().as_str().map(str::to_owned));
    model(new).is_none_or(|new| model(old) == Some(new))
}

fn explain(fault: Fault, is_whole: bool) -> String {
    match fault {
        Fault::Missing(key) => {
            let base = if is_whole { ", or start from a preset with base = \"sip\"" } else { "" };
            format!("the key `{key}` is missing: add it{base}")
        }
        // The top level: `base` is a key of the file and not of the machine.
        Fault::UnknownKey(key, known) if known.first() == Some(&"name") => {
            unknown("key", &key, &[known, &["base"]].concat())
        }
        Fault::UnknownKey(key, known) => unknown("key", &key, known),
        Fault::UnknownValue(value, known) => unknown("value", &value, known),
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
