//! The shader of each family of ops: the codes that its WGSL switches on, what the file needs of the prelude, then the
//! file.

use program::op::{BinaryFn, CompareFn, ReduceFn, UnaryFn};
use program::{DType, ScaledFormat};

use crate::params::CONSTANT;

const VALUE: &str = include_str!("wgsl/value.wgsl");
const ARITHMETIC: &str = include_str!("wgsl/arithmetic.wgsl");
const EXP: &str = include_str!("wgsl/exp.wgsl");
const FUNCTIONS: &str = include_str!("wgsl/functions.wgsl");
const TURN: &str = include_str!("wgsl/turn.wgsl");
const CAST: &str = include_str!("wgsl/cast.wgsl");
const ORDER: &str = include_str!("wgsl/order.wgsl");
const VIEW: &str = include_str!("wgsl/view.wgsl");
const OPERAND: &str = include_str!("wgsl/operand.wgsl");

/// Makes [`Family`]. A row is a name, which its file and its entry point have too, how many inputs the shader binds,
/// the enum of functions that it chooses from, if any, and the preludes.
macro_rules! families {
    ($($(#[$doc:meta])* $Family:ident $name:literal $n_inputs:literal ($($Fn:ident)?) [$($prelude:ident),*],)*) => {
        /// A family of ops: one WGSL file, one entry point, one pipeline.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Family {$(
            $(#[$doc])*
            $Family,
        )*}

        impl Family {
            pub const ALL: [Family; [$($name),*].len()] = [$(Family::$Family),*];

            pub const fn name(self) -> &'static str {
                match self {$(
                    Family::$Family => $name,
                )*}
            }
            /// Input buffers of its shader.
            pub const fn n_inputs(self) -> usize {
                match self {$(
                    Family::$Family => $n_inputs,
                )*}
            }
            /// The functions among which `params.f` chooses, with their codes.
            pub fn functions(self) -> Vec<(&'static str, u32)> {
                let mut functions = Vec::new();
                match self {$(
                    Family::$Family => {
                        $(functions.extend($Fn::ALL.map(|f| (f.name(), u32::from(f.code()))));)?
                    }
                )*}
                functions
            }
            const fn pieces(self) -> &'static [&'static str] {
                match self {$(
                    Family::$Family => &[$($prelude,)* include_str!(concat!("wgsl/", $name, ".wgsl"))],
                )*}
            }
        }
    };
}

families! {
    Copy "copy" 1 () [VIEW],
    Unary "unary" 1 (UnaryFn) [VALUE, ARITHMETIC, EXP, FUNCTIONS, TURN, CAST, VIEW, OPERAND],
    Binary "binary" 2 (BinaryFn) [VALUE, ARITHMETIC, ORDER, VIEW, OPERAND],
    Compare "compare" 2 (CompareFn) [VALUE, ORDER, VIEW, OPERAND],
    Where "where" 3 () [VALUE, VIEW, OPERAND],
    Fma "fma" 3 () [VALUE, ARITHMETIC, VIEW, OPERAND],
    /// Reductions and scans.
    Reduce "reduce" 1 (ReduceFn) [VALUE, ARITHMETIC, ORDER, VIEW, OPERAND],
    /// Fill and iota: ops that read nothing.
    Fill "fill" 0 () [VALUE, VIEW, OPERAND],
    Dot "dot" 2 () [VALUE, ARITHMETIC, VIEW, OPERAND],
    Dequantize "dequantize" 2 (ScaledFormat) [VALUE, ARITHMETIC, VIEW, OPERAND],
}

impl Family {
    /// Its shader as WGSL, complete.
    pub fn wgsl(self) -> String {
        let dtypes = DType::ALL.map(|dtype| (dtype.name(), u32::from(dtype.code())));
        let codes = self.functions().into_iter().chain(dtypes).chain([("CONSTANT", CONSTANT)]);
        let codes = codes.map(|(name, code)| format!("const {}: u32 = {code}u;\n", name.to_uppercase()));
        codes.collect::<String>() + "\n" + &self.pieces().join("\n")
    }

    /// The entry point of its shader.
    pub fn entry(self) -> String {
        format!("{}_pass", self.name())
    }
}

#[cfg(test)]
#[path = "shaders_tests.rs"]
mod tests;
