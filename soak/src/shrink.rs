//! The smallest program that still fails in the same way: delta debugging over ops, then over what they name.

use program::op::OpIndex;
use program::{Program, Rank};

use crate::edit::{named, set_named, without};
use crate::{Case, Depth, Failure, Target, examine};

/// A case with fewer ops of which the same property fails.
pub fn shrink(case: &Case, failure: &Failure, targets: &[Target], depth: Depth) -> Case {
    let fails = |program: &Program| {
        let fewer = Case { program: program.clone(), ..*case };
        examine(&fewer, targets, depth).is_err_and(|other| other.property == failure.property)
    };
    Case { program: shrink_by(case.program.clone(), &fails), ..*case }
}

/// A program with fewer ops and names that still `fails`.
pub fn shrink_by(mut program: Program, fails: &impl Fn(&Program) -> bool) -> Program {
    loop {
        let before = program.n_ops();
        program = fewer_ops(program, fails);
        program = fewer_names(program, fails);
        if program.n_ops() == before {
            return program;
        }
    }
}

pub fn places(program: &Program) -> Vec<(Rank, OpIndex)> {
    let of_rank =
        |rank: u32| (0..program.rank(Rank(rank)).ops.len() as u32).map(move |op| (Rank(rank), OpIndex(op)));
    (0..program.n_ranks()).flat_map(of_rank).collect()
}

fn fewer_ops(mut program: Program, fails: &impl Fn(&Program) -> bool) -> Program {
    let mut size = (program.n_ops() / 2).max(1);
    loop {
        let mut at = 0;
        while at < program.n_ops() {
            let all = places(&program);
            let fewer = without(&program, &all[at..all.len().min(at + size)]);
            if fails(&fewer) {
                program = fewer;
            } else {
                at += size;
            }
        }
        if size == 1 {
            return program;
        }
        size /= 2;
    }
}

fn fewer_names(mut program: Program, fails: &impl Fn(&Program) -> bool) -> Program {
    for (rank, index) in places(&program) {
        let mut nth = 0;
        while nth < named(program.op(rank, index)).len() {
            let mut names = named(program.op(rank, index)).to_vec();
            names.remove(nth);
            let mut fewer = program.clone();
            set_named(&mut fewer.ranks[rank.index()].ops[index.index()], names);
            if fails(&fewer) {
                program = fewer;
            } else {
                nth += 1;
            }
        }
    }
    program
}
