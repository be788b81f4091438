//! Causes of a wrong output, in a few lines.

use oplog::Verdict;
use oplog::provenance::{Compared, Difference, Provenance, Ranges, Region, Taken, Traced, WrongPart};
use report::Said;

use super::columns::wrapped;
use super::likeness::{alike, times};
use super::number::grouped;
use super::one_line;
use super::remark::place;
use super::verdict::number;

/// Ranks in a list.
const RANKS: usize = 3;
/// Lines of a terminal.
const LINES: usize = 8;

/// How much is said: lines of each kind, and boxes in a line.
#[derive(Clone, Copy)]
struct Most {
    parts: usize,
    reasons: usize,
    boxes: usize,
}

/// A terminal has the first of them that fits.
const OF_TERMINAL: [Most; 4] = [
    Most { parts: 2, reasons: 2, boxes: 4 },
    Most { parts: 2, reasons: 2, boxes: 2 },
    Most { parts: 1, reasons: 2, boxes: 2 },
    Most { parts: 1, reasons: 2, boxes: 1 },
];
const OF_PAGE: Most = Most { parts: 4, reasons: 6, boxes: 8 };

/// Labels and what is said beside them: where the output is wrong, why, and what its worst element is made of. At most
/// eight lines, for the worst element and the rule are told beside them: where they are more, fewer boxes and parts are.
pub fn rows(output: &str, provenance: &Provenance, label: usize) -> Vec<(&'static str, String)> {
    let lines = |rows: &[(&str, String)]| -> usize {
        rows.iter().filter(|(_, said)| !said.is_empty()).map(|(_, said)| said.lines().count()).sum()
    };
    let mut rows = Vec::new();
    for most in OF_TERMINAL {
        let all = at_most(output, provenance, most).into_iter();
        rows = all.map(|row| (row.label, wrapped(&row.text, label))).collect();
        if lines(&rows) <= LINES {
            break;
        }
    }
    rows
}

/// The same for a page, which wraps its lines itself and has room for more of them.
pub fn rows_of_page(output: &str, provenance: &Provenance) -> Vec<Said> {
    at_most(output, provenance, OF_PAGE)
}

fn at_most(output: &str, provenance: &Provenance, most: Most) -> Vec<Said> {
    let Most { boxes, .. } = most;
    let output = one_line(output).into_owned();
    let lines = |said: Vec<String>, label| said.into_iter().map(move |text| Said::of(label, text));
    let parts = parts(&output, provenance, most.parts).into_iter().enumerate();
    let mut rows: Vec<Said> =
        parts.map(|(part, text)| Said { part: Some(part), ..Said::of("wrong", text) }).collect();
    let is_like = provenance.wrong.first().is_some_and(|part| !part.likeness.is_empty());
    let why = shortened(reasons(&output, &provenance.elements, is_like), most.reasons);
    let perhaps = if why.is_empty() { guesses(&output, &provenance.elements) } else { Vec::new() };
    let perhaps = shortened(perhaps, most.reasons);
    rows.extend(lines(why, "why"));
    rows.extend(lines(perhaps, "perhaps"));
    if let Some(element) = provenance.elements.first() {
        let part = if element.complete { "" } else { ", as far as it was followed" };
        let index = &element.index;
        rows.push(Said::of(
            "made of",
            made_of(&output, index, "", (&first_named(element), element.more_taken), boxes) + part,
        ));
        rows.extend(element.beside.as_ref().map(|beside| {
            let taken = (&beside.taken[..], beside.more_taken);
            Said::of("beside", made_of(&output, &beside.index, ", which is right", taken, boxes))
        }));
    }
    rows.push(Said::of("unused", unused(&provenance.unused, provenance.more_unused, boxes)));
    rows
}

/// Why the output that is furthest beyond its limit is wrong, in lines as a run tells them; `None` of a verdict that has no provenance.
pub fn why(verdict: &Verdict) -> Option<String> {
    Some(lines(&verdict.leading().output, verdict.provenance.as_ref()?))
}

