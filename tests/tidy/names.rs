//! One word for one idea, no word without meaning, and module docs that begin with what the module is.

use super::{canary, check};
use crate::tree::{File, Tree};

/// Words that fit anything, so they name nothing. Plurals are seen too.
const EMPTY: [&str; 7] = ["manager", "handler", "helper", "util", "data", "info", "process"];
/// The word of the design for Phase 2, kept because its users know it.
const KEPT: [&str; 1] = ["DataExecutor"];

fn says_something(_: &Tree, file: &File) -> Vec<String> {
    let stem = file.name().split('.').next().unwrap_or_default();
    let mut names = vec![stem];
    if file.is("rs") {
        names.extend(file.text.lines().filter_map(type_name));
    }
    let empty = |name: &&str| !KEPT.contains(name) && words(name).iter().any(|word| is_empty(word));
    names.into_iter().filter(empty).map(|name| format!("`{name}` names nothing: say what it is")).collect()
}

fn is_empty(word: &str) -> bool {
    let singular = word.strip_suffix('s').unwrap_or(word);
    EMPTY.contains(&word) || EMPTY.contains(&singular)
}

/// The type that a line declares.
fn type_name(line: &str) -> Option<&str> {
    let item = line.trim_start();
    let item = ["pub(crate) ", "pub(super) ", "pub "]
        .iter()
        .find_map(|public| item.strip_prefix(public))
        .unwrap_or(item);
    let name = ["struct ", "enum ", "trait ", "type ", "union ", "mod "]
        .iter()
        .find_map(|kind| item.strip_prefix(kind))?;
    Some(name.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
}

/// `HistoryOfSlot` and `history_of_slot` as `history`, `of`, `slot`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if c == '_' || c == '-' || c.is_uppercase() {
            words.push(String::new());
        }
        if c.is_alphanumeric() {
            words.last_mut().expect("never empty").extend(c.to_lowercase());
        }
    }
    words
}

/// A file that no `mod` names is not compiled, and a test in it never runs.
fn belongs(tree: &Tree, file: &File) -> Vec<String> {
    let name = file.name();
    let a_root = ["lib.rs", "main.rs", "mod.rs", "build.rs"].contains(&name);
    let found_by_cargo = ["benches", "examples", "tests", "bin", "fuzz_targets"]
        .iter()
        .any(|folder| file.folder().ends_with(&format!("/{folder}")));
    if !file.is("rs") || a_root || found_by_cargo {
        return Vec::new();
    }
    let stem = name.trim_end_matches(".rs");
    let declared = |other: &File| {
        let text = &other.text;
        other.is("rs") && (text.contains(&format!("mod {stem};")) || text.contains(&format!("\"{name}\"")))
    };
    // A module is declared in its folder, or in a file beside the folder.
    let (above, _) = file.folder().rsplit_once('/').unwrap_or_default();
    let near = |other: &&File| other.folder() == file.folder() || other.folder() == above;
    if tree.files.iter().filter(near).any(declared) {
        return Vec::new();
    }
    vec![format!("no `mod {stem};` near it: it is not compiled")]
}

/// First words of a clause. A module doc begins with a noun phrase.
const CLAUSES: [&str; 11] =
    ["What", "Where", "Which", "How", "Who", "Whose", "Why", "When", "Whether", "That", "From"];

fn begins_with_a_noun(_: &Tree, file: &File) -> Vec<String> {
    let doc = file.text.lines().next().and_then(|line| line.strip_prefix("//! ")).filter(|_| file.is("rs"));
    let first = doc.and_then(|doc| doc.split(' ').next()).filter(|word| CLAUSES.contains(word));
    first.map(|word| format!("its doc begins with `{word}`: begin with a noun phrase")).into_iter().collect()
}

#[test]
fn names_say_something() {
    check(says_something);
    for (path, text) in [
        ("sim/a/utils.rs", ""),
        ("sim/a/slot_data.rs", ""),
        ("sim/a/a.rs", "pub struct QueueManager {"),
        ("sim/a/a.rs", "    pub(crate) enum InfoKind {"),
        ("sim/a/a.rs", "type HelperFn = fn();"),
    ] {
        canary(
            says_something,
            &[(path, text)],
            &[("sim/a/dataflow.rs", "pub struct DataExecutor;\nstruct Dataflow;")],
        );
    }
}

#[test]
fn module_docs_begin_with_a_noun_phrase() {
    check(begins_with_a_noun);
    for word in CLAUSES {
        let bad = format!("//! {word} a unit does.");
        let good = [("a.rs", "//! Units: what each does."), ("b.md", "//! What"), ("c.rs", "/// What")];
        canary(begins_with_a_noun, &[("a.rs", &bad)], &good);
    }
}

#[test]
fn every_file_belongs_to_a_crate() {
    check(belongs);
    let lost = [("sim/a/src/lib.rs", "mod found;"), ("sim/a/src/lost.rs", "")];
    let found = [
        ("sim/a/src/lib.rs", "mod found;\nmod deep;"),
        ("sim/a/src/found.rs", ""),
        ("sim/a/src/deep.rs", "#[path = \"deep_tests.rs\"]\nmod tests;\nmod inner;"),
        ("sim/a/src/deep_tests.rs", ""),
        ("sim/a/src/deep/inner.rs", ""),
    ];
    canary(belongs, &lost, &found);
}
