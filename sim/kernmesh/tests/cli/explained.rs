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
        said.code == 1 && said.out.contains("(add) leaves its second operand out"),
        "{}{}",
        said.out,
        said.err
    );
    let short = room.run(&[&explain[..], &["--quiet"]].concat());
    assert_eq!((short.code, &short.out[..]), (1, "the run fails: wrong_result\n"));
}
