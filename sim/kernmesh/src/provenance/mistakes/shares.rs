//! Shares that begin too early, each of the inputs of some kernels in turn: what is said to stand in place of what is
//! held against runs of the right program, whose inputs have those boxes replaced.

use kernels::Recorded;
use machine::Machine;
use oplog::provenance::{Difference, Region, Traced};
use program::Program;
use program::program::Role;
use replay::provenance::boxes;
use replay::{HostValue, HostValues};

use super::built_in;
use crate::simulate::{Computed, Options, Tensors, simulate};

const KERNELS: [(&str, &str); 4] = [
    ("gemm", "ranks=3 m=7 n=9 k=12 dtype=f32 topology=ring"),
    ("mesh_kv", "ranks=2 heads=2 kv_heads=1 head_dim=8 kv_len=12 q_len=4 kv_block=4 dtype=f32"),
    ("mesh_mlo", "ranks=3 heads=4 kv_heads=2 head_dim=4 kv_len=15 kv_block=3 q_len=2 dtype=f32"),
    ("mesh_flat", "ranks=4 heads=2 kv_heads=1 head_dim=4 kv_len=12 slice=4 dtype=f32"),
];

/// A share, and one of its axes along which it begins so far on.
type Start = (usize, usize, u32);

fn starts(program: &Program) -> Vec<Start> {
    let given = program.tensors.iter().enumerate();
    let axes = given.filter_map(|(number, tensor)| match &tensor.role {
        Role::Input { start, .. } => {
            Some(start.iter().enumerate().map(move |(axis, &at)| (number, axis, at)))
        }
        Role::InOut { .. } | Role::Output { .. } | Role::Scratch => None,
    });
    axes.flatten().filter(|(.., at)| *at > 0).collect()
}

fn early(program: &mut Program, (number, axis, _): Start, by: u32) {
    if let Role::Input { start, .. } = &mut program.tensors[number].role {
        start[axis] -= by;
    }
}

fn computed(recorded: Recorded, inputs: HostValues) -> Computed {
    let tensors = Tensors { inputs: Some(inputs), ..Tensors::default() };
    let options = Options { tensors, ..Options::default() };
    simulate(recorded, &Machine::preset("sip").expect("a preset"), &options).expect("a run").computed
}

/// Inputs whose box `meant` has the values of the box `taken`.
fn replaced(inputs: &mut HostValues, given: &HostValues, taken: &Region, meant: &Region) {
    let from = &given[&taken.input];
    let shape: Vec<u64> = from.shape.iter().map(|&n| n.into()).collect();
    let (values, mut at) = (from.values(), Vec::new());
    boxes::for_each(&shape, &taken.ranges, |i| at.push(i as usize));
    let mut into = inputs[&meant.input].values();
    let mut next = at.into_iter();
    boxes::for_each(&shape, &meant.ranges, |i| into[i as usize] = values[next.next().expect("one shape")]);
    inputs.insert(meant.input.clone(), HostValue::of(&into, &from.shape, from.dtype));
}

/// The boxes of an element that stand in place of others, where that is all that is said of it.
fn moves(element: &Traced) -> Vec<(&Region, &Region)> {
    let both = element.differences.iter().map(|it| {
        let Difference::Displaced { taken, meant } = it else { return None };
        Some((taken, meant))
    });
    both.collect::<Option<_>>().unwrap_or_default()
}

/// An element of an output of the right program, with boxes of its inputs replaced.
fn with_moves(right: Recorded, inputs: &HostValues, name: &str, of: &Traced) -> f64 {
    let mut changed = inputs.clone();
    moves(of).iter().for_each(|(taken, meant)| replaced(&mut changed, inputs, taken, meant));
    let outputs = computed(right, changed).outputs.expect("outputs");
    let shape: Vec<u64> = outputs[name].shape.iter().map(|&n| n.into()).collect();
    let at = boxes::flat(&shape, of.index.iter().copied());
    outputs[name].values()[at as usize].into()
}

#[test]
fn a_box_in_place_of_another_gives_the_wrong_value() {
    let (mut said, mut traced) = (0, 0);
    for (kernel, given) in KERNELS {
        let program = |change: Option<(Start, u32)>| {
            built_in::changed(kernel, given, |program| {
                change.into_iter().for_each(|(start, by)| early(program, start, by));
            })
        };
        let right = program(None).program;
        let inputs = replay::inputs::seeded(&right, 0);
        let changes =
            starts(&right).into_iter().flat_map(|start| [1, 2, start.2].map(|by| (start, by.min(start.2))));
        for change in changes {
            let verdict = computed(program(Some(change)), inputs.clone()).verdict.expect("a verdict");
            let Some(found) = &verdict.provenance else { continue };
            traced += found.elements.len();
            for element in found.elements.iter().filter(|element| !moves(element).is_empty()) {
                let value = with_moves(program(None), &inputs, &verdict.leading().output, element);
                let is_near = (value - element.value).abs() <= 1e-4 * value.abs().max(1.0);
                assert!(
                    is_near,
                    "{kernel} {change:?}: {:?}: {value} and not {}",
                    element.differences, element.value
                );
                said += 1;
            }
        }
    }
    assert!(traced > 60 && 2 * said > traced, "{said} of {traced} elements");
}
