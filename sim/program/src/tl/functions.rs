//! The functions of one and of two operands, each as a method that returns a new tile, and as one that writes into a
//! given one.

use std::panic::Location;

use crate::dtype::DType;
use crate::op::{BinaryFn, CompareFn, UnaryFn};
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
                self.binary(BinaryFn::$f, x, y)
            }
        )*}

        impl To<'_> {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(self, x: impl Into<TileOrConst>, y: impl Into<TileOrConst>) -> Handle {
                self.binary_at(BinaryFn::$f, x.into(), y.into(), Location::caller())
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
    /// The sine of radians.
    sin => Sin,
    /// The cosine of radians.
    cos => Cos,
    /// All bits of integers flipped; of a mask, use [`Tl::logical_not`].
    not => Not,
}

binary! {
    add => Add,
    sub => Sub,
    mul => Mul,
    div => Div,
    /// The larger; a NaN operand gives NaN.
    maximum => Maximum,
    /// The smaller; a NaN operand gives NaN.
    minimum => Minimum,
    /// The larger; a NaN operand yields the other one.
    maxnum => Maxnum,
    /// The smaller; a NaN operand yields the other one.
    minnum => Minnum,
    /// The remainder of a truncating division of integers.
    rem => Rem,
    /// x · 2ʸ of integers.
    shl => Shl,
    /// ⌊x / 2ʸ⌋ of integers.
    shr => Shr,
    and => And,
    or => Or,
    xor => Xor,
    /// xʸ for a whole constant y.
    pow => Pow,
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

    /// A function of two operands by its name.
    #[track_caller]
    pub fn binary(&mut self, f: BinaryFn, x: impl Into<TileOrConst>, y: impl Into<TileOrConst>) -> Tile {
        let (x, y) = (x.into(), y.into());
        let to = self.result_of(&[x, y], &[x, y], None, Location::caller());
        let handle = self.to(to).binary(f, x, y);
        to.made_by(handle)
    }

    /// The values, rounded to the nearest of `dtype`, of two to the even one.
    #[track_caller]
    pub fn cast(&mut self, x: Tile, dtype: DType) -> Tile {
        self.cast_by(UnaryFn::Cast, x, dtype)
    }

    /// The values as `dtype` holds them by one of [`UnaryFn::CASTS`].
    #[track_caller]
    pub fn cast_by(&mut self, f: UnaryFn, x: Tile, dtype: DType) -> Tile {
        self.catch(x.fault);
        let to = self.tile(x.shape(), dtype);
        let handle = self.to(to).unary(f, x);
        to.made_by(handle)
    }

    /// 1 where x is 0, else 0, as u8.
    #[track_caller]
    pub fn logical_not(&mut self, x: Tile) -> Tile {
        self.compare(CompareFn::Eq, x, 0.0)
    }

    /// x, but not below `least` and not above `largest`: two ops. NaN stays.
    #[track_caller]
    pub fn clamp(&mut self, x: Tile, least: impl Into<TileOrConst>, largest: impl Into<TileOrConst>) -> Tile {
        let raised = self.maximum(x, least);
        let largest = largest.into();
        let handle = self.to(raised).minimum(raised, largest);
        raised.made_by(handle)
    }
}

impl To<'_> {
    /// A function of one operand by its name.
    #[track_caller]
    pub fn unary(self, f: UnaryFn, x: Tile) -> Handle {
        self.unary_at(f, x, Location::caller())
    }

    /// A function of two operands by its name.
    #[track_caller]
    pub fn binary(self, f: BinaryFn, x: impl Into<TileOrConst>, y: impl Into<TileOrConst>) -> Handle {
        self.binary_at(f, x.into(), y.into(), Location::caller())
    }

    /// The values, rounded to the nearest of the dtype of the destination, of two to the even one.
    #[track_caller]
    pub fn cast(self, x: Tile) -> Handle {
        self.unary(UnaryFn::Cast, x)
    }
}
