//! Values of a program of any front end, judged by tensors that say what they should be.

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

use crate::room::{Room, Said};

/// A tensor of a file: name, dtype, shape and values.
type Tensor<'a> = (&'a str, Dtype, &'a [usize], &'a [f64]);

/// `o` is `x`, and `lse` the sums of its rows.
fn program() -> Value {
    let host = |name: &str, shape: [u32; 2]| json!({"name": name, "shape": shape, "dtype": "f32"});
    let tensor = |name: &str, shape: [u32; 2], role: &str, of: u32| {
        let role = json!({role: {"of": of, "start": [0, 0]}});
        json!({"name": name, "home": 0, "shape": shape, "dtype": "f32", "role": role})
    };
    let view = |base: Value, shape: [u32; 2], strides: [u32; 2]| json!({"base": base, "offset": 0, "shape": shape, "strides": strides, "dtype": "f32"});
    let (whole, rows) = (([4, 8], [8, 1]), ([4, 1], [1, 1]));
    let views = [
        (json!({"buffer": 0}), whole),
        (json!({"buffer": 1}), rows),
        (json!({"tensor": 0}), whole),
        (json!({"tensor": 1}), whole),
        (json!({"tensor": 2}), rows),
    ];
    let sum = json!({"f": "sum", "axis": 1, "x": 0, "to": 1, "acc": "f32", "wrap": false});
    json!({
        "format": 1, "kernel": "attn_lse", "params": {}, "rank_axis": "pe", "rings": [], "files": [],
        "inputs": [host("x", [4, 8])],
        "outputs": [host("o", [4, 8]), host("lse", [4, 1])],
        "tensors": [
            tensor("x", [4, 8], "input", 0), tensor("o", [4, 8], "output", 0), tensor("lse", [4, 1], "output", 1)
        ],
        "ranks": [{
            "buffers": [{"bytes": 128}, {"bytes": 16}],
            "views": views.map(|(base, (shape, strides))| view(base, shape, strides)),
            "ops": [
                {"load": {"from": 2, "to": 0}}, {"reduce": sum},
                {"store": {"from": 0, "to": 3}}, {"store": {"from": 1, "to": 4}}
            ]
        }]
    })
}

fn x() -> Vec<f64> {
    (0..32).map(|i| f64::from(i) / 8.0).collect()
}

fn sums() -> Vec<f64> {
    x().chunks(8).map(|row| row.iter().sum()).collect()
}

fn with(values: &[f64], at: usize, value: f64) -> Vec<f64> {
    let mut values = values.to_vec();
    values[at] = value;
    values
}

fn bytes(dtype: Dtype, values: &[f64]) -> Vec<u8> {
    if dtype == Dtype::F64 {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    } else {
        values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect()
    }
}

