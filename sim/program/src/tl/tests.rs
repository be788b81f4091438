use crate::dtype::DType::{F16, F32, I32, U8};
use crate::op::{Asks, BusyUnit, CompareFn, Op, SemaphoreId, SetSignal, SyncOp};
use crate::program::{Flow, Program, Rank, Ring, Role, SlotPlace, Tensor};
use crate::tl::{Direction, Handle, RecordError, Recording, Tile, Tl, Topology};
use crate::view::{Base, Message, RingId, TensorId};

use Direction::{Left, Right};

fn record(n_ranks: u32, kernel: impl FnMut(&mut Tl)) -> Result<Program, RecordError> {
    let mut recording = Recording::new("case", n_ranks);
    let x = recording.input("x", [8, 4], F16);
    for rank in 0..n_ranks {
        recording.input_share(x, rank, [0, 0], [8, 4]);
    }
    recording.links(Topology::Line, 2, 64, SlotPlace::Tcm);
    recording.record(kernel)
}

fn kinds(program: &Program, rank: usize) -> String {
    let kinds: Vec<_> = program.ranks[rank].ops.iter().map(Op::kind).collect();
    kinds.join(" ")
}

fn in_turn(tl: &mut Tl, x: Tile, functions: &[fn(&mut Tl, Tile) -> Tile]) {
    functions.iter().fold(x, |x, f| f(tl, x));
}

#[test]
fn kernels_record_the_ops_they_name() {
    type Kernel = fn(&mut Tl);
    let cases: [(&str, Kernel); 11] = [
        ("load store", |tl| {
            let tile = tl.load(tl.tensor(TensorId(0)));
            tl.store(tile, tl.tensor(TensorId(0)));
        }),
        ("fill fill dot dot", |tl| {
            let (a, b) = (tl.full([2, 3], F16, 1.0), tl.full([3, 4], F16, 2.0));
            let c = tl.dot(a, b);
            tl.dot_acc(c, a, b);
        }),
        ("iota cast neg abs exp reciprocal sqrt", |tl| {
            let i = tl.iota([4], 0, 0, 1);
            let x = tl.cast(i, F32);
            in_turn(tl, x, &[Tl::neg, Tl::abs, Tl::exp, Tl::reciprocal, Tl::sqrt]);
        }),
        ("fill exp2 log log2 tanh sigmoid erf rsqrt", |tl| {
            let x = tl.full([4], F32, 1.0);
            in_turn(tl, x, &[Tl::exp2, Tl::log, Tl::log2, Tl::tanh, Tl::sigmoid, Tl::erf, Tl::rsqrt]);
        }),
        ("fill round floor ceil trunc sign", |tl| {
            let x = tl.full([4], F32, 1.0);
            in_turn(tl, x, &[Tl::round, Tl::floor, Tl::ceil, Tl::trunc, Tl::sign]);
        }),
        ("fill add sub mul div maximum minimum", |tl| {
            let x = tl.full([4], F32, 1.0);
            tl.add(x, 1.0);
            tl.sub(1.0, x);
            tl.mul(x, x);
            tl.div(x, 2.0);
            tl.maximum(x, 0.0);
            tl.minimum(x, 0.0);
        }),
        ("fill compare where sum max min", |tl| {
            let x = tl.full([2, 4], F32, 1.0);
            let mask = tl.compare(CompareFn::Lt, x, 0.5);
            let chosen = tl.where_(mask, x, f32::NEG_INFINITY);
            tl.sum(chosen, 1);
            tl.max(chosen, 0);
            tl.min(chosen, 1);
        }),
        ("fill copy wait", |tl| {
            let (x, y) = (tl.full([4], F32, 0.0), tl.tile([4], F32));
            let copied = tl.copy(x, y);
            tl.wait(&[copied, copied, y.handle()]);
        }),
        // A wait for nothing is not recorded.
        ("barrier barrier", |tl| {
            tl.barrier();
            tl.wait(&[Handle::default()]);
            tl.barrier();
        }),
        ("signal wait_ge", |tl| {
            let semaphore = tl.semaphore();
            tl.signal(semaphore, 0, 3, &[]);
            tl.wait_ge(semaphore, 3);
        }),
        ("fill contribute expect busy", |tl| {
            let x = tl.full([4], F32, 0.0);
            tl.contribute(x, 7);
            tl.expect(x, [7]);
            tl.busy(BusyUnit::Gemm, 10);
        }),
    ];
    for (expected, kernel) in cases {
        let program = record(1, kernel).unwrap_or_else(|error| panic!("{expected}: {error}"));
        assert_eq!(kinds(&program, 0), expected);
    }
}