fn lines(output: &str, provenance: &Provenance) -> String {
    let rows = rows(output, provenance, 11).into_iter().filter(|(_, said)| !said.is_empty());
    rows.map(|(label, said)| format!("{label:11}{said}\n")).collect()
}

#[cfg(test)]
pub fn provenance(output: &str, provenance: &Provenance) -> String {
    lines(output, provenance)
}

fn parts(output: &str, provenance: &Provenance, n: usize) -> Vec<String> {
    let part = |part: &WrongPart| {
        let WrongPart { rank, op: _, source, ranges, wrong, of, likeness } = part;
        let which = match (wrong, of) {
            (1, 1) => "the element".to_owned(),
            _ if wrong == of => format!("all {} elements of", grouped(*of)),
            _ => format!("{} of {} elements of", grouped(*wrong), grouped(*of)),
        };
        let by = match (rank, source) {
            (Some(rank), Some(source)) => format!("stored by rank {rank} ({})", one_line(source)),
            (Some(rank), None) => format!("stored by rank {rank}"),
            (None, _) => "which nothing wrote".to_owned(),
        };
        let likeness: Vec<String> = likeness.iter().map(|it| alike(it, part.wrong)).collect();
        let colon = if likeness.is_empty() { "" } else { ": " };
        format!("{which} {output}{}, {by}{colon}{}", ranges_in(ranges), likeness.join(", "))
    };
    let mut said: Vec<String> = provenance.wrong.iter().take(n).map(part).collect();
    let more: u64 =
        provenance.wrong.iter().skip(n).map(|part| part.wrong).sum::<u64>() + provenance.not_listed;
    if let Some(last) = said.last_mut().filter(|_| more > 0) {
        last.push_str(&format!("; {} elsewhere", grouped(more)));
    }
    if let (Some(last), little @ 1..) = (said.last_mut(), provenance.off_by_little) {
        last.push_str(&format!("; {} more off by little", grouped(little)));
    }
    said
}

/// Share of a value that may be lost by sums in f16 or bf16.
const NEAR: f64 = 1.0 / 32.0;

/// What is wrong with each element, and what the others have alike once.
fn reasons(output: &str, elements: &[Traced], is_like: bool) -> Vec<String> {
    let mut reasons = Vec::new();
    for element in elements {
        let of = format!("{output}{}", place(&element.index));
        reasons.extend(told(output, element, &element.differences));
        if element.unwritten > 0 {
            let what = if element.unwritten == 1 { "element" } else { "elements" };
            reasons.push(format!("{of} reads {} {what} that nothing wrote", grouped(element.unwritten)));
        }
    }
    let first = elements.first().filter(|it| reasons.is_empty() && it.compared == Compared::Whole);
    reasons.extend(first.map(|element| {
        let of = format!("{output}{}", place(&element.index));
        let is_near = (element.value - element.oracle).abs() <= NEAR * element.oracle.abs();
        let else_ = match (is_like, is_near) {
            (true, _) => "",
            (false, true) => ", and computes something else of them, or the same in coarser numbers",
            (false, false) => ", and computes something else of them",
        };
        format!("{of} takes the floating-point inputs that it should{else_}")
    }));
    reasons
}

/// What may be wrong, where no value says that it is.
fn guesses(output: &str, elements: &[Traced]) -> Vec<String> {
    elements.iter().flat_map(|element| told(output, element, &element.perhaps)).collect()
}

/// Differences of an element, those that are alike in one line.
fn told(output: &str, element: &Traced, all: &[Difference]) -> Vec<String> {
    let of = format!("{output}{}", place(&element.index));
    let beside = element.beside.as_ref().map(|it| format!("{output}{}", place(&it.index)));
    let told = |alike: &[Difference]| format!("{of} {}", differences(alike, beside.as_deref()));
    all.chunk_by(is_alike).map(told).collect()
}

