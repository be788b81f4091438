//! JSON Schemas of what has a hand-written JSON form here, and of Program JSON. Built only for the test that generates
//! the schemas of `kernmesh schema`.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::op::Constant;
use crate::program::{FORMAT, OLDEST_FORMAT, Program};
use crate::view::{Dims, MAX_DIMS};

impl JsonSchema for Constant {
    fn schema_name() -> Cow<'static, str> {
        "Constant".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number that fits an f32, an integer that is an i32, or the name of what JSON cannot write.",
            "anyOf": [{ "type": "number" }, { "enum": ["inf", "-inf", "nan"] }],
        })
    }
}

impl JsonSchema for Dims {
    fn schema_name() -> Cow<'static, str> {
        "Dims".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let extent = u32::json_schema(generator);
        json_schema!({ "type": "array", "items": extent, "maxItems": MAX_DIMS })
    }
}

/// The schema of Program JSON, in which a program may name its schema.
pub fn program_file() -> Value {
    let generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Program>().to_value();
    schema["properties"]["$schema"] =
        json!({ "type": "string", "description": "The schema for editors; ignored." });
    schema["properties"]["format"] = json!({
        "enum": (OLDEST_FORMAT..=FORMAT).collect::<Vec<u32>>(),
        "description": "The version of this form. In 1 some functions had other names.",
    });
    schema
}
