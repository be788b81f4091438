use program::{MoveOp, Op, OpIndex, Rank, ViewId};

use super::super::tests::{load, shared, store, words};
use super::*;

#[test]
fn log_order_decides_among_unordered_writers() {
    let program = shared(vec![vec![store()], vec![store()], vec![load()]], vec![]);
    let flow = Dataflow::of(&program);
    let part = flow.reads(Rank(2), OpIndex(0)).next().expect("one read")[0];
    assert_eq!(words(&flow, &[part]), "0..32 nothing or rank0 op0 or rank1 op0");
    let mut times = vec![SimTime::ZERO; program.n_ops()];
    let by = |rank| Writer::Op { rank: Rank(rank), op: OpIndex(0) };
    let mut starts = times.clone();
    for (done, start, expected) in [
        ([5, 6], 4, Writer::Uninitialised),
        ([5, 6], 5, by(0)),
        ([5, 6], 9, by(1)),
        ([6, 5], 9, by(0)),
        ([5, 5], 5, by(1)),
    ] {
        times[..2].copy_from_slice(&done.map(SimTime::from_fs));
        starts[2] = SimTime::from_fs(start);
        let decided = Decided::of(&flow, &starts, &times);
        assert_eq!(decided.writer(Some(2), part.writer), expected, "{done:?} {start}");
        let last = by(u32::from(done[1] >= done[0]));
        assert_eq!(decided.writer(None, part.writer), last, "{done:?}");
    }
}

/// Rank 0 stores and loads that again, in a log where it loads first; rank 1 copies what it finds over it.
#[test]
fn no_two_ops_are_said_to_read_what_the_other_writes() {
    let copy = Op::Move(MoveOp::Load { from: ViewId(0), to: ViewId(0) });
    let program = shared(vec![vec![store(), copy.clone()], vec![copy]], vec![]);
    let flow = Dataflow::of(&program);
    let at = |fs: [u64; 3]| fs.map(SimTime::from_fs);
    let writer = |rank, op| flow.reads(Rank(rank), OpIndex(op)).next().expect("one read")[0].writer;
    let by = |rank, op| Writer::Op { rank: Rank(rank), op: OpIndex(op) };
    for (start, done, found) in [
        ([10, 0, 5], [20, 4, 8], [by(1, 0), Writer::Uninitialised]),
        ([10, 0, 25], [20, 4, 28], [by(0, 0), by(0, 1)]),
        ([10, 0, 21], [20, 22, 28], [by(0, 0), by(0, 0)]),
    ] {
        let (start, done) = (at(start), at(done));
        let decided = Decided::of(&flow, &start, &done);
        let of = [decided.writer(Some(1), writer(0, 1)), decided.writer(Some(2), writer(1, 0))];
        assert_eq!(of, found, "{start:?} {done:?}");
    }
}
