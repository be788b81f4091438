//! Block-scaled formats: elements of a few bits that share a scale with their neighbours along the last axis.

use std::fmt;

use crate::dtype::DType;
use crate::named::named;
use crate::view::Dims;

named! {
    /// How the elements and scales of a block-scaled tensor are stored. Of two elements in a byte the first is in the low
    /// bits.
    ScaledFormat {
        /// OCP MX: f8e4m3, and a power of two (E8M0) for 32 of them.
        Mxfp8E4m3 "mxfp8_e4m3",
        /// OCP MX: f8e5m2, and a power of two (E8M0) for 32 of them.
        Mxfp8E5m2 "mxfp8_e5m2",
        /// OCP MX: E2M1, two in a byte, and a power of two (E8M0) for 32 of them.
        Mxfp4 "mxfp4",
        /// NVIDIA's: E2M1, two in a byte, and an f8e4m3 for 16 of them.
        Nvfp4 "nvfp4",
        /// Tenstorrent's: a sign and 7 bits of mantissa, and an exponent for 16 of them.
        Bfp8 "bfp8",
        /// Tenstorrent's: a sign and 3 bits of mantissa, two in a byte, and an exponent for 16 of them.
        Bfp4 "bfp4",
    }
}

impl ScaledFormat {
    /// The dtype of a tile of elements.
    pub const fn elements(self) -> DType {
        match self {
            ScaledFormat::Mxfp8E4m3 => DType::F8e4m3,
            ScaledFormat::Mxfp8E5m2 => DType::F8e5m2,
            ScaledFormat::Mxfp4 | ScaledFormat::Nvfp4 | ScaledFormat::Bfp8 | ScaledFormat::Bfp4 => DType::U8,
        }
    }
    /// The dtype of a tile of scales.
    pub const fn scales(self) -> DType {
        match self {
            ScaledFormat::Nvfp4 => DType::F8e4m3,
            ScaledFormat::Mxfp8E4m3
            | ScaledFormat::Mxfp8E5m2
            | ScaledFormat::Mxfp4
            | ScaledFormat::Bfp8
            | ScaledFormat::Bfp4 => DType::U8,
        }
    }
    /// Elements in a byte.
    pub const fn per_byte(self) -> u32 {
        match self {
            ScaledFormat::Mxfp4 | ScaledFormat::Nvfp4 | ScaledFormat::Bfp4 => 2,
            ScaledFormat::Mxfp8E4m3 | ScaledFormat::Mxfp8E5m2 | ScaledFormat::Bfp8 => 1,
        }
    }
    /// Elements that share a scale.
    pub const fn block(self) -> u32 {
        match self {
            ScaledFormat::Mxfp8E4m3 | ScaledFormat::Mxfp8E5m2 | ScaledFormat::Mxfp4 => 32,
            ScaledFormat::Nvfp4 | ScaledFormat::Bfp8 | ScaledFormat::Bfp4 => 16,
        }
    }
    /// The shapes of the elements and of the scales of a tensor; `None` where its last axis is not whole blocks.
    pub fn shapes(self, of: Dims) -> Option<[Dims; 2]> {
        let last = of.len().checked_sub(1)?;
        let whole = of[last].is_multiple_of(self.block());
        whole.then(|| [self.per_byte(), self.block()].map(|n| of.with(last, of[last] / n)))
    }
}

impl fmt::Display for ScaledFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
