//! Pages of two runs: what changed is what the diff says, and the switch keeps the reader's place.

use kernmesh::analysis::CriticalPath;
use kernmesh::analysis::diff::{Diff, Mark, Marks, Options, Side, diff_and_marks};
use kernmesh::comparison::Compared;
use kernmesh::machine::{Machine, Rate};
use kernmesh::oplog::StallReason;
use kernmesh::program::op::Constant;
use kernmesh::program::program::Buffer;
use kernmesh::program::{Base, BufferId, ComputeOp, DType, Dims, Op, OpIndex, Program, View, ViewId};
use kernmesh::{Timed, page_against, time};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::pages::{Room, record};

const KERNEL: &str = "mesh_mlo ranks=8 kv_len=256";

fn compared(timed: &Timed) -> Compared<'_> {
    Compared { timed, checksums: None, inputs: None }
}

pub fn page(a: &Timed, b: &Timed) -> String {
    page_against(compared(a), compared(b)).expect("a page")
}

pub fn sip() -> Machine {
    Machine::preset("sip").expect("a preset")
}

fn run(program: Program, machine: &Machine) -> Timed {
    time(program, machine, 0).expect("it runs")
}

fn slower(bytes_per_cycle: u64) -> Machine {
    let mut spec = sip().spec().clone();
    spec.link.pe.bytes_per_cycle = Rate::whole(bytes_per_cycle);
    Machine::new(spec).expect("a machine")
}

/// The program, in which rank 1 fills a buffer of its own before its op of this number.
pub fn with_fill(mut program: Program, before: u32) -> Program {
    let rank = &mut program.ranks[1];
    let (buffer, to) = (rank.buffers.len() as u32, ViewId(rank.views.len() as u32));
    rank.buffers.push(Buffer { bytes: 1024, at: None });
    let base = Base::Buffer(BufferId(buffer));
    rank.views.push(View::packed(base, Dims::new(&[16, 16]), DType::F32));
    *rank = rank
        .with_inserted(&[(OpIndex(before), Op::Compute(ComputeOp::Fill { value: Constant::of(3.0), to }))]);
    program
}

/// A pair of runs by name.
fn pairs() -> Vec<(&'static str, Timed, Timed)> {
    let program = || record(KERNEL).program;
    let base = || run(program(), &sip());
    let changed = |program: &mut Program| {
        let fill = |op: &&mut Op| matches!(op, Op::Compute(ComputeOp::Fill { .. }));
        let op = program.ranks[0].ops.iter_mut().find(fill);
        let Some(Op::Compute(ComputeOp::Fill { value, .. })) = op else { panic!("a fill") };
        *value = Constant::of(0.5);
    };
    let mut constant = program();
    changed(&mut constant);
    vec![
        ("link", base(), run(program(), &slower(16))),
        ("inserted", base(), run(with_fill(program(), 9), &sip())),
        ("removed", run(with_fill(program(), 9), &sip()), base()),
        ("constant", base(), run(constant, &sip())),
        ("ranks", base(), run(record("mesh_mlo ranks=4 kv_len=256").program, &sip())),
        ("same", base(), base()),
    ]
}

fn compare(a: &Timed, b: &Timed) -> (Diff, Marks) {
    let [a, b] = [a, b].map(|it| Side { log: &it.log, flow: &it.flow, checksums: None });
    diff_and_marks(a, b, Options::default())
}

fn has(browser: &mut Browser, pane: &str, name: &str, expected: impl ToString) {
    assert_eq!(browser.said(pane, name), expected.to_string(), "{pane}: {name}");
}

