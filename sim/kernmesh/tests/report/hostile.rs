//! Names that want to be more than names.

use kernmesh::machine::Machine;
use kernmesh::program::program::NamedSpan;
use kernmesh::program::{OpIndex, Program};
use kernmesh::time;

use crate::against;
use crate::browser::Browser;
use crate::pages::{Room, page_of_times, record};

pub const HOSTILE: [&str; 7] = [
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "</title><svg onload=\"document.title='owned'\">",
    "\"'><b onmouseover=alert(1)>{{SCRIPT}}<!--<script>",
    "\u{202e}txet\u{2028}\u{2029}\u{0}\u{7f}",
    "javascript:document.title='owned'",
    "${document.title='owned'}`\\u003c",
];

/// The same program, in which everything that has a name has a hostile one.
fn renamed(mut program: Program, name: &str) -> Program {
    program.kernel = name.to_owned();
    program.params.insert(name.to_owned(), name.to_owned());
    program.files.iter_mut().for_each(|file| *file = name.to_owned());
    program.inputs.iter_mut().chain(&mut program.outputs).for_each(|tensor| tensor.name.push_str(name));
    program.tensors.iter_mut().for_each(|tensor| tensor.name.push_str(name));
    for rank in &mut program.ranks {
        rank.spans = vec![NamedSpan { name: name.to_owned(), first: OpIndex(0), end: OpIndex(2) }];
    }
    program
}

#[test]
fn hostile_names_are_only_names() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let machine = Machine::preset("tiny").expect("a preset");
    let program = record("gemm ranks=2 m=8 n=8 k=8").program;
    for (number, name) in HOSTILE.into_iter().enumerate() {
        let timed = time(renamed(program.clone(), name), &machine, 0).expect("it runs");
        let page = room.put(&format!("hostile {number}"), &page_of_times(&timed));
        browser.open(&page, "#op=0.1&tabs=mesh,rings,selection");
        for tab in ["findings", "lines", "spans", "about", "search"] {
            browser.eval(&format!("document.getElementById('tab-{tab}').click()"));
            browser.settle();
        }
        assert_eq!(browser.problems(), Vec::<String>::new(), "{name:?}");
        let title = browser.eval("document.title");
        assert!(title.as_str().is_some_and(|title| title.ends_with("2 ranks on tiny")), "{name:?}: {title}");
        for (what, found) in [("img, svg, b[onmouseover]", 0), ("script:not([type])", 1)] {
            let n = browser.eval(&format!("document.querySelectorAll({what:?}).length"));
            assert_eq!(n, found, "{name:?}: {what}");
        }
        // It is shown for what it is, with what is hidden spelled out.
        let name = &*kernmesh::machine::printable(name);
        let kernel = browser.said("facts", "kernel");
        assert_eq!(kernel, name, "the kernel");
        let shown = browser.eval("document.querySelector('#spans td').textContent");
        assert_eq!(shown, name, "the span");
    }
}

#[test]
fn hostile_names_of_two_runs_are_only_names() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let program = record("gemm ranks=2 m=8 n=8 k=8").program;
    for (number, name) in HOSTILE.into_iter().enumerate() {
        let other = HOSTILE[(number + 1) % HOSTILE.len()];
        let timed = |program, name| {
            let mut spec = Machine::preset("tiny").expect("a preset").spec().clone();
            spec.name = name;
            time(program, &Machine::new(spec).expect("a machine"), 0).expect("it runs")
        };
        let a = timed(renamed(program.clone(), name), name.to_owned());
        let b = timed(renamed(against::with_fill(program.clone(), 1), other), other.to_owned());
        let page = room.put(&format!("hostile {number}"), &against::page(&a, &b));
        browser.open(&page, "");
        let [name, other] = [name, other].map(|name| kernmesh::machine::printable(name).into_owned());
        for (side, name) in [("A", &name), ("B", &other)] {
            assert_eq!(browser.eval("document.body.dataset.side"), side);
            assert_eq!(browser.said("facts", "kernel"), **name, "the kernel of {side}");
            browser.press("x");
        }
        // Both are shown for what they are.
        let shown = browser.eval("document.getElementById('changes').textContent");
        let shown = shown.as_str().expect("text");
        assert!([&name, &other].iter().all(|name| shown.contains(name.as_str())), "{shown}");
        assert_eq!(browser.problems(), Vec::<String>::new(), "{name:?}");
        let title = browser.eval("document.title");
        assert!(title.as_str().is_some_and(|title| title.contains(" against ")), "{name:?}: {title}");
        for (what, found) in [("img, svg, b[onmouseover]", 0), ("script:not([type])", 1)] {
            let n = browser.eval(&format!("document.querySelectorAll({what:?}).length"));
            assert_eq!(n, found, "{name:?}: {what}");
        }
    }
}
