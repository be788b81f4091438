//! Why an output is wrong, in a few lines.

use oplog::provenance::{Compared, Difference, Provenance, Ranges, Region, Taken, Traced, WrongPart};

use super::columns::wrapped;
use super::number::grouped;
use super::one_line;
use super::remark::place;

/// Lines of each kind.
const PARTS: usize = 2;
const REASONS: usize = 2;
/// Boxes in a line.
const BOXES: usize = 4;
/// Ranks in a list.
const RANKS: usize = 3;

/// Labels and what is said beside them: where the output is wrong, why, and what its worst element is made of.
pub fn rows(output: &str, provenance: &Provenance, label: usize) -> Vec<(&'static str, String)> {
    let output = one_line(output).into_owned();
    let lines = |said: Vec<String>, label: &'static str| said.into_iter().map(move |said| (label, said));
    let mut rows: Vec<_> = lines(parts(&output, provenance), "wrong").collect();
    rows.extend(lines(reasons(&output, &provenance.elements), "why"));
    rows.extend(provenance.elements.first().map(|element| ("made of", made_of(&output, element))));
    rows.push(("unused", unused(&provenance.unused)));
    rows.into_iter().map(|(name, said)| (name, wrapped(&said, label))).collect()
}

/// The rows as a run tells them.
#[cfg(test)]
pub fn provenance(output: &str, provenance: &Provenance) -> String {
    let rows = rows(output, provenance, 11).into_iter().filter(|(_, said)| !said.is_empty());
    rows.map(|(label, said)| format!("{label:11}{said}\n")).collect()
}

fn parts(output: &str, provenance: &Provenance) -> Vec<String> {
    let part = |part: &WrongPart| {
        let WrongPart { rank, source, ranges, wrong, of } = part;
        let wrong = if wrong == of {
            format!("all {}", grouped(*of))
        } else {
            format!("{} of {}", grouped(*wrong), grouped(*of))
        };
        let by = match (rank, source) {
            (Some(rank), Some(source)) => format!("written by rank {rank} ({})", one_line(source)),
            (Some(rank), None) => format!("written by rank {rank}"),
            (None, _) => "which nothing wrote".to_owned(),
        };
        format!("{wrong} elements of {output}{}, {by}", ranges_in(ranges))
    };
    let mut said: Vec<String> = provenance.wrong.iter().take(PARTS).map(part).collect();
    let more: u64 =
        provenance.wrong.iter().skip(PARTS).map(|part| part.wrong).sum::<u64>() + provenance.not_listed;
    if let Some(last) = said.last_mut().filter(|_| more > 0) {
        last.push_str(&format!("; {} elsewhere", grouped(more)));
    }
    said
}

/// What is wrong with each element, and what the others have alike once.
fn reasons(output: &str, elements: &[Traced]) -> Vec<String> {
    let mut reasons = Vec::new();
    for element in elements {
        let of = format!("{output}{}", place(&element.index));
        reasons.extend(element.differences.iter().map(|it| format!("{of} {}", difference(it))));
        if element.unwritten > 0 {
            let n = grouped(element.unwritten);
            reasons.push(format!("{of} reads {n} elements that nothing wrote"));
        }
    }
    let first = elements.first().filter(|it| reasons.is_empty() && it.compared == Compared::Whole);
    reasons.extend(first.map(|element| {
        let of = format!("{output}{}", place(&element.index));
        format!("{of} takes the inputs that it should: it computes something else of them")
    }));
    if let Some(more) = reasons.len().checked_sub(REASONS).filter(|&more| more > 0) {
        reasons.truncate(REASONS);
        reasons[REASONS - 1].push_str(&format!("; {more} more with --json"));
    }
    reasons
}

fn difference(difference: &Difference) -> String {
    match difference {
        Difference::Displaced { taken, meant } => {
            format!("takes {} in place of {}{}", region(taken), region(meant), by(taken, meant))
        }
        Difference::Missing { region: of } => format!("lacks {}", region(of)),
        Difference::Foreign { region: of } => {
            format!("takes {}, which the reference does not", region(of))
        }
        Difference::Repeated { region: of, times, usual } => {
            format!("takes {} {}, and others {}", region(of), often(*times), often(*usual))
        }
    }
}

/// How far a box was moved, where that is along one axis.
fn by(taken: &Region, meant: &Region) -> String {
    let moves = taken.ranges.iter().zip(&meant.ranges).enumerate();
    let moved: Vec<(usize, i128)> = moves
        .map(|(axis, (taken, meant))| (axis, i128::from(taken[0]) - i128::from(meant[0])))
        .filter(|(_, by)| *by != 0)
        .collect();
    match moved[..] {
        [(axis, by)] => format!(": {by:+} along axis {axis}"),
        [] | [_, _, ..] => String::new(),
    }
}

fn made_of(output: &str, element: &Traced) -> String {
    let taken = |taken: &Taken| match taken.times {
        0 => format!("{} through a function", region(&taken.region)),
        times => format!("{} {}", region(&taken.region), often(times)),
    };
    let mut parts: Vec<String> = element.taken.iter().take(BOXES).map(taken).collect();
    let more = element.taken.len().saturating_sub(BOXES) as u64 + element.more_taken;
    if more > 0 {
        parts.push(format!("{} more boxes", grouped(more)));
    }
    if parts.is_empty() {
        parts.push("no input".to_owned());
    }
    let part = if element.complete { "" } else { ", as far as it was followed" };
    format!("{output}{}: {}{part}", place(&element.index), parts.join("; "))
}

fn unused(unused: &[Region]) -> String {
    let mut parts: Vec<String> = unused.iter().take(BOXES).map(region).collect();
    if let Some(more) = unused.len().checked_sub(BOXES).filter(|&more| more > 0) {
        parts.push(format!("{more} more boxes"));
    }
    if parts.is_empty() { String::new() } else { format!("{}: no output takes it", parts.join("; ")) }
}

/// `x[0:4, 8] of rank 3`
fn region(of: &Region) -> String {
    let ranks: Vec<String> = of.ranks.iter().take(RANKS).map(u32::to_string).collect();
    let more = of.ranks.len().saturating_sub(RANKS);
    let by = match (ranks.len(), more) {
        (0, _) => " of no rank".to_owned(),
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
