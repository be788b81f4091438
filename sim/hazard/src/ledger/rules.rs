//! Contributions of an op's result, from those of its operands.

use program::{ComputeOp, Effect, Op, View};

use super::keys::Keys;
use super::regions::{Regions, broadcast, with_last};
use super::runs::Runs;

/// A view that an op reads, with its contributions.
pub struct Operand<'a> {
    pub view: &'a View,
    pub regions: Regions,
}

/// Contributions of the result of `op` in `to`, element by element. `reads` are its operands in the order of
/// [`program::Access::reads`]; constants are not among them.
pub fn result(op: &Op, reads: &[Operand<'_>], to: &View) -> Runs {
    let held = match op.effect() {
        Effect::Move { .. }
        | Effect::Fold(_)
        // Of a scan the elements before are left out: what a view holds, it mostly holds as a whole.
        | Effect::Compute(
            ComputeOp::Unary { .. } | ComputeOp::Binary { .. } | ComputeOp::Fma { .. } | ComputeOp::Scan { .. },
        ) => each(reads, to, Keys::added),
        // The mask chooses; it is no part of the result. Nor is a constant, which stands in for elements that
        // have no partial: a choice of a constant where there is one is missed.
        Effect::Compute(ComputeOp::Where { .. }) => each(&reads[1..], to, Keys::apart),
        Effect::Compute(ComputeOp::Reduce { axis, .. }) => {
            Some(gathered(&with_last(reads[0].view, usize::from(axis)), &reads[0]))
        }
        Effect::Compute(ComputeOp::Dot { .. }) => Some(product(reads, to)),
        // A scale is no part of the numbers that it scales.
        Effect::Compute(ComputeOp::Dequantize { format, .. }) => {
            Some(reads[0].regions.read(reads[0].view).stretched(format.per_byte().into()))
        }
        Effect::Compute(ComputeOp::Compare { .. } | ComputeOp::Fill { .. } | ComputeOp::Iota { .. })
        | Effect::Nothing => None,
    };
    held.unwrap_or_else(|| Runs::of(to.elements(), Keys::default()))
}

/// Element by element, of operands that broadcast.
fn each(reads: &[Operand<'_>], to: &View, join: fn(&Keys, &Keys) -> Keys) -> Option<Runs> {
    let operands = reads.iter().map(|operand| operand.regions.read(&broadcast(operand.view, to.shape)));
    operands.reduce(|x, y| x.zip(&y, join))
}

/// What lies along the last axis of a view, gathered.
fn gathered(view: &View, operand: &Operand<'_>) -> Runs {
    let extent = view.shape.last().copied().unwrap_or(1);
    operand.regions.read(view).grouped(u64::from(extent).max(1), Keys::either)
}

/// Row i of a and column j of b go into element [i, j], and what is there if it accumulates; of each matrix along leading
/// axes.
fn product(reads: &[Operand<'_>], to: &View) -> Runs {
    let [m, n] = [2, 1].map(|axis| u64::from(to.shape[to.shape.len() - axis]));
    let rows = gathered(reads[0].view, &reads[0]).stretched(n);
    let mut columns = Runs::default();
    for b in reads[1].view.matrices() {
        let of_one = gathered(&with_last(&b, 0), &reads[1]).repeated(m);
        of_one.iter().for_each(|(n, keys)| columns.push(*n, keys.clone()));
    }
    let sum = rows.zip(&columns, Keys::added);
    match reads.get(2) {
        Some(c) => sum.zip(&c.regions.read(c.view), Keys::added),
        None => sum,
    }
}