#[test]
fn semaphores_are_set_taken_from_and_waited_for() {
    let program = record(1, |tl| {
        let semaphore = tl.semaphore();
        tl.signal_set(semaphore, 0, 3, &[]);
        tl.wait_eq(semaphore, 3);
        tl.set_semaphore(semaphore, 2);
        tl.take(semaphore, 1);
    });
    let (semaphore, to) = (SemaphoreId(0), Rank(0));
    let ops = [
        SetSignal::new(semaphore, to, 3).into(),
        SyncOp::WaitUntil { semaphore, is: Asks::Eq, value: 3, count: 0 },
        SyncOp::SemaphoreSet { semaphore, value: 2 },
        SyncOp::WaitUntil { semaphore, is: Asks::Take, value: 1, count: 0 },
    ];
    assert_eq!(program.expect("a kernel without mistakes").ranks[0].ops, ops.map(Op::Sync));
    let error = record(1, |tl| {
        let semaphore = tl.semaphore();
        tl.signal_set(semaphore, 2, 1, &[]);
    });
    let error = error.expect_err("there is one rank");
    assert!(error.message.contains("signal to rank 2 of 1"), "{error}");
    assert!(error.to_string().contains("tests.rs"), "{error}");
}

#[test]
fn results_take_the_dtype_of_the_first_tile() {
    record(1, |tl| {
        let (half, full) = (tl.full([4, 4], F16, 0.0), tl.full([4, 4], F32, 0.0));
        let mask = tl.compare(CompareFn::Eq, half, full);
        let bytes = tl.full([4, 4], U8, 1.0);
        let cases: [(&str, Tile, _); 9] = [
            ("dot", tl.dot(half, half), F32),
            ("dot_as", tl.dot_as(half, half, F16), F16),
            ("compare", mask, U8),
            ("add", tl.add(half, full), F16),
            ("sub", tl.sub(1.0, full), F32),
            ("where", tl.where_(mask, 0.0, half), F16),
            ("exp", tl.exp(half), F16),
            ("sum", tl.sum(bytes, 0), U8),
            ("sum_as", tl.sum_as(bytes, 0, I32, I32, false), I32),
        ];
        for (name, tile, dtype) in cases {
            assert_eq!(tile.dtype(), dtype, "{name}");
        }
    })
    .unwrap();
}

#[test]
fn views_select_bytes() {
    record(1, |tl| {
        let x = tl.tile([4, 6], F16);
        type Case<'a> = (&'a str, Tile, &'a [u32], u64, &'a [u32]);
        let cases: [Case; 8] = [
            ("a column as a row", x.slice(1, 2, 1).reshape([4]), &[4], 4, &[6]),
            ("an axis more", x.trans().reshape([6, 1, 4]), &[6, 1, 4], 0, &[1, 4, 6]),
            ("slice rows", x.slice(0, 1, 2), &[2, 6], 12, &[6, 1]),
            ("slice columns", x.slice(1, 2, 3), &[4, 3], 4, &[6, 1]),
            ("trans", x.trans(), &[6, 4], 0, &[1, 6]),
            ("reshape", x.slice(0, 2, 2).reshape([3, 4]), &[3, 4], 24, &[4, 1]),
            ("broadcast", x.slice(1, 0, 1).broadcast([2, 4, 5]), &[2, 4, 5], 0, &[0, 6, 0]),
            ("view", x.view(8, [2, 5], F32), &[2, 5], 8, &[5, 1]),
        ];
        for (name, tile, shape, offset, strides) in cases {
            let view = tile.view;
            assert_eq!((&*view.shape, view.offset, &*view.strides), (shape, offset, strides), "{name}");
        }
    })
    .unwrap();
}

#[test]
fn neighbours_have_a_ring_each_way() {
    /// Producer, consumer and queue of each ring.
    type Rings = &'static [(u32, u32, u32)];
    let cases: [(Topology, u32, Rings); 6] = [
        (Topology::Line, 1, &[]),
        (Topology::Ring, 1, &[]),
        (Topology::Line, 2, &[(0, 1, 0), (1, 0, 1)]),
        // Two rings to the same neighbour.
        (Topology::Ring, 2, &[(0, 1, 0), (0, 1, 1), (1, 0, 0), (1, 0, 1)]),
        (Topology::Line, 3, &[(0, 1, 0), (1, 2, 0), (1, 0, 1), (2, 1, 1)]),
        (Topology::Ring, 3, &[(0, 1, 0), (0, 2, 1), (1, 2, 0), (1, 0, 1), (2, 0, 0), (2, 1, 1)]),
    ];
    for (topology, n, expected) in cases {
        let mut recording = Recording::new("case", n);
        recording.links(topology, 3, 64, SlotPlace::Sram);
        let program = recording.record(|_| {}).unwrap();
        let rings: Vec<_> = program.rings.iter().map(|r| (r.producer.0, r.consumer.0, r.queue)).collect();
        assert_eq!(rings, expected, "{topology:?} of {n}");
        assert!(program.rings.iter().all(|r| (r.n_slots, r.slot_bytes, r.place) == (3, 64, SlotPlace::Sram)));
    }
}

