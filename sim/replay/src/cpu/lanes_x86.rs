//! AVX2 and AVX-512 registers.
#![allow(unsafe_code, reason = "intrinsics, and loads and stores through pointers")]

use std::arch::x86_64::*;

use super::lanes::{Eight, Lanes};
use super::stored::NAN;

// SAFETY of every block below: the traits' callers promise the instructions and the bounds, and every load
// and store is the unaligned one.

impl Lanes for __m256 {
    const WIDTH: usize = 8;
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load_f32(at: *const u8) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_loadu_ps(at.cast()) }
    }
    #[inline(always)]
    unsafe fn load_f16(at: *const u8) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_cvtph_ps(_mm_loadu_si128(at.cast())) }
    }
    #[inline(always)]
    unsafe fn load_bf16(at: *const u8) -> Self {
        // SAFETY: see above. A bf16 is the upper half of an f32.
        unsafe {
            let halves = _mm256_cvtepu16_epi32(_mm_loadu_si128(at.cast()));
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(halves))
        }
    }
    #[inline(always)]
    unsafe fn fma(self, b: Self, acc: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm256_fmadd_ps(self, b, acc) }
    }
    #[inline(always)]
    unsafe fn canonical(self) -> Self {
        // SAFETY: see above.
        unsafe {
            let unordered = _mm256_cmp_ps::<_CMP_UNORD_Q>(self, self);
            _mm256_blendv_ps(self, _mm256_set1_ps(f32::from_bits(NAN)), unordered)
        }
    }
    #[inline(always)]
    unsafe fn store(self, at: *mut u8) {
        // SAFETY: see above.
        unsafe { _mm256_storeu_ps(at.cast(), self) }
    }
}

impl Eight for __m256 {
    #[inline(always)]
    unsafe fn transpose([a, b, c, d, e, f, g, h]: [Self; 8]) -> [Self; 8] {
        // SAFETY: see above. Fours within the 128-bit halves; then the halves change places.
        unsafe {
            let (upper, lower) = (transpose_fours([a, b, c, d]), transpose_fours([e, f, g, h]));
            let mut rows = [a; 8];
            for i in 0..4 {
                rows[i] = _mm256_permute2f128_ps::<0x20>(upper[i], lower[i]);
                rows[i + 4] = _mm256_permute2f128_ps::<0x31>(upper[i], lower[i]);
            }
            rows
        }
    }
}

/// Transposes the 4 × 4 squares in the lower and in the upper halves of four registers.
///
/// # Safety
/// The computer has AVX2.
#[inline(always)]
unsafe fn transpose_fours([a, b, c, d]: [__m256; 4]) -> [__m256; 4] {
    // SAFETY: see above.
    unsafe {
        let (ab_low, ab_high) = (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let (cd_low, cd_high) = (_mm256_unpacklo_ps(c, d), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0x44>(ab_low, cd_low),
            _mm256_shuffle_ps::<0xee>(ab_low, cd_low),
            _mm256_shuffle_ps::<0x44>(ab_high, cd_high),
            _mm256_shuffle_ps::<0xee>(ab_high, cd_high),
        ]
    }
}

impl Lanes for __m512 {
    const WIDTH: usize = 16;
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load_f32(at: *const u8) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_loadu_ps(at.cast()) }
    }
    #[inline(always)]
    unsafe fn load_f16(at: *const u8) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(at.cast())) }
    }
    #[inline(always)]
    unsafe fn load_bf16(at: *const u8) -> Self {
        // SAFETY: see above. A bf16 is the upper half of an f32.
        unsafe {
            let halves = _mm512_cvtepu16_epi32(_mm256_loadu_si256(at.cast()));
            _mm512_castsi512_ps(_mm512_slli_epi32::<16>(halves))
        }
    }
    #[inline(always)]
    unsafe fn fma(self, b: Self, acc: Self) -> Self {
        // SAFETY: see above.
        unsafe { _mm512_fmadd_ps(self, b, acc) }
    }
    #[inline(always)]
    unsafe fn canonical(self) -> Self {
        // SAFETY: see above.
        unsafe {
            let unordered = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self, self);
            _mm512_mask_blend_ps(unordered, self, _mm512_set1_ps(f32::from_bits(NAN)))
        }
    }
    #[inline(always)]
    unsafe fn store(self, at: *mut u8) {
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(at.cast(), self) }
    }
}
