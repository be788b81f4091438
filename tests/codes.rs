//! Codes of findings and refusals: the guide lists each, with its title and its page.

use std::collections::BTreeSet;

use kernmesh::diagnostic::Code;

use crate::tree::Tree;

#[test]
fn the_guide_lists_every_code() {
    let tree = Tree::of_repository();
    let guide = tree.files.iter().find(|file| file.path == "docs/codes.md").expect("a list of codes");
    let rows: Vec<&str> = guide.text.lines().filter(|line| line.starts_with("| [")).collect();
    let row = |code: &Code| {
        let (name, title) = (code.name(), code.title());
        format!("| [`{name}`](../sim/diagnostic/pages/{name}.md) | {title} |")
    };
    assert_eq!(rows, Code::ALL.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let tree = Tree::of_repository();
    let paths = tree.files.iter().map(|file| file.path.as_str());
    let pages: BTreeSet<&str> =
        paths.filter_map(|path| path.strip_prefix("sim/diagnostic/pages/")?.strip_suffix(".md")).collect();
    assert_eq!(pages, Code::ALL.iter().map(|code| code.name()).collect());
}
