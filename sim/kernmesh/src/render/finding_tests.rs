use super::*;

fn op(rank: u32, index: u32, op: &str, unit: &str, source: &str) -> FindingOp {
    FindingOp { rank, index, op: op.to_owned(), unit: unit.to_owned(), source: source.to_owned() }
}

fn race() -> Finding {
    Finding {
        kind: FindingKind::RaceRaw,
        ops: vec![op(1, 0, "load", "dma0", "decode.rs:40:9"), op(0, 5, "store", "dma1", "")],
        place: "tensor `x` in HBM of rank 1".to_owned(),
        bytes: Some([0, 128]),
        message: "rank 1's load may read `x` before rank 0's store has written it".to_owned(),
        missing: "end of store (rank 0, op 5) → start of load (rank 1, op 0)".to_owned(),
        repair: "`tl.wait(&[h])` before the load (decode.rs:40)".to_owned(),
        value_differed: Some(false),
        slack_fs: Some(1_500_000),
    }
}

fn bare(kind: FindingKind, message: &str) -> Finding {
    Finding {
        kind,
        ops: Vec::new(),
        place: String::new(),
        bytes: None,
        message: message.to_owned(),
        missing: String::new(),
        repair: String::new(),
        value_differed: None,
        slack_fs: None,
    }
}

#[test]
fn a_race_is_told_with_both_places_the_edge_and_the_repair() {
    assert_eq!(
        findings(&[race().into()], 5, Paint::default()),
        "finding[race_raw]: rank 1's load may read `x` before rank 0's store has written it\n\
         \x20 --> decode.rs:40:9\n\
         \x20     rank 1, op 0 (load on dma0) reads bytes 0..128\n\
         \x20 --> rank 0, op 5 (store on dma1) writes bytes 0..128\n\
         \x20 where: tensor `x` in HBM of rank 1\n\
         \x20 missing: end of store (rank 0, op 5) → start of load (rank 1, op 0)\n\
         \x20 in this run: the values agreed by luck: the accesses lay 1.5 ns apart\n\
         \x20 help: `tl.wait(&[h])` before the load (decode.rs:40)\n"
    );
}

#[test]
fn a_slot_given_back_too_early_names_three_ops() {
    let slot = Finding {
        ops: vec![
            op(1, 4, "add", "math", ""),
            op(1, 5, "release", "sequencer", ""),
            op(0, 7, "send", "send", ""),
        ],
        bytes: Some([64, 192]),
        ..bare(FindingKind::UseAfterRelease, "it is read too late")
    };
    assert_eq!(
        one(&slot, &[], Paint::default()),
        "finding[use_after_release]: it is read too late\n\
         \x20 --> rank 1, op 4 (add on math) reads bytes 64..192\n\
         \x20 --> rank 1, op 5 (release on sequencer) gives the slot back\n\
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
    let read = Finding { ops: vec![op(0, 0, "load", "dma0", "src/render/excerpt.rs:1:5")], ..race() };
    let text = one(&read, &[], Paint::default());
    assert!(text.contains("\n    1 | //! The author's line,"), "{text}");
    assert!(text.contains("\n      |     ^ rank 0, op 0 (load on dma0) reads bytes 0..128\n"), "{text}");
}

#[test]
fn every_line_fits_and_code_stays_whole() {
    let code = "`tl.signal(s, 1, 1, &[h])`";
    let long =
        Finding { message: "word ".repeat(40), repair: format!("{code} and then ").repeat(6), ..race() };
    for paint in [false, true].map(|colour| Paint { colour }) {
        let text = one(&long, &[("on", "rank 0, ".repeat(30))], paint);
        assert_eq!(text.matches(code).count(), 6, "{text}");
        let plain = text.replace("\x1b[1;31m", "").replace("\x1b[1m", "").replace("\x1b[2m", "");
        let plain = plain.replace("\x1b[0m", "");
        assert!(plain.lines().all(|line| line.chars().count() <= WIDTH), "{plain}");
        assert!(!plain.contains('\x1b'), "{plain}");
    }
}

#[test]
fn what_was_measured_is_said() {
    for (value_differed, slack_fs, said) in [
        (Some(true), None, "the values differed"),
        (Some(true), Some(0), "the values differed; the accesses lay 0 ns apart"),
        (Some(false), None, "the values happened to agree"),
        (None, Some(2_000_000), "the accesses lay 2 ns apart"),
        (None, None, ""),
    ] {
        assert_eq!(measured(&Finding { value_differed, slack_fs, ..race() }), said);
    }
}

#[test]
fn what_is_not_known_is_not_said_and_the_rest_is_counted() {
    let bare = bare(FindingKind::Malformed, "it is wrong");
    let list = [bare.clone(), race(), bare.clone(), bare].map(Found::from);
    assert_eq!(
        findings(&list, 1, Paint::default()),
        "finding[malformed]: it is wrong\n\n… and 3 more findings: --json lists them all\n"
    );
    let both = findings(&list[..2], 2, Paint::default());
    assert!(both.starts_with("finding[malformed]: it is wrong\n\nfinding[race_raw]: rank 1's"), "{both}");
    assert_eq!(kinds(&list), ["malformed 3", "race_raw 1"]);
}
