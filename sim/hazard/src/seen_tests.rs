use diagnostic::Code::{
    MemoryOverwritten, RaceRaw, RaceWar, RaceWaw, SlotOverwritten, UninitialisedRead, UseAfterRelease,
};
use diagnostic::Fact;
use diagnostic::fact::Hazard;
use machine::Span;
use program::Rank;

use super::*;

type At = (u64, Space);
const HERE: At = (0, Space::Tcm(Rank(0)));
const ELSEWHERE: At = (4096, Space::Tcm(Rank(1)));

fn bytes((from, _): At) -> [u64; 2] {
    [from, from + 64]
}

fn finding(code: Code, value_differed: Option<bool>) -> Diagnostic {
    Diagnostic { value_differed, ..Diagnostic::new(code, Fact::Hazard(Hazard::Unordered)) }
}

/// A read with another value, by the first of these ops.
fn observed(code: Option<Code>, ops: &[u32], at: At) -> Observation {
    let read = ObservedRead { ops: ops.to_vec(), space: at.1, bytes: bytes(at) };
    let unexplained = code.map(|code| finding(code, None));
    Observation { reads: vec![read], value_differed: Some(true), unexplained }
}

/// Code and `value_differed` of each finding.
type Expected<'a> = &'a [(Code, Option<bool>)];

fn check(name: &str, hazards: &[(Code, [u32; 2])], observation: Observation, expected: Expected<'_>) {
    let found = |seen: &Seen<'_>| {
        let found = |&(code, ops): &(Code, [u32; 2])| Found {
            diagnostic: finding(code, None),
            shown: seen.about(ops, HERE.1, bytes(HERE)),
        };
        seen.merged(hazards.iter().map(found).collect())
    };
    let nothing = Observations::default();
    let alone = found(&Seen::of(&nothing));
    assert!(alone.iter().all(|it| it.value_differed.is_none()), "{name}: without values nothing is known");
    let observations = Observations { have_values: true, list: vec![observation] };
    let merged = found(&Seen::of(&observations));
    let merged: Vec<_> = merged.iter().map(|it| (it.code, it.value_differed)).collect();
    assert_eq!(merged, expected, "{name}");
}

const HOST: u32 = ObservedRead::HOST;

#[test]
fn a_hazard_seen_in_the_run_is_told_once() {
    let (raw, war, memory) = ((RaceRaw, [2, 1]), (RaceWar, [3, 2]), Some(MemoryOverwritten));
    check("a late write", &[raw], observed(Some(RaceRaw), &[2, 1], HERE), &[(RaceRaw, Some(true))]);
    check("another place", &[war], observed(memory, &[2, 3, 1], ELSEWHERE), &[(RaceWar, Some(true))]);
    check(
        "two hazards of one reader: only one of them bit",
        &[raw, war],
        observed(memory, &[2, 3], HERE),
        &[(RaceRaw, Some(false)), (RaceWar, Some(true))],
    );
    check(
        "the read and the write of a slot, not its release",
        &[(UseAfterRelease, [4, 6])],
        observed(Some(SlotOverwritten), &[4, 6, 1], ELSEWHERE),
        &[(UseAfterRelease, Some(true))],
    );
    check(
        "writers that nothing orders, read by another op",
        &[(RaceWaw, [2, 1])],
        observed(None, &[7, 1, 2], HERE),
        &[(RaceWaw, Some(true))],
    );
    check(
        "one op and the same bytes",
        &[raw],
        observed(Some(UninitialisedRead), &[2], HERE),
        &[(RaceRaw, Some(true))],
    );
}

#[test]
fn what_no_hazard_explains_is_a_finding() {
    let (raw, memory) = ((RaceRaw, [2, 1]), Some(MemoryOverwritten));
    let both: Expected<'_> = &[(RaceRaw, Some(false)), (MemoryOverwritten, Some(true))];
    check("one op, but another memory", &[raw], observed(memory, &[2, 9], ELSEWHERE), both);
    check("other ops", &[raw], observed(memory, &[8, 9], HERE), both);
    check("ordered writers", &[raw], observed(None, &[8, 9], HERE), &[(RaceRaw, Some(false))]);
}

#[test]
fn what_unwritten_bytes_should_be_is_not_known() {
    let hazard = (UninitialisedRead, [HOST, HOST]);
    let (unwritten, wrong) = ((UninitialisedRead, None), (UninitialisedRead, Some(true)));
    let observed = |code, at| observed(Some(code), &[HOST], at);
    check("the same bytes", &[hazard], observed(UninitialisedRead, HERE), &[unwritten]);
    check("other bytes", &[hazard], observed(UninitialisedRead, ELSEWHERE), &[unwritten, wrong]);
    let overwritten = (MemoryOverwritten, Some(true));
    check("overwritten ones", &[hazard], observed(MemoryOverwritten, HERE), &[unwritten, overwritten]);
}

#[test]
fn a_race_that_came_in_order_did_no_harm() {
    let observations = Observations { have_values: true, list: vec![observed(Some(RaceRaw), &[2, 1], HERE)] };
    let seen = Seen::of(&observations);
    for (slack, differed) in [(None, true), (Some(Span::ZERO), false)] {
        let diagnostic = Diagnostic { slack, ..finding(RaceRaw, None) };
        let found = Found { diagnostic, shown: seen.about([2, 1], HERE.1, bytes(HERE)) };
        assert_eq!(seen.merged(vec![found])[0].value_differed, Some(differed), "{slack:?}");
    }
}
