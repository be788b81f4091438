//! Inputs of the HTML report of a run.

use std::collections::BTreeMap;
use std::path::Path;

use analysis::diff::Options;
use analysis::memory::Copies;
use analysis::{Busiest, CriticalPath, diff};
use diagnostic::Diagnostic;
use oplog::{Checksums, Digest, OpLog, Verdict};
use report::{Against, Shown};

use crate::comparison::Compared;
use crate::excerpt::line_at;
use crate::simulate::{Computed, Timed};

/// Extensions of files that kernels are written in.
const SOURCES: [&str; 2] = ["rs", "py"];
/// Lines whose text a page has.
const EXCERPTS: usize = 40;

/// The report of a run with its values.
pub fn page(timed: &Timed, computed: &Computed) -> String {
    let values = Values {
        data: computed.data,
        verdict: computed.verdict.clone(),
        findings: computed.findings.clone(),
        computed: computed.data.is_some(),
    };
    report::page(&timed.log, &shown(timed, values))
}

/// The report of a log: its findings are those that need no values, and its verdict that of its last replay.
pub fn page_of_log(timed: &Timed, sums: Option<&Checksums>) -> String {
    report::page(&timed.log, &shown_of_log(timed, sums))
}

/// The report of a log and of one that it is compared with.
pub fn page_against(a: Compared<'_>, b: Compared<'_>) -> String {
    let (diff, marks) = diff::diff_and_marks(a.side(), b.side(), Options::default());
    let [of_a, of_b] = [a, b].map(|it| shown_of_log(it.timed, it.checksums));
    let against = Against { log: &b.timed.log, shown: &of_b, diff: &diff, marks: &marks };
    report::page_against(&a.timed.log, &of_a, &against)
}

fn shown_of_log<'a>(timed: &'a Timed, sums: Option<&Checksums>) -> Shown<'a> {
    let hazards = hazard::check(&timed.log, &timed.flow, &timed.dependencies, hazard::Options::default());
    let values = Values {
        data: sums.map(|sums| sums.replay.data),
        verdict: sums.and_then(|sums| sums.replay.verdict.clone()),
        findings: hazards.findings,
        computed: false,
    };
    shown(timed, values)
}

struct Values {
    data: Option<Digest>,
    verdict: Option<Verdict>,
    findings: Vec<Diagnostic>,
    computed: bool,
}

fn shown(timed: &Timed, values: Values) -> Shown<'_> {
    let log = &timed.log;
    let critical = CriticalPath::of(log, &timed.dependencies);
    Shown {
        writer: format!("kernmesh {}", env!("CARGO_PKG_VERSION")),
        digests: timed.digests,
        data: values.data,
        verdict: values.verdict,
        // A page shows no patches.
        findings: values.findings.into_iter().map(|found| Diagnostic { patch: None, ..found }).collect(),
        computed: values.computed,
        busiest: Busiest::of(&log.program, &log.machine, &log.placement, &log.layout),
        excerpts: excerpts(log, &critical),
        critical,
        copies: Copies::of(log, &timed.flow, |_| true),
        dependencies: &timed.dependencies,
    }
}

/// Texts of the lines that the critical path spends most on, by `file:line`, where they can be read.
fn excerpts(log: &OpLog, critical: &CriticalPath) -> BTreeMap<String, String> {
    let text = |(name, _): (String, _)| {
        let (file, line) = name.rsplit_once(':')?;
        // A page is shown to others, and a log may come from anywhere: what is no source must not be shown.
        let of_source = |extension: &str| SOURCES.contains(&extension);
        Path::new(file).extension()?.to_str().filter(|it| of_source(it))?;
        let text = line_at(file, line.parse().ok()?)?;
        Some((name, text))
    };
    critical.by_source(log).into_iter().take(EXCERPTS).filter_map(text).collect()
}
