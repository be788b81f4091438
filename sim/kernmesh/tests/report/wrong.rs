//! A run that fails by its values leads with them: which, where they were stored, why, and where to look.

use std::collections::BTreeMap;

use kernmesh::kernels::Recorded;
use kernmesh::machine::{Machine, Sync, printable};
use kernmesh::oplog::{Checksums, Verdict};
use kernmesh::program::tl::Recording;
use kernmesh::program::{DType, Program};
use kernmesh::replay::{HostValues, inputs::seeded};
use kernmesh::{Expectations, Expected, Options, Simulation, Tensors, Wide, page_of_log, simulate, why};
use ndarray::ArrayD;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::hostile::HOSTILE;
use crate::pages::{Room, run};

/// y = 2 x and z = x, half of each by a rank, but for rank 1, which stores x as y, too. The names have this at their end.
fn twice(suffix: &str) -> Program {
    let named = |name: &str| format!("{name}{suffix}");
    let mut recording = Recording::new("twice", 2);
    let x = recording.input(&named("x"), [8, 4], DType::F32);
    let [y, z] = ["y", "z"].map(|name| recording.output(&named(name), [8, 4], DType::F32));
    let from = [0, 1].map(|rank| recording.input_share(x, rank, [4 * rank, 0], [4, 4]));
    let to = [y, z].map(|it| [0, 1].map(|rank| recording.output_share(it, rank, [4 * rank, 0], [4, 4])));
    let kernel = |tl: &mut kernmesh::program::tl::Tl| {
        let rank = tl.rank() as usize;
        let x = tl.load(tl.tensor(from[rank]));
        let y = if rank == 0 { tl.add(x, x) } else { x };
        tl.store(y, tl.tensor(to[0][rank])); // This line is quoted.
        tl.store(x, tl.tensor(to[1][rank]));
    };
    let mut program = recording.record(kernel).expect("it records");
    // Lines are read from files below the current directory, which is that of the crate.
    program.files.iter_mut().for_each(|file| *file = file.replace("sim/kernmesh/", ""));
    program
}

/// What y and z should be, and the inputs that say so.
fn tensors(program: &Program, suffix: &str) -> Tensors {
    let inputs: HostValues = seeded(program, 0);
    let x = inputs.values().next().expect("an input").wide();
    let expected = |times: f64| {
        let values = x.iter().map(|value| times * value).collect();
        let values = ArrayD::from_shape_vec(vec![8, 4], values).expect("32 elements");
        Expected { oracle: Wide { values, dtype: None }, naive: None }
    };
    let all = [("y", 2.0), ("z", 1.0)].map(|(name, times)| (format!("{name}{suffix}"), expected(times)));
    let expected = Expectations { outputs: BTreeMap::from(all), ..Expectations::default() };
    Tensors { inputs: Some(inputs), expected }
}

fn wrong(suffix: &str) -> Simulation {
    let program = twice(suffix);
    let mut options = Options { tensors: tensors(&program, suffix), ..Options::default() };
    options.replay.checksums = true;
    let recorded = Recorded { program, reference: None, machine: None };
    simulate(recorded, &Machine::preset("tiny").expect("a preset"), &options).expect("it runs")
}

fn verdict(run: &Simulation) -> &Verdict {
    run.computed.verdict.as_ref().expect("a verdict")
}

/// Labels and texts that a list of the page shows, without the links beside them.
fn rows(browser: &mut Browser, list: &str) -> Vec<(String, String)> {
    let all = format!(
        "[...document.querySelectorAll('{list} dt')].map((it) => [it.textContent, it.nextSibling.firstChild.textContent])"
    );
    let Value::Array(all) = browser.eval(&all) else { panic!("rows") };
    let text = |row: &Value, at: usize| row[at].as_str().expect("text").trim_end().to_owned();
    all.iter().map(|row| (text(row, 0), text(row, 1))).collect()
}

