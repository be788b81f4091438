//! One list of findings out of two: what nothing orders, and what the memories held in this run.

use std::collections::BTreeSet;

use hazard::{Edit, Hazards};
use oplog::{Finding, FindingKind, FindingOp};

/// Findings of the hazard checks, with what the replay saw of them, and what only the replay can know. A
/// finding of the replay that is a hazard seen in this run is told once, as the hazard.
/// Beside each is its repair as an edit, where it has one.
/// `undecided` are reads that the replay could not decide alone: only the hazards know whether something orders them.
pub fn together(
    hazards: Hazards,
    replayed: Vec<Finding>,
    undecided: &[Finding],
    has_values: bool,
) -> (Vec<Finding>, Vec<Option<Edit>>) {
    let Hazards { findings: mut hazards, mut edits, .. } = hazards;
    let (seen, mut rest): (Vec<Finding>, Vec<Finding>) =
        replayed.into_iter().partition(|f| is_of_timing(f.kind));
    let mut differed = vec![false; hazards.len()];
    for seen in seen {
        let of = shown_by(&seen, &hazards);
        let bites = seen.value_differed == Some(true);
        of.iter().for_each(|&hazard| differed[hazard] |= bites);
        if of.is_empty() {
            rest.push(seen);
        }
    }
    for seen in undecided.iter().filter(|seen| seen.value_differed == Some(true)) {
        shown_by(seen, &hazards).into_iter().for_each(|hazard| differed[hazard] = true);
    }
    for (hazard, differed) in hazards.iter_mut().zip(differed) {
        // What came in the right order in this run did no harm.
        let differed = differed && hazard.slack_fs.is_none();
        // Of bytes that nothing wrote, nobody knows what they should be.
        if is_of_timing(hazard.kind) && hazard.kind != FindingKind::UninitialisedRead && has_values {
            hazard.value_differed = Some(differed);
        }
    }
    hazards.extend(rest);
    edits.resize(hazards.len(), None);
    sort(&mut hazards, &mut edits);
    (hazards, edits)
}

/// Findings in order of the ops they name, each with its edit.
pub fn sort(findings: &mut Vec<Finding>, edits: &mut Vec<Option<Edit>>) {
    let mut both: Vec<(Finding, Option<Edit>)> = findings.drain(..).zip(edits.drain(..)).collect();
    both.sort_by(|(a, _), (b, _)| (&a.ops, a.kind, &a.place).cmp(&(&b.ops, b.kind, &b.place)));
    (*findings, *edits) = both.into_iter().unzip();
}

/// The hazards that a finding of the replay shows: those between two of the lines that it names, wherever they
/// touched memory; if there are none, those of the same bytes that share a line with it.
fn shown_by(seen: &Finding, hazards: &[Finding]) -> Vec<usize> {
    let lines: BTreeSet<Line<'_>> = seen.ops.iter().map(line).collect();
    let all = || hazards.iter().enumerate().filter(|(_, hazard)| is_of_timing(hazard.kind));
    let between = |hazard: &Finding| ends(hazard).len() > 1 && ends(hazard).is_subset(&lines);
    let of_lines: Vec<usize> = all().filter(|(_, hazard)| between(hazard)).map(|(at, _)| at).collect();
    if !of_lines.is_empty() {
        return of_lines;
    }
    let alike = |hazard: &Finding| {
        let by_host = hazard.ops.is_empty() && seen.kind == hazard.kind;
        shares_bytes(hazard, seen) && (by_host || !ends(hazard).is_disjoint(&lines))
    };
    all().filter(|(_, hazard)| alike(hazard)).map(|(at, _)| at).collect()
}

/// Whether findings of the kind say that another order gives other bits.
pub fn is_race(kind: FindingKind) -> bool {
    is_of_timing(kind) && kind != FindingKind::UninitialisedRead
}

/// Whether findings of the kind are about who comes first.
fn is_of_timing(kind: FindingKind) -> bool {
    matches!(
        kind,
        FindingKind::RaceRaw
            | FindingKind::RaceWar
            | FindingKind::RaceWaw
            | FindingKind::UninitialisedRead
            | FindingKind::SlotOverwritten
            | FindingKind::MemoryOverwritten
            | FindingKind::UseAfterRelease
    )
}

/// A source line, or the op itself when the program does not say.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Line<'a> {
    Source(&'a str),
    Op(u32, u32),
}

fn line(op: &FindingOp) -> Line<'_> {
    if op.source.is_empty() { Line::Op(op.rank, op.index) } else { Line::Source(&op.source) }
}

/// Whether both are about some of the same bytes of one memory; a finding of no bytes may be.
fn shares_bytes(a: &Finding, b: &Finding) -> bool {
    match (a.bytes, b.bytes) {
        (Some(x), Some(y)) => memory(a) == memory(b) && x[0] < y[1] && y[0] < x[1],
        (Some(_) | None, _) => true,
    }
}

/// `TCM of rank 1`, of a place such as `slot 3 of ring0 (rank 0 → rank 1) in TCM of rank 1`.
fn memory(finding: &Finding) -> &str {
    finding.place.rsplit(" in ").next().unwrap_or_default()
}

