//! The WGSL of each family: the codes that its file switches on, what the file needs of the prelude, then the file.

use program::DType;
use program::op::{BinaryFn, CompareFn, ReduceFn, UnaryFn};

use crate::launch::Family;
use crate::params::CONSTANT;

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
        let dtypes = DType::ALL.map(|dtype| (dtype.name(), u32::from(dtype.code())));
        let codes = self.functions().into_iter().chain(dtypes).chain([("CONSTANT", CONSTANT)]);
        let codes = codes.map(|(name, code)| format!("const {}: u32 = {code}u;\n", name.to_uppercase()));
        codes.collect::<String>() + "\n" + &pieces.join("\n")
    }

    /// The functions among which `params.f` chooses, with their codes.
    pub fn functions(self) -> Vec<(&'static str, u32)> {
        match self {
            Family::Unary => UnaryFn::ALL.map(|f| (f.name(), f.code().into())).to_vec(),
            Family::Binary => BinaryFn::ALL.map(|f| (f.name(), f.code().into())).to_vec(),
            Family::Compare => CompareFn::ALL.map(|f| (f.name(), f.code().into())).to_vec(),
            Family::Reduce => ReduceFn::ALL.map(|f| (f.name(), f.code().into())).to_vec(),
            Family::Copy | Family::Where | Family::Fill | Family::Dot => Vec::new(),
        }
    }

    /// The entry point of its shader.
    pub fn entry(self) -> String {
        format!("{}_pass", self.name())
    }
}

#[cfg(test)]
#[path = "shaders_tests.rs"]
mod tests;
