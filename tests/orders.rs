//! Runs repeated in other legal orders. What is right gives the same bits in all of them; what is not, does not
//! depend on luck to be seen.

use ::order::{Dataflow, Dependencies};
use diagnostic::Code;
use kernmesh::Tensors;
use machine::{Machine, Sync};
use oplog::{OpLog, RunId};
use program::op::BusyUnit;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Recording, Tl};
use program::{DType, Program, Rank};
use replay::order::{self, All, Order, Ordered};
use replay::{Options, ReadRule};

use crate::harness::{Case, fits, runs};
use crate::random;
use crate::wrapped_slot::{self, READERS};

pub fn orders() -> impl Iterator<Item = Order> {
    [Order::Log, Order::Earliest, Order::Latest].into_iter().chain((0..8).map(Order::Seed))
}

pub fn explicit() -> Machine {
    let mut spec = Machine::preset("tiny").expect("a preset").spec().clone();
    spec.sync = Sync::Explicit;
    Machine::new(spec).expect("a machine that works")
}

pub fn dependencies(log: &OpLog) -> Dependencies {
    Dependencies::find(&log.program, &log.layout, &log.machine)
}

pub fn log(program: Program, machine: &Machine) -> OpLog {
    let verified = verify::verify(program, machine).expect("a program that can run");
    timing::run(&verified, RunId { seed: 7, ..RunId::default() }).expect("a run that ends")
}

pub fn run(log: &OpLog, order: Order) -> Ordered {
    let inputs = replay::inputs::seeded(&log.program, log.id.seed);
    order::run(log, &Dataflow::of(&log.program), &dependencies(log), &inputs, Options::default(), order)
        .expect("values")
}

/// Every order must give the bits that the program means.
pub fn never_differs(name: &str, log: &OpLog) {
    for order in orders() {
        let ordered = run(log, order);
        assert!(ordered.equal && ordered.findings.is_empty(), "{name}, {order}: {:#?}", ordered.findings);
        assert_eq!(ordered.data, None, "{name}, {order}: every read finds the version that it means");
    }
}

#[test]
fn every_kernel_gives_the_same_bits_in_every_order() {
    for words in runs() {
        for machine in ["tiny", "sip"].into_iter().filter(|machine| fits(words, machine)) {
            let run = Case::of(words).on(machine).run().expect("a run");
            never_differs(words, &run.timed.log);
            assert!(!run.computed.unordered, "{words}: no order differs, and this is known without trying");
        }
    }
}

#[test]
fn random_programs_that_are_right_give_the_same_bits_in_every_order() {
    for seed in 0..24 {
        println!("seed {seed}");
        for log in random::runs(seed) {
            never_differs(&format!("seed {seed}"), &log);
        }
    }
}

/// Programs that are right when interlocked, on a machine where nothing is held for them.
#[test]
fn an_order_that_differs_is_never_a_surprise() {
    let (mut differing, machine) = (0, explicit());
    for seed in 0..40 {
        println!("seed {seed}");
        let timed = kernmesh::time(random::program(seed), &machine, seed).expect("a run that ends");
        let computed =
            kernmesh::compute(&timed, None, &Tensors::default(), Options::default()).expect("values");
        let differs = orders().any(|order| !run(&timed.log, order).equal);
        assert!(computed.unordered || !differs, "seed {seed}: nothing is left unordered, but bits differ");
        differing += u32::from(differs);
    }
    assert!(differing > 20, "{differing} of the programs show it");
}

/// The first finding must be of this kind, and name these ops of rank 0: the reader, what it found, what it meant.
fn check(name: &str, log: &OpLog, order: Order, expected: Option<(Code, &[&str])>) {
    let ordered = run(log, order);
    let found = ordered.findings.first();
    let said = found.map(|f| (f.code, f.ops().map(|op| op.kind).collect::<Vec<_>>()));
    assert_eq!(
        said,
        expected.map(|(kind, ops)| (kind, ops.to_vec())),
        "{name}, {order}: {:#?}",
        ordered.findings
    );
}

/// One rank: y = x + 1, with the waits an explicit machine needs but the one left out.
#[derive(Clone, Copy, PartialEq)]
enum LeftOut {
    Nothing,
    /// The sum does not wait for the load, but is late in this run.
    Load,
    /// The tile is filled again while its store may still read it, but late in this run.
    Store,
}