/// The two accesses of a hazard: of a slot given back too early, the read and what may overwrite it.
fn ends(hazard: &Finding) -> BTreeSet<Line<'_>> {
    let release = if hazard.kind == FindingKind::UseAfterRelease { Some(1) } else { None };
    let ops = hazard.ops.iter().enumerate().filter(|(at, _)| Some(*at) != release);
    ops.map(|(_, op)| line(op)).collect()
}

#[cfg(test)]
mod tests {
    use FindingKind::{MemoryOverwritten, RaceRaw, RaceWar, RaceWaw, SlotOverwritten, TimingDependent};
    use FindingKind::{UninitialisedRead, UseAfterRelease};

    use super::*;

    /// A finding of 64 bytes from there in a memory, about ops at these lines of `k.rs`.
    fn finding(kind: FindingKind, lines: &[u32], (from, memory): (u64, &str)) -> Finding {
        let op = |&line: &u32| FindingOp {
            rank: 0,
            index: line,
            op: "add".to_owned(),
            unit: "math".to_owned(),
            source: format!("k.rs:{line}:1"),
        };
        Finding {
            kind,
            ops: lines.iter().map(op).collect(),
            place: format!("b{} in {memory}", lines.len()),
            bytes: Some([from, from + 64]),
            message: String::new(),
            missing: String::new(),
            repair: String::new(),
            value_differed: None,
            slack_fs: None,
        }
    }

    fn told_of(findings: Vec<Finding>, seen: Vec<Finding>, has_values: bool) -> Vec<Finding> {
        let edits = vec![None; findings.len()];
        together(Hazards { findings, edits, unordered: false }, seen, &[], has_values).0
    }

    type At = (u64, &'static str);
    const HERE: At = (0, "TCM of rank 0");
    const ELSEWHERE: At = (4096, "TCM of rank 1");

    type Case<'a> = (&'a str, &'a [(FindingKind, &'a [u32])], (FindingKind, &'a [u32], At), Told<'a>);
    /// Kind and `value_differed` of each finding in the end.
    type Told<'a> = &'a [(FindingKind, Option<bool>)];

    #[test]
    fn a_hazard_seen_in_the_run_is_told_once() {
        let cases: [Case<'_>; 9] = [
            ("a late write", &[(RaceRaw, &[2, 1])], (RaceRaw, &[2, 1], HERE), &[(RaceRaw, Some(true))]),
            (
                "an early write, in a round that the hazard does not tell of",
                &[(RaceWar, &[3, 2])],
                (MemoryOverwritten, &[2, 3, 1], ELSEWHERE),
                &[(RaceWar, Some(true))],
            ),
            (
                "two hazards of one reader: only one of them bit",
                &[(RaceRaw, &[2, 1]), (RaceWar, &[3, 2])],
                (MemoryOverwritten, &[2, 3], HERE),
                &[(RaceRaw, Some(false)), (RaceWar, Some(true))],
            ),
            (
                "the read and the write of a slot, not its release",
                &[(UseAfterRelease, &[4, 5, 6])],
                (SlotOverwritten, &[4, 6, 1], ELSEWHERE),
                &[(UseAfterRelease, Some(true))],
            ),
            (
                "the writers of a race, read by another op",
                &[(RaceWaw, &[2, 1])],
                (RaceWaw, &[7, 1, 2], HERE),
                &[(RaceWaw, Some(true))],
            ),
            (
                "the same bytes, and one line",
                &[(RaceRaw, &[2, 1])],
                (UninitialisedRead, &[2], HERE),
                &[(RaceRaw, Some(true))],
            ),
            (
                "one line, but another memory",
                &[(RaceRaw, &[2, 1])],
                (MemoryOverwritten, &[2, 9], (0, "HBM of rank 0")),
                &[(RaceRaw, Some(false)), (MemoryOverwritten, Some(true))],
            ),
            (
                "other lines",
                &[(RaceRaw, &[2, 1])],
                (MemoryOverwritten, &[8, 9], HERE),
                &[(RaceRaw, Some(false)), (MemoryOverwritten, Some(true))],
            ),
            (
                "what is not about who comes first",
                &[(RaceRaw, &[2, 1])],
                (TimingDependent, &[2, 1], HERE),
                &[(RaceRaw, Some(false)), (TimingDependent, Some(true))],
            ),
        ];
        for (name, hazards, (kind, lines, at), expected) in cases {
            let hazards: Vec<Finding> =
                hazards.iter().map(|(kind, lines)| finding(*kind, lines, HERE)).collect();
            let seen = Finding { value_differed: Some(true), ..finding(kind, lines, at) };
            let told = told_of(hazards.clone(), vec![seen], true);
            let told: Vec<_> = told.iter().map(|told| (told.kind, told.value_differed)).collect();
            assert_eq!(told, expected, "{name}");
            let without = told_of(hazards.clone(), Vec::new(), false);
            assert_eq!(without, hazards, "{name}: without values nothing is known");
        }
    }

    #[test]
    fn nobody_knows_what_unwritten_bytes_should_be() {
        let hazard = finding(UninitialisedRead, &[], HERE);
        let seen = finding(UninitialisedRead, &[], HERE);
        let other = finding(UninitialisedRead, &[], ELSEWHERE);
        let told = told_of(vec![hazard.clone()], vec![seen, other.clone()], true);
        assert_eq!(told, [hazard, other], "the host, of other bytes");
    }
}
