//! JSON Schemas against what the binary reads and writes, by a validator of others.

use corpus::Form;
use machine::preset_names;
use serde_json::{Value, json};

use crate::readers::read_by;
use crate::room::Room;

/// Files, and what is expected of each.
struct Checks {
    room: Room,
    list: Vec<Value>,
}

impl Checks {
    fn new() -> Checks {
        let room = Room::new();
        for kind in ["program", "machine", "result", "log", "advice", "memory"] {
            let said = room.run(&["schema", kind]);
            assert_eq!((said.code, &said.err[..]), (0, ""));
            room.write(&format!("{kind}.schema.json"), said.out);
        }
        Checks { room, list: Vec::new() }
    }

    fn add(&mut self, kind: &str, file: &str, fits: bool) {
        self.list.push(json!({ "schema": format!("{kind}.schema.json"), "file": file, "fits": fits }));
    }

    /// Writes a file and expects what the binary says of it, by these arguments, of the schema too.
    fn add_as_read(&mut self, kind: &str, file: &str, text: &str, args: &[&str]) {
        self.room.write(file, text);
        let said = self.room.run(&[args, &[file]].concat());
        self.add(kind, file, said.code != 2);
    }

    fn run(&mut self, file: &str, args: &[&str], code: i32) {
        let said = self.room.run(&[&["run"], args, &["--json", file]].concat());
        assert_eq!(said.code, code, "{args:?}: {}", said.err);
        self.add("result", file, true);
    }

    fn judge(&self) {
        self.room.write("checks.json", json!(self.list).to_string());
        assert_eq!(read_by("schemas.py", &self.room, &["checks.json"]), "");
    }
}

#[test]
fn programs_fit_their_schema_as_they_are_read() {
    let mut checks = Checks::new();
    let names = checks.room.run(&["list", "--json"]).out;
    let names: Vec<Value> = serde_json::from_str(&names).unwrap();
    for kernel in &names {
        let (name, file) =
            (kernel["name"].as_str().unwrap(), format!("{}.json", kernel["name"].as_str().unwrap()));
        assert_eq!(checks.room.run(&["record", name, "-o", &file]).code, 0, "{name}");
        checks.add("program", &file, true);
    }
    for bug in corpus::bugs() {
        for form in [Form::Broken, Form::Repaired] {
            let file = format!("{}.{form:?}.json", bug.name);
            checks.room.write(&file, bug.program(form).to_json());
            checks.add("program", &file, true);
        }
    }
    assert!(names.len() >= 10 && checks.list.len() >= 130, "{}", checks.list.len());

    assert_eq!(checks.room.run(&["record", "gemm", "--set", "ranks=1", "-o", "good.json"]).code, 0);
    let good = String::from_utf8(checks.room.read("good.json")).unwrap();
    for (at, (right, wrong)) in [
        ("{", "{\"$schema\":\"program.schema.json\","),
        ("\"dot\"", "\"dott\""),
        ("\"accumulate\":", "\"accumulat\":"),
        ("\"accumulate\":false", "\"accumulate\":0"),
        ("\"acc\":\"f32\"", "\"acc\":\"f33\""),
        ("\"format\":2", "\"format\":3"),
        ("\"rings\":", "\"links\":"),
        ("\"files\":", "\"more\":[],\"files\":"),
        ("\"shape\":[", "\"shape\":[-"),
        ("\"strides\":[", "\"strides\":[1,1,1,1,"),
        ("\"rank_axis\":\"pe\",\"inputs\"", "\"rank_axis\":\"sip\",\"inputs\""),
    ]
    .into_iter()
    .enumerate()
    {
        let text = good.replacen(right, wrong, 1);
        assert!(text != good, "{right}");
        checks.add_as_read("program", &format!("changed{at}.json"), &text, &["run", "--program"]);
    }
    assert_eq!(checks.list.iter().filter(|check| check["fits"] == false).count(), 10);
    checks.judge();
}

