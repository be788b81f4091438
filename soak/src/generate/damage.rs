//! Random changes of a program: an op less, two ops exchanged, a wait that names less, a ring without credits.

use machine::Random;
use program::op::OpIndex;
use program::program::Flow;
use program::{Op, Program, Rank};

use crate::edit::{named, without};

pub fn damaged(mut program: Program, random: &mut Random) -> Program {
    let rank = random.below(program.ranks.len() as u64) as usize;
    let n_ops = program.ranks[rank].ops.len() as u64;
    if n_ops < 2 {
        return program;
    }
    let at = random.below(n_ops) as usize;
    match random.below(5) {
        0 => return without(&program, &[(Rank(rank as u32), OpIndex(at as u32))]),
        1 => exchange(&mut program, rank, at.saturating_sub(1)),
        2 => {
            let lists: Vec<usize> =
                (0..n_ops as usize).filter(|&op| !named(&program.ranks[rank].ops[op]).is_empty()).collect();
            if !lists.is_empty() {
                let op = lists[random.below(lists.len() as u64) as usize];
                forget(&mut program.ranks[rank].ops[op], random);
            }
        }
        3 if !program.rings.is_empty() => {
            let ring = random.below(program.rings.len() as u64) as usize;
            program.rings[ring].flow = if random.below(3) == 0 { Flow::Credit } else { Flow::None };
        }
        _ if !program.rings.is_empty() => {
            let ring = random.below(program.rings.len() as u64) as usize;
            program.rings[ring].n_slots = 1 + random.below(3) as u32;
        }
        _ => {}
    }
    program
}

/// Two neighbours change places, and whoever names them follows.
fn exchange(program: &mut Program, rank: usize, first: usize) {
    let of_rank = &program.ranks[rank];
    let moved = of_rank.with_moved(&[OpIndex(first as u32 + 1)], OpIndex(first as u32));
    program.ranks[rank] = moved;
}

/// One of the ops that an op waits for is left out.
fn forget(op: &mut Op, random: &mut Random) {
    let mut names = named(op).to_vec();
    names.remove(random.below(names.len() as u64) as usize);
    crate::edit::set_named(op, names);
}
