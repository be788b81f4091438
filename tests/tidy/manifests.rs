//! Manifests and lint files: complete, and no crate under softer rules than the others.

use toml::{Table, Value};

use super::{canary, check, complain_if};
use crate::tree::{File, Tree};

fn table(file: &File) -> Table {
    file.text.parse().unwrap_or_else(|error| panic!("{}: {error}", file.path))
}

/// The guide's example is a crate of its own, as an author's would be; so are the fuzz targets and the Python package.
fn is_member(file: &File) -> bool {
    let alone = ["docs/", "fuzz/", "python/"].iter().any(|folder| file.path.starts_with(folder));
    file.name() == "Cargo.toml" && file.path != "Cargo.toml" && !alone
}

/// What every crate says of itself; those that are published also say where they belong.
const SAID: [&str; 6] = ["name", "description", "version", "edition", "rust-version", "license"];
const SAID_IN_PUBLIC: [&str; 2] = ["keywords", "categories"];

fn complete(_: &Tree, file: &File) -> Vec<String> {
    if !is_member(file) {
        return Vec::new();
    }
    let manifest = table(file);
    let empty = Table::new();
    let package = manifest.get("package").and_then(Value::as_table).unwrap_or(&empty);
    let is_private = package.get("publish").and_then(Value::as_bool) == Some(false);
    let wanted = SAID.iter().chain(SAID_IN_PUBLIC.iter().filter(|_| !is_private));
    let missing = wanted.filter(|key| !package.contains_key(**key));
    missing.map(|key| format!("`package.{key}` is missing")).collect()
}

fn lints_of_the_workspace(_: &Tree, file: &File) -> Vec<String> {
    let shared = |manifest: &Table| manifest.get("lints")?.get("workspace")?.as_bool();
    complain_if(is_member(file) && shared(&table(file)) != Some(true), || {
        "needs `[lints] workspace = true`".to_owned()
    })
}

/// A `clippy.toml` replaces the one above it: it must repeat every ban.
fn bans_are_repeated(tree: &Tree, file: &File) -> Vec<String> {
    let Some(root) = tree.get("clippy.toml") else { return Vec::new() };
    if file.name() != "clippy.toml" || file.path == root.path {
        return Vec::new();
    }
    let here = bans(file);
    let missing = bans(root).into_iter().filter(|ban| !here.contains(ban));
    missing.map(|(list, path)| format!("`{list}` lacks `{path}`, which the root bans")).collect()
}

fn bans(file: &File) -> Vec<(String, String)> {
    let path =
        |ban: &Value| ban.as_str().or_else(|| ban.get("path")?.as_str()).unwrap_or_default().to_owned();
    let lists = table(file).into_iter().filter(|(key, _)| key.starts_with("disallowed-"));
    lists
        .flat_map(|(key, list)| {
            let list = list.as_array().cloned().unwrap_or_default();
            list.iter().map(|ban| (key.clone(), path(ban))).collect::<Vec<_>>()
        })
        .collect()
}

/// Phase 1 must not be able to hold a float.
fn timing_bans_floats(_: &Tree, file: &File) -> Vec<String> {
    if file.path == "sim/timing/src/lib.rs" {
        // The ban of the types does not see a float whose type is inferred.
        let denies = file.text.contains("deny(clippy::float_arithmetic)");
        return complain_if(!denies, || "does not deny `clippy::float_arithmetic`".to_owned());
    }
    if file.path != "sim/timing/clippy.toml" {
        return Vec::new();
    }
    let here = bans(file);
    let banned = |name: &str| here.contains(&("disallowed-types".to_owned(), name.to_owned()));
    let missing = ["f32", "f64"].into_iter().filter(|name| !banned(name));
    missing.map(|name| format!("does not ban `{name}`: times are whole femtoseconds")).collect()
}

/// A crate that came from elsewhere could not be had by others.
fn crates_come_from_the_registry(_: &Tree, file: &File) -> Vec<String> {
    let registry = "\"registry+https://github.com/rust-lang/crates.io-index\"";
    let sources = file.text.lines().filter_map(|line| line.strip_prefix("source = "));
    let foreign = sources.filter(|source| file.name() == "Cargo.lock" && *source != registry);
    foreign.map(|source| format!("a crate comes from {source}")).collect()
}

#[test]
fn manifests_are_complete() {
    check(complete);
    let full = SAID.iter().chain(&SAID_IN_PUBLIC).map(|key| format!("{key} = \"x\"\n")).collect::<String>();
    let full = format!("[package]\n{full}");
    let lacking = full.replace("license", "licence");
    canary(complete, &[("sim/a/Cargo.toml", &lacking)], &[("sim/a/Cargo.toml", &full)]);
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    check(lints_of_the_workspace);
    let good = [("sim/a/Cargo.toml", "[lints]\nworkspace = true")];
    canary(lints_of_the_workspace, &[("sim/a/Cargo.toml", "[package]\nname = \"a\"")], &good);
}

#[test]
fn a_crates_own_bans_repeat_those_of_the_root() {
    check(bans_are_repeated);
    let root = ("clippy.toml", "disallowed-types = [{ path = \"A\", reason = \"r\" }, \"B\"]");
    let good = [root, ("sim/a/clippy.toml", "disallowed-types = [\"A\", \"B\", \"C\"]")];
    canary(bans_are_repeated, &[root, ("sim/a/clippy.toml", "disallowed-types = [\"B\"]")], &good);
}

#[test]
fn phase_one_has_no_floats() {
    check(timing_bans_floats);
    let tree = Tree::of_repository();
    assert!(["clippy.toml", "src/lib.rs"].iter().all(|file| tree.exists(&format!("sim/timing/{file}"))));
    let good = [("sim/timing/clippy.toml", "disallowed-types = [\"f32\", \"f64\"]")];
    canary(timing_bans_floats, &[("sim/timing/clippy.toml", "disallowed-types = [\"f32\"]")], &good);
    canary(timing_bans_floats, &[("sim/timing/src/lib.rs", "pub mod event;")], &good);
}

#[test]
fn crates_can_be_had_by_all() {
    check(crates_come_from_the_registry);
    let good = [("Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\"")];
    canary(crates_come_from_the_registry, &[("Cargo.lock", "source = \"git+https://a.example/b\"")], &good);
}
