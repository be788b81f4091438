//! Steps of a patch as edits of Program JSON.

use std::fmt;

use program::Op;

use super::Step;

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |op: &Op| serde_json::to_string(op).unwrap_or_default();
        match self {
            Step::Insert { rank, before, op } => {
                write!(f, "in ranks[{}].ops, before op {}, insert `{}`", rank.0, before.0, text(op))
            }
            Step::Change { rank, index, op } => {
                write!(f, "let ranks[{}].ops[{}] be `{}`", rank.0, index.0, text(op))
            }
            Step::Move { rank, ops, before } => {
                let ops: Vec<String> = ops.iter().map(|op| op.0.to_string()).collect();
                write!(f, "in ranks[{}].ops, move op {} to before op {}", rank.0, ops.join(", "), before.0)
            }
            Step::Set(setting) => write!(f, "let {} be `{}`", setting.path(), setting.value()),
        }
    }
}
