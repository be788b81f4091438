use diagnostic::fact::{Hazard, Observed};
use diagnostic::{Edge, End, Fact, OpRef, Place, Repair};
use machine::Span;
use program::{Location, OpIndex, Rank, Space, TensorId, UnitId};

use super::*;

fn op(rank: u32, index: u32, kind: &'static str, unit: UnitId, at: Option<(&str, u32, u32)>) -> OpRef {
    let location = at.map(|(file, line, column)| Location { file: file.to_owned(), line, column });
    OpRef { rank: Rank(rank), index: OpIndex(index), kind, unit: Some(unit), location }
}

fn load() -> OpRef {
    op(1, 0, "load", UnitId::dma(0), Some(("kernels/decode.rs", 40, 9)))
}

fn race() -> Diagnostic {
    let store = op(0, 5, "store", UnitId::dma(1), None);
    let space = Space::Hbm(Rank(1));
    Diagnostic {
        missing: Some(Edge::new(End::End(store.clone()), End::Start(load()))),
        repair: Repair::Wait { op: load(), on: store.clone() },
        accesses: vec![Access::new(load(), Does::Reads), Access::new(store, Does::Writes)],
        place: Some(Place::Tensor { tensor: TensorId(0), name: "x".to_owned(), space }),
        bytes: Some([0, 128]),
        value_differed: Some(false),
        slack: Some(Span::from_fs(1_500_000)),
        ..Diagnostic::new(Code::RaceRaw, Fact::Hazard(Hazard::Unordered))
    }
}

/// A finding whose message is this text.
fn bare(message: &str) -> Diagnostic {
    let why = message.to_owned();
    Diagnostic::new(Code::Malformed, Fact::Observed(Box::new(Observed::NoValue { why })))
}

#[test]
fn a_race_is_told_with_both_places_the_edge_and_the_repair() {
    assert_eq!(
        findings(&[race()], 5, Paint::default()),
        "finding[race_raw]: rank 1, op 0 (load) may read `x` before rank 0, op 5 (store) has written it\n\
         \x20 --> kernels/decode.rs:40:9\n\
         \x20     rank 1, op 0 (load on dma0) reads bytes 0..128\n\
         \x20 --> rank 0, op 5 (store on dma1) writes bytes 0..128\n\
         \x20 where: tensor `x` in HBM of rank 1\n\
         \x20 missing: end of rank 0, op 5 (store) → start of rank 1, op 0 (load)\n\
         \x20 in this run: the values agreed by chance; the accesses lay 1.5 ns apart\n\
         \x20 help: `tl.wait(&[h])` before rank 1, op 0 (load, decode.rs:40), where h is the handle of rank\n\
         \x20   0, op 5 (store)\n"
    );
}

#[test]
fn a_slot_released_too_early_names_three_ops() {
    let slot = Diagnostic {
        accesses: vec![
            Access::new(op(1, 4, "add", UnitId::MATH, None), Does::Reads),
            Access::new(op(1, 5, "release", UnitId::SEQUENCER, None), Does::Releases),
            Access::new(op(0, 7, "send", UnitId::SEND, None), Does::Overwrites),
        ],
        bytes: Some([64, 192]),
        ..bare("it is read too late")
    };
    assert_eq!(
        one(&slot, &[], Paint::default()),
        "finding[malformed]: it is read too late\n\
         \x20 --> rank 1, op 4 (add on math) reads bytes 64..192\n\
         \x20 --> rank 1, op 5 (release on sequencer) releases the slot\n\
         \x20 --> rank 0, op 7 (send on send) overwrites bytes 64..192\n"
    );
}

#[test]
fn the_authors_line_has_a_caret_below_what_is_meant() {
    let line = Excerpt { number: 52, text: "let tile = tl.load(x);".to_owned(), before: 14 };
    assert_eq!(
        quoted(&line, "rank 1, op 0 reads", Paint::default()),
        "   52 | let tile = tl.load(x);\n\
         \x20     |               ^ rank 1, op 0 reads\n"
    );
    let long = Excerpt { number: 7, text: "x".repeat(300), before: 250 };
    let text = quoted(&long, &"word ".repeat(30), Paint::default());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1].find('^'), Some(8 + 46), "{text}");
    assert_eq!(lines[2].split_once("word").map(|(before, _)| before), Some("      | "));
    assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{text}");
    let read = op(0, 0, "load", UnitId::dma(0), Some(("src/excerpt.rs", 1, 5)));
    let read = Diagnostic { accesses: vec![Access::new(read, Does::Reads)], ..race() };
    let text = one(&read, &[], Paint::default());
    assert!(text.contains("\n    1 | //! The author's line,"), "{text}");
    assert!(text.contains("\n      |     ^ rank 0, op 0 (load on dma0) reads bytes 0..128\n"), "{text}");
}

#[test]
fn every_line_fits_and_code_stays_whole() {
    let code = "`tl.wait(&[h])`";
    let long = Diagnostic { accesses: race().accesses, repair: race().repair, ..bare(&"word ".repeat(40)) };
    for paint in [false, true].map(|colour| Paint { colour }) {
        let text = one(&long, &[("on", "rank 0, ".repeat(30))], paint);
        assert_eq!(text.matches(code).count(), 1, "{text}");
        let plain = text.replace("\x1b[1;31m", "").replace("\x1b[1m", "").replace("\x1b[2m", "");
        let plain = plain.replace("\x1b[0m", "");
        assert!(plain.lines().all(|line| line.chars().count() <= WIDTH), "{plain}");
        assert!(!plain.contains('\x1b'), "{plain}");
    }
}

#[test]
fn what_was_measured_is_said() {
    for (value_differed, slack, said) in [
        (Some(true), None, "the values differed"),
        (Some(true), Some(0), "the values differed; the accesses lay 0 ns apart"),
        (Some(false), None, "the values agreed by chance"),
        (None, Some(2_000_000), "the accesses lay 2 ns apart"),
        (None, None, ""),
    ] {
        let slack = slack.map(Span::from_fs);
        assert_eq!(measured(&Diagnostic { value_differed, slack, ..race() }), said);
    }
}

#[test]
fn what_is_not_known_is_not_said_and_the_rest_is_counted() {
    let bare = bare("it is wrong");
    let list = [bare.clone(), race(), bare.clone(), bare];
    assert_eq!(
        findings(&list, 1, Paint::default()),
        "finding[malformed]: it is wrong\n\n… and 3 more findings: --all shows them\n"
    );
    let both = findings(&list[..2], 2, Paint::default());
    assert!(both.starts_with("finding[malformed]: it is wrong\n\nfinding[race_raw]: rank 1, op 0"), "{both}");
    assert_eq!(kinds(&list), ["malformed 3", "race_raw 1"]);
}
