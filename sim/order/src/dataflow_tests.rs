use program::op::{BinaryFn, Constant, SemaphoreId};
use program::program::{Buffer, Role, Tensor};
use program::{
    Base, ComputeOp, Dims, MoveOp, NoteOp, Op, Operand, RankProgram, RecvOp, SendOp, SyncOp, View, ViewId,
};

use super::*;
use crate::sample;
use crate::sample::{in_buffer, in_message, in_tensor, message, rank, ring};

/// The parts an op reads, in words.
fn reads(program: &Program, rank: u32, op: u32) -> Vec<String> {
    let flow = Dataflow::of(program);
    flow.reads(Rank(rank), OpIndex(op)).map(|parts| words(&flow, parts)).collect()
}

pub(super) fn words(flow: &Dataflow, parts: &[Part]) -> String {
    let part = |part: &Part| {
        let writers = flow.candidates(part.writer).into_iter().map(|writer| match writer {
            Writer::Uninitialised => "nothing".to_owned(),
            Writer::Host(tensor) => format!("host {tensor}"),
            Writer::Op { rank, op } => format!("{rank} {op}"),
            Writer::Ambiguous(_) => unreachable!("candidates are not lists"),
        });
        let from = if part.from == part.start { String::new() } else { format!(" at {}", part.from) };
        format!("{}..{} {}{from}", part.start, part.end, writers.collect::<Vec<_>>().join(" or "))
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

#[test]
fn messages_buffers_and_host_tensors_resolve_to_their_writers() {
    let program = sample::exchange();
    let cases: [(u32, u32, &[&str]); 8] = [
        (0, 0, &["0..32 host t0"]),
        (0, 1, &["0..32 rank0 op0"]),
        (0, 3, &["0..32 rank1 op6"]),
        (0, 4, &["0..32 rank0 op3"]),
        (1, 0, &[]),
        (1, 3, &["0..32 rank0 op1", "0..32 rank0 op2"]),
        (1, 5, &[]),
        (1, 6, &["0..32 rank1 op3"]),
    ];
    for (rank, op, expected) in cases {
        assert_eq!(reads(&program, rank, op), expected, "rank{rank} op{op}");
    }
    let flow = Dataflow::of(&program);
    assert_eq!(words(&flow, flow.output(TensorId(1))), "0..32 rank0 op4");
    assert_eq!(words(&flow, flow.output(TensorId(0))), "");
    assert!(!flow.is_ambiguous());
}

/// Rows `first..end` of a 4 × 4 tile of f16: 8 bytes each.
fn rows(base: Base, first: u32, end: u32) -> View {
    let mut view = sample::tile(base);
    view.offset = 8 * u64::from(first);
    view.shape = Dims::new(&[end - first, 4]);
    view
}

/// Column `column` of a tile: 2 bytes of every 8.
fn column(base: Base, column: u32) -> View {
    let mut view = sample::tile(base);
    view.offset = 2 * u64::from(column);
    view.shape = Dims::new(&[4, 1]);
    view
}

fn fill(to: u32) -> Op {
    Op::Compute(ComputeOp::Fill { value: Constant::of(1.0), to: ViewId(to) })
}

/// One rank that fills all views but the last and then copies the last somewhere.
fn last_view_is(buffers: Vec<Buffer>, views: Vec<View>) -> String {
    let n = views.len() as u32;
    let mut one = rank(0, views, (0..n - 1).map(fill).collect());
    one.buffers = buffers;
    one.ops.push(Op::Move(MoveOp::Copy { from: ViewId(n - 1), to: ViewId(0) }));
    reads(&sample::program(vec![one], vec![]), 0, n - 1).join("; ")
}

#[test]
fn partial_writes_split_what_they_overlap() {
    let base = Base::Buffer(program::BufferId(0));
    let all = in_buffer(0);
    let transposed = View { strides: Dims::new(&[1, 4]), ..all };
    let cases = [
        (vec![all], "0..32 nothing"),
        (vec![all, all, all], "0..32 rank0 op1"),
        (vec![rows(base, 0, 2), all], "0..16 rank0 op0, 16..32 nothing"),
        (vec![rows(base, 1, 2), all], "0..8 nothing, 8..16 rank0 op0, 16..32 nothing"),
        (vec![all, rows(base, 1, 3), all], "0..8 rank0 op0, 8..24 rank0 op1, 24..32 rank0 op0"),
        (vec![all, rows(base, 1, 3), rows(base, 2, 4)], "16..24 rank0 op1, 24..32 rank0 op0"),
        (vec![all, rows(base, 1, 3), all, all], "0..32 rank0 op2"),
        // A column is read in one part: the bytes between its elements are not read.
        (vec![all, column(base, 1)], "2..28 rank0 op0"),
        (vec![all, column(base, 0), column(base, 1)], "2..28 rank0 op0"),
        (vec![all, column(base, 1), column(base, 1)], "2..28 rank0 op1"),
        (vec![all, rows(base, 3, 4), column(base, 3)], "6..24 rank0 op0, 30..32 rank0 op1"),
        (vec![transposed, transposed], "0..32 rank0 op0"),
        (vec![rows(base, 0, 1), rows(base, 1, 4), transposed], "0..8 rank0 op0, 8..32 rank0 op1"),
    ];
    for (views, expected) in cases {
        let shown = format!("{views:?}");
        let found = last_view_is(vec![sample::TILE], views);
        assert_eq!(found, expected, "{shown}");
    }
}

#[test]
fn only_buffers_fixed_by_hand_share_bytes() {
    let at = |at: Option<u64>| Buffer { bytes: 32, at };
    let cases = [
        ([None, None], "0..32 nothing"),
        ([Some(64), None], "0..32 nothing"),
        ([Some(64), Some(64)], "0..32 rank0 op0"),
        ([Some(64), Some(80)], "0..16 rank0 op0 at 16, 16..32 nothing"),
        ([Some(64), Some(96)], "0..32 nothing"),
    ];
    for (places, expected) in cases {
        let buffers = places.map(at).to_vec();
        assert_eq!(last_view_is(buffers, vec![in_buffer(0), in_buffer(1)]), expected, "{places:?}");
    }
}

#[test]
fn a_tensor_of_one_rank_is_the_hosts_until_it_is_written() {
    let tensor = Base::Tensor(TensorId(0));
    let cases = [
        (vec![in_tensor(0)], "0..32 host t0"),
        (vec![rows(tensor, 0, 1), in_tensor(0)], "0..8 rank0 op0, 8..32 host t0"),
        (vec![in_tensor(0), in_tensor(0)], "0..32 rank0 op0"),
        (vec![in_tensor(1)], "0..32 nothing"),
    ];
    for (views, expected) in cases {
        assert_eq!(last_view_is(vec![sample::TILE], views.clone()), expected, "{views:?}");
    }
}

#[test]
fn a_message_is_what_was_sent_until_it_is_written_in_place() {
    let mut program = sample::exchange();
    let base = Base::Message(message(0, 0));
    program.ranks[1].views.push(rows(base, 0, 1));
    program.ranks[1].ops[2] = fill(3);
    assert_eq!(reads(&program, 1, 3), ["0..8 rank1 op2, 8..32 rank0 op1", "0..32 rank0 op2"]);
}

/// `writers` ranks and a reader (the last) share tensor 2; each rank's ops are given.
pub(super) fn shared(ops: Vec<Vec<Op>>, rings: Vec<program::program::Ring>) -> Program {
    // View 0 is the shared tensor, 1 a buffer, then the first message of each ring.
    let views = |n: usize| {
        let mut views = vec![in_tensor(2), in_buffer(0)];
        views.extend((0..n as u32).map(|ring| in_message(ring, 0)));
        views
    };
    let n_rings = rings.len();
    let ranks: Vec<RankProgram> = ops.into_iter().map(|ops| rank(1, views(n_rings), ops)).collect();
    let mut program = sample::program(ranks, rings);
    program.tensors.push(Tensor { role: Role::Scratch, ..program.tensors[0].clone() });
    program
}

pub(super) fn store() -> Op {
    Op::Move(MoveOp::Store { from: ViewId(1), to: ViewId(0) })
}
pub(super) fn load() -> Op {
    Op::Move(MoveOp::Load { from: ViewId(0), to: ViewId(1) })
}
fn send(ring: u32) -> Op {
    Op::Send(SendOp::Send { message: message(ring, 0), from: ViewId(1) })
}
fn recv(ring: u32) -> Op {
    Op::Recv(RecvOp::Recv { message: message(ring, 0), view: ViewId(2 + ring) })
}
fn barrier(number: u32) -> Op {
    Op::Sync(SyncOp::Barrier { number })
}
fn signal(to: u32) -> Op {
    Op::Sync(SyncOp::Signal { semaphore: SemaphoreId(0), to: Rank(to), amount: 1, after: [].into() })
}
fn wait_ge(value: u32) -> Op {
    Op::Sync(SyncOp::WaitGe { semaphore: SemaphoreId(0), value })
}

/// What the load of the last rank finds, for many ways to order it after the stores of others.
fn check_last_load(cases: Vec<(&str, Program, &str)>) {
    for (what, program, expected) in cases {
        let reader = program.ranks.len() as u32 - 1;
        let ops = &program.ranks[reader as usize].ops;
        let load =
            ops.iter().position(|op| matches!(op, Op::Move(MoveOp::Load { .. }))).expect("the reader loads")
                as u32;
        assert_eq!(reads(&program, reader, load), [format!("0..32 {expected}")], "{what}");
    }
}

#[test]
fn messages_order_shared_memory() {
    let to_1 = || vec![ring(0, 1, 1)];
    let async_recv = Op::Recv(RecvOp::RecvAsync { message: message(0, 0), view: ViewId(2) });
    let wait = Op::Sync(SyncOp::Wait { on: [OpIndex(0)].into() });
    check_last_load(vec![
        ("nothing orders them", shared(vec![vec![store()], vec![load()]], vec![]), "nothing or rank0 op0"),
        ("a message", shared(vec![vec![store(), send(0)], vec![recv(0), load()]], to_1()), "rank0 op0"),
        (
            "a message too early",
            shared(vec![vec![send(0), store()], vec![recv(0), load()]], to_1()),
            "nothing or rank0 op1",
        ),
        (
            "a later store",
            shared(vec![vec![store(), send(0), store()], vec![recv(0), load()]], to_1()),
            "rank0 op0 or rank0 op2",
        ),
        (
            "two stores",
            shared(vec![vec![store(), store(), send(0)], vec![recv(0), load()]], to_1()),
            "rank0 op1",
        ),
        (
            "a receive that does not hold",
            shared(vec![vec![store(), send(0)], vec![async_recv.clone(), load()]], to_1()),
            "nothing or rank0 op0",
        ),
        (
            "a wait for it",
            shared(vec![vec![store(), send(0)], vec![async_recv.clone(), wait, load()]], to_1()),
            "rank0 op0",
        ),
        (
            "reading the message in place",
            shared(
                vec![
                    vec![store(), send(0)],
                    vec![async_recv, Op::Move(MoveOp::Copy { from: ViewId(2), to: ViewId(1) }), load()],
                ],
                to_1(),
            ),
            "rank0 op0",
        ),
    ]);
}

#[test]
fn barriers_and_signals_order_shared_memory() {
    check_last_load(vec![
        ("a barrier", shared(vec![vec![store(), barrier(0)], vec![barrier(0), load()]], vec![]), "rank0 op0"),
        (
            "a barrier between",
            shared(
                vec![vec![store(), barrier(0), barrier(1), store()], vec![barrier(0), load(), barrier(1)]],
                vec![],
            ),
            "rank0 op0",
        ),
        (
            "a barrier does not hold what follows it",
            shared(vec![vec![store(), barrier(0), store()], vec![barrier(0), load()]], vec![]),
            "rank0 op0 or rank0 op2",
        ),
        ("a signal", shared(vec![vec![store(), signal(1)], vec![wait_ge(1), load()]], vec![]), "rank0 op0"),
        (
            "either of two signals",
            shared(vec![vec![store(), signal(2)], vec![signal(2)], vec![wait_ge(1), load()]], vec![]),
            "nothing or rank0 op0",
        ),
        (
            "both of two signals",
            shared(vec![vec![store(), signal(2)], vec![signal(2)], vec![wait_ge(2), load()]], vec![]),
            "rank0 op0",
        ),
        (
            "the first of one rank's signals",
            shared(vec![vec![store(), signal(1), store(), signal(1)], vec![wait_ge(1), load()]], vec![]),
            "rank0 op0 or rank0 op2",
        ),
    ]);
}

#[test]
fn order_goes_through_other_ranks() {
    check_last_load(vec![
        (
            "through another rank",
            shared(
                vec![vec![store(), send(0)], vec![recv(0), send(1)], vec![recv(1), load()]],
                vec![ring(0, 1, 1), ring(1, 2, 1)],
            ),
            "rank0 op0",
        ),
        (
            "a store over another's",
            shared(
                vec![vec![store(), send(0)], vec![recv(0), store(), send(1)], vec![recv(1), load()]],
                vec![ring(0, 1, 1), ring(1, 2, 1)],
            ),
            "rank1 op1",
        ),
        (
            "two unordered stores",
            shared(
                vec![vec![store(), send(0)], vec![store(), send(1)], vec![recv(0), recv(1), load()]],
                vec![ring(0, 2, 1), ring(1, 2, 1)],
            ),
            "rank0 op0 or rank1 op0",
        ),
        ("its own store", shared(vec![vec![], vec![store(), load()]], vec![]), "rank1 op0"),
        (
            "a wait that can never end",
            shared(vec![vec![store()], vec![wait_ge(1), load()]], vec![]),
            "nothing or rank0 op0",
        ),
    ]);
}

#[test]
fn an_op_that_accumulates_reads_what_it_overwrites() {
    let views = vec![in_buffer(0), in_buffer(1), in_buffer(2)];
    let dot = |accumulate| {
        Op::Compute(ComputeOp::Dot {
            a: ViewId(0),
            b: ViewId(1),
            c: ViewId(2),
            accumulate,
            acc: program::DType::F32,
        })
    };
    let half = Operand::Constant(Constant::of(0.5));
    let scale = Op::Compute(ComputeOp::Binary {
        f: BinaryFn::Mul,
        x: Operand::View(ViewId(2)),
        y: half,
        to: ViewId(2),
    });
    let one = rank(3, views, vec![fill(0), fill(1), dot(false), dot(true), scale]);
    let program = sample::program(vec![one], vec![]);
    assert_eq!(reads(&program, 0, 2), ["0..32 rank0 op0", "0..32 rank0 op1"]);
    assert_eq!(reads(&program, 0, 3), ["0..32 rank0 op0", "0..32 rank0 op1", "0..32 rank0 op2"]);
    assert_eq!(reads(&program, 0, 4), ["0..32 rank0 op3"]);
}

/// Three ranks store very often, and one loads, in no order: of the stores, the newest are kept.
#[test]
fn of_very_many_unordered_writers_the_newest_are_named() {
    let stores = |n: usize| vec![store(); n];
    for (stored, kept, left_out) in [([20, 20, 24], 64, 0), ([400, 500, 600], 64, 1436), ([0, 0, 65], 64, 1)]
    {
        let mut ranks: Vec<Vec<Op>> = stored.into_iter().map(stores).collect();
        ranks.push(vec![load(); 300]);
        let flow = Dataflow::of(&shared(ranks, vec![]));
        for op in 0..300 {
            let parts = flow.reads(Rank(3), OpIndex(op)).next().expect("a load reads");
            let [Part { writer: writer @ Writer::Ambiguous(_), .. }] = *parts else { panic!("{parts:?}") };
            let writers = flow.candidates(writer);
            assert_eq!((writers[0], writers.len() - 1), (Writer::Uninitialised, kept), "{stored:?}");
            assert_eq!(flow.left_out(writer), left_out, "{stored:?}");
            let newest = Writer::Op { rank: Rank(2), op: OpIndex(stored[2] as u32 - 1) };
            assert!(writers.contains(&newest), "{stored:?}");
        }
    }
}

#[test]
fn a_mark_of_the_ledger_is_of_its_writers_bytes() {
    let mark = Op::Note(NoteOp::Contribute { view: ViewId(0), key: 1 });
    let program = shared(vec![vec![store(), barrier(0)], vec![barrier(0), mark]], vec![]);
    let flow = Dataflow::of(&program);
    assert_eq!(words(&flow, flow.marked(Rank(1), OpIndex(1))), "0..32 rank0 op0");
    assert_eq!(flow.marked(Rank(1), OpIndex(0)), []);
    assert_eq!(flow.reads(Rank(1), OpIndex(1)).len(), 0);
}
