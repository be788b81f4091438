//! Pages of every kind open, without a word on the console and without the network.

use corpus::Form;
use kernmesh::analysis::Busiest;
use kernmesh::analysis::diff::{Options, Side, diff_and_marks};
use kernmesh::kernels::Recorded;
use kernmesh::machine::{Machine, Sync};
use kernmesh::program::tl::Recording;
use kernmesh::program::{DType, Program};
use kernmesh::report::{Against, Shown, page_of_at_most};
use kernmesh::{analysis, time};

use crate::browser::Browser;
use crate::pages::{Room, page_of_times, record, run};

/// A program of one rank that does nothing but this.
fn program(ops: u32) -> Program {
    let recording = Recording::new("small", 1);
    let kernel = |tl: &mut kernmesh::program::tl::Tl| {
        for _ in 0..ops {
            tl.full([4], DType::F32, 1.0);
        }
    };
    recording.record(kernel).expect("it records")
}

fn small(ops: u32) -> String {
    let machine = Machine::preset("tiny").expect("a preset");
    page_of_times(&time(program(ops), &machine, 0).expect("it runs"))
}

/// A page of a run that is too large to show its ops, alone or against itself.
fn coarse(is_compared: bool) -> String {
    let Recorded { program, .. } = record("mesh_mlo ranks=4 kv_len=256");
    let timed = time(program, &Machine::preset("sip").expect("a preset"), 0).expect("it runs");
    let log = &timed.log;
    let shown = Shown {
        copies: Default::default(),
        writer: "a test".to_owned(),
        digests: timed.digests,
        data: None,
        verdict: None,
        told: None,
        findings: Vec::new(),
        computed: false,
        busiest: Busiest::of(&log.program, &log.machine, &log.placement, &log.layout),
        dependencies: &timed.dependencies,
        excerpts: std::collections::BTreeMap::new(),
        critical: analysis::CriticalPath::of(log, &timed.dependencies),
    };
    let side = Side { log, flow: &timed.flow, checksums: None };
    let (diff, marks) = diff_and_marks(side, side, Options::default());
    let against = Against { log, shown: &shown, diff: &diff, marks: &marks };
    page_of_at_most(log, &shown, is_compared.then_some(&against), 0)
}

#[test]
fn pages_open_without_errors_and_load_nothing() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let right = run("mesh_mlo ranks=4 kv_len=256", Sync::Interlocked);
    let wrong = run("mesh_mlo ranks=3 kv_len=64", Sync::Explicit);
    let pages = [
        ("right", room.page_of("right", &right), "4"),
        ("wrong", room.page_of("wrong", &wrong), "3"),
        ("no ops", room.put("no ops", &small(0)), "1"),
        ("one op", room.put("one op", &small(1)), "1"),
        ("coarse", room.put("coarse", &coarse(false)), "4"),
        ("coarse against itself", room.put("against", &coarse(true)), "4"),
    ];
    for (name, page, ranks) in &pages {
        for place in [
            "",
            "#theme=dark&tabs=mesh,memory,lines",
            "#theme=light&tabs=mesh,work,ranks&mesh=cursor&at=3",
            "#op=0.0&open=all",
            "#run=b&op=0.0&at=3",
            "#op=9999.9&t=7-3&tabs=nothing&ring=-4&rank=77",
        ] {
            browser.open(page, place);
            assert_eq!(browser.problems(), Vec::<String>::new(), "{name}{place}");
            assert_eq!(browser.said("facts", "ranks"), *ranks, "{name}{place}");
            assert_eq!(browser.eval("document.getElementById('failed').hidden"), true, "{name}{place}");
        }
    }
}

/// Programs for machines with command queues, in which something is wrong.
#[test]
fn pages_of_command_queues_open() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let mut findings = 0;
    for bug in corpus::bugs() {
        let recorded = bug.record(Form::Broken);
        let machine = Machine::new(recorded.machine.clone().expect("a machine")).expect("a machine");
        if machine.queue().is_none() {
            continue;
        }
        let Ok(timed) = time(recorded.program, &machine, 0) else { continue };
        browser.open(&room.put(bug.name, &page_of_times(&timed)), "#open=all");
        for tab in ["memory", "work", "selection", "critical", "lines", "ranks", "about"] {
            browser.eval(&format!("document.getElementById('tab-{tab}').click()"));
            browser.settle();
        }
        let ops = timed.log.program.n_ops();
        assert_eq!(browser.said("facts", "ops"), ops.to_string(), "{}", bug.name);
        findings += browser.number("findings", "findings") as usize;
        browser.eval("document.querySelector('#findings .link')?.click()");
        browser.press("f");
        for key in ["ArrowDown", "ArrowRight", "m"] {
            browser.press(key);
        }
        assert_ne!(browser.said("selection", "op"), "", "{}", bug.name);
        assert_eq!(browser.problems(), Vec::<String>::new(), "{}", bug.name);
    }
    assert!(findings > 0, "some of them are found without values");
}

/// The browser refuses a script that is not the page's own, and the test would see it.
#[test]
fn a_breach_of_the_policy_is_seen() {
    let (room, mut browser) = (Room::new(), Browser::start());
    let page =
        small(1).replace("</body>", "<script>document.title = 'owned'</script><img src=\"x.png\"></body>");
    browser.open(&room.put("breach", &page), "");
    let problems = browser.problems().join("\n");
    assert!(problems.contains("script-src") && problems.contains("img-src"), "{problems}");
    assert_ne!(browser.eval("document.title"), "owned");
}

#[test]
fn one_log_gives_one_page() {
    assert_eq!(small(1), small(1));
    assert_eq!(coarse(true), coarse(true));
    assert!(["http:", "https:"].iter().all(|address| !small(1).contains(address)), "a page names no address");
}