fn sum(left_out: LeftOut) -> Program {
    let mut recording = Recording::new("sum", 1);
    let (x, y) = (recording.input("x", [16], DType::F16), recording.output("y", [16], DType::F16));
    let (x, y) = (recording.input_share(x, 0, [0], [16]), recording.output_share(y, 0, [0], [16]));
    let recorded = recording.record(|tl: &mut Tl| {
        let sum = tl.tile([16], DType::F16);
        let tile = tl.load(tl.tensor(x));
        if left_out != LeftOut::Load {
            tl.wait(&[tile.handle()]);
        }
        tl.busy(BusyUnit::Math, 100_000);
        let added = tl.to(sum).add(tile, 1.0);
        tl.wait(&[added]);
        let stored = tl.store(sum, tl.tensor(y));
        if left_out != LeftOut::Store {
            tl.wait(&[stored]);
        }
        tl.busy(BusyUnit::Math, 100_000);
        let filled = tl.to(sum).fill(7.0);
        tl.wait(&[filled]);
    });
    recorded.expect("a program")
}

#[test]
fn a_missing_wait_that_is_luck_in_this_run_bites_in_another_order() {
    use Code::TimingDependent;
    type Case = (&'static str, LeftOut, &'static [&'static str]);
    let cases: [Case; 2] = [
        ("the load comes late", LeftOut::Load, &["add", "load"]),
        ("the store reads late", LeftOut::Store, &["store", "fill", "add"]),
    ];
    for (name, left_out, ops) in cases {
        let log = log(sum(left_out), &explicit());
        check(name, &log, Order::Log, None);
        check(name, &log, Order::Latest, Some((TimingDependent, ops)));
        let message = run(&log, Order::Latest).findings[0].message();
        assert!(message.ends_with("gives other outputs: the result depends on timing"), "{name}: {message}");
    }
    never_differs("all waits", &log(sum(LeftOut::Nothing), &explicit()));
    never_differs(
        "no wait is needed when interlocked",
        &log(sum(LeftOut::Load), &Machine::preset("tiny").unwrap()),
    );
}

#[test]
fn all_orders_of_a_small_program_hold_every_order() {
    let tiny = Machine::preset("tiny").expect("a preset");
    for (log, differs) in [
        (log(sum(LeftOut::Nothing), &explicit()), false),
        (log(sum(LeftOut::Load), &explicit()), true),
        (log(sum(LeftOut::Store), &explicit()), true),
        (log(two_writers(true), &tiny), false),
        (log(two_writers(false), &tiny), true),
    ] {
        let All { outputs, n_ways, complete, .. } =
            order::all(&log, &dependencies(&log), 10_000).expect("values");
        assert!(complete);
        assert_eq!((outputs.len() > 1, n_ways > 1), (differs, differs), "{outputs:?}");
        for order in orders() {
            let data = run(&log, order).data;
            assert!(data.is_none() || outputs.contains(&data), "{order} is one of all orders");
        }
        assert!(
            !order::all(&log, &dependencies(&log), 1).expect("values").complete,
            "a limit that is too small is told"
        );
    }
}

/// Two ranks store to one output, with a barrier between or not.
fn two_writers(barrier: bool) -> Program {
    let mut recording = Recording::new("two_writers", 2);
    let y = recording.output("y", [16], DType::F16);
    let y = recording.output_share(y, 0, [0], [16]);
    let recorded = recording.record(|tl: &mut Tl| {
        if barrier && tl.rank() == 1 {
            tl.barrier();
        }
        let tile = tl.full([16], DType::F16, tl.rank() as f32);
        let stored = tl.store(tile, tl.tensor(y));
        if barrier && tl.rank() == 0 {
            tl.wait(&[stored]);
            tl.barrier();
        }
    });
    recorded.expect("a program")
}

#[test]
fn the_host_may_take_what_another_op_wrote() {
    let log = log(two_writers(false), &Machine::preset("tiny").expect("a preset"));
    let differing: Vec<Ordered> =
        orders().map(|order| run(&log, order)).filter(|ordered| !ordered.equal).collect();
    assert!(!differing.is_empty() && differing.len() < orders().count(), "both stores can be the last");
    for Ordered { order, findings, .. } in differing {
        let ops: Vec<_> = findings[0].ops().map(|op| (op.rank.0, op.kind)).collect();
        assert_eq!((findings.len(), ops.len()), (1, 2), "{order}: {findings:#?}");
        assert!(ops.contains(&(0, "store")) && ops.contains(&(1, "store")), "{order}: {findings:#?}");
        assert!(findings[0].message().contains("but the host takes others"), "{}", findings[0]);
    }
}

/// Rank 1 adds 1 to a message, releases its slot too early or not, and takes the next one.
fn early_release(waits: bool) -> Program {
    let mut recording = Recording::new("early_release", 2);
    let y = recording.output("y", [16], DType::F16);
    let y = recording.output_share(y, 1, [0], [16]);
    let (producer, consumer, place, flow) = (Rank(0), Rank(1), SlotPlace::Tcm, Flow::Credit);
    let ring = recording.ring(Ring { producer, consumer, queue: 0, n_slots: 1, slot_bytes: 32, place, flow });
    let recorded = recording.record(|tl: &mut Tl| {
        if tl.rank() == 0 {
            for value in [1.0, 2.0] {
                let tile = tl.full([16], DType::F16, value);
                tl.wait(&[tile.handle()]);
                tl.send_ring(ring, tile);
            }
            return;
        }
        let first = tl.recv_ring(ring, [16], DType::F16);
        let sum = tl.add(first, 1.0);
        if waits {
            tl.wait(&[sum.handle()]);
        }
        tl.release(first);
        let second = tl.recv_ring(ring, [16], DType::F16);
        tl.release(second);
        tl.wait(&[sum.handle()]);
        tl.store(sum, tl.tensor(y));
    });
    recorded.expect("a program")
}

#[test]
fn a_slot_that_was_given_back_is_poison_until_it_is_filled_again() {
    let log_of = |waits| log(early_release(waits), &explicit());
    check(
        "released too early",
        &log_of(false),
        Order::Latest,
        Some((Code::TimingDependent, &["add", "send", "send"])),
    );
    never_differs("released in time", &log_of(true));
    let found = |order| run(&log_of(false), order).findings.first().map(|found| found.message());
    let seeds: Vec<String> = (0..32).filter_map(|seed| found(Order::Seed(seed))).collect();
    for instead in ["it finds ring0#1 of rank 0", "it finds bytes without a value"] {
        assert!(seeds.iter().any(|message| message.contains(instead)), "{instead}: {seeds:#?}");
    }
}

#[test]
fn a_wrapped_slot_differs_unless_it_has_credits() {
    let sip = Machine::preset("sip").expect("a preset");
    for reader in READERS {
        for messages in [3, 5] {
            let name = format!("{reader:?}, {messages} messages");
            let broken = log(wrapped_slot::program(reader, messages, Flow::None), &sip);
            // The latest order brings a message when it is asked for, and so not before the slot is read.
            for order in [Order::Log, Order::Earliest] {
                let ordered = run(&broken, order);
                let first =
                    ordered.first_difference.unwrap_or_else(|| panic!("{name}, {order}: no difference"));
                assert_eq!((ordered.equal, first.rank.0), (false, 1), "{name}, {order}: {first:?}");
                assert_eq!(ordered.findings[0].code, Code::TimingDependent);
            }
            never_differs(&name, &log(wrapped_slot::program(reader, messages, Flow::Credit), &sip));
        }
    }
}

/// y = maxnum(x, a tile that nobody wrote), or the sum of two i32 tiles one of which nobody wrote.
fn uninitialised(dtype: DType) -> Program {
    let mut recording = Recording::new("uninitialised", 1);
    let y = recording.output("y", [4], dtype);
    let y = recording.output_share(y, 0, [0], [4]);
    let recorded = recording.record(|tl: &mut Tl| {
        let hole = tl.tile([4], dtype);
        let result = if dtype.is_float() {
            let x = tl.full([4], dtype, 5.0);
            tl.maxnum(x, hole)
        } else {
            let x = tl.iota([4], 0, 0, 1);
            tl.add(x, hole)
        };
        tl.store(result, tl.tensor(y));
    });
    recorded.expect("a program")
}

#[test]
fn poison_is_followed_where_values_do_not_show_it() {
    for (dtype, values, op) in [(DType::F16, [5.0; 4], "maxnum"), (DType::I32, [-1.0, 0.0, 1.0, 2.0], "add")]
    {
        let log = log(uninitialised(dtype), &Machine::preset("tiny").expect("a preset"));
        let inputs = replay::inputs::seeded(&log.program, 0);
        let hardware = Options { rule: ReadRule::Hardware, ..Options::default() };
        let replayed = replay::run(&log, &inputs, hardware).expect("values");
        assert_eq!(replayed.outputs.expect("outputs")["y"].values(), values, "NaN is lost, −1 is the canary");
        for order in orders() {
            let ordered = run(&log, order);
            let [found] = &ordered.findings[..] else { panic!("{order}: {:#?}", ordered.findings) };
            assert_eq!(
                (found.code, found.accesses[0].op.kind, ordered.equal),
                (Code::UninitialisedRead, op, true)
            );
            let said = format!(
                "rank 0, op 1 ({op}) reads bytes that nothing has written, and they reach output `y`"
            );
            assert_eq!(found.message(), said);
        }
    }
}

#[test]
fn an_order_is_the_same_every_time_and_on_any_number_of_threads() {
    let log =
        log(wrapped_slot::program(READERS[0], 5, Flow::None), &Machine::preset("sip").expect("a preset"));
    let inputs = replay::inputs::seeded(&log.program, 7);
    let flow = Dataflow::of(&log.program);
    for order in orders() {
        let on = |threads| {
            order::run(
                &log,
                &flow,
                &dependencies(&log),
                &inputs,
                Options { threads, ..Options::default() },
                order,
            )
            .expect("values")
        };
        assert_eq!(on(1), on(4), "{order}");
        assert_eq!(on(1), on(1), "{order}");
    }
}
