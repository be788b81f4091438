//! A run on one screen: what came of it first, then how long it took and where the time went.

use std::collections::BTreeMap;
use std::time::Duration;

use analysis::Limit;
use diagnostic::{Code, Diagnostic};
use machine::shown;
use program::UnitKind;

use super::columns::{listed, wrapped};
use super::finding::{findings, kinds};
use super::number::{bytes, grouped, ns, percent};
use super::{Paint, Shows, one_line};
use super::{peak, traffic, verdict};
use crate::summary::{InOrder, LimitedBy, LowerBounds, Summary};

/// Width of the labels.
const LABEL: usize = 11;
/// Findings shown in full, if a screen holds them; one always is.
const SHOWN: usize = 3;
/// Lines of a screen.
const SCREEN: usize = 24;
/// A step is shown when it takes this part of the time, one in so many.
const NOTICED: u32 = 20;
/// Reasons to wait shown, the longest first.
const REASONS: usize = 6;

pub fn summary(summary: &Summary, shows: Shows) -> String {
    let paint = shows.paint;
    let mut text = format!("{}\n", verdict_line(summary, paint));
    // Beside findings there is no room for what does not bear on them; JSON has it.
    let is_clean = summary.findings.is_empty();
    let mut rows = vec![(true, "found", found(summary))];
    if let Some(verdict) = &summary.verdict {
        rows.extend(verdict::rows(verdict, LABEL).into_iter().map(|(label, said)| (true, label, said)));
        rows.push((is_clean, "rule", verdict::rule(verdict.leading(), LABEL)));
    }
    rows.extend([
        (true, "run", subject(summary)),
        (true, "order", summary.order.as_ref().map_or_else(|| any_order(summary), order)),
        (true, "makespan", makespan(summary)),
        (true, "ties", ties(summary)),
        (true, "limit", limit(summary)),
        (true, "bounds", bounds(summary)),
        (is_clean && summary.traffic.is_none(), "peak", peak::of_binding(summary, LABEL)),
        (is_clean, "critical", critical(summary)),
        (true, "latency", summary.traffic.as_ref().map_or_else(String::new, traffic::latency)),
        (true, "load", summary.traffic.as_ref().map_or_else(String::new, traffic::throughput)),
        (is_clean, "messages", grouped(summary.messages)),
        (is_clean, "ops", ops(summary)),
        (is_clean, "busy", busy(summary)),
        (true, "stalled", stalled(summary)),
        (is_clean, "memory", memory(summary)),
        (true, "digests", digests(summary)),
        (is_clean, "wall", wall(summary)),
    ]);
    for (_, label, said) in rows.iter().filter(|(is_shown, _, said)| *is_shown && !said.is_empty()) {
        text.push_str(&format!("{}{said}\n", paint.faint(&format!("{label:LABEL$}"))));
    }
    if is_clean { text } else { with_findings(&text, summary, shows) }
}

/// As many findings as a screen holds, and one at least.
fn with_findings(text: &str, summary: &Summary, shows: Shows) -> String {
    let with = |shown| format!("{text}\n{}", findings(&summary.findings, shown, shows.paint));
    if let Some(most) = shows.findings {
        return with(most);
    }
    let fits = |shown: &usize| with(*shown).lines().count() <= SCREEN;
    with((2..=SHOWN).rev().find(fits).unwrap_or(1))
}

/// The times of a program on a machine, and on the same with other numbers; before them, what has lost its order.
pub fn whatif(before: &Summary, after: &Summary, lost: &[Diagnostic], shows: Shows) -> String {
    let paint = shows.paint;
    let mut text = String::new();
    if !lost.is_empty() {
        let n = if lost.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", lost.len()) };
        let said = format!(
            "{n}: the change leaves conflicting accesses unordered, and the result depends on timing"
        );
        text.push_str(&format!("{}{}{said}\n", paint.bad("FAIL"), " ".repeat(LABEL - 4)));
    }
    for (when, summary) in [("before", before), ("after", after)] {
        text.push_str(&format!("{}{}\n", paint.faint(&format!("{when:LABEL$}")), makespan(summary)));
        for (label, said) in [("  bounds", bounds(summary)), ("  critical", critical(summary))] {
            text.push_str(&format!("{}{said}\n", paint.faint(&format!("{label:LABEL$}"))));
        }
    }
    text.push_str(&change(before, after, paint));
    if lost.is_empty() { text } else { format!("{text}\n{}", findings(lost, shows.most(SHOWN), paint)) }
}

