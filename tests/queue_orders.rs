//! Legal orders on a machine with command queues: events order passes, and nothing else does.

use std::num::NonZeroU32;

use ::order::Dataflow;
use kernmesh::hazard;
use machine::{Machine, QueueModel};
use program::tl::{Recording, Tl};
use program::{DType, Program};
use replay::order::{self, All};

use crate::orders::{holds, log, never_differs, orders, run};

/// Which of the two orders between the devices is left out.
#[derive(Clone, Copy, PartialEq)]
enum LeftOut {
    Nothing,
    /// The wait stands in a buffer of its own, which gates nothing.
    Gate,
    /// The host does not wait for the copy before it commits the next one.
    Host,
}

/// Rank 1 makes a tile that rank 0 stores to `y`. The wait of rank 0 needs 1, and rank 0 itself signals 2 after it:
/// only rank 1 can end the wait.
fn relay(left_out: LeftOut) -> Program {
    let mut recording = Recording::new("relay", 2);
    let y = recording.output("y", [4], DType::F32);
    let y = recording.output_share(y, 0, [0], [4]);
    let shared = recording.scratch("shared", 0, [4], DType::F32);
    let event = recording.event();
    let value = |n| NonZeroU32::new(n).expect("it is not 0");
    let recorded = recording.record(|tl: &mut Tl| {
        if tl.rank() == 1 {
            let made = tl.full([4], DType::F32, 3.0);
            tl.store(made, tl.tensor(shared));
            tl.event_signal(event, value(1));
            tl.commit();
            return;
        }
        tl.event_wait(event, value(1));
        if left_out == LeftOut::Gate {
            tl.commit();
        }
        let got = tl.load(tl.tensor(shared));
        tl.event_signal(event, value(2));
        let loaded = tl.commit();
        if left_out != LeftOut::Host {
            tl.wait(&[loaded]);
        }
        tl.host_copy(tl.tensor(shared), tl.tensor(y));
        tl.store(got, tl.tensor(y));
        tl.commit();
    });
    recorded.expect("a program")
}

#[test]
fn orders_of_command_queues_are_those_that_events_and_commits_allow() {
    let overlap = Machine::preset("metal4").expect("a preset");
    let serial = overlap.with_queue_model(QueueModel::Serial).expect("a machine");
    for (name, machine, left_out, differs) in [
        ("in order", &overlap, LeftOut::Nothing, false),
        ("in order, serial", &serial, LeftOut::Nothing, false),
        ("a wait that gates nothing", &overlap, LeftOut::Gate, true),
        // The predecessor must have completed, and so the wait.
        ("a wait in the buffer before, serial", &serial, LeftOut::Gate, false),
        ("the host copies too early", &overlap, LeftOut::Host, true),
        ("the host copies too early, serial", &serial, LeftOut::Host, true),
    ] {
        let log = log(relay(left_out), machine);
        let hazards =
            hazard::check(&log, &Dataflow::of(&log.program), &holds(&log), hazard::Options::default());
        assert_eq!(hazards.unordered, differs, "{name}: {:#?}", hazards.findings);
        let All { n_ends, outputs, complete, .. } = order::all(&log, &holds(&log), 100_000).expect("values");
        assert!(complete, "{name}");
        assert_eq!(n_ends > 1, differs, "{name}: {outputs:?}");
        if !differs {
            never_differs(name, &log);
        }
        for order in orders() {
            let data = run(&log, order).data;
            assert!(data.is_none() || outputs.contains(&data), "{name}: {order} is one of all orders");
        }
    }
}