#[test]
fn the_changes_are_those_of_the_diff() {
    let (room, mut browser) = (Room::new(), Browser::start());
    for (name, a, b) in &pairs() {
        let (diff, marks) = compare(a, b);
        browser.open(&room.put(name, &page(a, b)), "");
        changes(&mut browser, &diff);
        for (key, of) in [("a", &marks.a), ("b", &marks.b)] {
            for mark in Mark::ALL {
                let n = of.iter().filter(|&&it| it == mark).count();
                has(&mut browser, "marks", mark.name(), n);
            }
            let side = browser.eval("document.body.dataset.side").as_str().map(str::to_lowercase);
            assert_eq!(side.as_deref(), Some(key), "{name}");
            browser.press("x");
        }
        assert_eq!(browser.problems(), Vec::<String>::new(), "{name}");
    }
}

fn changes(browser: &mut Browser, diff: &Diff) {
    has(browser, "changes", "verdict", diff.verdict.map_or("none".to_owned(), word));
    has(browser, "changes", "values", word(diff.values));
    let (makespan, ops) = (&diff.makespan, &diff.ops);
    has(browser, "changes", "delta", makespan.delta);
    for (name, n) in [
        ("a", makespan.a),
        ("b", makespan.b),
        ("both", ops.both),
        ("onlyA", ops.only_a),
        ("onlyB", ops.only_b),
        ("moved", ops.moved),
        ("changed", ops.changed),
        ("rewired", ops.rewired),
        ("shifted", diff.shifted.ops),
        ("inherited", diff.shifted.inherited),
        ("causes", diff.causes.len() as u64),
        ("machine", diff.machine.len() as u64),
        ("params", diff.params.len() as u64),
        ("around", diff.around.len() as u64),
    ] {
        has(browser, "changes", name, n);
    }
    let parsed = |text: String| -> Value { serde_json::from_str(&text).expect("JSON") };
    assert_eq!(parsed(browser.said("changes", "byCategory")), json!(makespan.by_category));
    let sources: Vec<_> = makespan.by_source.iter().map(|it| (&it.source, it.delta_fs)).collect();
    assert_eq!(parsed(browser.said("changes", "bySource")), json!(sources));
    let text = browser.eval("document.getElementById('changes').textContent");
    let text = text.as_str().expect("text");
    let firsts = [&diff.first.structure, &diff.first.timing, &diff.first.data];
    let told = firsts.into_iter().flatten().map(|spot| &spot.what);
    for words in told.chain(diff.causes.iter().map(|cause| &cause.what)) {
        assert!(text.contains(&words.to_string()), "`{words}` in {text}");
    }
    sums(browser, diff, text);
    for change in diff.machine.iter().chain(&diff.params) {
        assert!(text.contains(&change.key), "`{}` in {text}", change.key);
    }
}

/// The page says whether causes add up to the change of the makespan, and by how much they do not.
fn sums(browser: &mut Browser, diff: &Diff, text: &str) {
    let tables = [!diff.makespan.by_category.is_empty(), !diff.makespan.by_source.is_empty()];
    let split = tables.contains(&true);
    assert_eq!(text.matches("These add up to").count(), if split { 2 } else { 0 }, "{text}");
    assert!(!text.contains("from the change of the makespan"), "categories and lines add up: {text}");
    if diff.causes.is_empty() {
        return;
    }
    let sum: i64 = diff.causes.iter().map(|cause| cause.shift_fs * i64::from(cause.ops)).sum();
    has(browser, "changes", "causeSum", sum);
    has(browser, "changes", "causeRest", diff.makespan.delta - sum);
    let words = if sum == diff.makespan.delta { "The causes add up" } else { "The causes do not add up" };
    assert!(text.contains(words), "{words}: {text}");
}

/// What serde writes for a value of an enum.
fn word(value: impl serde::Serialize) -> String {
    json!(value).as_str().expect("a word").to_owned()
}

/// The time at the cursor, in femtoseconds: ticks of the runs differ.
fn cursor(browser: &mut Browser) -> f64 {
    let makespan = browser.number("facts", "makespanFs");
    browser.number("timeline", "cursor") * (makespan / browser.number("critical", "total"))
}

