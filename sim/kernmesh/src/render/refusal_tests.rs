use diagnostic::fact::Observed;
use diagnostic::{Access, Address, Code, Does, Fact, Fault, OpRef, Place};
use program::{BufferId, DType, Dims, Location, Message, OpIndex, Rank, RingId, Space};

use super::*;
use crate::common_reasons::fold;

fn load(rank: u32, line: Option<u32>) -> OpRef {
    let location = line.map(|line| Location { file: "k.rs".to_owned(), line, column: 5 });
    OpRef { rank: Rank(rank), index: OpIndex(10 + rank), kind: "load", unit: None, location }
}

fn reason(op: Option<OpRef>, place: Place, fault: Fault) -> Diagnostic {
    let accesses = op.into_iter().map(|op| Access::new(op, Does::Names)).collect();
    Diagnostic { accesses, place: Some(place), ..Diagnostic::new(fault.code(), Fact::Refused(fault)) }
}

fn tcm(rank: u32) -> Place {
    Place::Space(Space::Tcm(Rank(rank)))
}

fn needs(needs: u64) -> Fault {
    let (machine, holders) = ("tiny".to_owned(), Vec::new());
    Fault::Memory { needs, machine, has: 4, key: "pe.tcm_bytes", holders, span: None }
}

fn at_load(rank: u32, fault: Fault) -> Diagnostic {
    reason(Some(load(rank, Some(3))), tcm(rank), fault)
}

fn said(reasons: Vec<Diagnostic>) -> (String, String) {
    let refusal = Refusal { reasons, deadlock: None };
    (headline(&refusal), super::reasons(&refusal.reasons, 8, Paint::default()))
}

#[test]
fn ranks_that_are_refused_alike_are_named_once() {
    let too_large = |rank| at_load(rank, Fault::BufferTooLarge { buffer: BufferId(rank) });
    let (headline, text) = said((0..8).map(too_large).collect());
    assert_eq!(headline, "the program is refused for 1 reason, 8 times in all");
    assert_eq!(
        text,
        "finding[malformed]: buffer b0 ends beyond 2^53 bytes\n\
         \x20 --> k.rs:3:5\n\
         \x20     rank 0, op 10 (load)\n\
         \x20 on: ranks 0–7 (8 ranks); that of rank 0 is shown\n\
         \x20 where: TCM of rank 0\n\
         \x20 help: make it smaller\n"
    );
}

#[test]
fn what_differs_in_more_than_rank_and_address_stays_apart() {
    let size = |rank: u32| if rank.is_multiple_of(7) { 5 } else { 6 };
    let (headline, text) = said((0..8).map(|rank| at_load(rank, needs(size(rank)))).collect());
    assert_eq!(headline, "the program is refused for 2 reasons, 8 times in all");
    assert!(text.contains("on: ranks 0, 7 (2 ranks); that of rank 0 is shown"), "{text}");
    assert!(text.contains("on: ranks 1–6 (6 ranks); that of rank 1 is shown"), "{text}");
    let base = at_load(0, needs(5));
    for other in [
        at_load(1, Fault::SlotsTooLarge {}),
        reason(Some(OpRef { kind: "store", ..load(1, Some(3)) }), tcm(1), needs(5)),
        reason(Some(load(1, Some(4))), tcm(1), needs(5)),
        reason(None, Place::Space(Space::Sram(0)), needs(5)),
        reason(Some(load(1, Some(3))), Place::Space(Space::Hbm(Rank(1))), needs(5)),
    ] {
        assert_eq!(fold(&[base.clone(), other.clone()]).len(), 2, "{other:?}");
    }
}

#[test]
fn a_line_that_is_wrong_often_is_named_once_and_ops_without_lines_each() {
    let often = |line| vec![reason(Some(load(2, line)), tcm(2), needs(5)); 3];
    let (_, text) = said(often(Some(3)));
    assert!(text.contains("  on: rank 2, 3 times; the first is shown\n"), "{text}");
    assert_eq!(fold(&often(None)).len(), 3);
}

/// Which rank, message, byte or table entry it is does not keep reasons apart; how much of what does.
#[test]
fn numbers_of_places_are_not_compared_and_sizes_are() {
    let ends = |end, bytes| {
        let (shape, dtype) = (Dims::new(&[4]), DType::F16);
        Fault::ViewEnd { shape, dtype, offset: Address(end - 8), end: Address(end), bytes }
    };
    let message = |number| Message { ring: RingId(number), number };
    for (a, b, same) in [
        (Fault::NotReceived { consumer: Rank(0) }, Fault::NotReceived { consumer: Rank(5) }, true),
        (ends(130, 128), ends(140, 128), true),
        (ends(130, 128), ends(130, 64), false),
        (needs(524_288), needs(262_144), false),
        (Fault::NoRing { ring: RingId(1) }, Fault::NoRanks {}, false),
    ] {
        let at = |rank: u32, fault: &Fault| {
            let place = Place::Message(message(rank));
            reason(Some(load(rank, Some(3))), place, fault.clone())
        };
        assert_eq!(fold(&[at(0, &a), at(1, &b)]).len() == 1, same, "{a:?} | {b:?}");
    }
}

#[test]
fn long_lines_hang() {
    let why = "word ".repeat(60);
    let long = Fact::Observed(Box::new(Observed::NoValue { why }));
    let (_, text) = said(vec![Diagnostic::new(Code::Malformed, long)]);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let (_, text) = said((0..40).map(|rank| at_load(2 * rank, needs(5))).collect());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains("on: ranks 0, 2, 4") && text.contains("(40 ranks)"), "{text}");
}

#[test]
fn more_reasons_than_fit_are_counted() {
    let (headline, text) = said((0..11).map(|n| at_load(0, needs(n))).collect());
    assert_eq!(headline, "the program is refused for 11 reasons");
    assert!(text.ends_with("… and 3 more reasons: --all shows them\n"), "{text}");
}
