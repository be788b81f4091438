use machine::{Random, SimTime};
use program::op::Constant;
use program::program::Buffer;
use program::{Base, BufferId, ComputeOp, DType, Dims, View, ViewId};

use super::*;
use crate::log::GivenInput;
use crate::sample;

fn read(file: &[u8]) -> Result<(OpLog, Digests), Damage> {
    decode(file).map(|decoded| (decoded.log, decoded.digests))
}

fn sample_log() -> (OpLog, Digests) {
    let log = sample::log(sample::exchange(), 7);
    let digests = Digests::of(&log);
    (log, digests)
}

const BOTH: [Encoding; 2] = [Encoding::JsonLines, Encoding::Sealed];

#[test]
fn a_log_reads_back_equal_from_both_encodings() {
    for seed in 0..40 {
        let mut log = sample::log(sample::exchange(), seed);
        if seed % 2 == 0 {
            std::sync::Arc::make_mut(&mut log.program).ranks[1].sources.clear();
        }
        let digests = Digests::of(&log);
        for encoding in BOTH {
            let bytes = encode(&log, &digests, encoding);
            let (read, found) = read(&bytes).unwrap_or_else(|e| panic!("seed {seed} {encoding:?}: {e}"));
            assert_eq!((read, found), (log.clone(), digests), "seed {seed} {encoding:?}");
        }
    }
}

/// A release that does not wait for its `recv_async` may give a slot back before the message fills it.
#[test]
fn a_credit_from_before_its_message_reads_back_equal() {
    let (mut log, _) = sample_log();
    // The second message of the first ring is received so; a tick of the sample is 1 ns.
    let filled = log.messages[0][1].filled;
    let ns = |n: u64| SimTime::from_fs(n * 1_000_000);
    let before = SimTime::from_fs(filled.fs() - 1_000_000);
    for credit in [None, Some(SimTime::ZERO), Some(before), Some(filled), Some(ns(999))] {
        log.messages[0][1].credit = credit;
        let digests = Digests::of(&log);
        for encoding in BOTH {
            let bytes = encode(&log, &digests, encoding);
            assert_eq!(read(&bytes), Ok((log.clone(), digests)), "{encoding:?}: {credit:?}");
        }
    }
}

/// A log of format 1 of Program JSON keeps its bytes: its lines name functions as that format did.
#[test]
fn a_log_of_the_first_program_format_stays_canonical() {
    let (mut log, _) = sample_log();
    {
        let program = std::sync::Arc::make_mut(&mut log.program);
        program.format = program::program::OLDEST_FORMAT;
        for op in program.ranks.iter_mut().flat_map(|rank| &mut rank.ops) {
            if let program::Op::Compute(ComputeOp::Binary { f, .. }) = op {
                *f = program::op::BinaryFn::Maxnum;
            }
        }
    }
    let digests = Digests::of(&log);
    let [text, sealed] = BOTH.map(|encoding| encode(&log, &digests, encoding));
    let text_of = String::from_utf8(text.clone()).expect("text");
    assert!(text_of.contains("\"format\":1,") && text_of.contains("\"f\":\"maximum\""), "{text_of}");
    assert!(!text_of.contains("maxnum"), "{text_of}");
    for bytes in [text, sealed] {
        assert_eq!(read(&bytes), Ok((log.clone(), digests)));
    }
}

#[test]
fn a_log_says_which_inputs_it_was_given() {
    let (mut log, digests) = sample_log();
    let plain = BOTH.map(|encoding| encode(&log, &digests, encoding));
    let given = |input| GivenInput::of(input, input.name.as_bytes());
    log.id.inputs = log.program.inputs.iter().map(given).collect();
    assert!(!log.id.inputs.is_empty(), "the sample takes inputs");
    for (encoding, plain) in BOTH.into_iter().zip(plain) {
        let bytes = encode(&log, &digests, encoding);
        assert_ne!(bytes, plain, "{encoding:?}");
        assert_eq!(read(&bytes), Ok((log.clone(), digests)), "{encoding:?}");
    }
}

#[test]
fn an_empty_log_reads_back_equal() {
    let log = sample::log(sample::program(vec![Default::default()], vec![]), 0);
    let digests = Digests::of(&log);
    for encoding in BOTH {
        assert_eq!(read(&encode(&log, &digests, encoding)), Ok((log.clone(), digests)), "{encoding:?}");
    }
}

