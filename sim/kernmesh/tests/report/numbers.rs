//! Every pane has the numbers that the log has.

use std::collections::BTreeMap;

use kernmesh::Simulation;
use kernmesh::analysis::{Bounds, CriticalPath, units};
use kernmesh::machine::{LinkId, Sync, Traffic};
use kernmesh::oplog::OpLog;
use kernmesh::program::{ComputeOp, Op, RankProgram, SendOp, Space};

use crate::browser::Browser;
use crate::pages::{Room, run};

struct Page<'a> {
    browser: Browser,
    run: &'a Simulation,
    tick: f64,
}

impl Page<'_> {
    fn log(&self) -> &OpLog {
        &self.run.timed.log
    }
    /// Holds an attribute to femtoseconds of the log, which the page counts in ticks.
    fn has_time(&mut self, pane: &str, name: &str, fs: u64) {
        let found = self.browser.number(pane, name) * self.tick;
        assert_eq!(found, fs as f64, "{pane}: {name}");
    }
    fn has(&mut self, pane: &str, name: &str, expected: impl ToString) {
        assert_eq!(self.browser.said(pane, name), expected.to_string(), "{pane}: {name}");
    }
}

#[test]
fn every_pane_has_the_numbers_of_the_log() {
    let room = Room::new();
    let mut waited = 0;
    for (words, sync) in [
        ("mesh_mlo ranks=8 kv_len=1024", Sync::Interlocked),
        ("mesh_mlo ranks=3 kv_len=64", Sync::Explicit),
        ("mesh_kv ranks=4 slots=1 kv_len=256", Sync::Interlocked),
        ("ring_model ranks=16", Sync::Interlocked),
    ] {
        let run = run(words, sync);
        let mut browser = Browser::start();
        browser.open(&room.page_of(words, &run), "#tabs=mesh,work,lines");
        let ops = run.timed.log.program.n_ops() as f64;
        assert_eq!(browser.number("facts", "ops"), ops, "{words}");
        let tick = run.timed.log.makespan().fs() as f64 / browser.number("timeline", "to");
        let mut page = Page { browser, run: &run, tick };
        facts(&mut page);
        busy(&mut page);
        traffic(&mut page);
        memory(&mut page);
        bounds(&mut page);
        critical(&mut page);
        lines(&mut page);
        waited += page.browser.number("rings", "waited") as u64;
    }
    assert!(waited > 0, "some sends wait for credits, or that number says nothing");
}

fn facts(page: &mut Page) {
    let (timed, computed) = (&page.run.timed, &page.run.computed);
    page.has("facts", "makespanFs", timed.log.makespan().fs());
    page.has("facts", "structure", timed.digests.structure);
    page.has("facts", "timing", timed.digests.timing);
    page.has("facts", "data", computed.data.map(|data| data.to_string()).unwrap_or_default());
    let verdict = computed.verdict.as_ref().map(|verdict| if verdict.pass() { "pass" } else { "fail" });
    page.has("facts", "verdict", verdict.unwrap_or("none"));
    page.has("findings", "findings", computed.findings.len());
    let kinds: Vec<&str> = computed.findings.iter().map(|finding| finding.code.name()).collect();
    page.has("findings", "kinds", kinds.join(","));
}

/// Busy time of the units of each kind, over all ranks.
fn busy(page: &mut Page) {
    let mut busy: BTreeMap<&str, u64> = BTreeMap::new();
    for ((_, unit), totals) in units(page.log()) {
        *busy.entry(unit.kind().name()).or_default() += totals.busy.fs();
    }
    for (unit, fs) in busy.into_iter().filter(|(_, fs)| *fs > 0) {
        let name = format!("busy{}{}", unit[..1].to_uppercase(), &unit[1..]);
        page.has_time("ranks", &name, fs);
    }
}

