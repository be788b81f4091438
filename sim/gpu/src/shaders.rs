//! The WGSL of each family: what its file needs of the prelude, then the file.

use crate::launch::Family;

const VALUE: &str = include_str!("wgsl/value.wgsl");
const ARITHMETIC: &str = include_str!("wgsl/arithmetic.wgsl");
const EXP: &str = include_str!("wgsl/exp.wgsl");
const ORDER: &str = include_str!("wgsl/order.wgsl");
const VIEW: &str = include_str!("wgsl/view.wgsl");
const OPERAND: &str = include_str!("wgsl/operand.wgsl");

impl Family {
    /// Its shader as WGSL, complete.
    pub fn wgsl(self) -> String {
        let pieces: &[&str] = match self {
            Family::Copy => &[VIEW, include_str!("wgsl/copy.wgsl")],
            Family::Unary => &[VALUE, ARITHMETIC, EXP, VIEW, OPERAND, include_str!("wgsl/unary.wgsl")],
            Family::Binary => &[VALUE, ARITHMETIC, ORDER, VIEW, OPERAND, include_str!("wgsl/binary.wgsl")],
            Family::Compare => &[VALUE, ORDER, VIEW, OPERAND, include_str!("wgsl/compare.wgsl")],
            Family::Where => &[VALUE, VIEW, OPERAND, include_str!("wgsl/where.wgsl")],
            Family::Reduce => &[VALUE, ARITHMETIC, ORDER, VIEW, OPERAND, include_str!("wgsl/reduce.wgsl")],
            Family::Fill => &[VALUE, VIEW, OPERAND, include_str!("wgsl/fill.wgsl")],
            Family::Dot => &[VALUE, ARITHMETIC, VIEW, OPERAND, include_str!("wgsl/dot.wgsl")],
        };
        pieces.join("\n")
    }

    /// The entry point of its shader.
    pub fn entry(self) -> String {
        format!("{}_pass", self.name())
    }
}
