//! Inputs of the HTML report of a run.

use std::collections::BTreeMap;
use std::path::Path;
use std::thread::available_parallelism;

use analysis::diff::Options;
use analysis::memory::Copies;
use analysis::{Busiest, CriticalPath, diff};
use diagnostic::Diagnostic;
use oplog::{Checksums, Digest, OpLog, Verdict};
use program::{OpIndex, Rank};
use replay::beside;
use report::{Against, Shown};

use crate::comparison::Compared;
use crate::error::Error;
use crate::excerpt::line_at;
use crate::render::verdict::told;
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
///
/// # Errors
/// [`Error::Replay`] when a thread cannot be started.
pub fn page_of_log(timed: &Timed, sums: Option<&Checksums>) -> Result<String, Error> {
    Ok(report::page(&timed.log, &shown_of_log(timed, sums)?))
}

/// The report of a log and of one that it is compared with.
///
/// # Errors
/// As [`page_of_log`].
pub fn page_against(a: Compared<'_>, b: Compared<'_>) -> Result<String, Error> {
    let (diff, marks) = diff::diff_and_marks(a.side(), b.side(), Options::default());
    let (of_a, of_b) = (shown_of_log(a.timed, a.checksums)?, shown_of_log(b.timed, b.checksums)?);
    let against = Against { log: &b.timed.log, shown: &of_b, diff: &diff, marks: &marks };
    Ok(report::page_against(&a.timed.log, &of_a, &against))
}

fn shown_of_log<'a>(timed: &'a Timed, sums: Option<&Checksums>) -> Result<Shown<'a>, Error> {
    let values = Values {
        data: sums.map(|sums| sums.replay.data),
        verdict: sums.and_then(|sums| sums.replay.verdict.clone()),
        findings: Vec::new(),
        computed: false,
    };
    // The times are added up while a second thread looks for hazards.
    let threads = available_parallelism().map_or(1, usize::from);
    let check = || hazard::check(&timed.log, &timed.flow, &timed.dependencies, hazard::Options::default());
    let (hazards, shown) = beside(threads, check, || shown(timed, values))?;
    Ok(Shown { findings: without_patches(hazards.findings), ..shown })
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
        told: values.verdict.as_ref().and_then(told),
        findings: without_patches(values.findings),
        computed: values.computed,
        busiest: Busiest::of(&log.program, &log.machine, &log.placement, &log.layout),
        excerpts: excerpts(log, &critical, values.verdict.as_ref()),
        verdict: values.verdict,
        critical,
        copies: Copies::of(log, &timed.flow, |_| true),
        dependencies: &timed.dependencies,
    }
}

/// A page shows no patches.
fn without_patches(findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    findings.into_iter().map(|found| Diagnostic { patch: None, ..found }).collect()
}

/// Texts of the lines that the critical path spends most on, and of those that wrote wrong values, by `file:line`,
/// where they can be read.
fn excerpts(log: &OpLog, critical: &CriticalPath, verdict: Option<&Verdict>) -> BTreeMap<String, String> {
    let text = |name: String| {
        let (file, line) = name.rsplit_once(':')?;
        // A page is shown to others, and a log may come from anywhere: what is no source must not be shown.
        let of_source = |extension: &str| SOURCES.contains(&extension);
        Path::new(file).extension()?.to_str().filter(|it| of_source(it))?;
        let text = line_at(file, line.parse().ok()?)?;
        Some((name, text))
    };
    let slow = critical.by_source(log).into_iter().take(EXCERPTS).map(|(name, _)| name);
    let wrong = verdict.and_then(|verdict| verdict.provenance.as_ref()).into_iter().flat_map(|it| &it.wrong);
    let wrong = wrong.filter_map(|part| {
        let (rank, op) = (Rank(part.rank?), OpIndex(part.op?));
        log.program.location(rank, op).map(|it| format!("{}:{}", it.file, it.line))
    });
    slow.chain(wrong).filter_map(text).collect()
}
