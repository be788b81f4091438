//! Groups of the critical path, ranges of time, and predecessors of an op have the numbers of the log.

use kernmesh::oplog::OpLog;
use kernmesh::program::{ComputeOp, Op, OpIndex, Rank};
use serde_json::json;

use crate::browser::Browser;
use crate::pages::{Room, run_on};

const KERNEL: &str = "gemm ranks=4 m=128 n=128 k=128 slots=1";

#[test]
fn groups_of_the_critical_path_add_up_to_the_makespan() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = run_on(KERNEL, "sip", &[]);
    browser.open(&room.page_of("groups", &run), "#tabs=mesh,rings,critical");
    let [total, stretches] = ["total", "stretches"].map(|name| browser.number("critical", name));
    for by in ["both", "reason", "line", "rank"] {
        let choose = format!(
            "(() => {{ const it = document.querySelector('#critical select'); it.value = {by:?}; it.dispatchEvent(new Event('change')); }})()"
        );
        browser.eval(&choose);
        assert_eq!(browser.said("critical", "by"), by);
        assert_eq!(browser.number("critical", "grouped"), total, "{by}: time");
        assert_eq!(browser.number("critical", "counted"), stretches, "{by}: stretches");
        let rows = browser.eval("document.querySelectorAll('#critical tbody tr').length");
        assert_eq!(rows.as_f64(), Some(browser.number("critical", "groups")), "{by}");
        browser.eval("document.querySelector('#critical tbody tr').click()");
        browser.settle();
        assert_ne!(browser.said("selection", "op"), "", "{by}: a row leads to its longest stretch");
    }
    assert_eq!(browser.problems(), Vec::<String>::new());
}

/// Floating-point operations of dots from `from` to `to`, each spread evenly over its time.
fn flops(log: &OpLog, [from, to]: [f64; 2]) -> f64 {
    let entries = &log.entries;
    let of_op = |(op, (rank, index)): (usize, (Rank, OpIndex))| {
        let Op::Compute(ComputeOp::Dot { a, b, .. }) = log.program.op(rank, index) else { return 0.0 };
        let views = &log.program.rank(rank).views;
        let [m, k, n] =
            [views[a.index()].shape[0], views[a.index()].shape[1], views[b.index()].shape[1]].map(f64::from);
        let [start, done] = [entries.start[op].fs() as f64, entries.done[op].fs() as f64];
        let inside = (done.min(to) - start.max(from)).max(0.0);
        2.0 * m * k * n * inside / (done - start)
    };
    log.ops().enumerate().map(of_op).sum()
}

fn near(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() <= 1e-6 * expected.abs().max(1.0), "{what}: {found}, {expected}");
}

#[test]
fn a_range_has_the_work_of_its_time() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let run = run_on(KERNEL, "sip", &[]);
    let (log, page) = (&run.timed.log, room.page_of("range", &run));
    browser.open(&page, "#tabs=mesh,work,range");
    let end = browser.number("timeline", "to");
    let tick = log.makespan().fs() as f64 / end;
    let whole =
        ["ops", "flops", "bytes", "sent", "useGemm", "useMessage"].map(|name| browser.number("range", name));
    assert_eq!(whole[0], log.program.n_ops() as f64, "without a range it is the view");
    assert_eq!(whole[1], 2.0 * browser.number("work", "macs"));
    assert_eq!(whole[2], browser.number("work", "bytes"));
    assert_eq!(whole[3], browser.number("rings", "bytes"));
    near(whole[4], browser.number("ranks", "busyGemm"), "busy");
    assert!(whole[1] > 0.0 && whole[2] > 0.0 && whole[3] > 0.0 && whole[5] > 0.0, "{whole:?}");
    let mut halves = [0.0; 6];
    let middle = (end / 3.0).round();
    for [from, to] in [[0.0, middle], [middle, end]] {
        browser.open(&page, &format!("#range={from}-{to}&tabs=mesh,work,range"));
        assert_eq!([browser.number("range", "from"), browser.number("range", "to")], [from, to]);
        near(browser.number("range", "flops"), flops(log, [from * tick, to * tick]), "flops");
        for (half, name) in halves.iter_mut().zip(["ops", "flops", "bytes", "sent", "useGemm", "useMessage"])
        {
            *half += browser.number("range", name);
        }
    }
    assert!(halves[0] >= whole[0], "an op over the border is in both");
    halves[1..].iter().zip(&whole[1..]).for_each(|(&found, &expected)| near(found, expected, "halves"));
    assert_eq!(browser.problems(), Vec::<String>::new());
}

