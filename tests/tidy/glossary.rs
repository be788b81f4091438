//! The glossary: complete, each term once, in order.

use oplog::StallReason;

use super::{canary, check};
use crate::tree::{File, Tree};

const PATH: &str = "GLOSSARY.md";

const OP_LOG: &str = "docs/op-log.md";

/// Every reason for a stall, and every read rule, is a term of the project; the guide has the reasons of a log.
fn is_complete(_: &Tree, file: &File) -> Vec<String> {
    let (reasons, rules) = (StallReason::ALL.into_iter(), ["identity", "hardware", "shape"]);
    let words: Vec<&str> = match &file.path[..] {
        PATH => reasons.map(StallReason::name).chain(rules).collect(),
        OP_LOG => reasons.filter(|reason| reason.is_recorded()).map(StallReason::name).collect(),
        _ => return Vec::new(),
    };
    let missing = words.into_iter().filter(|word| !file.text.contains(&format!("`{word}`")));
    missing.map(|word| format!("lacks `{word}`")).collect()
}

/// The terms that a row of a table defines: those in bold in its first cell.
fn terms(row: &str) -> Vec<String> {
    let first = row.split(" | ").next().unwrap_or_default();
    first.split("**").skip(1).step_by(2).map(str::to_lowercase).collect()
}

/// Two entries for one term are two meanings.
fn terms_are_unique(_: &Tree, file: &File) -> Vec<String> {
    if file.path != PATH {
        return Vec::new();
    }
    let mut all: Vec<String> =
        file.text.lines().filter(|line| line.starts_with("| **")).flat_map(terms).collect();
    all.sort();
    let doubled = all.windows(2).filter(|pair| pair[0] == pair[1]);
    doubled.map(|pair| format!("`{}` stands twice", pair[0])).collect()
}

fn sections_are_sorted(_: &Tree, file: &File) -> Vec<String> {
    if file.path != PATH {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    for section in file.text.split("\n## ") {
        let rows = section.lines().filter(|line| line.starts_with("| **"));
        let firsts: Vec<String> = rows.filter_map(|row| terms(row).into_iter().next()).collect();
        let wrong = firsts.windows(2).filter(|pair| pair[0] > pair[1]);
        complaints.extend(wrong.map(|pair| format!("`{}` belongs before `{}`", pair[1], pair[0])));
    }
    complaints
}

#[test]
fn the_glossary_and_the_guide_have_every_reason_to_wait() {
    check(is_complete);
    let good: String = StallReason::ALL.iter().map(|reason| format!("`{}`\n", reason.name())).collect();
    let good = good + "`identity` `hardware` `shape`";
    let bad = good.replace("`credit`", "credit");
    for path in [PATH, OP_LOG] {
        canary(is_complete, &[(path, &bad)], &[(path, &good)]);
    }
}

#[test]
fn a_term_stands_once() {
    check(terms_are_unique);
    let good = [(PATH, "| **a** `A` | see **b** |\n\n## x\n| **b**, **c** | d |")];
    for bad in ["| **a** | x |\n\n## x\n| **a** | y |", "| **a**, **b** | x |\n| **b** | y |"] {
        canary(terms_are_unique, &[(PATH, bad)], &good);
    }
}

#[test]
fn sections_of_the_glossary_are_sorted() {
    check(sections_are_sorted);
    let good = [(PATH, "## x\n| **a** | 1 |\n| **B** | 2 |\n\n## y\n| **a b** | 3 |")];
    canary(sections_are_sorted, &[(PATH, "## x\n| **b** | 1 |\n| **a** | 2 |")], &good);
}