#[test]
fn machines_fit_their_schema_as_they_are_read() {
    let mut checks = Checks::new();
    for name in preset_names() {
        let text = checks.room.run(&["machines", name]).out;
        checks.add_as_read("machine", &format!("{name}.toml"), &text, &["machines"]);
        checks.room.write(&format!("{name}.json"), checks.room.run(&["machines", name, "--json"]).out);
        checks.add("machine", &format!("{name}.json"), true);
    }
    let sip = checks.room.run(&["machines", "sip"]).out;
    for (at, (fits, text)) in [
        (true, "#:schema machine.schema.json\nbase = \"sip\"\n[link.pe]\nbytes_per_cycle = \"11.8\"\n".to_owned()),
        (true, "base = \"sip\"\n[gemm]\nmodel = \"rate\"\nmacs_per_cycle = 64\n".to_owned()),
        (true, "base = \"tiny\"\n[gemm]\nrows = 16\n".to_owned()),
        (true, "base = \"sip\"\n[noc.flits]\nbytes = 256\nvirtual_channels = 4\nbuffer_flits = 8\nrounds_per_cycle = 1\n".to_owned()),
        (false, "base = \"sip\"\n[link.pe]\nbytes_per_cycel = 8\n".to_owned()),
        (false, "base = \"sip\"\n[link.pe]\nbytes_per_cycle = 11.8\n".to_owned()),
        (false, "base = \"sip\"\n[link.pe]\nbytes_per_cycle = \"fast\"\n".to_owned()),
        (false, "base = \"sip\"\n[gemm]\nmodel = \"magic\"\n".to_owned()),
        (false, "base = \"sip\"\nsync = \"both\"\n".to_owned()),
        (false, sip.replacen("[math]", "[maths]", 1)),
        (false, sip.replacen("lanes =", "lane =", 1)),
        (false, sip.replacen("name =", "# name =", 1)),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("written{at}.toml");
        checks.add_as_read("machine", &file, &text, &["machines"]);
        assert_eq!(checks.list.last().unwrap()["fits"], fits, "{text}");
    }
    checks.judge();
}

#[test]
fn results_and_logs_fit_their_schemas() {
    let mut checks = Checks::new();
    let small = ["mesh_mlo", "--machine", "tiny", "--set", "ranks=2", "--set", "kv_len=32"];
    let golden = ["--seed", "1", "--golden", "a.jsonl"];
    checks.run("passed.json", &[&small[..], &["--order", "latest", "--log", "a.jsonl"]].concat(), 0);
    checks.run("races.json", &[&small[..], &["--sync", "explicit", "--order", "seed:3"]].concat(), 1);
    checks.run("golden.json", &[&small[..], &golden].concat(), 1);
    checks.run("traffic.json", &["traffic", "--set", "k=2", "--log", "b.jsonl"], 0);
    checks.run("queues.json", &["gemm", "--machine", "metal4", "--set", "ranks=2"], 2);
    let stuck = corpus::find("circular_wait").unwrap();
    checks.room.write("stuck.json", stuck.program(Form::Broken).to_json());
    checks.run("deadlock.json", &["--program", "stuck.json", "--machine", "tiny"], 2);
    for (file, path) in [
        ("deadlock.json", "/deadlock/cycle/0"),
        ("races.json", "/findings/0/edit/0"),
        ("golden.json", "/golden/difference/first/data/what"),
    ] {
        let value = checks.room.json(file);
        assert!(value.pointer(path).is_some(), "{file} lacks {path}: {value}");
    }
    let advise = ["advise", "gemm", "--machine", "tiny", "--json", "advice.json"];
    assert_eq!(checks.room.run(&advise).code, 0);
    checks.add("advice", "advice.json", true);
    assert_eq!(checks.room.run(&["memory", "b.jsonl", "--json", "memory.json"]).code, 0);
    checks.add("memory", "memory.json", true);
    checks.add("log", "a.jsonl", true);
    checks.add("log", "b.jsonl", true);

    let result = String::from_utf8(checks.room.read("races.json")).unwrap();
    let log = String::from_utf8(checks.room.read("a.jsonl")).unwrap();
    for (at, (right, wrong)) in [
        ("\"passed\"", "\"pased\""),
        ("\"race_raw\"", "\"race\""),
        ("\"makespan_fs\": ", "\"makespan_fs\": -"),
    ]
    .into_iter()
    .enumerate()
    {
        let file = format!("result{at}.json");
        assert!(result.contains(right), "{right}: {result}");
        checks.room.write(&file, result.replacen(right, wrong, 1));
        checks.add("result", &file, false);
    }
    for (at, (right, wrong)) in
        [("\"issue\"", "\"issued\""), ("[\"operand\",", "[\"tired\","), ("\"kernmesh\"", "\"other\"")]
            .into_iter()
            .enumerate()
    {
        let file = format!("log{at}.jsonl");
        assert!(log.contains(right), "{right}");
        checks.room.write(&file, log.replacen(right, wrong, 1));
        checks.add("log", &file, false);
    }
    checks.judge();
}
