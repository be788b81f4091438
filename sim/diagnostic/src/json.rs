//! The JSON form of diagnostics: one struct each gives the output and its schema. Keys are added, never renamed or
//! removed.

use program::{Location, OpIndex};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::{Before, Change, Code, Deadlock, Diagnostic, OpRef, Patch, Setting, Waiting};

/// Writes a type as another, made from a reference to it, and gives it the schema of that type under its own name.
macro_rules! written_as {
    ($($type:ident as $written:ty),* $(,)?) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$written>::from(self).serialize(serializer)
            }
        }

        #[cfg(feature = "schema")]
        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                <$written>::json_schema(generator)
            }
        }
    )*};
}

written_as! {
    Diagnostic as JsonDiagnostic<'_>,
    OpRef as JsonOp,
    Deadlock as JsonDeadlock<'_>,
    Waiting as JsonWaiting,
    Setting as JsonSetting,
    Before as OpIndex,
}

/// A finding of a run, or a reason for a refusal.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
struct JsonDiagnostic<'a> {
    kind: Code,
    /// The op at fault first, then those it conflicts with.
    ops: Vec<&'a OpRef>,
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
    /// The repair as a patch of the program; null when only the author can make it, and when it was not tried.
    edit: Option<&'a Patch>,
    /// The repair that orders the two ops the other way round, as a patch, where the program leaves that open.
    other_edit: Option<&'a Patch>,
}

impl<'a> From<&'a Diagnostic> for JsonDiagnostic<'a> {
    fn from(it: &'a Diagnostic) -> JsonDiagnostic<'a> {
        JsonDiagnostic {
            kind: it.code,
            ops: it.ops().collect(),
            r#where: it.place_text(),
            bytes: it.bytes,
            message: it.message(),
            missing: it.missing_text(),
            repair: it.repair_text(),
            value_differed: it.value_differed,
            slack_fs: it.slack.map(machine::Span::fs),
            edit: it.patch.as_ref(),
            other_edit: it.more.first().and_then(|way| way.patch.as_ref()),
        }
    }
}

/// An op of the program.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
struct JsonOp {
    rank: u32,
    index: u32,
    /// The kind of op.
    op: &'static str,
    /// Empty when it is not known.
    unit: String,
    /// `file:line:column`, or empty.
    source: String,
}

impl From<&OpRef> for JsonOp {
    fn from(it: &OpRef) -> JsonOp {
        let unit = it.unit.map(|unit| unit.to_string()).unwrap_or_default();
        JsonOp { rank: it.rank.0, index: it.index.0, op: it.kind, unit, source: source(it) }
    }
}

fn source(op: &OpRef) -> String {
    op.location.as_ref().map(Location::to_string).unwrap_or_default()
}

/// Ops that can never go on.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
struct JsonDeadlock<'a> {
    /// Each op waits for the next.
    cycle: &'a [Waiting],
    /// Whether the last op waits for the first.
    closed: bool,
    /// Every op that waits, by rank.
    waits: &'a [Waiting],
    /// The smallest number of slots, the same for every ring, with which the program finishes.
    smallest_slots: Option<u32>,
    repair: String,
    /// The changes that were tried: with all of them the program finishes.
    edits: &'a [Change],
}

impl<'a> From<&'a Deadlock> for JsonDeadlock<'a> {
    fn from(it: &'a Deadlock) -> JsonDeadlock<'a> {
        JsonDeadlock {
            cycle: &it.cycle,
            closed: it.closed,
            waits: &it.waits,
            smallest_slots: it.smallest_slots,
            repair: it.way_out.to_string(),
            edits: &it.way_out.changes,
        }
    }
}

/// An op that waits for ever.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
struct JsonWaiting {
    rank: u32,
    index: u32,
    op: &'static str,
    waits_for: String,
    source: String,
    /// The op that would free it.
    on: Option<JsonAt>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
struct JsonAt {
    rank: u32,
    index: u32,
}

impl From<&Waiting> for JsonWaiting {
    fn from(it: &Waiting) -> JsonWaiting {
        JsonWaiting {
            rank: it.op.rank.0,
            index: it.op.index.0,
            op: it.op.kind,
            waits_for: it.waits_for.to_string(),
            source: source(&it.op),
            on: it.on.map(|(rank, index)| JsonAt { rank: rank.0, index: index.0 }),
        }
    }
}

/// A value of the program that is not an op.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
struct JsonSetting {
    /// The keys and places that lead to it in Program JSON.
    path: String,
    value: Value,
}

impl From<&Setting> for JsonSetting {
    fn from(it: &Setting) -> JsonSetting {
        JsonSetting { path: it.path(), value: it.value() }
    }
}

impl From<&Before> for OpIndex {
    fn from(it: &Before) -> OpIndex {
        it.index
    }
}
