//! Registers of f32 for the GEMM: what autovectorisation does not do reliably. One lane is one output, so
//! the width of a register never enters a result.
#![allow(unsafe_code, reason = "loads and stores through pointers whose bounds the GEMM has checked")]

use super::simd::{Isa, Portable};
use super::stored::{Bf16, F16, F32, Stored};

/// One register.
///
/// # Safety
/// Of every function: the computer has the instructions of the implementing type, and `at` is valid for
/// [`Lanes::WIDTH`] elements. No alignment is needed.
pub(super) trait Lanes: Copy {
    const WIDTH: usize;
    unsafe fn splat(x: f32) -> Self;
    unsafe fn load_f32(at: *const u8) -> Self;
    unsafe fn load_f16(at: *const u8) -> Self;
    unsafe fn load_bf16(at: *const u8) -> Self;
    unsafe fn fma(self, b: Self, acc: Self) -> Self;
    /// Every NaN becomes the one that is written.
    unsafe fn canonical(self) -> Self;
    unsafe fn store(self, at: *mut u8);
}

/// Eight lanes.
pub(super) trait Eight: Lanes {
    /// # Safety
    /// As for [`Lanes`].
    unsafe fn transpose(rows: [Self; 8]) -> [Self; 8];
}

/// A dtype that a GEMM reads in place, widening it in registers.
pub(super) trait InPlace: Stored {
    /// # Safety
    /// As for [`Lanes`].
    unsafe fn load<L: Lanes>(at: *const u8) -> L;
}

impl InPlace for F32 {
    #[inline(always)]
    unsafe fn load<L: Lanes>(at: *const u8) -> L {
        // SAFETY: the caller's promise is the same.
        unsafe { L::load_f32(at) }
    }
}
impl InPlace for F16 {
    #[inline(always)]
    unsafe fn load<L: Lanes>(at: *const u8) -> L {
        // SAFETY: the caller's promise is the same.
        unsafe { L::load_f16(at) }
    }
}
impl InPlace for Bf16 {
    #[inline(always)]
    unsafe fn load<L: Lanes>(at: *const u8) -> L {
        // SAFETY: the caller's promise is the same.
        unsafe { L::load_bf16(at) }
    }
}

/// Decodes eight elements.
///
/// # Safety
/// `at` is valid for eight elements.
#[inline(always)]
unsafe fn decode_eight<T: Stored>(at: *const u8) -> [f32; 8] {
    // SAFETY: the caller promises eight elements; `Raw` is an array of bytes, so any address is aligned.
    let raw = unsafe { at.cast::<[T::Raw; 8]>().read() };
    raw.map(T::decode)
}

impl Lanes for [f32; 8] {
    const WIDTH: usize = 8;
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        [x; 8]
    }
    #[inline(always)]
    unsafe fn load_f32(at: *const u8) -> Self {
        // SAFETY: the caller's promise is the same.
        unsafe { decode_eight::<F32>(at) }
    }
    #[inline(always)]
    unsafe fn load_f16(at: *const u8) -> Self {
        // SAFETY: the caller's promise is the same.
        unsafe { decode_eight::<F16>(at) }
    }
    #[inline(always)]
    unsafe fn load_bf16(at: *const u8) -> Self {
        // SAFETY: the caller's promise is the same.
        unsafe { decode_eight::<Bf16>(at) }
    }
    #[inline(always)]
    unsafe fn fma(self, b: Self, acc: Self) -> Self {
        std::array::from_fn(|lane| Portable::fma(self[lane], b[lane], acc[lane]))
    }
    #[inline(always)]
    unsafe fn canonical(self) -> Self {
        self.map(|x| F32::decode(F32::encode(x)))
    }
    #[inline(always)]
    unsafe fn store(self, at: *mut u8) {
        // SAFETY: the caller promises eight elements; an array of bytes is aligned anywhere.
        unsafe { at.cast::<[[u8; 4]; 8]>().write(self.map(f32::to_le_bytes)) }
    }
}

impl Eight for [f32; 8] {
    #[inline(always)]
    unsafe fn transpose(rows: [Self; 8]) -> [Self; 8] {
        std::array::from_fn(|i| std::array::from_fn(|j| rows[j][i]))
    }
}