/// Labels and texts of lines of a terminal, put together again where they were broken.
fn of_terminal(lines: &str) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = Vec::new();
    for line in lines.lines() {
        let (label, text) = line.split_at(11);
        match rows.last_mut() {
            Some((_, before)) if label.trim().is_empty() => *before = format!("{before} {text}"),
            _ => rows.push((label.trim().to_owned(), text.to_owned())),
        }
    }
    rows
}

fn text(browser: &mut Browser, selector: &str) -> String {
    let text = format!("[...document.querySelectorAll({selector:?})].map((it) => it.textContent).join('|')");
    browser.eval(&text).as_str().expect("text").to_owned()
}

#[test]
fn wrong_values_come_first() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = wrong("");
    browser.open(&room.page_of("wrong", &run), "");
    assert_eq!(text(&mut browser, "#summary > .block:first-child .answer"), "Wrong values in y");
    assert_eq!(rows(&mut browser, "#summary .causes"), of_terminal(&why(verdict(&run)).expect("a cause")));
    let judged = rows(&mut browser, "#summary .wrong");
    let labels: Vec<&str> = judged.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["FAIL", "worst", "limit", "rule", "PASS"], "{judged:?}");
    assert!(judged[0].1.starts_with("y against `expected`: max_abs "), "{judged:?}");
    assert!(judged[4].1.starts_with("z against `expected`: max_abs 0 "), "{judged:?}");
    let worst = verdict(&run).leading().worst.as_ref().expect("a worst element");
    let [row, column] = worst.index[..] else { panic!("two axes") };
    assert!(row >= 4, "rank 0 is right: {worst:?}");
    assert!(judged[1].1.starts_with(&format!("y[{row}, {column}] is ")), "{judged:?}");
    assert!(judged[1].1.ends_with("; 16 of 32 elements are wrong"), "{judged:?}");
    let times: f64 = judged[2].1.split(' ').rev().nth(2).expect("a number").parse().expect("a number");
    let is = (worst.value - worst.oracle).abs() / worst.limit;
    assert!((times / is - 1.0).abs() < 0.005, "{times} for {is}");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

#[test]
fn badges_and_panes_agree_that_values_are_wrong() {
    let (room, mut browser) = (Room::new(), Browser::start());
    browser.open(&room.page_of("wrong", &wrong("")), "");
    assert_eq!(text(&mut browser, "#facts .bad"), "FAIL wrong values");
    assert_eq!(text(&mut browser, "#facts .good"), "", "no badge reads as if all were well");
    assert_eq!(text(&mut browser, "#panes nav .alarm"), "Findings");
    assert_eq!(browser.eval("document.getElementById('findings').hidden"), false, "the pane is open");
    let card = rows(&mut browser, "#findings .wrong");
    assert_eq!(card.iter().map(|(label, _)| &**label).collect::<Vec<_>>(), ["FAIL", "worst", "wrong"]);
    browser.press("i");
    assert_eq!(text(&mut browser, "#findings .card > p .link"), "The summary has why");
    browser.eval("document.querySelector('#findings .card > p .link').click()");
    assert_eq!(
        browser.eval("document.getElementById('summary').hidden"),
        false,
        "the card leads to the summary"
    );
    let about = text(&mut browser, "#about dt");
    assert!(about.contains("intended values|FAIL|worst|limit|rule|PASS"), "{about}");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

/// The link of a part selects the op that stored its worst element, beside the text of its line.
#[test]
fn a_wrong_part_leads_to_the_op_that_stored_it() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = wrong("");
    let part = &verdict(&run).provenance.as_ref().expect("it is explained").wrong[0];
    assert_eq!((part.rank, part.wrong, part.op), (Some(1), 16, Some(1)), "{part:?}");
    for list in ["#summary .causes", "#findings .wrong"] {
        browser.open(&room.page_of("wrong", &run), "");
        let quoted = text(&mut browser, &format!("{list} .writer code"));
        assert!(
            quoted.starts_with("tl.store(y, ") && quoted.ends_with("// This line is quoted."),
            "{quoted}"
        );
        browser.eval(&format!("document.querySelector('{list} .writer .link').click()"));
        browser.settle();
        assert_eq!(browser.said("selection", "op"), "1.1", "{list}");
        assert!(browser.said("selection", "label").starts_with("store"), "{list}");
    }
}