fn shortened(mut reasons: Vec<String>, most: usize) -> Vec<String> {
    if let Some(more) = reasons.len().checked_sub(most).filter(|&more| more > 0) {
        reasons.truncate(most);
        reasons[most - 1].push_str(&format!("; {more} more with --json"));
    }
    reasons
}

/// Whether two are parts that are missing of one input, or foreign, or taken where others are not.
fn is_alike(a: &Difference, b: &Difference) -> bool {
    a.input() == b.input()
        && match (a, b) {
            (Difference::Missing { .. }, Difference::Missing { .. })
            | (Difference::Foreign { .. }, Difference::Foreign { .. })
            | (Difference::Neglected { .. }, Difference::Neglected { .. }) => true,
            (
                Difference::Displaced { .. }
                | Difference::Missing { .. }
                | Difference::Foreign { .. }
                | Difference::Repeated { .. }
                | Difference::Weighed { .. }
                | Difference::Scaled { .. }
                | Difference::Neglected { .. }
                | Difference::Error { .. },
                _,
            ) => false,
        }
}

/// Those that are alike: the first, and of the others which parts.
fn differences(alike: &[Difference], beside: Option<&str>) -> String {
    let [first, others @ ..] = alike else { return String::new() };
    let ranges: Vec<String> = others
        .iter()
        .filter_map(|it| match it {
            Difference::Missing { region }
            | Difference::Foreign { region }
            | Difference::Neglected { taken: region, .. } => Some(ranges_in(&region.ranges)),
            Difference::Displaced { .. }
            | Difference::Repeated { .. }
            | Difference::Weighed { .. }
            | Difference::Scaled { .. }
            | Difference::Error { .. } => None,
        })
        .collect();
    let shown = ranges[..ranges.len().min(2)].join(", ");
    let also = match ranges.len() {
        0 => String::new(),
        1 | 2 => format!("; also {shown}"),
        n => format!("; also {shown} and {} more", n - 2),
    };
    difference(first, beside) + &also
}

fn difference(difference: &Difference, beside: Option<&str>) -> String {
    let other = beside.unwrap_or("the reference");
    let by_other = beside.map_or_else(String::new, |beside| format!(" to be like {beside}"));
    match difference {
        Difference::Displaced { taken, meant } => {
            format!("takes {} in place of {}{}{by_other}", region(taken), region(meant), by(taken, meant))
        }
        Difference::Missing { region: of } => format!("lacks {}{by_other}", region(of)),
        Difference::Foreign { region: of } if beside.is_some() => {
            format!("takes {}, and {other} nothing like it", region(of))
        }
        Difference::Foreign { region: of } => format!("takes {}, which the reference does not", region(of)),
        Difference::Repeated { region: of, times, usual } => {
            format!("takes {} {}, and others {}", region(of), often(*times), often(*usual))
        }
        Difference::Weighed { region: of, ratio } if (ratio + 1.0).abs() <= 1e-3 => {
            format!("gets from {} in all what the reference gets, with the other sign", region(of))
        }
        // The ratio is one of sums over the box: its single elements may have other ratios.
        Difference::Weighed { region: of, ratio } => {
            format!("gets from {} in all {} what the reference gets", region(of), times(*ratio))
        }
        Difference::Scaled { input, by } => {
            format!("is what the reference gives with {} {}", times(*by), one_line(input))
        }
        Difference::Neglected { taken, unused } => {
            format!("takes {}, and no output takes {}", region(taken), region(unused))
        }
        Difference::Error { region: of, times: 2 } => {
            format!("is right with the other sign of {}", region(of))
        }
        // With the weight that its neighbour has.
        Difference::Error { region: of, times: -1 } => format!("is right with {} taken, too", region(of)),
        // Without all that it gives, however often it is taken.
        Difference::Error { region: of, .. } => format!("is right without {}", region(of)),
    }
}

