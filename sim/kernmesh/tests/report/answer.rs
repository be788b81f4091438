//! The first view says what bound the run, in the numbers of the log and in sight.

use kernmesh::Simulation;
use kernmesh::analysis::bounds::Server;
use kernmesh::analysis::{Bound, CriticalPath};
use kernmesh::analysis::{Busiest, Limit, peaks};
use kernmesh::machine::{Machine, SimTime};
use kernmesh::program::Program;
use kernmesh::time;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::pages::{Room, page_of_times, record, run_on};

/// A run by what bounds it: kernel, keys of the machine, the limit, and its headline.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)], Limit, &'static str);

const CASES: [Case; 6] = [
    ("compute", "gemm m=256 n=256 k=512", &[], Limit::Resource(Bound::Gemm), "Compute on its GEMM unit"),
    (
        "memory",
        "mesh_mlo kv_len=1024",
        &[("hbm.efficiency", "0.02")],
        Limit::Resource(Bound::Memory),
        "Memory",
    ),
    ("link", "ring_model ranks=16", &[], Limit::Resource(Bound::Link), "Links"),
    (
        "latency",
        "gemm ranks=8",
        &[("link.pe.bytes_per_cycle", "1")],
        Limit::Resource(Bound::Latency),
        "Message latency",
    ),
    ("slots", "gemm ranks=8 slots=1", &[("link.pe.hop_cycles", "2000")], Limit::Slots, "Slots of rings"),
    (
        "findings",
        "mesh_mlo ranks=3 kv_len=64",
        &[("sync", "explicit")],
        Limit::Resource(Bound::Gemm),
        "Compute on its GEMM unit",
    ),
];

fn text(browser: &mut Browser, selector: &str) -> String {
    let all = browser.eval(&format!("document.querySelector({selector:?})?.textContent ?? ''"));
    all.as_str().expect("text").replace('\u{a0}', " ")
}

fn says(browser: &mut Browser, name: &str, expected: impl ToString, case: &str) {
    assert_eq!(browser.said("summary", name), expected.to_string(), "{case}: {name}");
}

/// As the page rounds a share of a run.
fn percent(fs: u64, makespan: u64) -> String {
    let share = 100.0 * fs as f64 / makespan as f64;
    if share > 0.0 && share < 0.05 { "< 0.1 %".to_owned() } else { format!("{share:.1} %") }
}

#[test]
fn the_first_view_says_what_bound_the_run() {
    let (room, mut browser) = (Room::new(), Browser::start());
    for (name, words, keys, limit, headline) in CASES {
        let run = run_on(words, "sip", keys);
        let log = &run.timed.log;
        let busiest = Busiest::of(&log.program, &log.machine, &log.placement, &log.layout);
        let critical = CriticalPath::of(log, &run.timed.dependencies);
        let limited = Limit::of(&busiest.bounds, &critical, log.makespan() - SimTime::ZERO);
        assert_eq!(limited.limit, limit, "{name}");
        browser.open(&room.page_of(name, &run), "");
        let makespan = log.makespan().fs();
        assert_eq!(text(&mut browser, "#summary .limit .answer"), headline, "{name}");
        says(&mut browser, "span", limited.span.fs(), name);
        let sentence = text(&mut browser, "#summary .limit");
        assert!(sentence.contains(&percent(limited.span.fs(), makespan)), "{name}: {sentence}");
        let reached: Vec<u64> = peaks(log, &busiest).iter().map(|peak| peak.reached.fs()).collect();
        let shown = browser.number("summary", "reached") as u64;
        assert!(reached.contains(&shown), "{name}: {shown} of {reached:?}");
        let share = text(&mut browser, "#summary .share .answer");
        assert_eq!(share, percent(shown, makespan), "{name}");
        says(&mut browser, "parts", makespan, name);
        let worst: Vec<String> = critical.by_source(log).into_iter().take(3).map(|(line, _)| line).collect();
        says(&mut browser, "lines", worst.join("|"), name);
        where_to_look(&mut browser, &run, &busiest, name);
        assert_eq!(browser.problems(), Vec::<String>::new(), "{name}");
    }
}

