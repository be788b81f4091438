//! The keys of a machine file, with units, defaults and meanings: read from the schema, which is generated from the types
//! that read the file.

use machine::Keys;
use serde::Serialize;
use serde_json::{Map, Value};

/// A key, as `kernmesh machines --keys` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MachineKey {
    /// Its path, as `--machine-set` takes it.
    pub key: String,
    /// The model that has it, where only one of several does.
    pub model: Option<String>,
    /// Allowed values, in words.
    pub values: String,
    /// Empty for words, counts and lists.
    pub unit: &'static str,
    /// What a machine without it has; null where every machine needs it.
    pub default: Option<String>,
    /// Its value in `sip`.
    pub in_sip: Option<String>,
    pub meaning: String,
}

/// Every key in the order of their paths; `sip` are the values of that preset.
pub fn machine_keys(schema: &str, sip: &Keys) -> Vec<MachineKey> {
    let schema: Value = serde_json::from_str(schema).unwrap_or_default();
    let mut walk = Walk { schema: &schema, sip, keys: Vec::new() };
    let whole = Node { path: "", model: None, meaning: "", needed: true };
    walk.node(&schema["$defs"]["Machine"], &whole);
    walk.keys
}

struct Walk<'a> {
    schema: &'a Value,
    sip: &'a Keys,
    keys: Vec<MachineKey>,
}

/// What is known of a part of the schema from those around it.
struct Node<'n> {
    path: &'n str,
    model: Option<&'n str>,
    meaning: &'n str,
    needed: bool,
}

impl Walk<'_> {
    fn node(&mut self, node: &Value, of: &Node<'_>) {
        // What is said of the key goes before what is said of its type.
        let own = node["description"].as_str().unwrap_or_default();
        let meaning = if of.meaning.is_empty() { own } else { of.meaning };
        let of = &Node { meaning, ..*of };
        if let Some(name) = node["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            let schema = self.schema;
            return self.node(&schema["$defs"][name], of);
        }
        let forms = node["oneOf"].as_array().or_else(|| node["anyOf"].as_array());
        if let Some(forms) = forms {
            let real: Vec<&Value> = forms.iter().filter(|form| form["type"] != "null").collect();
            if let [one] = real[..] {
                return self.node(one, &Node { needed: false, ..*of });
            }
            if real.iter().all(|form| form["properties"].is_object()) {
                for form in real {
                    let model = form["properties"]["model"]["const"].as_str();
                    let meaning = form["description"].as_str().unwrap_or(of.meaning);
                    self.object(form, &Node { model, meaning, ..*of });
                }
                return;
            }
        }
        if node["properties"].is_object() { self.object(node, of) } else { self.leaf(node, of) }
    }

    fn object(&mut self, node: &Value, of: &Node<'_>) {
        let empty = Map::new();
        for (name, part) in node["properties"].as_object().unwrap_or(&empty) {
            let path = if of.path.is_empty() { name.clone() } else { format!("{}.{name}", of.path) };
            let listed = node["required"].as_array().is_some_and(|list| list.iter().any(|it| it == name));
            let needed = of.needed && listed;
            // What is said of a model is said of the key that names it.
            let meaning = if part["const"].is_string() { of.meaning } else { "" };
            self.node(part, &Node { path: &path, model: of.model, meaning, needed });
        }
    }

    fn leaf(&mut self, node: &Value, of: &Node<'_>) {
        let key = of.path.to_owned();
        let default = match &node["default"] {
            _ if of.needed => None,
            Value::Null => Some("none".to_owned()),
            Value::String(word) => Some(word.clone()),
            value @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Some(value.to_string())
            }
        };
        let said = [of.meaning.to_owned(), meanings(node)];
        let said: Vec<String> = said.into_iter().filter(|said| !said.is_empty()).collect();
        let words = said.join(" ").replace('\n', " ").replace("[`", "`").replace("`]", "`");
        self.keys.push(MachineKey {
            in_sip: self.sip.get(&key).cloned(),
            model: of.model.map(str::to_owned),
            values: values(node),
            unit: unit(&key),
            default,
            meaning: words,
            key,
        });
    }
}

/// By the name of the key: it ends with its unit.
fn unit(key: &str) -> &'static str {
    let name = key.rsplit('.').next().unwrap_or_default();
    let ends = [
        ("bytes_per_cycle", "B/cycle"),
        ("elements_per_cycle", "elements/cycle"),
        ("macs_per_cycle", "multiply-adds/cycle"),
        ("bytes", "B"),
        ("bytes_per_pe", "B"),
        ("cycles", "cycles"),
        ("cycles_per_tile", "cycles"),
        ("ghz", "GHz"),
        ("_fs", "fs"),
    ];
    ends.iter().find(|(end, _)| name.ends_with(end)).map_or("", |(_, unit)| unit)
}

/// What is said of each word that a key may be.
fn meanings(node: &Value) -> String {
    let forms = node["oneOf"].as_array().or_else(|| node["anyOf"].as_array());
    let said =
        |form: &Value| Some(format!("`{}`: {}", form["const"].as_str()?, form["description"].as_str()?));
    forms.map_or_else(String::new, |forms| forms.iter().filter_map(said).collect::<Vec<_>>().join(" "))
}

fn values(node: &Value) -> String {
    let words = |list: &[Value]| list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    if let Some(list) = node["enum"].as_array() {
        return words(list);
    }
    if let Some(word) = node["const"].as_str() {
        return word.to_owned();
    }
    for forms in ["oneOf", "anyOf"] {
        let Some(forms) = node[forms].as_array() else { continue };
        let of_words: Vec<String> = forms.iter().map(values).collect();
        if forms.iter().all(|form| form["const"].is_string() || form["enum"].is_array()) {
            return of_words.join(", ");
        }
        return if forms.iter().any(|form| form["type"] == "number") { "number" } else { "rate" }.to_owned();
    }
    let of_type = |it: &Value| it.as_str().filter(|name| *name != "null").map(str::to_owned);
    let several = node["type"].as_array().and_then(|list| list.iter().find_map(of_type));
    match several.or_else(|| of_type(&node["type"])).unwrap_or_default().as_str() {
        "integer" => "whole number".to_owned(),
        "boolean" => "true, false".to_owned(),
        "array" => match node["items"]["type"].as_str() {
            Some("array") => "list of [x, y]".to_owned(),
            _ => "[x, y]".to_owned(),
        },
        "string" => "text".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
#[path = "machine_keys_tests.rs"]
mod tests;