/// A float is written with the shortest digits of its f32, though they are those of another integer.
#[test]
fn constants_of_large_floats_read_back_from_both_encodings() {
    for (dtype, value, digits) in [
        (DType::F32, 123_456_792.0, "\"value\":123456790.0"),
        (DType::F32, 2_147_483_520.0, "\"value\":2147483500.0"),
        (DType::I32, 123_456_792.0, "\"value\":123456792,"),
        (DType::I32, 123_456_790.0, "\"value\":123456790,"),
    ] {
        let value = Constant::of_number(value).expect("a constant");
        let mut program = sample::program(vec![Default::default()], vec![]);
        program.ranks[0].buffers.push(Buffer { bytes: 4, at: None });
        let (shape, strides) = (Dims::new(&[1]), Dims::new(&[1]));
        let view = View { base: Base::Buffer(BufferId(0)), dtype, shape, offset: 0, strides };
        program.ranks[0].views.push(view);
        program.ranks[0].ops.push(ComputeOp::Fill { value, to: ViewId(0) }.into());
        let log = sample::log(program, 7);
        let digests = Digests::of(&log);
        for encoding in BOTH {
            assert_eq!(read(&encode(&log, &digests, encoding)), Ok((log.clone(), digests)), "{digits}");
        }
        let lines = encode(&log, &digests, Encoding::JsonLines);
        assert!(String::from_utf8_lossy(&lines).contains(digits), "{digits}");
    }
}

/// Version control on Windows ends lines with a carriage return, and editors there begin files with a mark.
#[test]
fn json_lines_are_read_from_windows() {
    let (log, digests) = sample_log();
    let text = String::from_utf8(encode(&log, &digests, Encoding::JsonLines)).unwrap();
    let crlf = text.replace('\n', "\r\n");
    for whole in [&*crlf, &format!("\u{feff}{text}"), &format!("\u{feff}{crlf}")] {
        assert_eq!(read(whole.as_bytes()), Ok((log.clone(), digests)));
    }
    let damaged = crlf.replacen("\"index\":1", "\"index\":2", 1);
    assert!(read(damaged.as_bytes()).is_err_and(|damage| damage.to_string().contains("line ")));
}

