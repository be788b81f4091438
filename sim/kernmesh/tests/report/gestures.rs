//! Pointer and keys: zoom, selection, search, and addresses that bring a place back.

use kernmesh::machine::Sync;
use kernmesh::oplog::UnitId;
use kernmesh::program::{OpIndex, Rank};
use serde_json::json;

use crate::browser::Browser;
use crate::pages::{Room, run};

/// The width of rank names, left of all times.
const GUTTER: f64 = 96.0;

fn view(browser: &mut Browser) -> [f64; 2] {
    [browser.number("timeline", "from"), browser.number("timeline", "to")]
}

/// A point of the timeline: a share of its width, and pixels from its top.
fn point(browser: &mut Browser, share: f64, y: f64) -> [f64; 2] {
    let [left, top, ..] = browser.frame("rows");
    let width = browser.eval("document.getElementById('rows').clientWidth").as_f64().expect("a width");
    [left + GUTTER + share * (width - GUTTER), top + y]
}

#[test]
fn the_wheel_the_pointer_and_keys_move_the_view() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = run("mesh_mlo ranks=4 kv_len=256", Sync::Interlocked);
    browser.open(&room.page_of("moves", &run), "");
    let [from, whole] = view(&mut browser);
    assert_eq!(from, 0.0);

    let middle = point(&mut browser, 0.5, 10.0);
    browser.mouse("mouseWheel", middle, json!({ "deltaX": 0, "deltaY": -300 }));
    browser.settle();
    let [from, to] = view(&mut browser);
    assert!(to - from < 0.5 * whole, "the wheel zooms: {from}..{to} of {whole}");
    assert!(((from + to) / 2.0 - whole / 2.0).abs() < 0.01 * whole, "it zooms at the pointer");

    browser.mouse("mousePressed", middle, json!({ "button": "left", "clickCount": 1 }));
    let right = point(&mut browser, 0.75, 10.0);
    browser.mouse("mouseMoved", right, json!({ "button": "left", "buttons": 1 }));
    browser.mouse("mouseReleased", right, json!({ "button": "left", "clickCount": 1 }));
    browser.settle();
    let [dragged, end] = view(&mut browser);
    assert!((end - dragged - (to - from)).abs() < 1.0, "a drag keeps the length");
    assert!((from - dragged - 0.25 * (to - from)).abs() < 0.02 * whole, "a drag moves: {from} to {dragged}");

    for (key, shorter) in [("w", true), ("s", false)] {
        let [from, to] = view(&mut browser);
        browser.press(key);
        let [new_from, new_to] = view(&mut browser);
        assert_eq!(new_to - new_from < to - from, shorter, "{key}");
    }
    for (key, later) in [("d", true), ("a", false)] {
        let [from, _] = view(&mut browser);
        browser.press(key);
        assert_eq!(view(&mut browser)[0] > from, later, "{key}");
    }
    browser.press("f");
    assert_eq!(view(&mut browser), [0.0, whole]);
    assert_eq!(browser.problems(), Vec::<String>::new());
}

#[test]
fn ops_are_selected_by_pointer_keys_and_search() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = run("mesh_mlo ranks=4 kv_len=256", Sync::Interlocked);
    let (log, page) = (&run.timed.log, room.page_of("selects", &run));
    browser.open(&page, "#open=0");
    let rows = browser.number("timeline", "rows");
    let name = point(&mut browser, -0.02, 10.0);
    browser.click(name);
    assert_eq!(
        browser.number("timeline", "rows"),
        4.0,
        "a click on the name closes the rank, {rows} rows before"
    );

    // The first row is rank 0 as a whole: a click selects the op that it is busy with.
    let place = point(&mut browser, 0.4, 10.0);
    browser.click(place);
    let selected = browser.said("selection", "op");
    let index: usize = selected.strip_prefix("0.").expect("an op of rank 0").parse().expect("a number");
    let at = 0.4 * browser.number("timeline", "to");
    let (start, done) = (browser.number("selection", "start"), browser.number("selection", "done"));
    assert!(start - 1.0 <= at && at <= done + 1.0, "{start} ≤ {at} ≤ {done}");
    let kind = log.program.op(Rank(0), OpIndex(index as u32)).kind();
    assert_eq!(browser.said("selection", "label").split(' ').next(), Some(kind));

    browser.press("ArrowRight");
    let unit = |op: usize| log.entries.unit[op];
    let next =
        (index + 1..log.program.ranks[0].ops.len()).find(|&op| unit(op) == unit(index)).expect("one more");
    assert_eq!(browser.said("selection", "op"), format!("0.{next}"));

    let sends = (0..log.program.n_ops()).filter(|&op| unit(op) == UnitId::SEND).count();
    browser.press("/");
    browser.call("Input.insertText", json!({ "text": "send" }));
    browser.settle();
    let by_word = browser.number("search", "hits");
    assert!(by_word >= sends as f64, "{by_word} hits, {sends} ops on send units");
    let exps = log.program.ranks[2].ops.iter().filter(|op| op.kind().contains("exp")).count();
    browser.eval("document.getElementById('query').value = ''");
    browser.call("Input.insertText", json!({ "text": "rank2 exp" }));
    browser.settle();
    assert_eq!(browser.number("search", "hits"), exps as f64);
    browser.press("Enter");
    let hit = browser.said("selection", "op");
    assert!(hit.starts_with("2."), "{hit}");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