/// How much longer or shorter the second is.
pub fn change(before: &Summary, after: &Summary, paint: Paint) -> String {
    let [was, is] = [before, after].map(|summary| summary.makespan_fs.unwrap_or(0));
    let share = percent(was.abs_diff(is), was);
    let word = if is < was { "less" } else { "more" };
    let said = if is == was { "none".to_owned() } else { format!("{share} {word} time") };
    format!("{}{said}\n", paint.faint(&format!("{:LABEL$}", "change")))
}

/// What is known of other orders though none was asked for.
fn any_order(summary: &Summary) -> String {
    let said = match summary.unordered {
        Some(false) => "nothing is left unordered: the result does not depend on timing",
        Some(true) if summary.findings.iter().all(|finding| finding.code == Code::UninitialisedRead) => {
            "bytes are read that nothing has written: the result may depend on timing"
        }
        Some(true) => "conflicting accesses are left unordered: the result may depend on timing",
        None => "",
    };
    said.to_owned()
}

/// What kinds of findings there are, when more than one.
fn found(summary: &Summary) -> String {
    if summary.findings.len() > 1 { listed(&kinds(&summary.findings), LABEL) } else { String::new() }
}

fn verdict_line(summary: &Summary, paint: Paint) -> String {
    let (word, said) = verdict_of(summary);
    let word = if word == "FAIL" { paint.bad(word) } else { paint.good(word) };
    format!("{word}{}{}", " ".repeat(LABEL - 4), wrapped(&said, LABEL))
}

/// The verdict in a word, and what is said of it.
pub fn verdict_of(summary: &Summary) -> (&'static str, String) {
    let found = match summary.findings.len() {
        0 => String::new(),
        1 => "1 finding".to_owned(),
        n => format!("{n} findings"),
    };
    // The identity rule computes what the program means, whatever the memories held.
    let is_sample = summary.verdict.as_ref().is_some_and(|verdict| verdict.sample.is_some());
    let meant = match (summary.findings.is_empty(), is_sample) {
        (true, true) => "in a sample: ",
        (false, _) if summary.read_rule == "identity" => "as intended: ",
        (_, _) => "",
    };
    let numbers = summary.verdict.as_ref().map(|verdict| format!("{meant}{}", verdict::numbers(verdict)));
    let said = [found, numbers.unwrap_or_else(|| no_verdict(summary))];
    let said = said.iter().filter(|said| !said.is_empty()).cloned().collect::<Vec<_>>().join("; ");
    let wrong =
        !summary.findings.is_empty() || summary.verdict.as_ref().is_some_and(|verdict| !verdict.pass());
    let word = match (wrong, &summary.verdict) {
        (true, _) => "FAIL",
        (false, Some(_)) => "PASS",
        (false, None) => "DONE",
    };
    (word, said)
}

fn no_verdict(summary: &Summary) -> String {
    summary.not_judged.map_or_else(String::new, |why| why.reason().to_owned())
}

/// Kernel, machine, ranks, seed and read rule.
pub fn subject(summary: &Summary) -> String {
    let Summary { kernel, machine, ranks, seed, read_rule, .. } = summary;
    let ranks = if *ranks == 1 { "1 rank".to_owned() } else { format!("{ranks} ranks") };
    let [kernel, machine] = [kernel, machine].map(|name| one_line(&shown(name)).into_owned());
    let kernel = if kernel.is_empty() { "a program without a name" } else { &kernel };
    format!("{kernel} on {machine}, {ranks}, seed {seed}, read rule {read_rule}")
}

