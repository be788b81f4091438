//! The values that views held after ops of their ranks: in place, in parts, in slots, and before they are whole.

use oplog::OpLog;
use order::Dataflow;
use program::op::{Op, RecvOp, SyncOp};
use program::program::Flow;
use program::{Base, DType, Dims, OpIndex, Rank, View};

use super::execution::neg;
use super::hand::Hand;
use crate::inputs::HostValues;
use crate::run::Options;
use crate::value_in::{Held, ViewAfter, values_in};

/// Rank 0 fills a tile with 1, negates it in place, overwrites its upper row with 5 and sends all of it; rank 1 negates
/// the message into a tile of its own. The second tile of rank 0 is half written.
fn in_place() -> OpLog {
    let mut hand = Hand::new(2);
    let ring = hand.ring(0, 1, 1, Flow::Credit);
    let tile = hand.tile(0, &[2, 4]);
    hand.fill(0, 0, 1.0, tile);
    hand.op(0, 1, 2, neg(tile, tile));
    let upper = hand.view(0, row(0));
    hand.fill(0, 2, 5.0, upper);
    let message = hand.send(0, (3, 4, 5), ring, tile);
    hand.tile(0, &[2, 4]);
    let half = hand.view(0, View { base: Base::Buffer(program::BufferId(1)), ..row(0) });
    hand.fill(0, 6, 7.0, half);
    let slot = hand.slot(1, message, &[2, 4]);
    hand.op(1, 5, 5, Op::Recv(RecvOp::Recv { message, view: slot }));
    let own = hand.tile(1, &[2, 4]);
    hand.op(1, 6, 7, neg(slot, own));
    hand.op(1, 7, 8, Op::Sync(SyncOp::Release { message, after: Box::new([OpIndex(1)]) }));
    hand.log()
}

/// A row of the first tile of a rank.
fn row(at: u64) -> View {
    let packed = View::packed(Base::Buffer(program::BufferId(0)), Dims::new(&[1, 4]), DType::F16);
    View { offset: at * 8, ..packed }
}

/// The values of a view after an op, or the bytes that were not written.
fn held(log: &OpLog, asked: &[(u32, View, u32)]) -> Vec<Result<Vec<f32>, (u64, u64)>> {
    let one = |&(rank, view, after)| ViewAfter { rank: Rank(rank), view, after: OpIndex(after) };
    let asked: Vec<ViewAfter> = asked.iter().map(one).collect();
    let flow = Dataflow::of(&log.program);
    let found = values_in(log, &flow, &HostValues::new(), Options::default(), &asked);
    let told = |held| match held {
        Held::Value(value) => Ok(value.values()),
        Held::Unwritten { bytes, of } => Err((bytes, of)),
    };
    found.expect("the log can be replayed").into_iter().map(told).collect()
}

#[test]
fn a_view_holds_what_the_ops_of_its_rank_up_to_that_one_wrote() {
    let log = in_place();
    let view = |rank: usize, view: usize| log.program.ranks[rank].views[view];
    let (tile, half, slot, own) = (view(0, 0), view(0, 2), view(1, 0), view(1, 1));
    let transposed = View { shape: Dims::new(&[4, 2]), strides: Dims::new(&[1, 4]), ..tile };
    let all = |value: f32| Ok(vec![value; 8]);
    let mixed = |upper: f32, lower: f32| Ok([[upper; 4], [lower; 4]].concat());
    for (name, asked, expected) in [
        ("the op that made it", (0, tile, 0), all(1.0)),
        ("in place", (0, tile, 1), all(-1.0)),
        ("a row of it", (0, tile, 2), mixed(5.0, -1.0)),
        ("the row, before it is overwritten", (0, row(0), 1), Ok(vec![-1.0; 4])),
        ("the other row", (0, row(1), 4), Ok(vec![-1.0; 4])),
        ("a transposed view", (0, transposed, 2), Ok([5.0, -1.0].repeat(4))),
        ("a message", (1, slot, 0), mixed(5.0, -1.0)),
        ("a message whose slot is free again", (1, slot, 2), mixed(5.0, -1.0)),
        ("what was made of it", (1, own, 1), mixed(-5.0, 1.0)),
        ("nothing yet", (1, own, 0), Err((16, 16))),
        ("a half", (0, half, 4), Err((8, 16))),
    ] {
        assert_eq!(held(&log, &[asked]), [expected], "{name}");
    }
}

#[test]
fn one_replay_serves_many_views() {
    let log = in_place();
    let (tile, own) = (log.program.ranks[0].views[0], log.program.ranks[1].views[1]);
    let asked = [(0, tile, 0), (1, own, 1), (0, tile, 1), (1, own, 0)];
    let alone: Vec<_> = asked.iter().flat_map(|&one| held(&log, &[one])).collect();
    assert_eq!(held(&log, &asked), alone);
}

#[test]
fn bytes_of_another_buffer_count_only_where_the_author_laid_them_so() {
    for (by_hand, expected) in [(false, Err((8, 16))), (true, Ok([[5.0; 4], [1.0; 4]].concat()))] {
        let mut hand = Hand::new(1);
        let first = hand.tile(0, &[2, 4]);
        hand.lay(0, 0x100, by_hand);
        hand.fill(0, 0, 1.0, first);
        let second = hand.tile(0, &[2, 4]);
        hand.lay(0, 0x100, by_hand);
        let upper = hand.view(0, View { base: Base::Buffer(program::BufferId(1)), ..row(0) });
        hand.fill(0, 1, 5.0, upper);
        let log = hand.log();
        let second = log.program.ranks[0].views[second.index()];
        assert_eq!(held(&log, &[(0, second, 1)]), [expected], "by hand: {by_hand}");
    }
}
