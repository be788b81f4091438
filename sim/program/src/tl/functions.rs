//! The functions of one and of two operands, each as a method that returns a new tile, and as one that writes into a
//! given one.

use std::panic::Location;

use crate::dtype::DType;
use crate::op::{BinaryFn, UnaryFn};
use crate::tl::recorder::Tl;
use crate::tl::tile::{Handle, Tile, TileOrConst};
use crate::tl::to::To;

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident => $f:ident),* $(,)?) => {
        impl Tl {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&mut self, x: Tile) -> Tile {
                self.unary(UnaryFn::$f, x)
            }
        )*}

        impl To<'_> {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(self, x: Tile) -> Handle {
                self.unary(UnaryFn::$f, x)
            }
        )*}
    };
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident => $f:ident),* $(,)?) => {
        impl Tl {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&mut self, x: impl Into<TileOrConst>, y: impl Into<TileOrConst>) -> Tile {
                let (x, y) = (x.into(), y.into());
                let to = self.result_of(&[x, y], &[x, y], None, Location::caller());
                let handle = self.to(to).$name(x, y);
                to.made_by(handle)
            }
        )*}

        impl To<'_> {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(self, x: impl Into<TileOrConst>, y: impl Into<TileOrConst>) -> Handle {
                self.binary(BinaryFn::$f, x.into(), y.into(), Location::caller())
            }
        )*}
    };
}

unary! {
    neg => Neg,
    abs => Abs,
    exp => Exp,
    reciprocal => Reciprocal,
    sqrt => Sqrt,
    /// 2ˣ.
    exp2 => Exp2,
    /// The natural logarithm.
    log => Log,
    /// The logarithm to base 2.
    log2 => Log2,
    tanh => Tanh,
    /// `1 / (1 + e⁻ˣ)`.
    sigmoid => Sigmoid,
    /// The error function.
    erf => Erf,
    /// `1 / √x`, rounded once.
    rsqrt => Rsqrt,
    /// The nearest integer; of two, the even one.
    round => Round,
    floor => Floor,
    ceil => Ceil,
    /// The integer next to x towards zero.
    trunc => Trunc,
    /// −1, 0 or 1.
    sign => Sign,
}

binary! {
    add => Add,
    sub => Sub,
    mul => Mul,
    div => Div,
    /// The larger; a NaN operand yields the other one.
    maximum => Maximum,
    /// The smaller; a NaN operand yields the other one.
    minimum => Minimum,
}

impl Tl {
    /// A function of one operand by its name.
    #[track_caller]
    pub fn unary(&mut self, f: UnaryFn, x: Tile) -> Tile {
        self.catch(x.fault);
        let to = self.tile(x.shape(), x.dtype());
        let handle = self.to(to).unary(f, x);
        to.made_by(handle)
    }

    /// The values, rounded to `dtype`.
    #[track_caller]
    pub fn cast(&mut self, x: Tile, dtype: DType) -> Tile {
        self.catch(x.fault);
        let to = self.tile(x.shape(), dtype);
        let handle = self.to(to).cast(x);
        to.made_by(handle)
    }
}

impl To<'_> {
    /// A function of one operand by its name.
    #[track_caller]
    pub fn unary(self, f: UnaryFn, x: Tile) -> Handle {
        self.unary_at(f, x, Location::caller())
    }

    /// The values, rounded to the dtype of the destination.
    #[track_caller]
    pub fn cast(self, x: Tile) -> Handle {
        self.unary(UnaryFn::Cast, x)
    }
}
