//! A repair in the terms of Program JSON: what to put in, to change and to move, and where. Ops are named by their
//! numbers in the program as it is; all steps are taken at once.

use std::fmt;

use program::{Op, OpIndex, Program, RankProgram};
use serde::Serialize;
use serde_json::{Value, json};
use verify::deadlock::Edit;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EditStep {
    /// A new op right before another; the number after a rank's last op is its end.
    Insert { rank: u32, before: u32, op: Op },
    /// What an op is to be instead.
    Change { rank: u32, index: u32, op: Op },
    /// Ops of a rank, in their order, to before another.
    Move { rank: u32, ops: Vec<u32>, before: u32 },
    /// A value that is no op: `rings[0].flow`.
    Set { path: String, value: Value },
}

/// As paths into the JSON.
impl fmt::Display for EditStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |op| serde_json::to_string(op).unwrap_or_default();
        match self {
            EditStep::Insert { rank, before, op } => {
                write!(f, "in ranks[{rank}].ops, before op {before}, insert `{}`", text(op))
            }
            EditStep::Change { rank, index, op } => {
                write!(f, "let ranks[{rank}].ops[{index}] be `{}`", text(op))
            }
            EditStep::Move { rank, ops, before } => {
                let ops: Vec<String> = ops.iter().map(u32::to_string).collect();
                write!(f, "in ranks[{rank}].ops, move op {} to before op {before}", ops.join(", "))
            }
            EditStep::Set { path, value } => write!(f, "let {path} be `{value}`"),
        }
    }
}

/// The steps that make `new` out of `old`, to which ops were added and in which ops were changed; `None` when ops
/// were taken away or moved.
pub fn steps(old: &Program, new: &Program) -> Option<Vec<EditStep>> {
    let mut steps = Vec::new();
    set(&mut steps, "n_events".to_owned(), json!(old.n_events), json!(new.n_events));
    for (at, (old, new)) in old.rings.iter().zip(&new.rings).enumerate() {
        set(&mut steps, format!("rings[{at}].n_slots"), json!(old.n_slots), json!(new.n_slots));
        set(&mut steps, format!("rings[{at}].flow"), json!(old.flow), json!(new.flow));
    }
    for (rank, (old, new)) in old.ranks.iter().zip(&new.ranks).enumerate() {
        let at = format!("ranks[{rank}]");
        set(&mut steps, format!("{at}.n_semaphores"), json!(old.n_semaphores), json!(new.n_semaphores));
        for (index, buffer) in new.buffers.iter().enumerate().skip(old.buffers.len()) {
            set(&mut steps, format!("{at}.buffers[{index}]"), Value::Null, json!(buffer));
        }
        for (index, view) in new.views.iter().enumerate().skip(old.views.len()) {
            set(&mut steps, format!("{at}.views[{index}]"), Value::Null, json!(view));
        }
        steps.extend(of_ops(rank as u32, old, new)?);
    }
    Some(steps)
}

fn set(steps: &mut Vec<EditStep>, path: String, old: Value, value: Value) {
    if old != value {
        steps.push(EditStep::Set { path, value });
    }
}

/// Walks both lists. An op that is not found again unchanged among the next ones is one that was changed.
fn of_ops(rank: u32, old: &RankProgram, new: &RankProgram) -> Option<Vec<EditStep>> {
    let mut steps = Vec::new();
    let (mut now, mut was) = (Vec::new(), vec![None; new.ops.len()]);
    let mut at = 0;
    for (index, op) in old.ops.iter().enumerate() {
        let added = (new.ops.len() - at).checked_sub(old.ops.len() - index)?;
        let same = renamed(op, |named| now.get(named.index()).copied())?;
        let mut places = at..=at + added;
        let found = places.clone().find(|&place| new.ops[place] == same);
        let place = found.or_else(|| places.find(|&place| alike(&new.ops[place], &same)))?;
        for op in &new.ops[at..place] {
            let op = renamed(op, |named| was.get(named.index()).copied().flatten())?;
            steps.push(EditStep::Insert { rank, before: index as u32, op });
        }
        if found.is_none() {
            let op = renamed(&new.ops[place], |named| was.get(named.index()).copied().flatten())?;
            steps.push(EditStep::Change { rank, index: index as u32, op });
        }
        now.push(OpIndex(place as u32));
        was[place] = Some(OpIndex(index as u32));
        at = place + 1;
    }
    for op in &new.ops[at..] {
        let op = renamed(op, |named| was.get(named.index()).copied().flatten())?;
        steps.push(EditStep::Insert { rank, before: old.ops.len() as u32, op });
    }
    Some(steps)
}

/// The op with the ops it names renamed; `None` when one of them has no such name.
fn renamed(op: &Op, name: impl Fn(OpIndex) -> Option<OpIndex>) -> Option<Op> {
    let mut op = op.clone();
    for named in op.named_ops_mut() {
        *named = name(*named)?;
    }
    Some(op)
}

/// Whether one may be the other, changed.
fn alike(a: &Op, b: &Op) -> bool {
    a.name() == b.name() && a.messages() == b.messages()
}

/// The steps of changes that were tried one after the other.
pub fn of_deadlock(program: &Program, edits: &[Edit]) -> Option<Vec<EditStep>> {
    if let [Edit::Move { rank, ops, before }] = edits {
        let ops = ops.iter().map(|op| op.0).collect();
        return Some(vec![EditStep::Move { rank: rank.0, ops, before: before.0 }]);
    }
    let first = edits.first()?.apply(program);
    let changed = edits[1..].iter().fold(first, |program, edit| edit.apply(&program));
    steps(program, &changed)
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