fn room(tensors: &[Tensor<'_>]) -> Room {
    let room = Room::new();
    room.write("p.json", program().to_string());
    save(&room, "in.st", tensors);
    room
}

pub fn save(room: &Room, file: &str, tensors: &[Tensor<'_>]) {
    let all: Vec<_> =
        tensors.iter().map(|&(name, dtype, shape, of)| (name, dtype, shape, bytes(dtype, of))).collect();
    let views = all.iter().map(|(name, dtype, shape, bytes)| {
        (*name, TensorView::new(*dtype, shape.to_vec(), bytes).expect("a whole tensor"))
    });
    room.write(file, safetensors::serialize(views, None).expect("a file"));
}

pub fn run(room: &Room, more: &[&str]) -> Said {
    room.run(&[&["run", "--program", "p.json", "--machine", "tiny", "--tensors", "in.st"], more].concat())
}

/// The tensors that a word stands for, beside `x`.
pub fn given(words: &str) -> Room {
    const WHOLE: &[usize] = &[4, 8];
    const ROWS: &[usize] = &[4, 1];
    let (x, sums) = (x(), sums());
    let changed = |change: fn(f64) -> f64| x.iter().map(|x| change(*x)).collect::<Vec<f64>>();
    let (all_off, near) = (changed(|x| x + 1.0), changed(|x| x * 1.0001));
    let (o_off, lse_off) = (with(&x, 13, 7.0), with(&sums, 2, 1.0));
    let named = |word| -> Tensor<'_> {
        match word {
            "o" => ("expected.o", Dtype::F64, WHOLE, &x),
            "lse" => ("expected.lse", Dtype::F32, ROWS, &sums),
            "o+1" => ("expected.o", Dtype::F64, WHOLE, &all_off),
            "o*1.0001" => ("expected.o", Dtype::F64, WHOLE, &near),
            "o[13]" => ("expected.o", Dtype::F64, WHOLE, &o_off),
            "lse[2]" => ("expected.lse", Dtype::F64, ROWS, &lse_off),
            "naive.o" => ("naive.o", Dtype::F32, WHOLE, &x),
            "flat" => ("expected.o", Dtype::F64, &[8, 4], &x),
            other => (other, Dtype::F64, ROWS, &sums),
        }
    };
    let inputs = ("x", Dtype::F32, WHOLE, &x[..]);
    room(&[inputs].into_iter().chain(words.split_whitespace().map(named)).collect::<Vec<_>>())
}

/// Tensors, options, exit code, and what is said.
type Case = (&'static str, &'static str, i32, &'static str);

fn check(cases: &[Case]) {
    for (words, options, code, said) in cases {
        let more: Vec<&str> = options.split_whitespace().collect();
        let found = run(&given(words), &more);
        let text = format!("{}{}", found.err, found.out).replace("\n      ", " ");
        assert!(
            found.code == *code && text.contains(said),
            "{words} {options}: {}\n{said}\n{text}",
            found.code
        );
    }
}

#[test]
fn an_expected_tensor_judges_the_output_that_it_names() {
    check(&[
        ("o lse", "", 0, "PASS       o against `expected`: max_abs 0 ≤ 2.38e-7"),
        ("o lse", "", 0, "also       PASS lse against `expected`: max_abs 0 ≤"),
        ("o lse", "", 0, "rule       each error ≤ 1 ulp of f32 at max|expected|: 2.38e-7"),
        ("o+1 lse", "", 1, "FAIL       o against `expected`: max_abs 1.00e0 >"),
        ("o[13] lse", "", 1, "worst      o[1, 5] is 1.625 for 7; 1 of 32 elements is wrong"),
        ("o lse[2]", "", 1, "FAIL       lse against `expected`: max_abs 1.85e1 >"),
        ("o lse[2]", "", 1, "also       PASS o against `expected`"),
        ("o", "", 0, "note: `lse` is not judged: give a tensor `expected.lse` of shape [4, 1]"),
        ("", "", 0, "DONE       the values were not judged: no `expected` was given"),
        ("", "", 0, "no built-in kernel is called `attn_lse`"),
        ("o+1 lse", "--judge none", 0, "DONE       the values were not judged: --judge none"),
    ]);
}

#[test]
fn a_tolerance_or_a_naive_computation_allows_more() {
    check(&[
        ("o*1.0001 lse", "", 1, "FAIL       o against"),
        ("o*1.0001 lse", "--rtol 2e-4", 0, "1 ulp of f32 at max|expected| + 2e-4 × |expected|"),
        ("o*1.0001 lse", "--atol 0.001", 0, "PASS       o against"),
        ("o*1.0001 lse", "--atol 0.0001", 1, "FAIL       o against"),
        ("o*1.0001 naive.o lse", "", 0, "rule       max_abs ≤ 2 × naive_max_abs + 1 ulp of f32"),
        ("o naive.o", "--atol 1", 2, "a naive computation judges every output"),
        ("", "--rtol 1", 2, "the file has no `expected` that a tolerance"),
        ("o", "--rtol -1", 2, "a number from 0 on works"),
    ]);
}

#[test]
fn a_name_that_can_only_be_a_mistake_is_refused() {
    check(&[
        ("expected", "", 2, "help: name the output: `expected.o`, `expected.lse`"),
        ("expected.lsf", "", 2, "`expected.lsf` names no output of the program"),
        ("expected_o", "", 2, "help: did you mean `expected.o`?"),
        ("flat", "", 2, "`expected.o` has shape [8, 4], and `o` has [4, 8]"),
        ("naive.o", "", 2, "help: add `expected.o`, or take"),
        ("o lse w", "", 0, "note: `w` of in.st is not used"),
    ]);
}

#[test]
fn a_result_has_every_judgement() {
    let (x, sums) = (x(), sums());
    let lse = with(&sums, 2, 1.0);
    let room = room(&[
        ("x", Dtype::F32, &[4, 8], &x),
        ("expected.o", Dtype::F64, &[4, 8], &x),
        ("expected.lse", Dtype::F64, &[4, 1], &lse),
    ]);
    let said = run(&room, &["--json", "-"]);
    let result: Value = serde_json::from_str(&said.out).expect("JSON");
    let verdict = &result["verdict"];
    assert_eq!((said.code, &result["passed"]), (1, &json!(false)));
    // The keys beside the list are those of the one that fails by most.
    assert_eq!((&verdict["pass"], &verdict["output"]), (&json!(false), &json!("lse")));
    let of = |n: usize| {
        let judgement = &verdict["judgements"][n];
        (&judgement["output"], &judgement["against"], &judgement["pass"], &judgement["wrong"])
    };
    assert_eq!(of(0), (&json!("o"), &json!("expected"), &json!(true), &json!(0)));
    assert_eq!(of(1), (&json!("lse"), &json!("expected"), &json!(false), &json!(1)));
    let worst = &verdict["worst"];
    assert_eq!(
        (&worst["index"], &worst["value"], &worst["oracle"]),
        (&json!([2, 0]), &json!(19.5), &json!(1.0))
    );
    assert_eq!(verdict["naive_max_abs"], Value::Null);
    assert!(verdict["rule"].as_str().is_some_and(|rule| rule.starts_with("each error ≤ 1 ulp of f32")));
    assert_eq!(result["notes"], json!([]));
}

/// The other commands know a wrong value, too.
#[test]
fn every_command_judges_by_it() {
    let (x, sums) = (x(), sums());
    let wrong = with(&x, 13, 7.0);
    let file = |o: &[f64]| {
        let room = room(&[
            ("x", Dtype::F32, &[4, 8], &x),
            ("expected.o", Dtype::F64, &[4, 8], o),
            ("expected.lse", Dtype::F64, &[4, 1], &sums),
        ]);
        assert_eq!(run(&room, &["--log", "run.log"]).code, i32::from(o != x));
        room
    };
    let subject = ["--program", "p.json", "--machine", "tiny", "--tensors", "in.st"];
    for (args, right, of_wrong) in [
        (
            vec!["replay", "run.log", "--tensors", "in.st"],
            "PASS       o against",
            "worst      o[1, 5] is 1.625 for 7",
        ),
        (
            [&["explain"], &subject[..]].concat(),
            "nothing is wrong",
            "the run fails: wrong_result\n  o against",
        ),
        (
            [&["check", "--backend", "cpu", "--faults"], &subject[..]].concat(),
            "end to end right by max_abs 0 against `expected`",
            "end to end wrong: o against",
        ),
        (
            vec!["check", "run.log", "--backend", "cpu", "--tensors", "in.st"],
            "end to end right by max_abs 0 against `expected`",
            "end to end wrong: o against",
        ),
    ] {
        for (o, code, said) in [(&x, 0, right), (&wrong, 1, of_wrong)] {
            let found = file(o).run(&args);
            assert!(
                found.code == code && found.out.contains(said),
                "{args:?}: {}\n{}{}",
                found.code,
                found.out,
                found.err
            );
        }
    }
}

/// Two runs with other values: which of them is right.
#[test]
fn a_diff_says_which_run_is_right() {
    let (x, sums) = (x(), sums());
    let room = room(&[("x", Dtype::F32, &[4, 8], &x), ("expected.o", Dtype::F64, &[4, 8], &x)]);
    assert_eq!(run(&room, &["--log", "a.log"]).code, 0);
    let other = with(&x, 3, 9.0);
    save(
        &room,
        "in.st",
        &[
            ("x", Dtype::F32, &[4, 8], &other),
            ("expected.o", Dtype::F64, &[4, 8], &x),
            ("expected.lse", Dtype::F64, &[4, 1], &sums),
        ],
    );
    assert_eq!(run(&room, &["--log", "b.log"]).code, 1);
    let said = room.run(&["diff", "a.log", "b.log", "--json", "-"]);
    let diff: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&diff["verdict_a"]["pass"], &diff["verdict_b"]["pass"]), (&json!(true), &json!(false)));
    let text = room.run(&["diff", "a.log", "b.log"]).out;
    assert!(text.contains("judged     a PASS o against `expected`: max_abs 0 ≤"), "{text}");
    assert!(text.contains("b FAIL o against `expected`: max_abs 8.62e0 >"), "{text}");
}

