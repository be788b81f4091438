//! The committed schemas are those of the types. `make bless` writes them anew.

use std::env;
use std::fs;
use std::path::Path;

use clap::ValueEnum;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::SchemaKind;
use crate::advise::Advice;
use crate::memories::Memories;
use crate::summary::Summary;

fn generated(kind: SchemaKind) -> Value {
    match kind {
        SchemaKind::Program => program::schema::program_file(),
        SchemaKind::Machine => machine::schema::machine_file(),
        SchemaKind::Log => oplog::schema::log_line(),
        SchemaKind::Result => written::<Summary>(),
        SchemaKind::Advice => written::<Advice>(),
        SchemaKind::Memory => written::<Memories>(),
    }
}

/// The schema of a document that kernmesh writes.
fn written<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let blesses = env::var("INSTA_UPDATE").is_ok_and(|how| how == "always");
    for kind in SchemaKind::value_variants() {
        let name = kind.to_possible_value().expect("every kind has a name").get_name().to_owned();
        let text = format!("{:#}\n", generated(*kind));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schemas/{name}.schema.json"));
        if blesses {
            fs::write(&path, &text).expect("the schema is written");
        } else {
            assert!(
                kind.text() == text,
                "{name}.schema.json is not that of its type: `make bless` writes it"
            );
        }
    }
}
