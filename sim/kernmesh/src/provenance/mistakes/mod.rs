//! Mistakes of value, each in a program that is right but for it. What is said of each is a golden, which a person
//! reviews, and holds the cause; the right programs say nothing.

mod attend;
mod built_in;
mod decoys;
mod product;
mod shares;
mod sum;

use std::collections::BTreeMap;

use kernels::{Inputs, Recorded, Rows};
use machine::Machine;
use ndarray::ArrayD;
use program::Program;
use replay::{HostValue, HostValues};

use crate::expected::{Expected, Wide};
use crate::simulate::{Options, Tensors, simulate};
use attend::{Attend, attend};
use product::{Product, product};
use sum::{Sum, sum};

/// A name, a program, and what must be said of it.
type Case = (&'static str, Recorded, &'static [&'static str]);

/// Programs with a reference, which is a function.
fn kernels() -> Vec<Case> {
    vec![
        ("doubled partial", sum(Sum::Doubled), &["takes x[1, 0] of rank 1 twice, and others once"]),
        ("missing partial", sum(Sum::Lost), &["lacks x[2, 7] of rank 2", "all 8 elements of y[0, 0:8]"]),
        ("wrong sign", sum(Sum::Negated), &["gets from x[1, 0] of rank 1 in all", "with the other sign"]),
        ("off-by-one chunk", product(Product::OffByOne), &["stored by rank 0", ": +1 along axis 0"]),
        ("swapped tiles", product(Product::SwappedTiles), &["stored by rank 1", "+4 along axis 1"]),
        (
            "wrong page",
            product(Product::WrongPage),
            &["takes b[6:8, 0]", "in place of b[4:6, 0]", ": +2 along"],
        ),
        ("stale buffer", product(Product::StaleBuffer), &["in place of a[", ": -4 along axis 0"]),
        ("short sum", product(Product::ShortSum), &["lacks a[", ", 6:8]", "lacks b[6:8, "]),
        ("missing scale", product(Product::MissingScale), &["each is 8 × what is expected"]),
        ("transposed store", product(Product::TransposedStore), &["are exchanged in tiles of 4 × 4"]),
        (
            "transposed operand",
            product(Product::TransposedOperand),
            &["in place of b[", ": the last two axes"],
        ),
        ("wrong dtype of an operand", product(Product::CoarseOperand), &["bf16"]),
        ("wrong dtype of the result", product(Product::CoarseResult), &["each is a number of bf16"]),
        ("early store", product(Product::EarlyStore), &["each is 0", "lacks "]),
        ("missing scale of scores", attend(Attend::MissingScale), &["with 2.83 (√8) × q"]),
        ("powers of 2", attend(Attend::BaseTwo), &["ln 2"]),
        (
            "late rescale",
            attend(Attend::LateRescale),
            &["gets from v[1, 8:16, 0]", "what the reference gets"],
        ),
        ("no rescale", attend(Attend::NoRescale), &["what the reference gets"]),
        ("block twice", attend(Attend::BlockTwice), &["gets from v[1, 0:8, ", "what the reference gets"]),
        ("unmasked tail", attend(Attend::UnmaskedTail), &["takes k[1, 21:24, "]),
        ("stale values", attend(Attend::StaleValues), &["in place of v[1, 8:16, ", ": -8 along"]),
        (
            "not normalised",
            attend(Attend::NotNormalised),
            &["gets from v[1, 0:21, 0]", "what the reference gets"],
        ),
        ("wrong group", built_in::prefill(built_in::wrong_group), &["of rank 1 in place of v[1, "]),
        ("one key too many", built_in::prefill(built_in::unmasked), &["which the reference does not"]),
        (
            "early chunk",
            built_in::gemm(built_in::early_chunk),
            &["in place of a[", ", 128:256] of rank 1", ": -128 along"],
        ),
    ]
}

/// Programs as JSON, with the tensors that are expected of them.
fn programs() -> Vec<Case> {
    vec![
        ("doubled partial", sum(Sum::Doubled), &["takes x[1, 0] of rank 1 twice, and others once"]),
        ("missing partial", sum(Sum::Lost), &["is right with x[2, 7] of rank 2 taken, too"]),
        ("wrong sign", sum(Sum::Negated), &["is right with the other sign of x[1, 0] of rank 1"]),
        ("off-by-one chunk", product(Product::OffByOne), &["in place of a["]),
        ("swapped tiles", product(Product::SwappedTiles), &["in place of b[", "+4 along axis 1"]),
        (
            "wrong page",
            product(Product::WrongPage),
            &["takes b[6:8, 0]", "in place of b[4:6, 0]", ": +2 along"],
        ),
        ("stale buffer", product(Product::StaleBuffer), &["in place of a["]),
        ("short sum", product(Product::ShortSum), &["lacks b[6:8, "]),
        ("missing scale", product(Product::MissingScale), &["each is 8 × what is expected"]),
        ("wrong dtype of the result", product(Product::CoarseResult), &["each is a number of bf16"]),
        ("logarithms to base 2", attend(Attend::LogsOfTwo), &["(1/ln 2, as of base 2 for e)"]),
        ("not normalised", attend(Attend::NotNormalised), &["each of the 4 rows", "a factor of its own"]),
        (
            "block twice",
            attend(Attend::BlockTwice),
            &["perhaps", "takes v[1, 0:8, ", " of rank 1 twice, and others once"],
        ),
        ("unmasked tail", attend(Attend::UnmaskedTail), &["takes v[1, 21:24, ", "nothing like it"]),
        ("stale values", attend(Attend::StaleValues), &["in place of v[1, 8:16, ", ": -8 along"]),
        (
            "wrong group",
            attend(Attend::WrongGroup),
            &["takes k[0, 0:21, 0:8]", "and no output takes k[1, 0:21, 0:8]"],
        ),
    ]
}

fn as_arrays(program: &Program, values: &HostValues) -> Inputs {
    let array = |value: &HostValue| {
        let shape: Vec<usize> = value.shape.iter().map(|&n| n as usize).collect();
        ArrayD::from_shape_vec(shape, value.wide()).expect("all elements")
    };
    program.inputs.iter().map(|input| (input.name.clone(), array(&values[&input.name]))).collect()
}

/// The program as JSON has it, and what its reference says of the inputs of a seed, as tensors.
fn as_json(recorded: Recorded, seed: u64) -> (Recorded, Tensors) {
    let drawn = replay::inputs::seeded(&recorded.program, seed);
    with_inputs(recorded, &drawn)
}

/// The program as JSON has it, and what its reference says of these inputs, as tensors.
fn with_inputs(recorded: Recorded, given: &HostValues) -> (Recorded, Tensors) {
    let inputs = as_arrays(&recorded.program, given);
    let reference = recorded.reference.expect("a reference");
    let mut oracles = BTreeMap::new();
    let given: BTreeMap<String, ArrayD<f64>> = inputs.clone().into_iter().collect();
    oracles.insert(reference.output.to_owned(), reference.oracle(&given, &Rows::All).expect("an oracle"));
    if recorded.program.outputs.iter().any(|output| output.name == "m") {
        oracles.insert("m".to_owned(), attend::largest(&inputs));
    }
    let expected = |values| Expected { oracle: Wide { values, dtype: None }, naive: None };
    let mut tensors = Tensors::default();
    tensors.expected.outputs = oracles.into_iter().map(|(name, values)| (name, expected(values))).collect();
    // A sum in f32 of some tens.
    tensors.expected.tolerance.rtol = 1e-5;
    let program = Program::from_json(&recorded.program.to_json()).expect("its own JSON");
    (Recorded { program, reference: None, machine: None }, tensors)
}

/// What is said of a wrong output; nothing of a right one. Without the lines of these files.
fn said(recorded: Recorded, tensors: Tensors) -> String {
    said_at(recorded, tensors, 0)
}

fn said_at(mut recorded: Recorded, tensors: Tensors, seed: u64) -> String {
    recorded.program.files.clear();
    recorded.program.ranks.iter_mut().for_each(|rank| rank.sources.clear());
    let options = Options { tensors, seed, ..Options::default() };
    let run = simulate(recorded, &Machine::preset("sip").expect("a preset"), &options);
    let verdict = run.expect("a run").computed.verdict.expect("a verdict");
    assert_eq!(verdict.pass(), verdict.provenance.is_none());
    let found = verdict.provenance.as_ref();
    found.map_or_else(String::new, |found| crate::render::provenance(&verdict.leading().output, found))
}

/// What is said of each case in turn.
fn table(cases: Vec<Case>, run: impl Fn(Recorded) -> String) -> String {
    let (mut text, mut amiss) = (String::new(), Vec::new());
    for (name, recorded, expected) in cases {
        let found = run(recorded);
        let flat = found.replace("\n           ", " ");
        amiss.extend(
            expected.iter().filter(|line| !flat.contains(**line)).map(|line| format!("{name}: `{line}`")),
        );
        if found.lines().count() > 10 {
            amiss.push(format!("{name}: more than ten lines"));
        }
        text.push_str(&format!("# {name}\n{found}\n"));
    }
    assert!(amiss.is_empty(), "not said:\n{}\n\n{text}", amiss.join("\n"));
    text
}

fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../traces"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn right_programs_say_nothing() {
    let all = || {
        let built_in = [built_in::prefill(|_| {}), built_in::gemm(|_| {})];
        [sum(Sum::Right), product(Product::Right), attend(Attend::Right)].into_iter().chain(built_in)
    };
    for recorded in all() {
        assert_eq!(said(recorded, Tensors::default()), "");
    }
    for recorded in all().take(3) {
        let (program, tensors) = as_json(recorded, 0);
        assert_eq!(said(program, tensors), "");
    }
}

#[test]
fn mistakes_in_kernels_are_named() {
    golden("mistakes_kernels", &table(kernels(), |recorded| said(recorded, Tensors::default())));
}

#[test]
fn mistakes_in_program_json_are_named() {
    let run = |recorded| {
        let (program, tensors) = as_json(recorded, 0);
        said(program, tensors)
    };
    golden("mistakes_programs", &table(programs(), run));
}

/// A `gemm` whose last columns of a are zeros, as padding, and whose result is beyond f16.
fn overflow() -> (Recorded, Tensors) {
    let recorded = built_in::changed("gemm", "ranks=2 m=8 n=8 k=32", |_| {});
    let of = |name: &str, f: fn(usize) -> f32| {
        let host = recorded.program.inputs.iter().find(|host| host.name == name).expect("an input");
        let values: Vec<f32> = (0..host.elements() as usize).map(f).collect();
        (name.to_owned(), HostValue::of(&values, &host.shape, host.dtype))
    };
    let a = of("a", |at| if at % 32 < 24 { 300.0 } else { 0.0 });
    let inputs = HostValues::from([a, of("b", |_| 300.0)]);
    (recorded, Tensors { inputs: Some(inputs), ..Tensors::default() })
}

/// Whether a text says of an element that it takes what it should not, or lacks what it should take.
fn names_a_cause(said: &str) -> bool {
    let causes = [" takes ", " lacks ", " is right with"];
    let is_cause = |line: &str| causes.iter().any(|cause| line.contains(cause));
    let why = said.lines().filter(|line| line.starts_with("why "));
    why.filter(|line| !line.contains("takes the floating-point inputs that it should")).any(is_cause)
}

#[test]
fn mistakes_of_another_kind_have_no_cause_of_structure() {
    let as_tensors = [
        ("residual", decoys::residual()),
        ("padded rows", decoys::padded()),
        ("rows in descending order", decoys::descending()),
        ("shared heads", decoys::shared_heads()),
        ("constant over a tile", decoys::constant_over_tile()),
    ];
    let as_functions =
        [("padded rows", decoys::padded()), ("rows in descending order", decoys::descending())];
    let mut text = String::new();
    let mut tell = |name: &str, said: String| {
        assert!(!names_a_cause(&said), "{name}:\n{said}");
        text.push_str(&format!("# {name}\n{said}\n"));
    };
    for (name, recorded) in as_tensors {
        let (program, tensors) = as_json(recorded, 0);
        tell(name, said(program, tensors));
    }
    for (name, recorded) in as_functions {
        tell(&format!("{name}, with a reference"), said(recorded, Tensors::default()));
    }
    let (recorded, tensors) = overflow();
    tell("zeros and an overflow, with a reference", said(recorded, tensors));
    golden("mistakes_decoys", &text);
}

/// Of whole numbers a wrong box is as likely the error as not.
#[test]
fn whole_numbers_prove_no_cause() {
    for seed in 0..40 {
        let recorded = decoys::copied();
        let host = &recorded.program.inputs[0];
        let drawn = replay::inputs::seeded(&recorded.program, seed);
        let whole: Vec<f32> = drawn["x"].values().iter().map(|x| (x.abs() * 1e3).floor() % 4.0).collect();
        let given = HostValues::from([("x".to_owned(), HostValue::of(&whole, &host.shape, host.dtype))]);
        let (program, tensors) = with_inputs(recorded, &given);
        let said = said(program, Tensors { inputs: Some(given), ..tensors });
        assert!(said.contains("wrong "), "seed {seed}: nothing is wrong");
        assert!(!names_a_cause(&said), "seed {seed}:\n{said}");
    }
}

#[test]
fn errors_that_are_no_value_are_not_taken_for_one() {
    for seed in 0..24 {
        let (program, tensors) = as_json(decoys::sums(), seed);
        let said = said_at(program, tensors, seed);
        assert!(!names_a_cause(&said), "seed {seed}:\n{said}");
    }
}
