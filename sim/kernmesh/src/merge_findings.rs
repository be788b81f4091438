//! One list of findings out of two: what nothing orders, and what the memories held in this run.

use std::collections::BTreeSet;

use diagnostic::{Diagnostic, Does, Line};

/// Findings of the hazard checks, with what the replay saw of them, and what only the replay can know. A
/// finding of the replay that is a hazard seen in this run is listed once, as the hazard.
/// `undecided` are reads that the replay could not decide alone: only the hazards know whether something orders them.
pub fn merged(
    mut hazards: Vec<Diagnostic>,
    replayed: Vec<Diagnostic>,
    undecided: &[Diagnostic],
    has_values: bool,
) -> Vec<Diagnostic> {
    let (seen, mut rest): (Vec<Diagnostic>, Vec<Diagnostic>) =
        replayed.into_iter().partition(|found| found.code.is_of_order());
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
        // Of bytes that nothing wrote, it is not known what they should be.
        if hazard.code.is_race() && has_values {
            // What came in the right order in this run did no harm.
            hazard.value_differed = Some(differed && hazard.slack.is_none());
        }
    }
    hazards.extend(rest);
    hazards.sort_by(Diagnostic::in_order);
    hazards
}

/// The hazards that a finding of the replay shows: those between two of the lines that it names, wherever they
/// touched memory; if there are none, those of the same bytes that share a line with it.
fn shown_by(seen: &Diagnostic, hazards: &[Diagnostic]) -> Vec<usize> {
    let lines: BTreeSet<Line> = seen.ops().map(|op| op.line()).collect();
    let all = || hazards.iter().enumerate().filter(|(_, hazard)| hazard.code.is_of_order());
    let between = |hazard: &Diagnostic| ends(hazard).len() > 1 && ends(hazard).is_subset(&lines);
    let of_lines: Vec<usize> = all().filter(|(_, hazard)| between(hazard)).map(|(at, _)| at).collect();
    if !of_lines.is_empty() {
        return of_lines;
    }
    let alike = |hazard: &Diagnostic| {
        let by_host = hazard.accesses.is_empty() && seen.code == hazard.code;
        hazard.shares_bytes(seen) && (by_host || !ends(hazard).is_disjoint(&lines))
    };
    all().filter(|(_, hazard)| alike(hazard)).map(|(at, _)| at).collect()
}

/// The lines of the accesses of a hazard; a release is none.
fn ends(hazard: &Diagnostic) -> BTreeSet<Line> {
    let accesses = hazard.accesses.iter().filter(|access| access.does != Does::Releases);
    accesses.map(|access| access.op.line()).collect()
}

#[cfg(test)]
mod tests {
    use diagnostic::Code::{
        self, MemoryOverwritten, RaceRaw, RaceWar, RaceWaw, SlotOverwritten, TimingDependent,
        UninitialisedRead, UseAfterRelease,
    };
    use diagnostic::fact::Hazard;
    use diagnostic::{Access, Fact, OpRef, Place};
    use program::{BufferId, Location, OpIndex, Rank, Space};

    use super::*;

    /// A finding of 64 bytes from there in a memory, about ops at these lines of `k.rs`.
    fn finding(code: Code, lines: &[u32], (from, space): At) -> Diagnostic {
        let release = code == UseAfterRelease;
        let access = |(at, &line): (usize, &u32)| {
            let location = Some(Location { file: "k.rs".to_owned(), line, column: 1 });
            let op = OpRef { rank: Rank(0), index: OpIndex(line), kind: "add", unit: None, location };
            Access::new(op, if release && at == 1 { Does::Releases } else { Does::Names })
        };
        let buffer = BufferId(lines.len() as u32);
        Diagnostic {
            accesses: lines.iter().enumerate().map(access).collect(),
            place: Some(Place::Buffer { buffer, space }),
            bytes: Some([from, from + 64]),
            ..Diagnostic::new(code, Fact::Hazard(Hazard::Unordered))
        }
    }

    type At = (u64, Space);
    const HERE: At = (0, Space::Tcm(Rank(0)));
    const ELSEWHERE: At = (4096, Space::Tcm(Rank(1)));

    type Case<'a> = (&'a str, &'a [(Code, &'a [u32])], (Code, &'a [u32], At), Expected<'a>);
    /// Code and `value_differed` of each finding in the end.
    type Expected<'a> = &'a [(Code, Option<bool>)];

    fn merged_with(hazards: Vec<Diagnostic>, seen: Vec<Diagnostic>, has_values: bool) -> Vec<Diagnostic> {
        merged(hazards, seen, &[], has_values)
    }

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
                (MemoryOverwritten, &[2, 9], (0, Space::Hbm(Rank(0)))),
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
            let hazards: Vec<Diagnostic> =
                hazards.iter().map(|(kind, lines)| finding(*kind, lines, HERE)).collect();
            let seen = Diagnostic { value_differed: Some(true), ..finding(kind, lines, at) };
            let told = merged_with(hazards.clone(), vec![seen], true);
            let told: Vec<_> = told.iter().map(|told| (told.code, told.value_differed)).collect();
            assert_eq!(told, expected, "{name}");
            let without = merged_with(hazards.clone(), Vec::new(), false);
            assert_eq!(without, hazards, "{name}: without values nothing is known");
        }
    }

    #[test]
    fn what_unwritten_bytes_should_be_is_not_known() {
        let hazard = finding(UninitialisedRead, &[], HERE);
        let seen = finding(UninitialisedRead, &[], HERE);
        let other = finding(UninitialisedRead, &[], ELSEWHERE);
        let told = merged_with(vec![hazard.clone()], vec![seen, other.clone()], true);
        assert_eq!(told, [hazard, other], "the host, of other bytes");
    }
}
