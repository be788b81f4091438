//! JSON Schemas of what has a hand-written JSON form here, and of machine files. Built only for the test that generates
//! the schemas of `kernmesh schema`.

use std::borrow::Cow;

pub use schemars;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::quantity::Rate;
use crate::spec::MachineSpec;

/// The JSON Schema of an id: a number.
#[doc(hidden)]
#[macro_export]
macro_rules! id_schema {
    ($name:ident) => {
        impl $crate::schema::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(
                generator: &mut $crate::schema::schemars::SchemaGenerator,
            ) -> $crate::schema::schemars::Schema {
                u32::json_schema(generator)
            }
        }
    };
}

impl JsonSchema for Rate {
    fn schema_name() -> Cow<'static, str> {
        "Rate".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An exact positive fraction: an integer (128), or a decimal or fraction in quotes \
                            (\"11.8\", \"59/5\").",
            "anyOf": [
                { "type": "integer", "minimum": 1 },
                { "type": "string", "pattern": r"^\s*[0-9]+(\s*/\s*[0-9]+|\.[0-9]+)?\s*$" },
            ],
        })
    }
}

/// Keys of the schema document that are not of the described value.
const OF_THE_DOCUMENT: [&str; 4] = ["$schema", "title", "description", "$defs"];

/// The schema of a machine file: a whole machine, or a `base` and the keys that differ from it.
pub fn machine_file() -> Value {
    let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let Value::Object(mut root) = generator.into_root_schema_for::<MachineSpec>().to_value() else {
        unreachable!("the schema of a struct is an object")
    };
    let Some(Value::Object(mut defs)) = root.remove("$defs") else { unreachable!("a machine has parts") };
    let mut document = Map::new();
    for key in OF_THE_DOCUMENT {
        document.extend(root.remove_entry(key));
    }
    let mut change: Map<String, Value> =
        defs.iter().map(|(name, part)| (changed(name), relaxed(part))).collect();
    let mut of_base = relaxed(&Value::Object(root.clone()));
    of_base["properties"]["base"] =
        json!({ "type": "string", "description": "The preset whose keys this file overrides." });
    change.insert("Change".to_owned(), of_base);
    defs.append(&mut change);
    defs.insert("Machine".to_owned(), Value::Object(root));
    document.insert("if".to_owned(), json!({ "required": ["base"] }));
    document.insert("then".to_owned(), json!({ "$ref": "#/$defs/Change" }));
    document.insert("else".to_owned(), json!({ "$ref": "#/$defs/Machine" }));
    document.insert("$defs".to_owned(), Value::Object(defs));
    Value::Object(document)
}

fn changed(name: &str) -> String {
    format!("ChangeOf{name}")
}

/// A schema under which every key may be left out.
fn relaxed(schema: &Value) -> Value {
    match schema {
        Value::Object(keys) => {
            let relax = |(key, value): (&String, &Value)| match (key.as_str(), value) {
                ("required", Value::Array(_)) => None,
                ("$ref", Value::String(path)) => {
                    Some((key.clone(), json!(path.replace("$defs/", "$defs/ChangeOf"))))
                }
                // Without required keys a value may fit several forms.
                ("oneOf", _) => Some(("anyOf".to_owned(), relaxed(value))),
                (_, _) => Some((key.clone(), relaxed(value))),
            };
            Value::Object(keys.iter().filter_map(relax).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(relaxed).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}
