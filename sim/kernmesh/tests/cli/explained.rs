//! Wrong values of a program of any front end, explained: which output leads, and which edit gives what is expected.

use safetensors::Dtype;
use serde_json::json;

use crate::expected::{given, run, save};
use crate::room::Room;

/// `o` is off by a ten-thousandth, and one sum by 18.
#[test]
fn the_output_that_fails_by_most_is_explained_and_the_other_is_told() {
    let room = given("o*1.0001 lse[2]");
    let said = run(&room, &["--junit", "v.xml"]);
    let text = said.out.replace("\n           ", " ");
    for line in [
        "FAIL       lse against `expected`",
        "worst      lse[2, 0] is 19.5 for 1; 1 of 4 elements is wrong",
        "wrong      the element lse[2, 0]",
        "also       FAIL o against `expected`",
        "; o[3, 7] is 3.875 for 3.87539; ",
    ] {
        assert!(said.code == 1 && text.contains(line), "{line}\n{text}");
    }
    let junit = String::from_utf8(room.read("v.xml")).unwrap();
    assert!(junit.contains("\nwrong      the element lse[2, 0]"), "{junit}");
}

/// y = 2 x + 1 where 2 x is expected: the sum is one op too many.
#[test]
fn a_repair_is_one_that_gives_what_is_expected() {
    let room = Room::new();
    let host = |name: &str| json!({"name": name, "shape": [8], "dtype": "f32"});
    let tensor = |name: &str, role: &str| {
        let role = json!({role: {"of": 0, "start": [0]}});
        json!({"name": name, "home": 0, "shape": [8], "dtype": "f32", "role": role})
    };
    let bases = [
        json!({"tensor": 0}),
        json!({"buffer": 0}),
        json!({"buffer": 1}),
        json!({"buffer": 2}),
        json!({"tensor": 1}),
    ];
    let binary = |f: &str, x: u32, y: f64, to: u32| json!({"binary": {"f": f, "x": {"view": x}, "y": {"constant": y}, "to": to}});
    let program = json!({
        "format": 2, "kernel": "twice", "params": {}, "rank_axis": "pe", "rings": [], "files": [],
        "inputs": [host("x")], "outputs": [host("y")], "tensors": [tensor("x", "input"), tensor("y", "output")],
        "ranks": [{
            "buffers": vec![json!({"bytes": 32}); 3],
            "views": bases.map(|base| json!({"base": base, "offset": 0, "shape": [8], "strides": [1], "dtype": "f32"})),
            "ops": [
                {"load": {"from": 0, "to": 1}}, binary("mul", 1, 2.0, 2), binary("add", 2, 1.0, 3),
                {"store": {"from": 3, "to": 4}}
            ]
        }]
    });
    room.write("p.json", program.to_string());
    let (x, y): (Vec<f64>, Vec<f64>) = (1..9).map(|i| (f64::from(i), f64::from(2 * i))).unzip();
    save(&room, "in.st", &[("x", Dtype::F32, &[8], &x), ("expected", Dtype::F64, &[8], &y)]);
    let explain = ["explain", "--program", "p.json", "--machine", "tiny", "--tensors", "in.st"];
    let said = room.run(&explain);
    assert!(
        said.code == 1 && said.out.contains("the second operand is left out, of rank 0, op 2 (add)"),
        "{}{}",
        said.out,
        said.err
    );
    let short = room.run(&[&explain[..], &["--quiet"]].concat());
    assert_eq!((short.code, &short.out[..]), (1, "the run fails: wrong_result\n"));
}

/// One op of a kernel is changed, or all ops of a line: the edit that is told names what it reaches, and no op beside it.
#[test]
fn an_edit_names_all_that_it_reaches() {
    let (at_1, all) = (Some(1), None);
    check("binary", "add", "sub", at_1, "`add` in place of `sub` at rank 1, op {}");
    check("reduce", "sum", "max", at_1, "`sum` in place of `max` at rank 1, op {}");
    check("unary", "exp", "exp2", at_1, "`exp` in place of `exp2` at rank 1, op {}");
    check(
        "unary",
        "exp",
        "exp2",
        all,
        "`exp` in place of `exp2` at all 8 ops, on 2 ranks, of the line of rank 0, op {}",
    );
}

/// The first op of a rank, or all ops of its line, has another function than the kernel. `{}` is its number.
fn check(kind: &str, meant: &str, made: &str, rank: Option<usize>, told: &str) {
    let room = Room::new();
    let kernel = "mesh_kv --set ranks=2 --set kv_len=32 --set q_len=4 --set heads=2 --set kv_heads=1 --set head_dim=8 \
                  --set kv_block=8 --set topology=line -o p.json";
    let record: Vec<&str> = ["record"].into_iter().chain(kernel.split_whitespace()).collect();
    assert_eq!(room.run(&record).code, 0);
    let mut program = room.json("p.json");
    let is_meant = |op: &serde_json::Value| op[kind]["f"] == meant;
    let ops =
        |program: &serde_json::Value, rank: usize| program["ranks"][rank]["ops"].as_array().unwrap().clone();
    let index = ops(&program, rank.unwrap_or(0)).iter().position(is_meant).unwrap();
    let source =
        |program: &serde_json::Value, rank: usize, op: usize| program["ranks"][rank]["sources"][op].clone();
    let line = source(&program, rank.unwrap_or(0), index);
    for of in 0..2 {
        for op in 0..ops(&program, of).len() {
            let is_it = match rank {
                Some(rank) => (of, op) == (rank, index),
                None => source(&program, of, op) == line && is_meant(&ops(&program, of)[op]),
            };
            if is_it {
                program["ranks"][of]["ops"][op][kind]["f"] = made.into();
            }
        }
    }
    room.write("p.json", program.to_string());
    let said = room.run(&["explain", "--program", "p.json"]);
    let text = said.out.replace("\n            ", " ");
    let told = told.replace("{}", &index.to_string());
    assert!(
        said.code == 1 && text.contains(&format!("vanishes  {told} (")),
        "{told}\n{}{}",
        said.out,
        said.err
    );
}
