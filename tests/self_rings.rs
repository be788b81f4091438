//! A ring may lead from a rank to itself: its messages are sent, held, ordered and released like any other.

use kernels::Recorded;
use kernmesh::{Options, simulate};
use machine::{Machine, Sync};
use program::program::{Flow, Ring, SlotPlace};
use program::tl::Recording;
use program::{DType, Program, Rank};
use verify::auto_sync;

const N: u32 = 16;

/// y = x + x, one of the two by way of a message to oneself.
fn program() -> Program {
    let mut recording = Recording::new("self_ring", 2);
    let (x, y) = (recording.input("x", [2, N], DType::F32), recording.output("y", [2, N], DType::F32));
    let parts: Vec<_> = (0..2)
        .map(|r| (recording.input_share(x, r, [r, 0], [1, N]), recording.output_share(y, r, [r, 0], [1, N])))
        .collect();
    let ring = |rank| Ring {
        producer: Rank(rank),
        consumer: Rank(rank),
        queue: 0,
        n_slots: 1,
        slot_bytes: u64::from(N) * 4,
        place: SlotPlace::Tcm,
        flow: Flow::Credit,
    };
    let rings: Vec<_> = (0..2).map(|rank| recording.ring(ring(rank))).collect();
    let recorded = recording.record(|tl| {
        let (x, y) = parts[tl.rank() as usize];
        let own = tl.load(tl.tensor(x));
        for _ in 0..3 {
            tl.send_ring(rings[tl.rank() as usize], own);
            let got = tl.recv_ring(rings[tl.rank() as usize], [1, N], DType::F32);
            let sum = tl.add(own, got);
            tl.release(got);
            tl.store(sum, tl.tensor(y));
        }
    });
    recorded.expect("a program that is well formed")
}

#[test]
fn a_message_to_oneself_is_one_like_any_other() {
    for sync in [Sync::Interlocked, Sync::Explicit] {
        let machine = Machine::preset("sip").and_then(|sip| sip.with_sync(sync)).expect("a machine");
        let program = match sync {
            Sync::Interlocked => program(),
            Sync::Explicit => auto_sync(&program(), &machine).expect("waits that are enough"),
        };
        let x = replay::inputs::seeded(&program, 0)["x"].values();
        let run =
            simulate(Recorded { program, reference: None, machine: None }, &machine, &Options::default());
        let run = run.expect("a run that ends");
        assert!(run.computed.findings.is_empty() && !run.computed.unordered, "{:?}", run.computed.findings);
        let y = run.computed.outputs.expect("values")["y"].values();
        assert!(x.iter().zip(&y).all(|(x, y)| x + x == *y), "{sync:?}");
        assert_eq!(y.len(), 2 * N as usize);
    }
}

/// With one slot and two sends before a receive nothing can go on, and that is seen before the run.
#[test]
fn two_messages_to_oneself_need_two_slots() {
    let mut program = program();
    let send = program.ranks[0].ops[1].clone();
    let program::Op::Send(program::SendOp::Send { mut message, from }) = send else {
        unreachable!("it is one")
    };
    assert_eq!(program.ranks[0].ops[2].kind(), "recv");
    message.number = 1;
    program.ranks[0].ops.insert(2, program::Op::Send(program::SendOp::Send { message, from }));
    let machine = Machine::preset("sip").expect("a preset");
    assert!(kernmesh::time(program, &machine, 0).is_err());
}

/// A send that waits for a slot is overtaken by a later op: the order is certain, and not the one that the program means.
/// No op is left unordered, so only a comparison of the run tells it.
#[test]
fn a_tile_rewritten_before_its_send_has_a_slot_is_told() {
    let mut recording = Recording::new("overtaken", 1);
    let (x, y) = (recording.input("x", [1, N], DType::F32), recording.output("y", [1, N], DType::F32));
    let x = recording.input_share(x, 0, [0, 0], [1, N]);
    let y = recording.output_share(y, 0, [0, 0], [1, N]);
    let ring = recording.ring(Ring {
        producer: Rank(0),
        consumer: Rank(0),
        queue: 0,
        n_slots: 1,
        slot_bytes: u64::from(N) * 4,
        place: SlotPlace::Tcm,
        flow: Flow::Credit,
    });
    for (rewrites, expected) in [(false, 0), (true, 1)] {
        let recorded = recording.clone().record(|tl| {
            let own = tl.load(tl.tensor(x));
            tl.wait(&[own.handle()]);
            tl.send_ring(ring, own);
            let second = tl.send_ring(ring, own);
            let first = tl.recv_ring(ring, [1, N], DType::F32);
            if rewrites {
                let filled = tl.to(own).fill(7.0);
                tl.wait(&[filled]);
            }
            tl.release(first);
            let got = tl.recv_ring(ring, [1, N], DType::F32);
            tl.wait(&[second]);
            let stored = tl.store(got, tl.tensor(y));
            tl.wait(&[stored]);
            tl.release(got);
        });
        let program = recorded.expect("a program that is well formed");
        let machine =
            Machine::preset("sip").and_then(|sip| sip.with_sync(Sync::Explicit)).expect("a machine");
        let recorded = Recorded { program, reference: None, machine: None };
        let run = simulate(recorded, &machine, &Options::default()).expect("a run that ends");
        let codes: Vec<_> = run.computed.findings.iter().map(|it| it.code.name()).collect();
        assert_eq!(codes.len(), expected, "{codes:?}");
        assert!(codes.iter().all(|code| *code == "memory_overwritten"), "{codes:?}");
    }
}
