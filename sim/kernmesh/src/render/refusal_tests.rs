use program::RefusalKind;

use super::*;
use crate::error::Error;
use crate::findings::of_error;
use crate::folded::alike;

fn reason(rank: u32, message: &str) -> Refused {
    Refused {
        rank: Some(rank),
        op: Some(10 + rank),
        kind: RefusalKind::Capacity,
        op_kind: "load".to_owned(),
        source: "k.rs:3:5".to_owned(),
        place: format!("tcm of rank{rank}"),
        message: message.to_owned(),
        repair: "use smaller tiles".to_owned(),
    }
}

fn said(reasons: Vec<Refused>) -> (String, String) {
    let refusal = Refusal { reasons, deadlock: None };
    let headline = headline(&refusal);
    let list = of_error(&Error::from(refusal.clone()));
    (headline, super::reasons(&refusal.reasons, &list, 8, Paint::default()))
}

#[test]
fn ranks_that_are_refused_alike_are_named_once() {
    let (headline, text) = said((0..8).map(|rank| reason(rank, &format!("b{rank} is too large"))).collect());
    assert_eq!(headline, "the program is refused for 1 reason, 8 times in all");
    assert_eq!(
        text,
        "finding[capacity]: b0 is too large\n\
         \x20 --> k.rs:3:5\n\
         \x20     rank 0, op 10 (load)\n\
         \x20 on: ranks 0–7 (8 ranks); that of rank 0 is shown\n\
         \x20 where: tcm of rank0\n\
         \x20 help: use smaller tiles\n"
    );
}

#[test]
fn what_differs_in_more_than_rank_and_address_stays_apart() {
    let size = |rank| if rank % 7 == 0 { "it needs 5 bytes" } else { "it needs 6 bytes" };
    let (headline, text) = said((0..8).map(|rank| reason(rank, size(rank))).collect());
    assert_eq!(headline, "the program is refused for 2 reasons, 8 times in all");
    assert!(text.contains("on: ranks 0, 7 (2 ranks); that of rank 0 is shown"), "{text}");
    assert!(text.contains("on: ranks 1–6 (6 ranks); that of rank 1 is shown"), "{text}");
    let base = reason(0, "wrong");
    for other in [
        Refused { kind: RefusalKind::Mismatch, ..reason(1, "wrong") },
        Refused { op_kind: "store".to_owned(), ..reason(1, "wrong") },
        Refused { source: "k.rs:4:5".to_owned(), ..reason(1, "wrong") },
        Refused { rank: None, ..reason(1, "wrong") },
        Refused { repair: "nothing".to_owned(), ..reason(1, "wrong") },
    ] {
        assert_eq!(fold(&[base.clone(), other.clone()]).len(), 2, "{other:?}");
    }
}

#[test]
fn a_line_that_is_wrong_often_is_named_once_and_ops_without_lines_each() {
    let often = |source: &str| vec![Refused { source: source.to_owned(), ..reason(2, "wrong") }; 3];
    let (_, text) = said(often("k.rs:3:5"));
    assert!(text.contains("  on: rank 2, 3 times; the first is shown\n"), "{text}");
    assert_eq!(fold(&often("")).len(), 3);
}

#[test]
fn numbers_of_ranks_and_places_are_masked_and_sizes_are_not() {
    for (a, b, same) in [
        ("rank0 op17 (b3)", "rank5 op9 (b12)", true),
        ("rank 0, op 17", "rank 12, op 3", true),
        ("ring5#12 is lost", "ring6#3 is lost", true),
        ("ends at byte 130 of 128", "ends at byte 140 of 128", true),
        ("ends at byte 130 of 128", "ends at byte 130 of 64", false),
        ("524288 in slots", "262144 in slots", false),
        ("an f16 is no f32", "an f32 is no f32", false),
    ] {
        assert_eq!(alike(a) == alike(b), same, "{a} | {b}");
    }
}

#[test]
fn long_lines_hang() {
    let long = "word ".repeat(60);
    let (_, text) = said(vec![Refused { repair: long.clone(), ..reason(0, &long) }]);
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert_eq!(text.matches("\n    word").count(), 6, "{text}");
    let many = (0..40).map(|rank| Refused { rank: Some(2 * rank), ..reason(2 * rank, "wrong") });
    let (_, text) = said(many.collect());
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    assert!(text.contains("on: ranks 0, 2, 4") && text.contains("(40 ranks)"), "{text}");
}

#[test]
fn more_reasons_than_fit_are_counted() {
    let (headline, text) = said((0..11).map(|n| reason(0, &format!("it needs {n} bytes"))).collect());
    assert_eq!(headline, "the program is refused for 11 reasons");
    assert!(text.ends_with("… and 3 more reasons: --json lists them all\n"), "{text}");
}
