//! A folder is a box in the picture and its `Cargo.toml` is its arrows: this is the picture. Timing sees no
//! tensor and replay sees no timing engine, because neither can.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::tree::{File, Tree};

/// ARCHITECTURE.md shows the same lines.
const ARROWS: &str = "\
machine                         nothing
program                         machine
kernels order                   machine program
corpus                          machine program kernels
diagnostic                      machine program
verify                          machine program order diagnostic
oplog                           machine program order verify
analysis                        machine program order oplog diagnostic
timing                          machine program verify oplog diagnostic
hazard replay                   machine program order oplog diagnostic
report                          machine program order oplog analysis diagnostic
export                          machine program order oplog analysis
gpu                             replay and below
probe                           machine program kernels verify oplog timing
validate                        machine program kernels oplog probe
soak                            machine program order verify oplog timing diagnostic hazard replay
kernmesh tests benches          everything
";

/// No arrow, of any kind, between these: they meet in the op log.
const APART: [&str; 5] = ["timing", "hazard", "replay", "export", "report"];

/// What each box may see; `None` is everything.
fn allowed() -> BTreeMap<&'static str, Option<BTreeSet<&'static str>>> {
    let mut table: BTreeMap<&str, Option<BTreeSet<&str>>> = BTreeMap::new();
    for line in ARROWS.lines() {
        let (boxes, seen) = line.split_once("  ").expect("a row has two columns");
        let seen = match seen.trim() {
            "nothing" => Some(BTreeSet::new()),
            "everything" => None,
            "replay and below" => {
                table["replay"].clone().map(|below| below.into_iter().chain(["replay"]).collect())
            }
            names => Some(names.split(' ').collect()),
        };
        table.extend(boxes.split(' ').map(|name| (name, seen.clone())));
    }
    table
}

/// What is wrong with the arrows of a member, by its folder's name.
fn complaints(name: &str, manifest: &Table) -> Vec<String> {
    let table = allowed();
    let Some(allowed) = table.get(name) else {
        return vec![format!("{name} is no box in the picture: give it a row")];
    };
    let ours = |key: &str| keys(manifest, key).into_iter().filter(|other| table.contains_key(other.as_str()));
    let built: Vec<String> = ours("dependencies").chain(ours("build-dependencies")).collect();
    let forbidden =
        built.iter().filter(|other| allowed.as_ref().is_some_and(|seen| !seen.contains(other.as_str())));
    let mut complaints: Vec<String> = forbidden.map(|other| format!("{name} may not see {other}")).collect();
    if APART.contains(&name) {
        let tested = ours("dev-dependencies").filter(|other| APART.contains(&other.as_str()));
        complaints.extend(tested.map(|other| format!("the tests of {name} may not see {other}")));
    }
    complaints
}

fn keys(manifest: &Table, section: &str) -> Vec<String> {
    manifest
        .get(section)
        .and_then(Value::as_table)
        .map(|table| table.keys().cloned().collect())
        .unwrap_or_default()
}

fn parse(file: &File) -> Table {
    file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path))
}

#[test]
fn every_arrow_is_in_the_picture() {
    let tree = Tree::of_repository();
    let root = parse(tree.get("Cargo.toml").expect("the workspace has a manifest"));
    let members = root["workspace"]["members"].as_array().expect("members are a list");
    assert!(members.len() >= 10, "the workspace lost its members");
    let mut broken = Vec::new();
    for member in members.iter().filter_map(Value::as_str) {
        let manifest = parse(tree.get(&format!("{member}/Cargo.toml")).expect("a member has a manifest"));
        broken.extend(complaints(member.rsplit('/').next().unwrap_or(member), &manifest));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The keys of manifests are names of boxes only because the workspace gives each box its folder's name.
#[test]
fn a_box_has_the_name_of_its_folder() {
    let tree = Tree::of_repository();
    let root = parse(tree.get("Cargo.toml").expect("the workspace has a manifest"));
    let shared = root["workspace"]["dependencies"].as_table().expect("shared versions");
    let boxes = shared.iter().filter_map(|(key, value)| Some((key, value.get("path")?.as_str()?)));
    for (key, path) in boxes {
        assert_eq!(path.rsplit('/').next(), Some(key.as_str()), "`{key}` leads to {path}");
    }
    for member in root["workspace"]["members"].as_array().expect("members are a list") {
        let path = format!("{}/Cargo.toml", member.as_str().expect("a path"));
        let manifest = parse(tree.get(&path).expect("a member has a manifest"));
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let section = manifest.get(section).and_then(Value::as_table).cloned().unwrap_or_default();
            for (key, value) in section {
                assert!(value.get("path").is_none(), "{path}: `{key}` goes round the shared table");
            }
        }
    }
}

#[test]
fn a_forbidden_arrow_is_seen() {
    for (name, manifest, expected) in [
        ("replay", "[dependencies]\ntiming.workspace = true", "replay may not see timing"),
        ("timing", "[dependencies]\nreplay = {}", "timing may not see replay"),
        ("timing", "[dependencies]\nkernels = {}", "timing may not see kernels"),
        ("export", "[dependencies]\ntiming = {}", "export may not see timing"),
        ("timing", "[dev-dependencies]\nreplay = {}", "the tests of timing may not see replay"),
        ("order", "[dependencies]\noplog = {}", "order may not see oplog"),
        ("oplog", "[dependencies]\nanalysis = {}", "oplog may not see analysis"),
        ("machine", "[dependencies]\nprogram = {}", "machine may not see program"),
        ("program", "[build-dependencies]\noplog = {}", "program may not see oplog"),
        ("gpu", "[dependencies]\ntiming = {}", "gpu may not see timing"),
        ("shed", "", "shed is no box in the picture: give it a row"),
    ] {
        assert_eq!(complaints(name, &manifest.parse().expect("valid")), [expected]);
    }
    for (name, manifest) in [
        ("gpu", "[dependencies]\nreplay = {}\noplog = {}\nserde = {}"),
        ("kernmesh", "[dependencies]\ntiming = {}\nreplay = {}"),
        ("timing", "[dev-dependencies]\nkernels = {}"),
    ] {
        assert_eq!(complaints(name, &manifest.parse().expect("valid")), Vec::<String>::new());
    }
}

#[test]
fn architecture_shows_the_same_picture() {
    let tree = Tree::of_repository();
    let text = &tree.get("ARCHITECTURE.md").expect("it is at the root").text;
    assert!(text.contains(ARROWS), "ARCHITECTURE.md must hold these lines:\n{ARROWS}");
}
