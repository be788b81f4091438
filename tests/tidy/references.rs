//! References of documents must exist: links, paths, tests and commands.

use super::{canary, check};
use crate::tree::{File, Tree};

/// A document, with the text that a reader sees as code told apart.
fn is_document(file: &File) -> bool {
    file.is("md")
}

/// The pieces between single backticks, outside fenced blocks.
pub fn quoted(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            pieces.extend(line.split('`').skip(1).step_by(2));
        }
    }
    pieces
}

fn links_lead_somewhere(tree: &Tree, file: &File) -> Vec<String> {
    if !is_document(file) {
        return Vec::new();
    }
    let targets = file.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let mut complaints = Vec::new();
    for target in targets {
        let path = target.split('#').next().unwrap_or_default();
        if target.starts_with("https://") || path.is_empty() {
            continue;
        }
        match resolve(file.folder(), path) {
            None => complaints.push(format!("`{target}` leaves the repository")),
            Some(path) if !tree.exists(&path) => complaints.push(format!("`{target}` leads nowhere")),
            Some(_) => {}
        }
    }
    complaints
}

/// A relative path as seen from `folder`; `None` when it climbs out of the repository.
fn resolve(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

const FOLDERS: [&str; 13] = [
    "sim/",
    "kernels/",
    "corpus/",
    "soak/",
    "tests/",
    "traces/",
    "adr/",
    "benches/",
    "docs/",
    ".ci/",
    ".githooks/",
    "python/",
    "examples/",
];

fn paths_exist(tree: &Tree, file: &File) -> Vec<String> {
    if !is_document(file) {
        return Vec::new();
    }
    let is_path = |piece: &&str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        FOLDERS.iter().any(|folder| piece.starts_with(folder)) && piece.chars().all(plain)
    };
    let lost = quoted(&file.text).into_iter().filter(is_path).filter(|path| !tree.exists(path));
    lost.map(|path| format!("`{path}` does not exist")).collect()
}

/// `file.rs::name` names a function or a type of that file.
pub fn item(piece: &str) -> Option<(&str, &str)> {
    let (path, name) = piece.split_once("::")?;
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
    };
    (path.ends_with(".rs") && plain(path) && plain(name)).then_some((path, name))
}

pub fn item_exists(tree: &Tree, (path, name): (&str, &str)) -> bool {
    let is_it = |file: &&File| file.path == path || file.path.ends_with(&format!("/{path}"));
    tree.files.iter().filter(is_it).any(|file| declares(&file.text, name))
}

fn declares(text: &str, name: &str) -> bool {
    let kinds = ["fn", "struct", "enum", "trait", "type", "const", "mod"];
    kinds.into_iter().any(|kind| {
        let declaration = format!("{kind} {name}");
        let goes_on = |c: char| c.is_alphanumeric() || c == '_';
        text.match_indices(&declaration).any(|(at, found)| !text[at + found.len()..].starts_with(goes_on))
    })
}

fn items_exist(tree: &Tree, file: &File) -> Vec<String> {
    if !is_document(file) {
        return Vec::new();
    }
    let items = quoted(&file.text).into_iter().filter_map(|piece| Some((piece, item(piece)?)));
    let lost = items.filter(|(_, found)| !item_exists(tree, *found));
    lost.map(|(piece, _)| format!("`{piece}` does not exist")).collect()
}

fn commands_exist(tree: &Tree, file: &File) -> Vec<String> {
    let Some(makefile) = tree.get("Makefile").filter(|_| is_document(file)) else { return Vec::new() };
    let in_text = quoted(&file.text).into_iter().filter_map(|piece| piece.strip_prefix("make "));
    let in_blocks =
        file.text.lines().filter_map(|line| line.trim().trim_start_matches("$ ").strip_prefix("make "));
    let targets = in_text.chain(in_blocks).filter_map(|rest| rest.split_whitespace().next());
    let known = |target: &str| makefile.text.lines().any(|line| line.starts_with(&format!("{target}:")));
    let is_target = |target: &&str| target.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let lost = targets.filter(is_target).filter(|target| !known(target));
    lost.map(|target| format!("`make {target}` is no target of the Makefile")).collect()
}

#[test]
fn links_stay_in_the_repository() {
    check(links_lead_somewhere);
    let good = [
        ("adr/a.md", "[b](../b.md) [c](../sim) [d](https://a.example) [e](#here) [f](../b.md#part)"),
        ("b.md", ""),
        ("sim/c.md", ""),
    ];
    for text in ["[b](b.md)", "[b](../../b.md)", "[b](http://a.example)"] {
        canary(links_lead_somewhere, &[("adr/a.md", text)], &good);
    }
}

#[test]
fn documents_name_paths_that_exist() {
    check(paths_exist);
    let good = [
        ("a.md", "`sim/a/` and `sim/a/b.rs`, not `sim/<box>/b.rs`\n```\n`sim/no.rs`\n```"),
        ("sim/a/b.rs", ""),
    ];
    canary(paths_exist, &[("a.md", "see `sim/a/c.rs`"), ("sim/a/b.rs", "")], &good);
}

#[test]
fn documents_name_items_that_exist() {
    check(items_exist);
    let code = ("sim/a/src/b.rs", "fn c() {}\npub struct Deep;");
    let good = [("a.md", "`b.rs::c`, `src/b.rs::Deep`, `std::fmt`"), code];
    for text in ["`b.rs::dee`", "`b.rs::De`", "`x.rs::c`"] {
        canary(items_exist, &[("a.md", text), code], &good);
    }
}

#[test]
fn commands_in_documents_are_targets() {
    check(commands_exist);
    let makefile = ("Makefile", "run: out\n\ttrue\ntest:\n");
    let good =
        [("README.md", "`make run`\n```\n$ make test\nmake run   # a comment\n```\nmake A MESH"), makefile];
    for text in ["`make tests`", "```\nmake tests\n```"] {
        canary(commands_exist, &[("README.md", text), makefile], &good);
    }
}
