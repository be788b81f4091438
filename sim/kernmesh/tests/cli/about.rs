//! Descriptions of the binary, its kernels and its machines: versions, completions, manual pages, lists, pictures.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::room::Room;

#[test]
fn a_version_is_short_or_long() {
    let room = Room::new();
    let short = room.run(&["-V"]);
    let version = format!("kernmesh {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!((short.code, short.out), (0, version.clone()));
    let long = room.run(&["--version"]).out;
    assert!(long.starts_with(&version), "{long}");
    for (label, said) in [("commit", ""), ("features", ""), ("formats", "program 2, op log 1 (JSON lines)")] {
        let line = long.lines().find_map(|line| line.strip_prefix(label)).expect(label);
        assert!(line.starts_with(' ') && line.contains(said) && !line.trim().is_empty(), "{long}");
    }
    // The commit is the one that is checked out, where Git says which.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let head = Command::new("git").arg("-C").arg(&root).args(["rev-parse", "HEAD"]).output();
    let head = head.ok().filter(|output| output.status.success() && root.join(".git").exists());
    if let Some(head) = head.map(|output| String::from_utf8(output.stdout).unwrap()) {
        let line = long.lines().find_map(|line| line.strip_prefix("commit")).expect("a commit").trim();
        assert!(line == "unknown" || head.starts_with(line), "{line} is not {head}");
    }
}

#[test]
fn shells_and_man_know_every_command() {
    let room = Room::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let said = room.run(&["completions", shell]);
        assert_eq!((said.code, &said.err[..]), (0, ""), "{shell}");
        for word in ["kernmesh", "validate", "machine-set"] {
            assert!(said.out.contains(word), "{shell} does not know {word}");
        }
    }
    assert_eq!(room.run(&["completions", "cmd"]).code, 2);
    let page = room.run(&["man"]).out;
    assert!(page.contains(".TH kernmesh 1") && page.contains("kernmesh\\-run(1)"), "{page}");
    std::fs::create_dir(room.path("man")).unwrap();
    assert_eq!(room.run(&["man", "--out", "man"]).code, 0);
    let run = String::from_utf8(room.read("man/kernmesh-run.1")).unwrap();
    assert!(run.contains("machine\\-set") && run.contains("Exit codes"), "{run}");
    assert!(room.path("man/kernmesh.1").is_file());
    let made = room.run(&["man", "--out", "new/man1"]).code;
    assert!(made == 0 && room.path("new/man1/kernmesh.1").is_file(), "a folder of pages is made");
}

#[test]
fn one_kernel_is_listed_with_what_runs() {
    let room = Room::new();
    let json = |args: &[&str]| -> Value {
        let said = room.run(&[args, &["--json"]].concat());
        serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err))
    };
    let mlo = json(&["list", "mesh_mlo"]);
    let param = |name: &str| {
        let params = mlo["params"].as_array().unwrap();
        params.iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{name}"))
    };
    assert_eq!(param("ranks")["values"], "1 to 1024");
    assert_eq!(param("topology")["values"], "line or ring");
    assert_eq!(param("wire_dtype")["values"], "f32, f16 or bf16");
    assert_eq!((&param("kv_block")["value"], &mlo["runs"]["machine"]), (&"128".into(), &"sip".into()));
    // The limit is what a run says when it is passed.
    assert_eq!(mlo["ranks"]["most"], 128);
    let limit = mlo["ranks"]["limit"].as_str().unwrap();
    assert!(limit.contains("placement has room for 128"), "{limit}");
    assert!(mlo["ranks"]["run"].as_array().unwrap().contains(&128.into()), "{mlo}");
    assert!(room.run(&["run", "mesh_mlo", "--set", "ranks=129"]).err.contains("129 ranks do not fit"));
    for (machine, most) in [("tiny", 4), ("wormhole", 80)] {
        assert_eq!(json(&["list", "gemm", "--machine", machine])["ranks"]["most"], most, "{machine}");
    }
    let model = json(&["list", "ring_model"]);
    assert_eq!((&model["runs"]["own_machine"], &model["ranks"]["limit"]), (&true.into(), &Value::Null));
    assert!(json(&["list", "traffic"])["ranks"].is_null());

    // What a machine refuses is said with the first reason, and not called running.
    assert!(mlo["runs"]["refused"].is_null());
    let on_queues = json(&["list", "mesh_mlo", "--machine", "metal4"]);
    let refused = on_queues["runs"]["refused"].as_str().unwrap();
    assert!(refused.contains("8 ranks do not fit"), "{refused}");
    assert_eq!(on_queues["ranks"]["refused"][0]["reason"], "it is never committed, so it never runs");

    let text = room.run(&["list", "mesh_mlo"]).out;
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    for said in
        ["1 to 1024", "ranks      at most 128 on sip; verified: 1, 2, 4", "limit      1024 ranks do not fit"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    let unknown = room.run(&["list", "mesh_mla"]);
    assert!(unknown.code == 2 && unknown.err.contains("did you mean `mesh_mlo`?"), "{}", unknown.err);
}

/// u users are u times the heads, each with keys of its own.
#[test]
fn panels_for_several_users_have_users() {
    let room = Room::new();
    for kernel in ["llama70b_decode_multi", "llama70b_prefill_multi"] {
        let run = |set: &[&str]| -> Value {
            let said = room.run(
                &[&["run", kernel, "--set", "ranks=2", "--set", "head_dim=8", "--json", "-"], set].concat(),
            );
            serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err))
        };
        let (one, three) = (run(&[]), run(&["--set", "users=3"]));
        assert_eq!((&one["params"]["heads"], &three["params"]["heads"]), (&"16".into(), &"48".into()));
        assert_eq!(three["params"]["kv_heads"], "3");
        let same = run(&["--set", "heads=48", "--set", "kv_heads=3"]);
        assert_eq!((&three["passed"], &three["digests"]["data"]), (&true.into(), &same["digests"]["data"]));
    }
}

#[test]
fn machines_are_drawn_and_their_keys_told() {
    let room = Room::new();
    let said = room.run(&["machines", "sip", "--svg", "sip.svg"]);
    assert_eq!((said.code, &said.out[..], &said.err[..]), (0, "", ""));
    let svg = String::from_utf8(room.read("sip.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("SIP: 4 × 4 cubes"), "{svg}");
    assert_eq!(room.run(&["machines", "sip", "--svg", "-"]).out, svg);
    room.write("mine.toml", "base = \"sip\"\n");
    for bad in [&["machines", "--svg", "x.svg"][..], &["machines", "mine.toml", "--svg", "mine.toml"]] {
        assert_eq!(room.run(bad).code, 2, "{bad:?}");
    }
    let keys = room.run(&["machines", "--keys"]).out;
    assert!(keys.contains("\npe.tcm_bytes: whole number, B; needed; sip 4194304\n"), "{keys}");
    let json: Value = serde_json::from_str(&room.run(&["machines", "--keys", "--json"]).out).unwrap();
    assert!(json.as_array().unwrap().iter().any(|key| key["key"] == "clock.ghz" && key["unit"] == "GHz"));
}
