//! Decisions: numbered once, listed, one page, and none that can be broken without a test noticing.

use super::references::{item, item_exists, quoted};
use super::{canary, check};
use crate::tree::{File, Tree};

const LINES_MAX: usize = 60;
const SECTIONS: [&str; 5] = ["## Context", "## Decision", "## Rejected", "## Costs", "## Guard"];
const STATES: [&str; 2] = ["Status: accepted ", "Status: superseded by "];

/// The number of a decision; the template is none.
fn number(file: &File) -> Option<&str> {
    let (number, _) = file.name().split_once('-')?;
    let is_number = number.len() == 4 && number.chars().all(|c| c.is_ascii_digit());
    (file.folder() == "adr" && file.is("md") && is_number && number != "0000").then_some(number)
}

fn title(file: &File) -> &str {
    file.text.lines().next().unwrap_or_default().trim_start_matches("# ")
}

fn well_formed(_: &Tree, file: &File) -> Vec<String> {
    let Some(number) = number(file) else { return Vec::new() };
    let mut complaints = Vec::new();
    if !file.text.starts_with(&format!("# {number} ")) {
        complaints.push(format!("its title does not begin with `# {number} `"));
    }
    if !STATES.iter().any(|state| file.text.lines().any(|line| line.starts_with(state))) {
        complaints.push("it has no status".to_owned());
    }
    let headings: Vec<&str> = file.text.lines().filter(|line| line.starts_with("## ")).collect();
    if headings != SECTIONS {
        complaints.push(format!("its sections are {headings:?}, not {SECTIONS:?}"));
    }
    if file.text.lines().count() > LINES_MAX {
        complaints.push(format!("it is longer than a page of {LINES_MAX} lines"));
    }
    complaints
}

fn numbered_once_and_listed(tree: &Tree, file: &File) -> Vec<String> {
    let Some(its) = number(file) else { return Vec::new() };
    let mut complaints = Vec::new();
    if tree.files.iter().filter(|other| number(other) == Some(its)).count() > 1 {
        complaints.push(format!("{its} is the number of another decision too"));
    }
    let before = its.parse::<u32>().expect("digits") - 1;
    if before > 0 && !tree.files.iter().any(|other| number(other) == Some(&format!("{before:04}"))) {
        complaints.push(format!("{before:04} is missing"));
    }
    let line = format!("- [{}]({})", title(file), file.name());
    if !tree.get("adr/README.md").is_some_and(|index| index.text.lines().any(|listed| listed == line)) {
        complaints.push(format!("adr/README.md lacks the line `{line}`"));
    }
    complaints
}

/// A guard names what fails when the decision is broken: a test or type, or a file of lints.
fn guarded(tree: &Tree, file: &File) -> Vec<String> {
    if number(file).is_none() {
        return Vec::new();
    }
    let guard = file.text.split("## Guard").nth(1).unwrap_or_default();
    let guards =
        |piece: &&str| item(piece).is_some_and(|item| item_exists(tree, item)) || tree.get(piece).is_some();
    if quoted(guard).iter().any(guards) {
        return Vec::new();
    }
    vec!["its Guard names no test, type or lint file that exists".to_owned()]
}

fn sample(guard: &str) -> String {
    let sections = SECTIONS.join("\n\ntext\n\n");
    format!("# 0001 Stones sink\n\nStatus: accepted 2026-11\n\n{sections}\n\n{guard}\n")
}

#[test]
fn decisions_have_every_section() {
    check(well_formed);
    let good = sample("");
    for bad in [
        good.replace("## Rejected", "## Refused"),
        good.replace("Status: accepted", "Status: perhaps"),
        good.replace("# 0001", "# 0002"),
        good.clone() + &"\n".repeat(LINES_MAX),
    ] {
        canary(
            well_formed,
            &[("adr/0001-stones.md", &bad)],
            &[("adr/0001-stones.md", &good), ("adr/0000-t.md", "")],
        );
    }
}

#[test]
fn decisions_are_numbered_once_and_listed() {
    check(numbered_once_and_listed);
    let text = sample("");
    let one = ("adr/0001-stones.md", text.as_str());
    let index = ("adr/README.md", "- [0001 Stones sink](0001-stones.md)");
    for bad in [
        vec![one],
        vec![one, ("adr/README.md", "- [0001 Stones swim](0001-stones.md)")],
        vec![one, index, ("adr/0001-again.md", "# 0001 Stones sink")],
        vec![one, index, ("adr/0003-far.md", "# 0003 Far")],
    ] {
        canary(numbered_once_and_listed, &bad, &[one, index]);
    }
}

#[test]
fn every_decision_has_a_guard() {
    check(guarded);
    assert!(Tree::of_repository().files.iter().filter(|file| number(file).is_some()).count() >= 15);
    let code = ("sim/a.rs", "#[test]\nfn stones_sink() {}");
    let good = sample("`a.rs::stones_sink` throws one.");
    for bad in [sample("A test."), sample("`a.rs::stones_swim`"), sample("`clippy.toml`")] {
        canary(guarded, &[("adr/0001-stones.md", &bad), code], &[("adr/0001-stones.md", &good), code]);
    }
}