/// Messages and their bytes, from the program; and the bytes of links, from the routes of messages and of what is
/// loaded from and stored to other PEs.
fn traffic(page: &mut Page) {
    let log = page.log();
    let (mesh, program) = (log.machine.mesh(), &log.program);
    let (mut messages, mut sent, mut on_links) = (0u64, 0u64, 0u64);
    for (rank, index) in log.ops() {
        let of_rank = program.rank(rank);
        let bytes = |view: kernmesh::program::ViewId| of_rank.views[view.index()].bytes();
        if let Op::Send(SendOp::Send { message, from } | SendOp::Forward { message, from }) =
            program.op(rank, index)
        {
            let ring = &program.rings[message.ring.index()];
            let [from_pe, to_pe] = [ring.producer, ring.consumer].map(|rank| log.placement[rank.index()]);
            let route: Vec<LinkId> = mesh.route(Traffic::Message, from_pe, to_pe);
            messages += 1;
            sent += bytes(*from);
            on_links += bytes(*from) * route.len() as u64;
        }
    }
    page.has("rings", "rings", program.rings.len());
    page.has("rings", "messages", messages);
    page.has("rings", "bytes", sent);
    // In these kernels every rank loads and stores at home.
    page.has("mesh", "linkBytes", on_links);
}

fn memory(page: &mut Page) {
    let peaks = &page.run.timed.log.layout.peaks;
    let most =
        |of: fn(&kernmesh::program::layout::Peak) -> u64| peaks.iter().map(of).max().unwrap_or_default();
    let [needed, live] = [most(|peak| peak.bytes.0), most(|peak| peak.live_bound.0)];
    page.has("memory", "needed", needed);
    page.has("memory", "live", live);
    page.has("memory", "capacity", page.log().machine.spec().pe.tcm_bytes.0);
    let peak = page.browser.number("memory", "peak") as u64;
    assert!(peak <= needed, "{peak} bytes in use at once, of {needed}");
    let held = kernmesh::analysis::memory::memories(page.log());
    let of_hbm = |memory: &&kernmesh::analysis::memory::Memory| matches!(memory.space, Space::Hbm(_));
    let most = held.iter().filter(of_hbm).map(|memory| memory.fullest().bytes).max().unwrap_or_default();
    show(page, "hbm");
    page.has("memory", "peak", most);
    show(page, "tcm");
}

/// Chooses the memory whose lifetimes are shown.
fn show(page: &mut Page, kind: &str) {
    page.browser.eval(&format!("location.hash = 'memory={kind}'"));
    page.browser.wait_for(&format!("document.getElementById('memory').dataset.kind === '{kind}'"));
}

fn bounds(page: &mut Page) {
    let log = page.log();
    let bounds = Bounds::of(&log.program, &log.machine, &log.placement, &log.layout);
    for (bound, span) in bounds.ranked() {
        page.has("work", bound.name(), span.fs());
    }
    page.has("work", "binding", bounds.binding().0.name());
    let macs_of = |rank: &RankProgram| -> u64 {
        let dot = |op: &Op| {
            let Op::Compute(ComputeOp::Dot { a, b, .. }) = op else { return None };
            Some([a, b].map(|view| rank.views[view.index()].shape))
        };
        let views = rank.ops.iter().filter_map(dot);
        views.map(|[a, b]| u64::from(a[0]) * u64::from(a[1]) * u64::from(b[1])).sum()
    };
    let macs: u64 = page.log().program.ranks.iter().map(macs_of).sum();
    page.has("work", "macs", macs);
}

fn critical(page: &mut Page) {
    let path = CriticalPath::of(page.log(), &page.run.timed.dependencies);
    page.has("critical", "stretches", path.stretches.len());
    page.has_time("critical", "total", page.log().makespan().fs());
    for (category, span) in path.by_category() {
        page.has_time("critical", category.name(), span.fs());
    }
}

fn lines(page: &mut Page) {
    let log = page.log();
    let stalled: u64 = log.stalls.iter().map(|stall| (stall.to - stall.from).fs()).sum();
    let entries = log.entries.start.iter().zip(&log.entries.done);
    let time: u64 = entries.map(|(&start, &done)| done.since(start).fs()).sum();
    let credit = log.stalls.iter().filter(|stall| stall.reason == kernmesh::oplog::StallReason::Credit);
    let waited: u64 = credit.map(|stall| (stall.to - stall.from).fs()).sum();
    page.has("lines", "ops", page.log().program.n_ops());
    page.has_time("lines", "time", time);
    page.has_time("lines", "stalled", stalled);
    page.has_time("lines", "allStalled", stalled);
    page.has_time("rings", "waited", waited);
}
