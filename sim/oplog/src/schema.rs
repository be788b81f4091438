//! JSON Schemas of what has a hand-written JSON form here, and of a log in JSON lines. Built only for the test that
//! generates the schemas of `kernmesh schema`.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::digest::Digest;
use crate::jsonl::{
    HeaderLine, LayoutLine, MachineLine, OpLine, PlacementLine, ProgramLine, RankLine, RingLine,
};
use crate::lines::Footer;

impl JsonSchema for Digest {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "BLAKE3, in hex.", "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

/// The schema of one line of a log.
pub fn log_line() -> Value {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let lines = [
        generator.subschema_for::<HeaderLine>(),
        generator.subschema_for::<MachineLine<'_>>(),
        generator.subschema_for::<ProgramLine>(),
        generator.subschema_for::<PlacementLine<'_>>(),
        generator.subschema_for::<LayoutLine<'_>>(),
        generator.subschema_for::<RankLine>(),
        generator.subschema_for::<OpLine<'_>>(),
        generator.subschema_for::<RingLine<'_>>(),
        generator.subschema_for::<Footer>(),
    ];
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "LogLine",
        "description": "One line of an op log in JSON lines.",
        "anyOf": lines,
        "$defs": generator.take_definitions(true),
    })
}
