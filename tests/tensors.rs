//! Tensors of a real model: two heads of the first layer of a small BERT on a public-domain text, 61 queries and
//! 77 keys around the largest score, which is 78.8. `expected` is attention in f64, rounded to f32.

use kernmesh::TensorFile;
use oplog::Against;

use crate::harness::{Case, record};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/minilm-slice.safetensors");

/// Runs a kernel on the slice: the verdict must pass and the output be as close to `expected` as said.
fn check(words: &str, at_most: f64) {
    let words = format!("{words} heads=2 kv_heads=2 head_dim=32 kv_len=77 q_len=61");
    let file = TensorFile::open(FILE.as_ref()).expect("the slice");
    let program = record(&words).program;
    let run = Case::of(&words)
        .with(|options| {
            options.tensors.inputs = Some(file.inputs(&program).expect("q, k and v"));
            options.tensors.expected.outputs = file.expected(&program).expect("an output's shape");
        })
        .passes();
    let verdict = run.computed.verdict.expect("it was judged");
    let expected = verdict.judgements.iter().find(|it| it.against == Against::Expected);
    let rel_l2 = expected.expect("an expected output was given").rel_l2;
    assert!(rel_l2 <= at_most, "{words}: {rel_l2} > {at_most}");
}

#[test]
fn attention_of_a_real_model_is_as_exact_as_its_dtype() {
    for topology in ["line", "ring"] {
        check(&format!("mesh_kv ranks=8 dtype=f32 topology={topology}"), 1e-6);
        check(&format!("mesh_kv ranks=8 dtype=f16 topology={topology}"), 1e-3);
    }
    check("mesh_mlo ranks=8 dtype=f32", 1e-6);
    check("mesh_mlo ranks=8 dtype=f16", 3e-3);
}