/// The worst link is the bound of links, wherever the page names it; so is the worst ring.
fn where_to_look(browser: &mut Browser, run: &Simulation, busiest: &Busiest, name: &str) {
    let (log, words) = (&run.timed.log, text(browser, "#summary .where"));
    let link = percent(busiest.bounds.link.fs(), log.makespan().fs());
    assert!(words.contains(&format!(": {link}")), "{name}: {words}");
    match busiest.link.expect("something is carried") {
        Server::Link(_) => {
            assert_eq!(browser.said("mesh", "busiest").replace('\u{a0}', " "), link, "{name}");
            assert_eq!(browser.said("mesh", "port"), "", "{name}");
        }
        Server::Port(..) | Server::Tcm(_) => {
            assert!(browser.said("mesh", "port").replace('\u{a0}', " ").contains(&link), "{name}");
        }
    }
    assert_eq!(words.contains("finding"), !run.computed.findings.is_empty(), "{name}: {words}");
    assert_eq!(words.contains("no send waits"), browser.number("rings", "waited") == 0.0, "{name}: {words}");
}

/// At the sizes of a screen and of half of one, nothing of it is cut off, and the timeline has its room.
#[test]
fn the_summary_is_seen_whole_beside_the_timeline() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let (_, words, keys, ..) = CASES[4];
    let page = room.page_of("sizes", &run_on(words, "sip", keys));
    for (width, height) in [(1600, 900), (900, 1000), (1440, 900)] {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        browser.call("Emulation.setDeviceMetricsOverride", size);
        browser.open(&page, "");
        let cut = "(() => { const it = document.getElementById('summary'); return it.scrollHeight - it.clientHeight; })()";
        assert!(browser.eval(cut).as_f64().expect("a number") <= 1.0, "{width} × {height}: it is cut off");
        let [.., rows] = browser.frame("rows");
        assert!(rows >= 150.0, "{width} × {height}: {rows} pixels of timeline");
        let [.., before] = browser.frame("rows");
        browser.press("i");
        assert!(browser.frame("rows")[3] > before, "{width} × {height}: `i` gives its room away");
        browser.press("i");
        let fits = "[['mesh', '.fill'], ['rings', '.chart']].every(([id, box]) => { const it = document.querySelector(`#${id} ${box}`); return Math.abs(it.querySelector('canvas').clientHeight - it.clientHeight) <= 1; })";
        browser.wait_for(fits);
    }
    browser.call("Emulation.clearDeviceMetricsOverride", json!({}));
}

/// The program, all of whose ops come from one line of a file.
fn from_file(mut program: Program, file: &str, line: u32) -> Program {
    program.files = vec![file.to_owned()];
    for source in program.ranks.iter_mut().flat_map(|rank| &mut rank.sources) {
        (source.file, source.line) = (0, line);
    }
    program
}

/// A line is quoted where its file is a source below the current directory, and else only named.
#[test]
fn worst_lines_are_quoted_where_they_can_be_read() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let machine = Machine::preset("tiny").expect("a preset");
    let program = record("gemm ranks=2 m=8 n=8 k=8").program;
    let here = "//! The HTML report as people see it: in a real browser.";
    for (file, line, expected) in [
        ("tests/report.rs", 1, here),
        ("tests/report.rs", 2, "source not found here"),
        ("tests/report.rs", 9999, "source not found here"),
        ("Cargo.toml", 1, "source not found here"),
        ("../report/src/lib.rs", 1, "source not found here"),
        ("none.rs", 1, "source not found here"),
    ] {
        let timed = time(from_file(program.clone(), file, line), &machine, 0).expect("it runs");
        browser.open(&room.put("quoted", &page_of_times(&timed)), "");
        let first = text(&mut browser, "#summary li");
        assert!(first.ends_with(expected), "{file}:{line}: {first}");
        says(&mut browser, "lines", format!("{file}:{line}"), file);
    }
}

/// One makespan has one number of cycles, rounded up as the command line does, whatever the clock.
#[test]
fn a_makespan_has_one_number_of_cycles() {
    let (room, mut browser) = (Room::new(), Browser::start());
    for preset in ["blackhole", "sip"] {
        let run = run_on("gemm ranks=4 m=64 n=64 k=64", preset, &[]);
        let (log, page) = (&run.timed.log, room.page_of(preset, &run));
        let cycles = log.machine.spec().clock.pe_fs.cycles_covering(log.makespan() - SimTime::ZERO).0;
        browser.open(&page, "#tabs=mesh,work,range");
        let everywhere = "[...document.querySelectorAll('#facts, #about, #work .note, #range')].flatMap((it) => [...it.textContent.matchAll(/([0-9\u{202f}]+) cycles? \\(/g)].map((found) => Number(found[1].replaceAll('\u{202f}', ''))))";
        let Value::Array(found) = browser.eval(everywhere) else { panic!("numbers") };
        let found: Vec<u64> = found.iter().filter_map(Value::as_u64).filter(|&n| n > 0).collect();
        assert!(found.len() >= 4, "{preset}: {found:?}");
        assert!(found.iter().all(|&n| n == cycles), "{preset}: {found:?}, {cycles} on the command line");
    }
}
