//! Virtual devices: command buffers, events and the host.

use std::num::NonZeroU32;

use diagnostic::Code::{self, RaceRaw, RaceWar, RaceWaw, VacuousWait, WaitGatesNothing};
use machine::{Machine, QueueModel};
use order::{EdgeKind, EdgeSet};
use program::tl::{HbmTile, Recording, SharedEvent, Tl};
use program::{Op, Program, QueueOp};

use super::{F32, SHAPE, check_verified};
use crate::{Check, CheckSet, Options};

const ONE: NonZeroU32 = NonZeroU32::MIN;

/// Inputs and outputs of the two devices, what both share, and an event.
#[derive(Clone, Copy)]
struct Devices {
    x: HbmTile,
    y: HbmTile,
    shared: HbmTile,
    done: SharedEvent,
    other: SharedEvent,
}

fn record(mut kernel: impl FnMut(&mut Tl, Devices)) -> Program {
    let mut recording = Recording::new("devices", 2);
    let (x, y) = (recording.input("x", [2, 4, 8], F32), recording.output("y", [2, 4, 8], F32));
    let xs = [0, 1].map(|rank| recording.input_share(x, rank, [rank, 0, 0], [1, 4, 8]));
    let ys = [0, 1].map(|rank| recording.output_share(y, rank, [rank, 0, 0], [1, 4, 8]));
    let shared = recording.scratch("shared", 0, SHAPE, F32);
    let [done, other] = [(); 2].map(|()| recording.event());
    let recorded = recording.record(|tl| {
        let rank = tl.rank() as usize;
        let [x, y] = [xs[rank], ys[rank]].map(|tensor| tl.tensor(tensor).reshape(SHAPE));
        let shared = tl.tensor(shared);
        kernel(tl, Devices { x, y, shared, done, other });
    });
    recorded.unwrap_or_else(|error| panic!("{error}"))
}

fn kinds(program: &Program, model: QueueModel, options: Options) -> Vec<Code> {
    let machine =
        Machine::preset("metal4").and_then(|machine| machine.with_queue_model(model)).expect("a machine");
    let verified = verify::verify(program.clone(), &machine).unwrap_or_else(|refusal| panic!("{refusal}"));
    let mut kinds: Vec<Code> =
        check_verified(&verified, options).findings.iter().map(|found| found.code).collect();
    kinds.sort_unstable();
    kinds
}

/// How device 1 comes to read what device 0 copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Nothing,
    /// A wait in a buffer of its own, before that of the reader.
    OwnBuffer,
    /// A wait at the head of the reader's buffer.
    Head,
}

fn transfer(order: Order) -> Program {
    record(|tl, devices| {
        let Devices { x, y, shared, done, .. } = devices;
        if tl.rank() == 0 {
            let tile = tl.load(x);
            tl.store(tile, shared);
            if order != Order::Nothing {
                tl.event_signal(done, ONE);
            }
            tl.store(tile, y);
        } else {
            if order != Order::Nothing {
                tl.event_wait(done, ONE);
            }
            if order == Order::OwnBuffer {
                tl.commit();
            }
            let tile = tl.load(shared);
            tl.store(tile, y);
        }
        tl.commit();
    })
}

/// The same, with events that count from 0.
fn from_zero(mut program: Program) -> Program {
    for op in program.ranks.iter_mut().flat_map(|rank| &mut rank.ops) {
        if let Op::Queue(QueueOp::EventSignal { value, .. } | QueueOp::EventWait { value, .. }) = op {
            *value = 0;
        }
    }
    program
}

#[test]
fn a_transfer_between_queues_needs_a_wait_that_gates_its_reader() {
    use QueueModel::{Overlap, Serial};
    let own = || transfer(Order::OwnBuffer);
    let cases: [(&str, Program, QueueModel, &[Code]); 6] = [
        ("no event", transfer(Order::Nothing), Overlap, &[RaceRaw]),
        (
            "from 0, own buffer",
            from_zero(own()),
            Overlap,
            &[RaceRaw, VacuousWait, VacuousWait, WaitGatesNothing],
        ),
        (
            "from 0, own buffer",
            from_zero(own()),
            Serial,
            &[RaceRaw, VacuousWait, VacuousWait, WaitGatesNothing],
        ),
        ("own buffer", own(), Serial, &[WaitGatesNothing]),
        ("own buffer", own(), Overlap, &[RaceRaw, WaitGatesNothing]),
        ("head", transfer(Order::Head), Overlap, &[]),
    ];
    for (name, program, model, expected) in cases {
        assert_eq!(kinds(&program, model, Options::default()), expected, "{name}, {model:?}");
    }
}