#[test]
fn an_address_brings_a_place_back() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = run("mesh_mlo ranks=4 kv_len=256", Sync::Interlocked);
    let page = room.page_of("address", &run);
    browser.open(&page, "#t=1000-3000&op=1.20&open=1,2&at=1500&tabs=mesh,memory,selection&q=exp");
    let places = |browser: &mut Browser| {
        let of_time = ["from", "to", "rows"].map(|name| browser.said("timeline", name));
        (
            of_time,
            browser.said("selection", "op"),
            browser.said("memory", "inUse"),
            browser.said("search", "hits"),
        )
    };
    let before = places(&mut browser);
    assert_eq!(before.0[..2], ["1000", "3000"]);
    assert_eq!(before.1, "1.20");
    browser.press("Escape");
    assert_eq!(browser.said("selection", "op"), "");
    browser.open(&page, "#t=1000-3000&op=1.20&open=1,2&at=1500&tabs=mesh,memory,selection&q=exp");
    browser.press("w");
    let moved = places(&mut browser);
    let address = browser.eval("location.hash");
    browser.open(&page, address.as_str().expect("text"));
    let again = places(&mut browser);
    assert_eq!((&again.1, &again.2, &again.3), (&moved.1, &moved.2, &moved.3));
    for (found, expected) in again.0.iter().zip(&moved.0) {
        let [found, expected]: [f64; 2] = [found, expected].map(|text| text.parse().expect("a number"));
        assert!((found - expected).abs() <= 1.0, "{found}, {expected}");
    }
}

/// A finding's ops are links: the first leads to its place.
#[test]
fn a_finding_leads_to_its_op() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = run("mesh_mlo ranks=3 kv_len=64", Sync::Explicit);
    browser.open(&room.page_of("finds", &run), "");
    let first = &run.computed.findings[0].accesses[0].op;
    browser.eval("document.querySelector('#findings .link').click()");
    browser.settle();
    assert_eq!(browser.said("selection", "op"), format!("{}.{}", first.rank.0, first.index.0));
    let [from, to] = view(&mut browser);
    let (start, done) = (browser.number("selection", "start"), browser.number("selection", "done"));
    assert!(from <= start && done <= to, "{from} ≤ {start}..{done} ≤ {to}");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

/// Whoever jumps to an op also sees which rank it is of.
#[test]
fn the_row_of_the_rank_is_seen_with_the_op() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = run("mesh_mlo ranks=16 kv_len=256", Sync::Interlocked);
    let page = room.page_of("rows", &run);
    for place in ["1.4", "7.20", "15.30", "0.9"] {
        browser.open(&page, "#open=all");
        let [rank, index] = [0, 1].map(|part| place.split('.').nth(part).expect("two parts"));
        let jump = format!("location.hash = '#open=all&op={rank}.{index}'");
        browser.eval(&jump);
        browser.settle();
        assert_eq!(browser.said("selection", "op"), place);
        let rows = [browser.said("timeline", "ranks"), browser.said("timeline", "units")];
        let [ranks, units] = rows.each_ref().map(|row| row.split(',').collect::<Vec<_>>());
        let unit = run.timed.log.entries.unit
            [run.timed.log.first_ops()[rank.parse::<usize>().unwrap()] + index.parse::<usize>().unwrap()];
        let seen = |lane: usize| ranks.iter().zip(&units).any(|(r, u)| *r == rank && *u == lane.to_string());
        assert!(seen(0) && seen(unit.index() + 1), "{place}: {ranks:?} {units:?}");
    }
}