/// How far a box was moved, where that is along one axis.
fn by(taken: &Region, meant: &Region) -> String {
    let moves = taken.ranges.iter().zip(&meant.ranges).enumerate();
    let moved: Vec<(usize, i128)> = moves
        .map(|(axis, (taken, meant))| (axis, i128::from(taken[0]) - i128::from(meant[0])))
        .filter(|(_, by)| *by != 0)
        .collect();
    let n = taken.ranges.len();
    let is_exchanged = n >= 2 && {
        let mut exchanged = meant.ranges.clone();
        exchanged.swap(n - 2, n - 1);
        exchanged == taken.ranges
    };
    match moved[..] {
        _ if is_exchanged && moved.len() != 1 => ": the last two axes are exchanged".to_owned(),
        [(axis, by)] => format!(": {by:+} along axis {axis}"),
        [] | [_, _, ..] => String::new(),
    }
}

/// The boxes of an element: those that a difference names come first, then those that count.
fn first_named(element: &Traced) -> Vec<Taken> {
    let mut taken = element.taken.clone();
    let is_named = |it: &Taken| {
        let all = element.differences.iter().chain(&element.perhaps);
        all.filter_map(Difference::region).any(|of| of.input == it.region.input && of.meets(&it.region))
    };
    taken.sort_by_key(|it| (!is_named(it), it.times == 0));
    taken
}

fn made_of(
    output: &str,
    index: &[u64],
    which: &str,
    (taken, not_listed): (&[Taken], u64),
    boxes: usize,
) -> String {
    let told = |taken: &Taken| match (taken.times, taken.weight) {
        (0, _) => format!("{} through a function", region(&taken.region)),
        (times, Some(weight)) if weight != f64::from(times) => {
            format!("{} × {}", number(weight), region(&taken.region))
        }
        (times, _) => format!("{} {}", region(&taken.region), often(times)),
    };
    let mut parts: Vec<String> = taken.iter().take(boxes).map(told).collect();
    let more = taken.len().saturating_sub(boxes) as u64 + not_listed;
    if more > 0 {
        parts.push(format!("{} more {}", grouped(more), if more == 1 { "box" } else { "boxes" }));
    }
    if parts.is_empty() {
        parts.push("no input".to_owned());
    }
    format!("{output}{}{which}: {}", place(index), parts.join("; "))
}

fn unused(unused: &[Region], not_listed: u64, boxes: usize) -> String {
    let mut parts: Vec<String> = unused.iter().take(boxes).map(region).collect();
    let more = unused.len().saturating_sub(boxes) as u64 + not_listed;
    if more > 0 {
        parts.push(format!("{} more {}", grouped(more), if more == 1 { "box" } else { "boxes" }));
    }
    if parts.is_empty() { String::new() } else { format!("{}: no output takes it", parts.join("; ")) }
}

/// `x[0:4, 8] of rank 3`
fn region(of: &Region) -> String {
    let ranks: Vec<String> = of.ranks.iter().take(RANKS).map(u32::to_string).collect();
    let more = of.ranks.len().saturating_sub(RANKS);
    let by = match (ranks.len(), more) {
        (0, _) => " in no rank's share".to_owned(),
        (1, _) => format!(" of rank {}", ranks[0]),
        (_, 0) => format!(" of ranks {}", ranks.join(", ")),
        (_, more) => format!(" of ranks {} and {more} more", ranks.join(", ")),
    };
    format!("{}{}{by}", one_line(&of.input), ranges_in(&of.ranges))
}

/// `[0:4, 8]`
fn ranges_in(ranges: &Ranges) -> String {
    let axis =
        |[first, end]: &[u64; 2]| if end - first == 1 { first.to_string() } else { format!("{first}:{end}") };
    format!("[{}]", ranges.iter().map(axis).collect::<Vec<_>>().join(", "))
}

fn often(times: u32) -> String {
    match times {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        times => format!("{times} times"),
    }
}

#[cfg(test)]
#[path = "provenance_tests.rs"]
mod tests;