/// The host writes a mask that passes read, and reads what they make.
fn masked(tl: &mut Tl, devices: Devices, waits: bool) {
    let Devices { x, y, shared, .. } = devices;
    if tl.rank() == 1 {
        tl.host_copy(x, y);
        return;
    }
    for _ in 0..2 {
        tl.host_copy(x, shared);
        let tile = tl.load(shared);
        tl.store(tile, y);
        let committed = tl.commit();
        if waits {
            tl.wait(&[committed]);
        }
    }
    tl.host_copy(y, x);
}

#[test]
fn the_host_is_an_agent_too() {
    for model in [QueueModel::Serial, QueueModel::Overlap] {
        let unwaited = kinds(&record(|tl, devices| masked(tl, devices, false)), model, Options::default());
        assert_eq!(unwaited, [RaceRaw, RaceWar], "{model:?}");
        assert_eq!(
            kinds(&record(|tl, devices| masked(tl, devices, true)), model, Options::default()),
            [],
            "{model:?}"
        );
    }
}

#[test]
fn buffers_of_one_queue_are_ordered_by_tracking_or_not_at_all() {
    let program = record(|tl, devices| {
        if tl.rank() == 0 {
            for _ in 0..2 {
                let tile = tl.load(devices.x);
                tl.store(tile, devices.y);
                tl.commit();
            }
        } else {
            tl.host_copy(devices.x, devices.y);
        }
    });
    let checked = |tracked| {
        let machine =
            Machine::preset("metal4").and_then(|machine| machine.with_tracked(tracked)).expect("a machine");
        let verified =
            verify::verify(program.clone(), &machine).unwrap_or_else(|refusal| panic!("{refusal}"));
        let found = check_verified(&verified, Options::default()).findings;
        found.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(checked(true), []);
    assert_eq!(checked(false), [RaceWaw]);
}

#[test]
fn without_an_edge_or_a_check_of_queues_the_answer_changes() {
    let right = record(|tl, devices| {
        let Devices { x, y, shared, done, .. } = devices;
        if tl.rank() == 0 {
            tl.host_copy(x, shared);
            let tile = tl.load(shared);
            tl.store(tile, y);
            tl.event_signal(done, ONE);
        } else {
            tl.event_wait(done, ONE);
            let tile = tl.load(x);
            tl.store(tile, shared);
            tl.store(tile, y);
        }
        tl.commit();
    });
    assert_eq!(kinds(&right, QueueModel::Overlap, Options::default()), []);
    for edge in [EdgeKind::Commit, EdgeKind::Shared, EdgeKind::Queue] {
        let options = Options { edges: EdgeSet::ALL.without(edge), ..Options::default() };
        assert_ne!(kinds(&right, QueueModel::Overlap, options), [], "nothing needs {edge:?}");
    }
    let ungated = transfer(Order::OwnBuffer);
    let checks = CheckSet::ALL.without(Check::Gates);
    assert_eq!(kinds(&ungated, QueueModel::Serial, Options { checks, ..Options::default() }), []);
}

/// Either of two signals lets the wait go: only what both know is certain.
#[test]
fn an_event_that_two_signal_tells_only_what_both_know() {
    let program = |first: bool| {
        record(|tl, devices| {
            let Devices { x, y, shared, done, .. } = devices;
            if tl.rank() == 0 {
                if first {
                    // A signal that comes before the store is enough for the wait.
                    tl.event_signal(done, ONE);
                }
                let tile = tl.load(x);
                tl.store(tile, shared);
                tl.event_signal(done, ONE);
                tl.store(tile, y);
            } else {
                tl.event_wait(done, ONE);
                let tile = tl.load(shared);
                tl.store(tile, y);
            }
            tl.commit();
        })
    };
    assert_eq!(kinds(&program(false), QueueModel::Overlap, Options::default()), []);
    assert_eq!(kinds(&program(true), QueueModel::Overlap, Options::default()), [RaceRaw]);
}

/// Who lets device 0 load what device 1 stores.
#[derive(Clone, Copy, Debug)]
enum Telling {
    Store,
    /// The store, or a buffer that waits for something else.
    StoreOrOther,
    /// The store, or a buffer that has waited for it.
    StoreOrRelay,
    /// The store, or a buffer that waits for more than the store gives, which only the load's buffer gives.
    StoreOrLater,
}

/// Waits that stand at the same time: signals behind one may end another, or not.
#[test]
fn a_signal_behind_another_wait_may_come_first() {
    let program = |telling: Telling| {
        record(|tl, devices| {
            let Devices { x, y, shared, done, other } = devices;
            let [two, three] = [2, 3].map(|value| ONE.saturating_add(value - 1));
            if tl.rank() == 0 {
                tl.event_wait(done, ONE);
                let tile = tl.load(shared);
                tl.store(tile, y);
                tl.event_signal(done, two);
                tl.commit();
                return;
            }
            let tile = tl.load(x);
            tl.store(tile, y);
            tl.store(tile, shared);
            tl.event_signal(done, ONE);
            tl.commit();
            match telling {
                Telling::Store => return,
                Telling::StoreOrOther => {
                    tl.event_signal(other, ONE);
                    tl.event_wait(other, ONE);
                }
                Telling::StoreOrRelay => drop(tl.event_wait(done, ONE)),
                Telling::StoreOrLater => drop(tl.event_wait(done, two)),
            }
            tl.event_signal(done, three);
            tl.commit();
        })
    };
    for (telling, expected) in [
        (Telling::Store, &[][..]),
        (Telling::StoreOrOther, &[RaceRaw]),
        (Telling::StoreOrRelay, &[]),
        (Telling::StoreOrLater, &[]),
    ] {
        assert_eq!(
            kinds(&program(telling), QueueModel::Overlap, Options::default()),
            expected,
            "{telling:?}"
        );
    }
}

/// Many buffers, each of which waits for the one before it, but for one.
#[test]
fn a_long_chain_of_buffers_is_in_order() {
    let chain = |gap: u32| {
        record(|tl, devices| {
            let Devices { x, y, shared, done, .. } = devices;
            let rank = tl.rank();
            for at in (0..400).filter(|at| at % 2 == rank) {
                if let Some(before) = NonZeroU32::new(at).filter(|_| at != gap) {
                    tl.event_wait(done, before);
                }
                let tile = tl.load(if at == 0 { x } else { shared });
                tl.store(tile, if at + 2 < 400 { shared } else { y });
                tl.event_signal(done, ONE.saturating_add(at));
                tl.commit();
            }
        })
    };
    assert_eq!(kinds(&chain(400), QueueModel::Overlap, Options::default()), []);
    assert_ne!(kinds(&chain(200), QueueModel::Overlap, Options::default()), []);
}

/// Two signals, each after a buffer of its own: a wait for one of them may be over after either.
#[test]
fn signals_that_wait_for_buffers_may_come_in_either_order() {
    let program = |value: u32| {
        record(|tl, devices| {
            let Devices { x, y, shared, .. } = devices;
            let done = tl.semaphore();
            if tl.rank() == 1 {
                return tl.host_copy(x, y);
            }
            let first = tl.load(x);
            tl.store(first, y);
            let first = tl.commit();
            let second = tl.load(x);
            tl.store(second, shared);
            let second = tl.commit();
            tl.signal(done, 0, 1, &[first]);
            tl.signal(done, 0, 1, &[second]);
            tl.wait_ge(done, value);
            tl.host_copy(shared, x);
        })
    };
    // After one of them, neither buffer is certain to have completed: both loads may still read what is copied over.
    let expected = [RaceRaw, RaceWar, RaceWar, Code::Semaphore];
    assert_eq!(kinds(&program(1), QueueModel::Overlap, Options::default()), expected);
    assert_eq!(kinds(&program(2), QueueModel::Overlap, Options::default()), []);
}
