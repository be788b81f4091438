//! One wait, credit or release less of a clean program: what is not told must make no difference.

use machine::Random;
use program::op::OpIndex;
use program::program::Flow;
use program::{Op, Program, QueueOp, Rank, RingId, SyncOp};

use super::{Checked, Depth, Failure, Run, orders};
use crate::census::Census;
use crate::edit::{named, set_named, without};
use crate::{Case, Target};

const NAME: &str = "a wait, credit or release that is missed is told";

/// What a program may lack.
#[derive(Clone, Copy, Debug)]
enum Less {
    /// One of the ops that an op waits for.
    Name(Rank, OpIndex, usize),
    /// An op that orders others.
    Op(Rank, OpIndex),
    Credits(RingId),
}

/// # Errors
/// The first program with less of which nothing is told, and of which a legal order differs.
pub fn are_told(case: &Case, target: &Target, depth: Depth, census: &mut Census) -> Checked {
    let mut all = removals(&case.program);
    let mut random = Random::seeded(case.seed ^ 0x5ea1);
    for _ in 0..depth.removals.min(all.len() as u64) {
        let less = all.swap_remove(random.below(all.len() as u64) as usize);
        let Ok(run) = Run::of(&lacking(&case.program, less), target, case.seed)? else { continue };
        if run.unordered || run.replayed.is_none() {
            continue;
        }
        census.removals += 1;
        orders::agree(&run, depth.seeds, census)
            .map_err(|failure| Failure::of(NAME, format!("{less:?}: {}", failure.what)))?;
    }
    Ok(())
}

fn removals(program: &Program) -> Vec<Less> {
    let mut all: Vec<Less> = Vec::new();
    for (ring, id) in program.rings.iter().zip(0..) {
        if ring.flow == Flow::Credit {
            all.push(Less::Credits(RingId(id)));
        }
    }
    for (of_rank, rank) in program.ranks.iter().zip((0..).map(Rank)) {
        for (op, index) in of_rank.ops.iter().zip((0..).map(OpIndex)) {
            all.extend((0..named(op).len()).map(|nth| Less::Name(rank, index, nth)));
            let orders = matches!(
                op,
                Op::Sync(
                    SyncOp::Wait { .. }
                        | SyncOp::WaitGe { .. }
                        | SyncOp::WaitUntil { .. }
                        | SyncOp::Release { .. }
                        | SyncOp::Barrier { .. }
                ) | Op::Queue(QueueOp::EventWait { .. })
            );
            if orders {
                all.push(Less::Op(rank, index));
            }
        }
    }
    all
}

fn lacking(program: &Program, less: Less) -> Program {
    let mut program = program.clone();
    match less {
        Less::Credits(ring) => program.rings[ring.index()].flow = Flow::None,
        Less::Op(rank, index) => return without(&program, &[(rank, index)]),
        Less::Name(rank, index, nth) => {
            let op = &mut program.ranks[rank.index()].ops[index.index()];
            let mut names = named(op).to_vec();
            names.remove(nth);
            set_named(op, names);
        }
    }
    program
}
