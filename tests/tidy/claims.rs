//! The page of claims: no clause without a test.

use super::references::{item, item_exists, quoted};
use super::{canary, check};
use crate::tree::{File, Tree};

const PATH: &str = "docs/soundness.md";
const HEAD: &str = "| clause | test |\n|---|---|\n";

fn claims_name_tests(tree: &Tree, file: &File) -> Vec<String> {
    if file.path != PATH {
        return Vec::new();
    }
    let Some((_, table)) = file.text.split_once(HEAD) else {
        return vec!["it has no table of clauses".to_owned()];
    };
    let is_test = |piece: &&str| item(piece).is_some_and(|found| item_exists(tree, found));
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    let tested = |row: &&str| {
        let tests = quoted(row.trim_end_matches('|').rsplit('|').next().unwrap_or_default());
        !tests.is_empty() && tests.iter().all(is_test)
    };
    rows.filter(|row| !tested(row)).map(|row| format!("no test that exists in `{row}`")).collect()
}

#[test]
fn every_clause_of_soundness_has_a_test() {
    check(claims_name_tests);
    assert!(Tree::of_repository().get(PATH).is_some_and(|page| page.text.contains(HEAD)));
    let code = ("sim/a.rs", "#[test]\nfn stones_sink() {}");
    let page = |row: &str| format!("{HEAD}{row}\n\nElse.\n");
    let good = page("| Stones sink. | `a.rs::stones_sink` |");
    for row in
        ["| Stones sink. | `a.rs::stones_swim` |", "| Stones sink. | a test |", "| `a.rs::stones_sink` | |"]
    {
        canary(claims_name_tests, &[(PATH, &page(row)), code], &[(PATH, &good), code]);
    }
}
