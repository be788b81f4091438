//! Edits of a run, and what a diff must make of each.

use serde_json::{Value, json};

/// What is changed between two runs of a kernel.
pub enum Edit {
    /// Of the program as JSON.
    Program(fn(&mut Value)),
    /// Of the machine file, whose base is `tiny`.
    Machine(&'static str),
    /// An option more.
    Option(&'static [&'static str]),
}

pub struct Case {
    pub name: &'static str,
    pub edit: Edit,
    pub verdict: &'static str,
    /// The first cause: how its `what` begins, or what it contains.
    pub cause: &'static str,
    /// The rank and index of its op, where the edit has one.
    pub at: Option<(u32, u32)>,
}

/// Where an op is put in: after some ops of rank 1.
const AT: usize = 3;

pub fn cases() -> Vec<Case> {
    let case = |name, edit, verdict, cause, at| Case { name, edit, verdict, cause, at };
    let at = Some((1, AT as u32));
    vec![
        case("op inserted", Edit::Program(insert_fill), "structure", "only b has this op", at),
        case("wait inserted", Edit::Program(insert_wait), "structure", "only b", at),
        case("op reordered", Edit::Program(reorder), "structure", "it moved: op", None),
        case("link slowed", Edit::Machine("[link.pe]\nbytes_per_cycle = 4\n"), "timing", "longer", None),
        case(
            "HBM slowed",
            Edit::Machine("[hbm]\nlatency_cycles = 90\n"),
            "timing",
            "takes 40 ns longer",
            None,
        ),
        case("clock", Edit::Machine("[clock]\npe_fs = 2000000\n"), "timing", "longer", None),
        case("math slower", Edit::Machine("[math]\nstart_cycles = 9\n"), "timing", "takes", None),
        case("issue", Edit::Machine("[pe]\nissue_cycles = 2\n"), "timing", "later", None),
        case("seed", Edit::Option(&["--seed", "7"]), "data", "its value differs", None),
        case("constant", Edit::Program(constant), "structure", "its constants differ", None),
        case("ranks moved", Edit::Program(move_ranks), "timing", "longer", None),
        case("span renamed", Edit::Program(rename), "same", "", None),
        case("lines moved", Edit::Program(move_lines), "same", "", None),
    ]
}

fn ops(program: &mut Value, rank: usize) -> &mut Vec<Value> {
    program["ranks"][rank]["ops"].as_array_mut().unwrap()
}

/// An op that fills a buffer of its own.
fn fill(program: &mut Value) -> Value {
    let rank = &mut program["ranks"][1];
    let push = |list: &mut Value, item| {
        let list = list.as_array_mut().unwrap();
        list.push(item);
        list.len() - 1
    };
    let buffer = push(&mut rank["buffers"], json!({"bytes": 256}));
    let view = json!({
        "base": {"buffer": buffer}, "offset": 0, "shape": [8, 8], "strides": [8, 1], "dtype": "f32"
    });
    let to = push(&mut rank["views"], view);
    json!({"fill": {"value": 3.0, "to": to}})
}

fn insert_fill(program: &mut Value) {
    let op = fill(program);
    insert(program, op);
}

fn insert_wait(program: &mut Value) {
    insert(program, json!({"wait": {"on": []}}));
}

/// Puts an op into rank 1; what names ops by their place names the same ones.
fn insert(program: &mut Value, op: Value) {
    let rank = &mut program["ranks"][1];
    for other in rank["ops"].as_array_mut().unwrap() {
        for body in other.as_object_mut().unwrap().values_mut() {
            for key in ["on", "after"] {
                let Some(list) = body.get_mut(key).and_then(Value::as_array_mut) else { continue };
                for index in list.iter_mut().filter(|index| index.as_u64().unwrap() >= AT as u64) {
                    *index = json!(index.as_u64().unwrap() + 1);
                }
            }
        }
    }
    rank["ops"].as_array_mut().unwrap().insert(AT, op);
    let sources = rank["sources"].as_array_mut().unwrap();
    let source = sources[0].clone();
    sources.insert(AT, source);
    for span in rank["spans"].as_array_mut().into_iter().flatten() {
        for key in ["first", "end"] {
            let place = span[key].as_u64().unwrap();
            span[key] = json!(place + u64::from(place > AT as u64));
        }
    }
}

/// Exchanges the first two loads of rank 0 that follow each other.
fn reorder(program: &mut Value) {
    let ops = ops(program, 0);
    let at = ops.windows(2).position(|two| two.iter().all(|op| op.get("load").is_some()));
    let at = at.expect("every kernel loads two tiles");
    ops.swap(at, at + 1);
}

fn constant(program: &mut Value) {
    for rank in 0..2 {
        for op in ops(program, rank) {
            if let Some(fill) = op.get_mut("fill") {
                fill["value"] = json!(0.5);
                return;
            }
            if let Some(y) = op.pointer_mut("/binary/y/constant") {
                *y = json!(0.25);
                return;
            }
            if let Some(acc) = op.pointer_mut("/dot/accumulate") {
                *acc = json!(acc == &json!(false));
                return;
            }
        }
    }
    panic!("no op has a constant");
}

fn rename(program: &mut Value) {
    for rank in program["ranks"].as_array_mut().unwrap() {
        let n = rank["ops"].as_array().unwrap().len();
        rank["spans"] = json!([{"name": "renamed", "first": 0, "end": n}]);
    }
}

/// From neighbours in a cube to the first PE of each cube.
fn move_ranks(program: &mut Value) {
    program["rank_axis"] = json!("cube");
}

fn move_lines(program: &mut Value) {
    for rank in program["ranks"].as_array_mut().unwrap() {
        for source in rank["sources"].as_array_mut().unwrap() {
            source["line"] = json!(source["line"].as_u64().unwrap() + 100);
        }
    }
}
