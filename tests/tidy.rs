//! Rules that no compiler checks. A rule is a function from a file to complaints. Every rule has a canary, a
//! planted breach that it must report, so that no rule can quietly stop looking.

mod adr;
mod claims;
mod glossary;
mod layers;
mod manifests;
mod names;
mod prose;
mod references;
mod sources;

use crate::tree::{File, Tree};

type Rule = fn(&Tree, &File) -> Vec<String>;

/// Applies a rule to every file of the repository.
fn check(rule: Rule) {
    let complaints = complaints(rule, &Tree::of_repository());
    assert!(complaints.is_empty(), "{} breaches\n{}", complaints.len(), complaints.join("\n"));
}

/// The rule must report `bad`, and must let `good` pass. Both are trees of (path, text).
fn canary(rule: Rule, bad: &[(&str, &str)], good: &[(&str, &str)]) {
    assert!(!complaints(rule, &Tree::planted(bad)).is_empty(), "the rule does not see {bad:?}");
    assert_eq!(complaints(rule, &Tree::planted(good)), Vec::<String>::new());
}

fn complaints(rule: Rule, tree: &Tree) -> Vec<String> {
    let of_file =
        |file| rule(tree, file).into_iter().map(move |complaint| format!("{}: {complaint}", file.path));
    tree.files.iter().flat_map(of_file).collect()
}

/// The rule as a list with one complaint, or none.
fn complain_if(broken: bool, complaint: impl FnOnce() -> String) -> Vec<String> {
    if broken { vec![complaint()] } else { Vec::new() }
}