#[test]
fn json_lines_are_read_by_people() {
    let (log, digests) = sample_log();
    let text = String::from_utf8(encode(&log, &digests, Encoding::JsonLines)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with(r#"{"kernmesh":"oplog","version":1,"structure":""#), "{}", lines[0]);
    let op = lines.iter().find(|line| line.contains(r#""rank":0,"index":1"#)).unwrap();
    let start = r#"{"rank":0,"index":1,"op":{"send":{"message":{"ring":0,"number":0},"from":1}},"unit":"send","issue":"#;
    assert!(op.starts_with(start), "{op}");
    assert!(op.ends_with(r#""source":[0,11,5]}"#), "{op}");
    assert!(lines.last().unwrap().starts_with(r#"{"count":12,"lines":""#), "{}", lines.last().unwrap());
}

#[test]
fn every_flipped_bit_is_refused() {
    let (log, digests) = sample_log();
    for encoding in BOTH {
        let mut bytes = encode(&log, &digests, encoding);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                bytes[at] ^= 1 << bit;
                assert!(read(&bytes).is_err(), "{encoding:?}: byte {at} bit {bit}");
                bytes[at] ^= 1 << bit;
            }
        }
    }
}

#[test]
fn every_cut_and_everything_appended_is_refused() {
    let (log, digests) = sample_log();
    for encoding in BOTH {
        let bytes = encode(&log, &digests, encoding);
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err(), "{encoding:?}: cut at {end}");
        }
        for more in [&b"\n"[..], b" ", b"{}\n", b"\0", &bytes] {
            assert!(read(&[&bytes, more].concat()).is_err(), "{encoding:?}: {more:?} appended");
        }
    }
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

#[test]
fn lost_doubled_and_swapped_lines_are_refused_where_they_are() {
    let (log, digests) = sample_log();
    let bytes = encode(&log, &digests, Encoding::JsonLines);
    let whole = lines(&bytes);
    let last = whole.len() - 1;
    let line_of = |lines: &[&[u8]]| match read(&lines.concat()).expect_err("damaged") {
        Damage::At { place: crate::Place::Line(line), reason } => (line, reason),
        other @ (Damage::At { .. }
        | Damage::Foreign { .. }
        | Damage::Version { .. }
        | Damage::OtherRun { .. }) => {
            panic!("{other}")
        }
    };
    for at in 1..last {
        let mut lost = whole.clone();
        lost.remove(at);
        assert_eq!(line_of(&lost), (at + 1, "a line is missing here".to_owned()));
        let mut doubled = whole.clone();
        doubled.insert(at, whole[at]);
        assert_eq!(line_of(&doubled), (at + 2, "an extra line: one was duplicated or added".to_owned()));
    }
    for (a, b) in (1..last).flat_map(|a| (a + 1..last).map(move |b| (a, b))) {
        let mut swapped = whole.clone();
        swapped.swap(a, b);
        assert_eq!(line_of(&swapped).0, a + 1, "{a} and {b}");
    }
}

#[test]
fn damage_is_named_with_place_and_reason() {
    let (log, digests) = sample_log();
    let json = encode(&log, &digests, Encoding::JsonLines);
    let sealed = encode(&log, &digests, Encoding::Sealed);
    let text = String::from_utf8(json.clone()).unwrap();
    let flipped = |at: usize| {
        let mut bytes = sealed.clone();
        bytes[at] ^= 1;
        bytes
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"hello".to_vec(), "not an op log"),
        (text.replacen("\"version\":1", "\"version\":2", 1).into(), "this is version 2 of the format"),
        (
            text.replacen("\"index\":2,", "\"index\":3,", 1).into(),
            "damaged at line 9: the line is not the one",
        ),
        (text.trim_end().into(), "the line does not end"),
        (json[..json.len() - 100].to_vec(), "the line does not end"),
        (lines(&json)[..20].concat(), "this should be the footer"),
        (flipped(9), "this is version"),
        (flipped(12 + 17 + 3), "damaged at byte 12 (header): the section's bytes"),
        (flipped(sealed.len() - 60), "(stalls)"),
        (flipped(sealed.len() - 1), "(footer): BLAKE3"),
        (sealed[..sealed.len() - 3].to_vec(), "(footer): the footer is cut"),
    ];
    for (bytes, said) in cases {
        let error = read(&bytes).expect_err(said).to_string();
        assert!(error.contains(said), "`{error}` does not say `{said}`");
    }
}

/// Files with a right seal and a wrong content, as only a program could write them.
#[test]
fn whole_files_that_make_no_sense_are_refused() {
    let (log, digests) = sample_log();
    type Spoil = fn(&mut OpLog);
    let cases: [(&str, Spoil); 6] = [
        ("rank 0, op 1 (send): issue", |log| log.entries.start[1] = SimTime::ZERO),
        ("cannot run on unit 1 (gemm)", |log| log.entries.unit[1] = crate::UnitId::GEMM),
        ("placement: 1 PEs for 2 ranks", |log| log.placement.truncate(1)),
        ("by ring", |log| log.messages[0].truncate(1)),
        ("is not within", |log| log.stalls[0].to = SimTime::MAX),
        ("layout: it does not have one address", |log| {
            std::sync::Arc::make_mut(&mut log.layout).tensors.truncate(1);
        }),
    ];
    for (said, spoil) in cases {
        let mut spoilt = log.clone();
        spoil(&mut spoilt);
        for encoding in BOTH {
            let error = read(&encode(&spoilt, &digests, encoding)).expect_err(said).to_string();
            assert!(error.contains(said), "{encoding:?}: `{error}` does not say `{said}`");
        }
    }
    let other = Digests { timing: digests.structure, ..digests };
    for encoding in BOTH {
        let error = read(&encode(&log, &other, encoding)).expect_err("digest").to_string();
        assert!(error.contains("its timing digest is"), "{error}");
    }
}

/// With the seal made right again, random damage reaches the readers behind it: they refuse or read, and
/// never panic, and what they read is what was written that way.
#[test]
fn damage_behind_a_right_seal_never_panics() {
    let (log, digests) = sample_log();
    let seed = 20_260_101;
    println!("seed {seed}");
    let mut random = Random::seeded(seed);
    let sealed = encode(&log, &digests, Encoding::Sealed);
    let json = encode(&log, &digests, Encoding::JsonLines);
    for _ in 0..4000 {
        let mut bytes = sealed.clone();
        for _ in 0..=random.below(3) {
            let at = 12 + random.below(bytes.len() as u64 - 60) as usize;
            bytes[at] = random.below(256) as u8;
        }
        let _ = read(&reseal(&bytes));
        let mut body = lines(&json)[..lines(&json).len() - 1].concat();
        let at = random.below(body.len() as u64) as usize;
        body[at] = b"0123456789\"[]{},:nul-"[random.below(21) as usize];
        let _ = read(&crate::lines::finish(body, 12));
    }
}

/// Recomputes the sums of the sections and the footer of a damaged file, as far as its lengths still lead.
fn reseal(bytes: &[u8]) -> Vec<u8> {
    let mut file = crate::seal::Sealing::new(&crate::sealed::MARK, bytes.len());
    let mut at = 12;
    while let Some(head) = bytes.get(at..at + 17).filter(|head| head[0] != 0xff) {
        let length = u64::from_le_bytes(head[1..9].try_into().unwrap()) as usize;
        let Some(payload) = at.checked_add(17).and_then(|from| bytes.get(from..from.checked_add(length)?))
        else {
            break;
        };
        file.section(head[0], |out| out.extend(payload));
        at += 17 + length;
    }
    file.finish(12)
}

#[test]
fn a_log_keeps_the_job_that_it_is_of() {
    let (mut log, digests) = sample_log();
    let plain = BOTH.map(|encoding| encode(&log, &digests, encoding));
    log.id.job = Some("step 7".to_owned());
    let run = crate::digest::run(&log, &digests);
    for (encoding, plain) in BOTH.into_iter().zip(plain) {
        let bytes = encode(&log, &digests, encoding);
        assert_ne!(bytes, plain, "{encoding:?}");
        assert_eq!(read(&bytes), Ok((log.clone(), digests)), "{encoding:?}");
    }
    log.id.job = None;
    assert_eq!(crate::digest::run(&log, &digests), run, "a job has no influence on the run");
}
