//! JSON Schemas of what has a hand-written JSON form here: each is that of a type with the same fields. Built only for
//! the test that generates the schemas of `kernmesh schema`.

use std::borrow::Cow;

use program::OpIndex;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::{Before, Change, Code, Deadlock, Diagnostic, OpRef, Patch, Setting, Waiting};

/// Gives a type the schema of another, under its own name.
macro_rules! written_as {
    ($($type:ty as $written:ident),* $(,)?) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($written).trim_start_matches("Json").into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                $written::json_schema(generator)
            }
        }
    )*};
}

written_as!(Diagnostic as JsonDiagnostic, OpRef as JsonOp, Deadlock as JsonDeadlock, Waiting as JsonWaiting);
written_as!(Setting as JsonSetting);

/// A finding of a run, or a reason for a refusal.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its form counts")]
struct JsonDiagnostic {
    kind: Code,
    /// The op at fault first, then those it conflicts with.
    ops: Vec<OpRef>,
    /// The memory, slot, ring or tensor concerned.
    r#where: String,
    /// The bytes in conflict, `[start, end)` as addresses of that memory.
    bytes: Option<[u64; 2]>,
    message: String,
    /// The edge that would have ordered the two; empty when no edge is missing.
    missing: String,
    repair: String,
    /// Whether the values differed in this run; null when no values were computed.
    value_differed: Option<bool>,
    /// How far apart the two accesses were in this run.
    slack_fs: Option<u64>,
    /// The repair as a patch of the program; null when only the author can make it.
    edit: Option<Patch>,
}

/// An op of the program.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its form counts")]
struct JsonOp {
    rank: u32,
    index: u32,
    /// The kind of op.
    op: String,
    /// Empty when it is not known.
    unit: String,
    /// `file:line:column`, or empty.
    source: String,
}

/// Ops that can never go on.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its form counts")]
struct JsonDeadlock {
    /// Each op waits for the next.
    cycle: Vec<Waiting>,
    /// Whether the last op waits for the first.
    closed: bool,
    /// Every op that waits, by rank.
    waits: Vec<Waiting>,
    /// The smallest number of slots, the same for every ring, with which the program finishes.
    smallest_slots: Option<u32>,
    repair: String,
    /// The changes that were tried: with all of them the program finishes.
    edits: Vec<Change>,
}

/// An op that waits for ever.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its form counts")]
struct JsonWaiting {
    rank: u32,
    index: u32,
    op: String,
    waits_for: String,
    source: String,
    /// The op that would free it.
    on: Option<JsonAt>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its form counts")]
struct JsonAt {
    rank: u32,
    index: u32,
}

/// A value of the program that is no op.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its form counts")]
struct JsonSetting {
    /// The keys and places that lead to it in Program JSON.
    path: String,
    value: Value,
}

impl JsonSchema for Before {
    fn schema_name() -> Cow<'static, str> {
        "Before".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        OpIndex::json_schema(generator)
    }
}

impl JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<Value> = Code::ALL.iter().map(|code| json!(code.name())).collect();
        json_schema!({ "description": "`kernmesh explain --code` has a page for each.", "enum": names })
    }
}