#[test]
fn both_ends_of_a_ring_count_its_messages() {
    let mut recording = Recording::new("case", 2);
    recording.links(Topology::Ring, 2, 64, SlotPlace::Tcm);
    let ring = recording.ring(Ring {
        producer: Rank(1),
        consumer: Rank(0),
        queue: 9,
        n_slots: 1,
        slot_bytes: 8,
        place: SlotPlace::Tcm,
        flow: Flow::Credit,
    });
    let program = recording
        .record(|tl| {
            assert_eq!((tl.neighbour(Left), tl.neighbour(Right)), (Some(1 - tl.rank()), Some(1 - tl.rank())));
            let x = tl.full([4], F16, 0.0);
            tl.send(Right, x);
            tl.send(Right, x);
            tl.send(Left, x);
            let first = tl.recv(Left, [4], F16);
            let (second, arrived) = tl.recv_async(Left, [4], F16);
            tl.wait(&[arrived]);
            tl.release(second);
            tl.forward(Left, first);
            tl.recv_into(Right, x);
            if tl.rank() == 1 {
                for _ in 0..3 {
                    tl.send_ring(ring, x);
                }
            } else {
                tl.recv_ring(ring, [4], F16);
                tl.recv_async_ring(ring, [4], F16);
                tl.recv_into_ring(ring, x);
            }
        })
        .unwrap();
    let messages = |rank: usize| -> Vec<_> {
        let named = program.ranks[rank].ops.iter().flat_map(Op::messages).copied();
        named.map(|Message { ring, number }| (ring.0, number)).collect()
    };
    // Rings 0 and 1 leave rank 0 to the right and left, rings 2 and 3 rank 1.
    assert_eq!(
        messages(0),
        [(0, 0), (0, 1), (1, 0), (2, 0), (2, 1), (2, 1), (1, 1), (3, 0), (4, 0), (4, 1), (4, 2)]
    );
    assert_eq!(
        messages(1),
        [(2, 0), (2, 1), (3, 0), (0, 0), (0, 1), (0, 1), (3, 1), (1, 0), (4, 0), (4, 1), (4, 2)]
    );
    assert!(
        program.ranks[0]
            .views
            .iter()
            .any(|view| view.base == Base::Message(Message { ring: RingId(2), number: 1 }))
    );
}

#[test]
fn sources_spans_and_tables_are_kept() {
    let mut recording = Recording::new("case", 4);
    recording.grid([2, 2]).table("blocks", vec![7, 8, 9]).scalar("length", 5);
    let mut coordinates = Vec::new();
    let program = recording
        .record(|tl| {
            coordinates.push((tl.program_id(0), tl.program_id(1), tl.program_id(2)));
            assert_eq!((tl.scalar("length"), tl.scalar("width")), (Some(5), None));
            assert_eq!(tl.table("blocks").as_deref(), Some([7, 8, 9].as_slice()));
            let x = tl.full([4], F32, 1.0);
            tl.span("outer", |tl| {
                tl.add(x, x);
                tl.span("inner", |tl| tl.to(x).exp(x));
            });
        })
        .unwrap();
    assert_eq!(coordinates, [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)]);
    let spans: Vec<_> =
        program.ranks[3].spans.iter().map(|s| (s.name.as_str(), s.first.0, s.end.0)).collect();
    assert_eq!(spans, [("outer", 1, 3), ("inner", 2, 3)]);
    let source = program.source(Rank(3), crate::OpIndex(0)).unwrap();
    assert!(source.contains("src/tl/tests.rs:"), "{source}");
    let lines: Vec<u32> = program.ranks[0].sources.iter().map(|s| s.line).collect();
    assert_eq!((lines[1] - lines[0], lines[2] - lines[1]), (2, 1));
}

