//! The whole corpus: every broken program is named as it should be and nothing else, every repaired one is clean
//! and right.

use corpus::Form;
use kernmesh::Tried;

use crate::tree::Tree;

#[test]
fn every_bug_is_named_and_clean_once_repaired() {
    for bug in corpus::bugs() {
        let tried = Tried::of(bug);
        let (broken, repaired) = (tried.broken.kinds(), tried.repaired.kinds());
        assert!(
            tried.ok(),
            "{}: broken {broken:?}, repaired {repaired:?}: {:#?}",
            bug.name,
            tried.repaired.findings
        );
    }
}

#[test]
fn the_forms_of_a_bug_differ_and_bugs_have_names_of_their_own() {
    let mut names: Vec<&str> = corpus::bugs().map(|bug| bug.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), corpus::bugs().count());
    let readme = Tree::of_repository().get("README.md").expect("a README").text.clone();
    assert!(
        readme.contains(&format!("runs {} bugs,", names.len())),
        "README.md counts other than {}",
        names.len()
    );
    for bug in corpus::bugs() {
        let [broken, repaired] = [Form::Broken, Form::Repaired].map(|form| bug.record(form));
        let same = broken.program.ranks == repaired.program.ranks
            && broken.program.rings == repaired.program.rings
            && broken.machine == repaired.machine;
        assert!(!same, "{}: the forms are equal", bug.name);
        assert!(bug.expected.is_sorted() && !bug.expected.is_empty(), "{}", bug.name);
        assert!(bug.description().lines().count() >= 3, "{}: say what happened, and where", bug.name);
    }
}
