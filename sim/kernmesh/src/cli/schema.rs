//! `kernmesh schema`

use super::Terminal;
use super::args::SchemaArgs;
use crate::error::{Error, Exit};

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
}

impl SchemaKind {
    /// The schema: generated from the types that read and write the file, in `schemas_tests.rs`.
    pub const fn text(self) -> &'static str {
        match self {
            SchemaKind::Program => include_str!("../../schemas/program.schema.json"),
            SchemaKind::Machine => include_str!("../../schemas/machine.schema.json"),
            SchemaKind::Result => include_str!("../../schemas/result.schema.json"),
            SchemaKind::Log => include_str!("../../schemas/log.schema.json"),
        }
    }
}

pub fn schema(args: &SchemaArgs) -> Result<Exit, Error> {
    Terminal::stdout().print(args.kind.text())?;
    Ok(Exit::Good)
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;
