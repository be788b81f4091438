//! Built-in kernels, with a change of their programs.

use kernels::Recorded;
use program::{Base, ComputeOp, MoveOp, Op, Program, View};

const PREFILL: &str =
    "ranks=2 heads=4 kv_heads=2 head_dim=8 kv_len=16 q_len=8 kv_block=8 causal=true dtype=f32";

pub fn changed(kernel: &str, given: &str, change: impl FnOnce(&mut Program)) -> Recorded {
    let given = given.split_whitespace().filter_map(|it| it.split_once('='));
    let given = given.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let mut recorded = kernels::find(kernel).expect("a kernel").record(&given).expect("parameters");
    change(&mut recorded.program);
    recorded
}

pub fn prefill(change: impl FnOnce(&mut Program)) -> Recorded {
    changed("mesh_kv", PREFILL, change)
}

pub fn gemm(change: impl FnOnce(&mut Program)) -> Recorded {
    changed("gemm", "ranks=2 m=8 n=8 k=256 dtype=f32", change)
}

/// Rank 1 loads K and V of the first head for the second.
pub fn wrong_group(program: &mut Program) {
    let tensors = program.tensors.clone();
    let rank = &mut program.ranks[1];
    for op in &rank.ops {
        let Op::Move(MoveOp::Load { from, .. }) = op else { continue };
        let view = &mut rank.views[from.index()];
        if let Base::Tensor(tensor) = view.base
            && ["k", "v"].iter().any(|name| tensors[tensor.index()].name.starts_with(name))
        {
            view.offset = 0;
        }
    }
}

/// Every query of rank 0 sees one key more.
pub fn unmasked(program: &mut Program) {
    for op in &mut program.ranks[0].ops {
        if let Op::Compute(ComputeOp::Iota { axis: 0, start, .. }) = op {
            *start += 1;
        }
    }
}

/// Rank 1 loads the second chunk of a from the first.
pub fn early_chunk(program: &mut Program) {
    let is_second = |view: &&mut View| matches!(view.base, Base::Tensor(_)) && view.offset == 512;
    program.ranks[1].views.iter_mut().filter(is_second).for_each(|view| view.offset = 0);
}