fn order(order: &InOrder) -> String {
    let name = &order.name;
    match (order.equal, order.unordered) {
        (true, false) => format!("{name}: as intended in every bit; the result does not depend on timing"),
        (true, true) => {
            format!("{name}: as intended in every bit; some ops are unordered: another order may differ")
        }
        (false, _) => match &order.first_difference {
            Some(op) => format!("{name}: other bits, first of {op}"),
            None => format!("{name}: other bits"),
        },
    }
}

fn makespan(summary: &Summary) -> String {
    let (Some(cycles), Some(fs)) = (summary.makespan_cycles, summary.makespan_fs) else {
        return String::new();
    };
    format!("{} cycles, {}", grouped(cycles), ns(fs))
}

fn ties(summary: &Summary) -> String {
    let (Some(ties), Some(own @ 1..)) = (summary.ties, summary.makespan_fs) else { return String::new() };
    let (least, most) = (grouped(ties.least_cycles), grouped(ties.most_cycles));
    let percent = |fs: u64| 100.0 * (fs as f64 / own as f64 - 1.0);
    let (less, more) = (percent(ties.least_fs), percent(ties.most_fs));
    let orders = ties.orders;
    format!(
        "{least} to {most} cycles, {less:+.2} to {more:+.2} %, in {orders} other orders of requests at one time"
    )
}

/// What bound the run, as the report says it.
fn limit(summary: &Summary) -> String {
    let (Some(LimitedBy { limit, fs, .. }), Some(makespan @ 1..)) = (summary.limit, summary.makespan_fs)
    else {
        return String::new();
    };
    let share = percent(fs, makespan);
    match limit {
        Limit::Slots => format!("slots of rings: credits on their way back are {share} of the critical path"),
        Limit::Chain(category) => {
            format!("ops that wait for each other: {} is {share} of the critical path", category.name())
        }
        // The line of the bounds says so.
        Limit::Resource(_) | Limit::Nothing => String::new(),
    }
}

/// Lower bounds as shares of the makespan, the largest first.
fn bounds(summary: &Summary) -> String {
    let (Some(bounds), Some(makespan @ 1..)) = (summary.bounds, summary.makespan_fs) else {
        return String::new();
    };
    let LowerBounds { compute_fs, unit, memory_fs, link_fs, latency_fs, binding } = bounds;
    let mut all = [(unit, compute_fs), ("memory", memory_fs), ("link", link_fs), ("latency", latency_fs)];
    all.sort_by_key(|&(_, fs)| std::cmp::Reverse(fs));
    let shares = all.map(|(name, fs)| format!("{name} {}", percent(fs, makespan)));
    let binds = match summary.limit.map(|by| by.limit) {
        // What a PE computes there is the time between its packets.
        Some(_) | None if summary.traffic.is_some() => "the pace of the packets binds".to_owned(),
        Some(Limit::Resource(_)) | None => format!("{binding} binds"),
        Some(Limit::Slots | Limit::Chain(_) | Limit::Nothing) => format!("{binding} needs most"),
    };
    format!("{}: {binds}", shares.join(", "))
}

/// What the critical path is spent on, as shares of the makespan.
fn critical(summary: &Summary) -> String {
    let (Some(path), Some(makespan @ 1..)) = (&summary.critical_path, summary.makespan_fs) else {
        return String::new();
    };
    let mut spans: Vec<(&str, u64)> = path.by_category.iter().map(|(&name, &fs)| (name, fs)).collect();
    spans.sort_by_key(|&(name, fs)| (std::cmp::Reverse(fs), name));
    let mut items: Vec<String> =
        spans.iter().map(|&(name, fs)| format!("{name} {}", percent(fs, makespan))).collect();
    items.extend(
        path.by_source.first().map(|it| format!("most at {} {}", it.source, percent(it.fs, makespan))),
    );
    listed(&items, LABEL)
}

