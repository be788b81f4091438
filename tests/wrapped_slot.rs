//! The wrapped slot. A mesh decode kernel sends m (16×1), l (16×1) and o (16×64) each step through a ring
//! whose slots hold different kinds in turn. Where nothing holds the producer back, a later message overwrites a
//! slot that is still to be read. Each broken form is a finding; the same program with credits is clean.

use diagnostic::Code;
use machine::Machine;
use oplog::RunId;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Recording, Tile, Tl};
use program::{DType, Program, Rank, RingId};
use replay::{HostValues, Options, ReadRule, Replayed};

/// What reads the first message, late, on rank 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reader {
    /// A forward that waits in the send unit behind a long message.
    Forward,
    /// A math op that waits behind long math ops.
    Math,
    /// As `Math`, with a second operand in scratch memory that never changes.
    MathAndScratch,
}

const M: [u32; 2] = [16, 1];
const O: [u32; 2] = [16, 64];

/// Rank 0 sends m, l, o, m, l, … on a ring of two slots; rank 1 receives them and reads message 0 late; rank 2
/// takes the result. After three messages slot 0 holds o in place of m; after five it holds l.
pub fn program(reader: Reader, messages: u32, flow: Flow) -> Program {
    let mut recording = Recording::new("wrapped_slot", 3);
    let inputs: Vec<_> = (0..messages)
        .map(|i| {
            let name = format!("message{i}");
            let host = recording.input(&name, shape(i), DType::F16);
            recording.input_share(host, 0, [0, 0], shape(i))
        })
        .collect();
    let out = recording.output("out", M, DType::F16);
    let out = recording.output_share(out, 2, [0, 0], M);
    let ring = |producer, flow, n_slots, slot_bytes| Ring {
        producer: Rank(producer),
        consumer: Rank(producer + 1),
        queue: 0,
        n_slots,
        slot_bytes,
        place: SlotPlace::Tcm,
        flow,
    };
    let first = recording.ring(ring(0, flow, 2, 2048));
    let second = recording.ring(ring(1, Flow::Credit, 2, 1 << 17));
    let recorded = recording.record(|tl: &mut Tl| match tl.rank() {
        0 => {
            let tiles: Vec<Tile> = inputs.iter().map(|&input| tl.load(tl.tensor(input))).collect();
            for tile in tiles {
                tl.send_ring(first, tile);
            }
        }
        1 => rank_1(tl, reader, messages, [first, second]),
        _ => {
            let long = tl.recv_ring(second, [256, 256], DType::F16);
            tl.release(long);
            let result = tl.recv_ring(second, M, DType::F16);
            tl.store(result, tl.tensor(out));
            tl.release(result);
        }
    });
    recorded.expect("a program")
}

fn shape(message: u32) -> [u32; 2] {
    if message % 3 == 2 { O } else { M }
}

fn rank_1(tl: &mut Tl, reader: Reader, messages: u32, [first, second]: [RingId; 2]) {
    let long = tl.full([256, 256], DType::F16, 1.0);
    let scratch = tl.full(M, DType::F16, 2.0);
    tl.send_ring(second, long);
    let m = tl.recv_ring(first, M, DType::F16);
    match reader {
        Reader::Forward => {
            tl.forward_ring(second, m);
        }
        Reader::Math | Reader::MathAndScratch => {
            for _ in 0..4 {
                tl.to(long).exp(long);
            }
            let result = if reader == Reader::Math { tl.add(m, 1.0) } else { tl.add(scratch, m) };
            tl.send_ring(second, result);
        }
    }
    tl.release(m);
    for message in 1..messages {
        let tile = tl.recv_ring(first, shape(message), DType::F16);
        tl.release(tile);
    }
}

fn replay(program: Program, rule: ReadRule) -> Result<Replayed, replay::ReplayError> {
    let machine = Machine::preset("sip").expect("a preset");
    let verified = verify::verify(program, &machine).expect("a program that can run");
    let log = timing::run(&verified, RunId::default()).expect("a run that ends");
    let inputs = replay::inputs::seeded(&log.program, 7);
    replay::run(&log, &inputs, Options { rule, ..Options::default() })
}

fn output(replayed: &Replayed) -> &HostValues {
    replayed.outputs.as_ref().expect("outputs")
}

pub const READERS: [Reader; 3] = [Reader::Forward, Reader::Math, Reader::MathAndScratch];

