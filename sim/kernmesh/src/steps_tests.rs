use corpus::Form;
use machine::Machine;
use program::SyncOp;

use super::*;
use crate::simulate::{Options, simulate};

/// Takes steps that add and change ops.
fn take(steps: &[EditStep], program: &Program) -> Program {
    let mut json = serde_json::to_value(program).expect("a program has a JSON form");
    for step in steps {
        match step {
            EditStep::Set { path, value } => set_at(&mut json, path, value),
            EditStep::Change { rank, index, op } => {
                json["ranks"][*rank as usize]["ops"][*index as usize] = json!(op);
            }
            EditStep::Insert { .. } => {}
            EditStep::Move { .. } => panic!("a repair of a finding moves nothing"),
        }
    }
    let mut program: Program = serde_json::from_value(json).expect("a program");
    for (index, rank) in program.ranks.iter_mut().enumerate() {
        let new: Vec<(OpIndex, Op)> = steps.iter().filter_map(|step| added(step, index)).collect();
        *rank = rank.with_inserted(&new);
    }
    program
}

fn added(step: &EditStep, of: usize) -> Option<(OpIndex, Op)> {
    let EditStep::Insert { rank, before, op } = step else { return None };
    (*rank as usize == of).then(|| (OpIndex(*before), op.clone()))
}

/// Sets what a path such as `rings[0].flow` names.
fn set_at(json: &mut Value, path: &str, value: &Value) {
    let place = path.split(['.', '[']).fold(json, |json, part| {
        match part.strip_suffix(']').map(|index| index.parse::<usize>().expect("an index")) {
            None => &mut json[part],
            Some(index) => {
                let list = json.as_array_mut().expect("a list");
                list.resize(list.len().max(index + 1), Value::Null);
                &mut list[index]
            }
        }
    });
    *place = value.clone();
}

fn ops(program: &Program) -> Vec<&Vec<Op>> {
    program.ranks.iter().map(|rank| &rank.ops).collect()
}

#[test]
fn the_steps_of_a_repair_make_the_repaired_program() {
    let mut taken = 0;
    for bug in corpus::bugs() {
        let recorded = bug.record(Form::Broken);
        let machine = Machine::new(recorded.machine.clone().expect("its machine")).expect("a machine");
        let Ok(run) = simulate(recorded, &machine, &Options::default()) else { continue };
        let program = &*run.timed.log.program;
        for edit in run.computed.edits.iter().flatten() {
            let wanted = edit.apply(program);
            let steps = steps(program, &wanted).unwrap_or_else(|| panic!("{}: {edit:?}", bug.name));
            let got = take(&steps, program);
            assert_eq!(ops(&got), ops(&wanted), "{}: {steps:?}", bug.name);
            assert_eq!(
                (&got.rings, got.n_events, got.ranks[0].n_semaphores),
                (&wanted.rings, wanted.n_events, wanted.ranks[0].n_semaphores)
            );
            taken += 1;
        }
    }
    assert!(taken > 20, "{taken} show too little");
}

#[test]
fn a_step_is_told_as_a_path_into_the_json() {
    let op = Op::Sync(SyncOp::Wait { on: [OpIndex(3)].into() });
    for (step, said) in [
        (
            EditStep::Insert { rank: 1, before: 6, op: op.clone() },
            "in ranks[1].ops, before op 6, insert `{\"wait\":{\"on\":[3]}}`",
        ),
        (EditStep::Change { rank: 0, index: 2, op }, "let ranks[0].ops[2] be `{\"wait\":{\"on\":[3]}}`"),
        (
            EditStep::Move { rank: 0, ops: vec![2, 4], before: 1 },
            "in ranks[0].ops, move op 2, 4 to before op 1",
        ),
        (
            EditStep::Set { path: "rings[0].flow".to_owned(), value: json!("credit") },
            "let rings[0].flow be `\"credit\"`",
        ),
    ] {
        assert_eq!(step.to_string(), said);
    }
}