#[test]
fn mistakes_are_returned_with_their_line() {
    type Kernel = fn(&mut Tl);
    let cases: [(&str, Kernel); 17] = [
        ("slice 3..3+2 of axis 0, whose extent is 4", |tl| {
            let x = tl.tile([4], F32).slice(0, 3, 2);
            tl.exp(x);
        }),
        ("axis 2 of a tile of 4, which has 1 axes", |tl| {
            let x = tl.tile([4], F32).slice(2, 0, 1);
            tl.exp(x);
        }),
        ("reshape of 4 to 5: 4 elements to 5", |tl| {
            let x = tl.tile([4], F32).reshape([5]);
            tl.exp(x);
        }),
        ("do not lie one after the other", |tl| {
            let x = tl.tile([4, 4], F32).trans().reshape([16]);
            tl.exp(x);
        }),
        ("view of 9 f16 at byte 0 of a tile that has 16 bytes", |tl| {
            let x = tl.tile([4], F32).view(0, [9], F16);
            tl.exp(x);
        }),
        ("4 does not broadcast to 8", |tl| {
            let x = tl.tile([4], F32).broadcast([8]);
            tl.exp(x);
        }),
        ("trans of a tile of 4", |tl| {
            let x = tl.tile([4], F32).trans();
            tl.exp(x);
        }),
        ("a shape of 5 dimensions", |tl| _ = tl.tile([1; 5], F32)),
        ("t9 is not a tensor", |tl| _ = tl.load(tl.tensor(TensorId(9)))),
        ("4×4 and 3 do not broadcast to one shape", |tl| {
            let (x, y) = (tl.tile([4, 4], F32), tl.tile([3], F32));
            tl.add(x, y);
        }),
        ("an op on constants alone has no shape", |tl| _ = tl.add(1.0, 2.0)),
        ("dot: a is 4×3, b is 4×3, c is 4×3", |tl| {
            let x = tl.tile([4, 3], F32);
            tl.dot(x, x);
        }),
        ("copy: f32 does not go into f16", |tl| {
            let (x, y) = (tl.tile([4], F32), tl.tile([4], F16));
            tl.copy(x, y);
        }),
        ("exp: `to` has strides [0] on 4: it writes some bytes twice", |tl| {
            let (x, y) = (tl.tile([4], F32), tl.tile([1], F32));
            tl.to(y.broadcast([4])).exp(x);
        }),
        ("rank 0 of 1 has no left neighbour", |tl| _ = tl.recv(Left, [4], F32)),
        ("release of a tile that is not a message", |tl| {
            let x = tl.tile([4], F32);
            tl.release(x);
        }),
        ("signal to rank 1 of 1", |tl| {
            let semaphore = tl.semaphore();
            tl.signal(semaphore, 1, 1, &[]);
        }),
    ];
    for (expected, kernel) in cases {
        let error = record(1, kernel).expect_err(expected);
        assert!(error.message.contains(expected), "{error}, not {expected}");
        assert_eq!(error.rank, Some(0), "{error}");
        assert!(error.source.contains("src/tl/tests.rs:"), "{error}");
        assert!(!error.repair.is_empty() && error.to_string().contains(&error.repair), "{error}");
    }
}

#[test]
fn the_first_mistake_is_the_one_returned() {
    let mut line = 0;
    let error = record(3, |tl| {
        if tl.rank() == 1 {
            line = line!() + 1;
            let wrong = tl.tile([4], F32).slice(0, 4, 1);
            let worse = wrong.reshape([7]);
            tl.exp(worse);
            tl.release(worse);
        }
    })
    .unwrap_err();
    assert_eq!(error.rank, Some(1));
    assert!(error.source.contains(&format!("tests.rs:{line}:")), "{error}");
    assert!(error.message.starts_with("slice 4..4+1"), "{error}");
}

#[test]
fn mistakes_in_declarations_come_first() {
    let ends =
        |n| Tensor { name: "t".to_owned(), home: Rank(n), shape: vec![1], dtype: F32, role: Role::Scratch };
    type Declare = fn(&mut Recording);
    let cases: [(&str, Declare); 3] = [
        ("links are declared twice", |r| {
            r.links(Topology::Line, 1, 1, SlotPlace::Tcm).links(Topology::Ring, 1, 1, SlotPlace::Tcm);
        }),
        ("a grid of [3] has 3 ranks, not 2", |r| _ = r.grid([3])),
        ("a share of a host tensor that was not declared", |r| {
            _ = r.input_share(super::HostIndex(3), 0, [], [])
        }),
    ];
    for (expected, declare) in cases {
        let mut recording = Recording::new("case", 2);
        recording.tensor(ends(0));
        declare(&mut recording);
        let error = recording.record(|_| panic!("no rank runs")).unwrap_err();
        assert!(error.message.contains(expected) && error.rank.is_none(), "{error}");
    }
}