fn ops(summary: &Summary) -> String {
    let mut kinds: Vec<(&str, u64)> = summary.ops.by_kind.iter().map(|(&kind, &n)| (kind, n)).collect();
    kinds.sort_by_key(|&(kind, n)| (std::cmp::Reverse(n), kind));
    let mut items = vec![format!("{} in all", grouped(summary.ops.total))];
    items.extend(kinds.iter().map(|&(kind, n)| format!("{kind} {}", grouped(n))));
    listed(&items, LABEL)
}

/// Busy time of each kind of unit as a share of the run, over all ranks.
fn busy(summary: &Summary) -> String {
    let mut units: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for time in summary.units.values() {
        let (busy, of) = units.entry(time.kind.name()).or_default();
        *busy = busy.saturating_add(time.busy_fs);
        *of = of.saturating_add(summary.makespan_fs.unwrap_or(0));
    }
    let items: Vec<String> = units
        .iter()
        .filter(|(_, (busy, _))| *busy > 0)
        .map(|(name, &(busy, of))| format!("{name} {}", percent(busy, of)))
        .collect();
    listed(&items, LABEL)
}

/// What the sequencers waited for, as a share of the run, and the units for links, memories and credits.
fn stalled(summary: &Summary) -> String {
    let mut reasons: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for time in summary.units.values() {
        for (&reason, &fs) in &time.stalled_fs {
            let of_sequencer = time.kind == UnitKind::Sequencer;
            let of_unit = ["credit", "link", "memory"].contains(&reason);
            if fs > 0 && reason != "finished" && (of_sequencer || of_unit) {
                let sum = reasons.entry((time.kind.name(), reason)).or_default();
                *sum = sum.saturating_add(fs);
            }
        }
    }
    let whole = summary.makespan_fs.unwrap_or(0).saturating_mul(u64::from(summary.ranks));
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|&(name, fs)| (std::cmp::Reverse(fs), name));
    let item =
        |&((unit, reason), fs): &((&str, &str), u64)| format!("{unit} on {reason} {}", percent(fs, whole));
    listed(&reasons.iter().take(REASONS).map(item).collect::<Vec<_>>(), LABEL)
}

fn memory(summary: &Summary) -> String {
    let (Some(peak), Some(live)) = (summary.peak_tcm_bytes, summary.live_tcm_bytes) else {
        return String::new();
    };
    let of = bytes(summary.tcm_bytes);
    let tcm = format!("TCM peak {} of {of} ({} live)", bytes(peak), bytes(live));
    let hbm = summary.memories.iter().find(|memory| memory.space == "hbm");
    let hbm = hbm.map(|it| format!("HBM {} ({} live)", bytes(it.needed_bytes), bytes(it.most_bytes)));
    let replay = summary.peak_live_bytes.filter(|&n| n > 0).map(|n| format!("replay {}", bytes(n)));
    listed(&[Some(tcm), hbm, replay].into_iter().flatten().collect::<Vec<_>>(), LABEL)
}

/// Enough of each to tell two apart; JSON has all of it.
fn digests(summary: &Summary) -> String {
    let digests = &summary.digests;
    let named = [("structure", &digests.structure), ("timing", &digests.timing), ("data", &digests.data)];
    let known =
        named.iter().filter_map(|(name, digest)| Some(format!("{name} {}", digest.as_ref()?.get(..16)?)));
    listed(&known.collect::<Vec<_>>(), LABEL)
}

/// The whole time, and the steps that take a noticeable part of it.
fn wall(summary: &Summary) -> String {
    let steps = &summary.wall_s.0;
    let all: Duration = steps.iter().map(|(_, time)| *time).sum();
    let matters = steps.iter().filter(|(_, time)| *time * NOTICED >= all && !time.is_zero());
    let mut parts: Vec<String> =
        matters.map(|(key, time)| format!("{key} {:.3} s", time.as_secs_f64())).collect();
    if let Some(first) = parts.first_mut() {
        *first = format!("{:.3} s: {first}", all.as_secs_f64());
    }
    listed(&parts, LABEL)
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