#[test]
fn the_switch_keeps_the_place() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let (a, b) =
        (run(record(KERNEL).program, &sip()), run(with_fill(record(KERNEL).program, 9), &slower(48)));
    let (_, marks) = compare(&a, &b);
    let firsts = [&a, &b].map(|it| it.log.first_ops());
    let op = firsts[0][1] + 20;
    let partner = marks.to_b[op].expect("only one op was put in") as usize - firsts[1][1];
    assert_eq!(partner, 21, "an op was put in before it");
    browser
        .open(&room.put("switch", &page(&a, &b)), "#op=1.20&at=1500&open=1&t=1000-3000&tabs=mesh,work,lines");
    let before = cursor(&mut browser);
    for (side, timed, at) in [("A", &a, 20), ("B", &b, partner), ("A", &a, 20), ("B", &b, partner)] {
        assert_eq!(browser.eval("document.body.dataset.side"), side);
        assert!((cursor(&mut browser) - before).abs() < 1.0, "the cursor stays");
        has(&mut browser, "selection", "op", format!("1.{at}"));
        of_the_run(&mut browser, timed);
        browser.press("x");
    }
    let address = browser.eval("location.hash");
    assert!(!address.as_str().expect("text").contains("run=b"), "{address}");
    browser.eval("document.querySelectorAll('#sides button')[1].click()");
    browser.settle();
    let address = browser.eval("location.hash").as_str().expect("text").to_owned();
    assert!(address.contains("run=b"), "{address}");
    browser.open(&room.put("switch", &page(&a, &b)), &address);
    assert_eq!(browser.eval("document.body.dataset.side"), "B");
    has(&mut browser, "selection", "op", format!("1.{partner}"));
    assert_eq!(browser.problems(), Vec::<String>::new());
}

/// The panes have the numbers of this run.
fn of_the_run(browser: &mut Browser, timed: &Timed) {
    let log = &timed.log;
    has(browser, "facts", "makespanFs", log.makespan().fs());
    has(browser, "facts", "ops", log.program.n_ops());
    has(browser, "facts", "timing", timed.digests.timing);
    has(browser, "critical", "stretches", CriticalPath::of(log, &timed.dependencies).stretches.len());
    has(browser, "lines", "ops", log.program.n_ops());
    has(browser, "rings", "messages", log.messages.iter().map(Vec::len).sum::<usize>());
    let tick = log.makespan().fs() as f64 / browser.number("critical", "total");
    let waited: u64 = log.stalls.iter().map(|stall| (stall.to - stall.from).fs()).sum();
    let credit = log.stalls.iter().filter(|stall| stall.reason == StallReason::Credit);
    let credit: u64 = credit.map(|stall| (stall.to - stall.from).fs()).sum();
    assert_eq!(browser.number("lines", "stalled") * tick, waited as f64);
    assert_eq!(browser.number("rings", "waited") * tick, credit as f64);
}

/// An op that one run alone has: a link leads to it, and it is selected again when the reader comes back.
#[test]
fn an_op_of_one_run_is_found_again() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let (a, b) = (run(record(KERNEL).program, &sip()), run(with_fill(record(KERNEL).program, 9), &sip()));
    browser.open(&room.put("alone", &page(&a, &b)), "");
    browser.eval("document.querySelector('#changes .cause .link').click()");
    browser.settle();
    assert_eq!(browser.eval("document.body.dataset.side"), "B");
    has(&mut browser, "selection", "op", "1.9");
    has(&mut browser, "selection", "mark", "only");
    browser.press("x");
    has(&mut browser, "selection", "op", "");
    let words = browser.eval("document.getElementById('selection').textContent");
    assert!(words.as_str().is_some_and(|words| words.contains("is not in A")), "{words}");
    browser.press("x");
    has(&mut browser, "selection", "op", "1.9");
    assert_eq!(browser.problems(), Vec::<String>::new());
}