#[test]
fn shift_and_drag_selects_a_range_and_the_address_keeps_it() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let page = room.page_of("drag", &run_on(KERNEL, "sip", &[]));
    browser.open(&page, "");
    let end = browser.number("timeline", "to");
    let [left, top, ..] = browser.frame("rows");
    let wide = browser.eval("document.getElementById('rows').clientWidth").as_f64().expect("a width") - 96.0;
    let at = |share: f64| [left + 96.0 + share * wide, top + 10.0];
    let held = json!({ "button": "left", "buttons": 1, "clickCount": 1, "modifiers": 8 });
    browser.mouse("mousePressed", at(0.25), held.clone());
    browser.mouse("mouseMoved", at(0.4), held.clone());
    browser.mouse("mouseMoved", at(0.5), held.clone());
    browser.mouse("mouseReleased", at(0.5), held);
    browser.settle();
    let range = ["from", "to"].map(|name| browser.number("range", name));
    for (found, share) in range.into_iter().zip([0.25, 0.5]) {
        assert!((found / end - share).abs() < 0.01, "{found} of {end}");
    }
    assert_eq!(browser.number("timeline", "to"), end, "the view stays");
    let address = browser.eval("location.hash").as_str().expect("text").to_owned();
    browser.open(&page, &address);
    assert!((browser.number("range", "from") - range[0]).abs() <= 1.0, "{address}");
    browser.press("z");
    assert!((browser.number("timeline", "from") - range[0]).abs() <= 1.0, "`z` zooms to it");
    browser.press("Escape");
    assert_eq!(browser.said("range", "selected"), "false");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

/// Ops that hold an op, and the send of the message that it receives, are all named.
#[test]
fn an_op_names_what_it_comes_after() {
    let (room, mut browser) = (Room::new(), Browser::start());
    for sync in ["interlocked", "explicit"] {
        let run = run_on(&format!("{KERNEL} waits=hand"), "sip", &[("sync", sync)]);
        let log = &run.timed.log;
        let page = room.page_of(sync, &run);
        browser.open(&page, "");
        let (mut held, mut received, mut receives) = (0, 0, 0);
        let is_receive = |(rank, index)| log.program.op(rank, index).kind().starts_with("recv");
        for (op, (rank, index)) in log.ops().enumerate().filter(|&(op, at)| op % 9 == 0 || is_receive(at)) {
            browser.eval(&format!("location.hash = '#op={}.{}'", rank.0, index.0));
            browser.wait_for(&format!(
                "document.getElementById('selection').dataset.op === '{}.{}'",
                rank.0, index.0
            ));
            let after = browser.said("selection", "after");
            let after: Vec<&str> = after.split(',').collect();
            for by in run.timed.dependencies.of(op) {
                held += 1;
                assert!(after.contains(&&*format!("{}.{}", rank.0, by.0)), "{op}: {by:?} in {after:?}");
            }
            let others = after.iter().filter(|it| !it.is_empty() && !it.starts_with(&format!("{}.", rank.0)));
            receives += usize::from(is_receive((rank, index)));
            received += usize::from(is_receive((rank, index)) && others.count() > 0);
        }
        assert!(
            (held > 0 || sync == "explicit") && received == receives && receives > 0,
            "{sync}: {held} holds, {received} messages"
        );
        assert_eq!(browser.problems(), Vec::<String>::new());
    }
}
