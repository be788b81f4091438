//! `kernmesh schema`

use clap::Args;

use super::Style;
use crate::error::{Error, Exit};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh schema program > program.schema.json
  kernmesh schema machine > machine.schema.json

A program names its schema with the key \"$schema\", a machine file with the comment
`#:schema machine.schema.json` in its first line.")]
pub struct SchemaArgs {
    /// The file it describes.
    pub kind: SchemaKind,
}

/// A file that has a JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaKind {
    /// Program JSON.
    Program,
    /// A machine file, as JSON or TOML.
    Machine,
    /// What `run --json` and `replay --json` write.
    Result,
    /// One line of an op log in JSON lines.
    Log,
    /// What `advise --json` writes.
    Advice,
    /// What `memory --json` writes.
    Memory,
}

impl SchemaKind {
    /// The schema: generated from the types that read and write the file, in `schemas_tests.rs`.
    pub const fn text(self) -> &'static str {
        match self {
            SchemaKind::Program => include_str!("../../schemas/program.schema.json"),
            SchemaKind::Machine => include_str!("../../schemas/machine.schema.json"),
            SchemaKind::Result => include_str!("../../schemas/result.schema.json"),
            SchemaKind::Log => include_str!("../../schemas/log.schema.json"),
            SchemaKind::Advice => include_str!("../../schemas/advice.schema.json"),
            SchemaKind::Memory => include_str!("../../schemas/memory.schema.json"),
        }
    }
}

/// The schema of a machine file.
pub const fn machine_schema() -> &'static str {
    SchemaKind::Machine.text()
}

pub fn schema(args: &SchemaArgs, style: Style) -> Result<Exit, Error> {
    style.stdout().print(args.kind.text())?;
    Ok(Exit::Good)
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