/// What the program means: message 0, as it was sent.
fn right(reader: Reader) -> HostValues {
    let program = program(reader, 1, Flow::Credit);
    output(&replay(program, ReadRule::Identity).expect("values")).clone()
}

#[test]
fn a_slot_wrapped_before_it_is_read_is_named() {
    for reader in READERS {
        // Other shape: o over m. Same shape and byte count: l over m, which nothing but its number can tell.
        for messages in [3, 5] {
            let replayed = replay(program(reader, messages, Flow::None), ReadRule::Identity).expect("values");
            let findings = replayed.findings();
            let kinds: Vec<_> = findings.iter().map(|finding| finding.code).collect();
            assert_eq!(kinds, [Code::SlotOverwritten], "{reader:?}, {messages} messages");
            let finding = &findings[0];
            assert_eq!(finding.value_differed, Some(true), "{reader:?}, {messages} messages");
            assert_eq!(
                (finding.accesses[0].op.rank.0, finding.accesses[1].op.rank.0),
                (1, 0),
                "the reader, then who overwrote it"
            );
            assert!(
                finding
                    .ops()
                    .all(|op| op.location.as_ref().is_some_and(|it| it.file == "tests/wrapped_slot.rs")),
                "{finding:?}"
            );
            assert!(!finding.repair_text().is_empty());
            assert_eq!(*output(&replayed), right(reader), "identity computes what the program means");
        }
    }
}

#[test]
fn credits_repair_it() {
    for reader in READERS {
        for messages in [3, 5] {
            for rule in [ReadRule::Identity, ReadRule::Hardware, ReadRule::Shape] {
                let replayed = replay(program(reader, messages, Flow::Credit), rule).expect("values");
                assert_eq!(replayed.findings(), [], "{reader:?}, {messages} messages, {rule}");
                assert_eq!(*output(&replayed), right(reader), "{reader:?}, {messages} messages, {rule}");
            }
        }
    }
}

/// The original system crashed on another shape and computed on with another value.
#[test]
fn what_the_hardware_reads_is_wrong() {
    for reader in READERS {
        let silent = replay(program(reader, 5, Flow::None), ReadRule::Hardware).expect("values");
        assert_ne!(*output(&silent), right(reader), "{reader:?}");
    }
}

/// Its repair, the newest version of the right shape, tells o from m but takes a fresh l for an old m.
#[test]
fn the_shape_rule_confuses_messages_of_one_shape() {
    for reader in READERS {
        let other_shape = replay(program(reader, 3, Flow::None), ReadRule::Shape).expect("values");
        assert_eq!(*output(&other_shape), right(reader), "{reader:?}: o is not taken for m");
        let same_shape = replay(program(reader, 5, Flow::None), ReadRule::Shape).expect("values");
        assert_ne!(*output(&same_shape), right(reader), "{reader:?}: l is taken for m");
    }
}

/// Own sends were always safe: their scratch address never changes, whatever happens to the slots.
#[test]
fn a_send_from_scratch_memory_reads_what_it_should() {
    for messages in [3, 5] {
        let replayed =
            replay(program(Reader::Forward, messages, Flow::None), ReadRule::Identity).expect("values");
        let sends =
            replayed.findings().iter().filter(|finding| finding.accesses[0].op.kind == "send").count();
        assert_eq!(sends, 0, "{messages} messages");
    }
}

/// A corpus program whose slot is filled while a math op runs: only the rule `end` gives what the earlier system logged.
#[test]
fn a_slot_filled_during_its_math_is_wrong_by_the_rule_end_alone() {
    let bug = corpus::bugs().find(|bug| bug.name == "slot_filled_during_its_math").expect("a bug");
    let sketch = bug.record(corpus::Form::Broken);
    let verified =
        verify::verify(sketch.program, &Machine::new(sketch.machine.expect("one")).expect("a machine"))
            .expect("it can run");
    let log = timing::run(&verified, RunId::default()).expect("a run that ends");
    let inputs = replay::inputs::seeded(&log.program, 7);
    for (rule, is_right) in [(ReadRule::Identity, true), (ReadRule::Hardware, true), (ReadRule::End, false)] {
        let replayed = replay::run(&log, &inputs, Options { rule, ..Options::default() }).expect("values");
        let identity = replay::run(&log, &inputs, Options::default()).expect("values");
        assert_eq!(output(&replayed) == output(&identity), is_right, "{rule}");
    }
}