/// Times are told second: the block opens, and has what a run has that is right.
#[test]
fn times_of_a_wrong_run_are_one_click_away() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let page = room.page_of("wrong", &wrong(""));
    for (width, height) in [(1600, 900), (900, 1000)] {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", size);
        browser.open(&page, "");
        let cut = "(() => { const it = document.getElementById('summary'); return [it.scrollHeight - it.clientHeight, it.scrollWidth - it.clientWidth].every((n) => n <= 1); })()";
        assert_eq!(browser.eval(cut), true, "{width} × {height}: the summary is cut off");
        assert!(browser.frame("rows")[3] >= 150.0, "{width} × {height}: the timeline has its room");
        assert_eq!(browser.eval("document.querySelector('.times .limit').checkVisibility()"), false);
        browser.eval("document.querySelector('.times > summary').click()");
        browser.settle();
        assert_eq!(browser.eval("document.querySelector('.times .limit').checkVisibility()"), true);
        assert_eq!(browser.eval("document.querySelectorAll('.times .block').length"), 4);
    }
    browser.call("Emulation.clearDeviceMetricsOverride", json!({}));
}

#[test]
fn a_run_that_passes_has_none_of_it() {
    let (room, mut browser) = (Room::new(), Browser::start());
    browser.open(&room.page_of("right", &run("mesh_mlo ranks=4 kv_len=256", Sync::Interlocked)), "");
    assert_eq!(text(&mut browser, "#facts .good"), "PASS|no findings");
    assert_eq!(browser.eval("document.querySelectorAll('#summary > .block').length"), 4);
    let n = browser
        .eval("document.querySelectorAll('.wrong, .causes, .times, .said, .failed, nav .alarm').length");
    assert_eq!(n, 0);
    assert!(!text(&mut browser, "#findings").contains("wrong values"));
}

/// The verdict is stored beside a log, and its causes are not: the page says so.
#[test]
fn a_page_of_a_log_has_the_verdict_and_says_where_causes_are() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = wrong("");
    let stored = run.computed.checksums.as_ref().expect("they were asked for").encode();
    let sums = Checksums::decode(&stored).expect("they are whole");
    let page = page_of_log(&run.timed, Some(&sums)).expect("a page");
    browser.open(&room.put("log", &page), "");
    assert_eq!(text(&mut browser, "#facts .bad"), "FAIL wrong values");
    let judged = rows(&mut browser, "#summary .wrong");
    assert_eq!(judged[1].0, "worst", "{judged:?}");
    assert!(text(&mut browser, "#summary .causes").contains("`kernmesh run --report`"));
    assert_eq!(text(&mut browser, "#findings .card > p .link"), "The summary has more");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

#[test]
fn hostile_names_of_wrong_values_are_only_names() {
    let (room, mut browser) = (Room::new(), Browser::start());
    for (number, name) in HOSTILE.into_iter().enumerate() {
        browser.open(&room.page_of(&format!("hostile {number}"), &wrong(name)), "");
        assert_eq!(browser.problems(), Vec::<String>::new(), "{name:?}");
        let title = browser.eval("document.title");
        assert_eq!(title, "twice · 2 ranks on tiny", "{name:?}");
        for (what, found) in [("img, svg, b[onmouseover]", 0), ("script:not([type])", 1)] {
            let n = browser.eval(&format!("document.querySelectorAll({what:?}).length"));
            assert_eq!(n, found, "{name:?}: {what}");
        }
        // It is shown for what it is, with what is hidden spelled out.
        let output = format!("y{}", printable(name));
        assert_eq!(text(&mut browser, "#summary .wrong .answer small"), format!(" in {output}"), "{name:?}");
        let causes = rows(&mut browser, "#summary .causes");
        assert!(causes[0].1.contains(&format!("{output}[4:8, 0:4]")), "{causes:?}");
        let made_of = causes.iter().find(|(label, _)| label == "made of").expect("what it is made of");
        assert!(made_of.1.contains(&format!("x{}[", printable(name))), "{causes:?}");
    }
}