/// Without anything that judges, a planted fault is told by the bits of the CPU.
#[test]
fn a_fault_is_rejected_without_a_reference() {
    let room = room(&[("x", Dtype::F32, &[4, 8], &x())]);
    let said =
        room.run(&["check", "--program", "p.json", "--machine", "tiny", "--backend", "cpu", "--faults"]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(said.out.contains("skipped_shard rejected by end_to_end"), "{}", said.out);
}

/// What a front end may have got wrong without the program being so.
#[test]
fn what_nothing_reads_or_takes_is_said() {
    let mut unread = program();
    unread["inputs"]
        .as_array_mut()
        .expect("a list")
        .push(json!({"name": "mask", "shape": [4], "dtype": "f32"}));
    let mut part = program();
    part["inputs"][0]["shape"] = json!([6, 8]);
    let mut missing = program();
    missing["outputs"][0]["shape"] = json!([6, 8]);
    for (name, program, code, said) in [
        ("an input", unread, 0, "note: no op reads input `mask`"),
        ("rows of an input", part, 0, "note: no rank takes 16 of 48 elements of input `x`, first [4, 0]"),
        ("rows of an output", missing, 1, "no rank gives 64 bytes of output `o`"),
    ] {
        let room = Room::new();
        room.write("p.json", program.to_string());
        let found = room.run(&["run", "--program", "p.json", "--machine", "tiny"]);
        let text = format!("{}{}", found.err, found.out).replace("\n      ", " ");
        assert!(found.code == code && text.contains(said), "{name}: {}\n{text}", found.code);
    }
}

/// Keys of minus infinity give NaN in kernel, oracle and naive computation alike; a NaN of the output alone is wrong.
#[test]
fn what_is_not_finite_is_named() {
    const NAN: f64 = f64::NAN;
    let x = x();
    let room = Room::new();
    let keys: Vec<f64> =
        (0..24).map(|i| if i < 12 { f64::NEG_INFINITY } else { f64::from(i) / 16.0 }).collect();
    let values: Vec<f64> = (0..24).map(|i| f64::from(i % 7)).collect();
    let queries: Vec<f64> = (0..8).map(|i| 1.0 + f64::from(i % 3)).collect();
    save(
        &room,
        "qkv.st",
        &[
            ("q", Dtype::F32, &[2, 1, 4], &queries),
            ("k", Dtype::F32, &[2, 3, 4], &keys),
            ("v", Dtype::F32, &[2, 3, 4], &values),
        ],
    );
    let sizes = ["ranks=2", "heads=2", "kv_heads=2", "kv_len=3", "head_dim=4"];
    let set: Vec<&str> = sizes.iter().flat_map(|size| ["--set", size]).collect();
    let said = room.run(&[&["run", "mesh_mlo", "--tensors", "qkv.st"], &set[..]].concat());
    let line =
        "not finite 4 in output and oracle and naive, first [0, 0, 0]; the output's are those of the oracle";
    assert!(said.code == 0 && said.out.lines().any(|it| it == line), "{}\n{}", said.code, said.out);

    for (name, x, o, code, line) in [
        (
            "in both",
            with(&x, 10, NAN),
            with(&x, 10, NAN),
            0,
            "not finite 1 in output and oracle, first [1, 2]; the output's are",
        ),
        (
            "in the output",
            with(&x, 10, NAN),
            x.clone(),
            1,
            "not finite 1 in output, first [1, 2]; 1 unequal, first [1, 2]",
        ),
        (
            "in the oracle",
            x.clone(),
            with(&x, 10, NAN),
            1,
            "not finite 1 in oracle, first [1, 2]; 1 unequal, first [1, 2]",
        ),
        (
            "at two places",
            with(&x, 10, NAN),
            with(&x, 3, f64::INFINITY),
            1,
            "1 in output, first [1, 2]; 1 in oracle, first [0, 3]; 2 unequal, first [0, 3]",
        ),
    ] {
        let room = self::room(&[("x", Dtype::F32, &[4, 8], &x), ("expected.o", Dtype::F64, &[4, 8], &o)]);
        let said = run(&room, &[]);
        assert!(said.code == code && said.out.contains(line), "{name}: {}\n{}", said.code, said.out);
    }
}
