// A value is 32 bits: those of an f32 or, where an op is one on integers, those of an i32 or u32. What is not finite
// arithmetic is done on the bits, because an implementation of WGSL may assume that there is no infinity and no
// NaN, and may flush subnormals.

const SIGN_BIT: u32 = 0x80000000u;
const MAGNITUDE: u32 = 0x7fffffffu;
const INF: u32 = 0x7f800000u;
const NAN: u32 = 0x7fc00000u;
const ONE: u32 = 0x3f800000u;
const HIDDEN: u32 = 0x00800000u;
// What a code that no case knows gives: a NaN of no other pattern, and no likely integer.
const POISON: u32 = 0x7fc0deadu;

fn is_nan(bits: u32) -> bool {
    return (bits & MAGNITUDE) > INF;
}

fn is_finite(bits: u32) -> bool {
    return (bits & INF) != INF;
}

// A float narrower than f32.
struct Narrow {
    // Bits of its mantissa.
    mantissa: u32,
    // The exponent bias of f32 less its own.
    rebias: u32,
    // The code that every overflow becomes: infinity, or NaN where there is none. Codes above it are NaN.
    top: u32,
    nan: u32,
    sign: u32,
}

fn narrow_of(dtype: u32) -> Narrow {
    switch dtype {
        case F16: { return Narrow(10u, 112u, 0x7c00u, 0x7e00u, 0x8000u); }
        case BF16: { return Narrow(7u, 0u, 0x7f80u, 0x7fc0u, 0x8000u); }
        case F8E4M3: { return Narrow(3u, 120u, 0x7fu, 0x7fu, 0x80u); }
        case F8E5M2: { return Narrow(2u, 112u, 0x7cu, 0x7eu, 0x80u); }
        // Nothing is below its top, so that every code is NaN.
        default: { return Narrow(1u, 1u, 0u, POISON, 1u); }
    }
}

fn widened(code: u32, dtype: u32) -> u32 {
    let float = narrow_of(dtype);
    let magnitude = code & (float.sign - 1u);
    let sign = select(0u, SIGN_BIT, (code & float.sign) != 0u);
    if magnitude > float.top || magnitude == float.nan {
        return NAN;
    }
    if magnitude == float.top {
        return sign | INF;
    }
    let shifted = magnitude << (23u - float.mantissa);
    if (magnitude >> float.mantissa) != 0u || magnitude == 0u || float.rebias == 0u {
        let rebias = select(float.rebias << 23u, 0u, magnitude == 0u);
        return sign | (shifted + rebias);
    }
    // A subnormal has no hidden bit: its leading one becomes it.
    let leading = 31u - countLeadingZeros(magnitude);
    let exponent = leading + 1u + float.rebias - float.mantissa;
    return sign | ((magnitude << (23u - leading)) - HIDDEN + (exponent << 23u));
}

// `x / 2^places` to nearest, ties to even.
fn shifted_to_even(x: u32, places: u32) -> u32 {
    let odd = (x >> places) & 1u;
    return (x + (1u << (places - 1u)) - 1u + odd) >> places;
}

// Rounds an f32 once.
fn narrowed(bits: u32, dtype: u32) -> u32 {
    let float = narrow_of(dtype);
    let magnitude = bits & MAGNITUDE;
    if magnitude > INF {
        return float.nan;
    }
    let exponent = magnitude >> 23u;
    var code: u32;
    if exponent > float.rebias {
        let rebiased = magnitude - (float.rebias << 23u);
        code = min(shifted_to_even(rebiased, 23u - float.mantissa), float.top);
    } else {
        // In units of the last place of subnormals. 25 places make 0 of anything.
        let significand = select((magnitude & (HIDDEN - 1u)) | HIDDEN, magnitude, exponent == 0u);
        let places = 24u + float.rebias - float.mantissa - max(exponent, 1u);
        code = shifted_to_even(significand, min(places, 25u));
    }
    // A NaN for overflow has one pattern too: without a sign.
    let sign = select(0u, float.sign, (bits & SIGN_BIT) != 0u && code != float.nan);
    return code | sign;
}

// An i32 as f32, rounded to nearest even or, if `to_odd`, so that a later rounding to a narrower float is as
// one of the integer itself: the last bit is set where bits are lost.
fn f32_of_i32(v: u32, to_odd: bool) -> u32 {
    let sign = v & SIGN_BIT;
    return sign | f32_of_u32(select(v, 0u - v, sign != 0u), to_odd);
}

// The same of a u32.
fn f32_of_u32(magnitude: u32, to_odd: bool) -> u32 {
    if magnitude == 0u {
        return 0u;
    }
    let zeros = countLeadingZeros(magnitude);
    let leading = magnitude << zeros;
    let lost = leading & 0xffu;
    let kept = ((157u - zeros) << 23u) + (leading >> 8u);
    let up = lost > 0x80u || (lost == 0x80u && (kept & 1u) != 0u);
    return select(kept + u32(up), kept | u32(lost != 0u), to_odd);
}

fn f32_of_integer(v: u32, unsigned: bool, to_odd: bool) -> u32 {
    if unsigned {
        return f32_of_u32(v, to_odd);
    }
    return f32_of_i32(v, to_odd);
}

// Towards zero, saturating; NaN gives 0.
fn i32_of_f32(bits: u32) -> u32 {
    let magnitude = bits & MAGNITUDE;
    let exponent = magnitude >> 23u;
    if magnitude > INF || exponent < 127u {
        return 0u;
    }
    let negative = (bits & SIGN_BIT) != 0u;
    if exponent > 157u {
        return select(MAGNITUDE, SIGN_BIT, negative);
    }
    let significand = (magnitude & (HIDDEN - 1u)) | HIDDEN;
    var whole: u32;
    if exponent > 150u {
        whole = significand << (exponent - 150u);
    } else {
        whole = significand >> (150u - exponent);
    }
    return select(whole, 0u - whole, negative);
}

// The same to u32: what is below 0 gives 0.
fn u32_of_f32(bits: u32) -> u32 {
    let exponent = bits >> 23u;
    if is_nan(bits) || (bits & SIGN_BIT) != 0u || exponent < 158u {
        return select(i32_of_f32(bits), 0u, (bits & SIGN_BIT) != 0u);
    }
    let significand = (bits & (HIDDEN - 1u)) | HIDDEN;
    return select(significand << ((exponent - 150u) & 31u), 0xffffffffu, exponent > 158u);
}

// The 32 bits of an op on integers that an element's bits stand for.
fn integer_of(code: u32, dtype: u32) -> u32 {
    switch dtype {
        case I8: { return code | select(0u, 0xffffff00u, (code & 0x80u) != 0u); }
        case I16: { return code | select(0u, 0xffff0000u, (code & 0x8000u) != 0u); }
        case BOOL: { return min(code, 1u); }
        case U8, U16, U32, I32: { return code; }
        case F32, F16, BF16, F8E4M3, F8E5M2: { return POISON; }
        default: { return POISON; }
    }
}

// Wraps the 32 bits of an integer to those that a dtype keeps.
fn kept_by(v: u32, dtype: u32) -> u32 {
    switch dtype {
        case I8, U8: { return integer_of(v & 0xffu, dtype); }
        case I16, U16: { return integer_of(v & 0xffffu, dtype); }
        case I32, U32: { return v; }
        case BOOL, F32, F16, BF16, F8E4M3, F8E5M2: { return POISON; }
        default: { return POISON; }
    }
}

// The f32 that an element's bits stand for.
fn decoded(code: u32, dtype: u32) -> u32 {
    switch dtype {
        case F32: { return code; }
        case U8, I32, I8, I16, U16, BOOL: { return f32_of_i32(integer_of(code, dtype), false); }
        case U32: { return f32_of_u32(code, false); }
        case F16, BF16, F8E4M3, F8E5M2: { return widened(code, dtype); }
        default: { return POISON; }
    }
}

// The bits of an element, of an f32.
fn encoded(bits: u32, dtype: u32) -> u32 {
    switch dtype {
        case F32: { return select(bits, NAN, is_nan(bits)); }
        case U8: { return u32(clamp(i32(i32_of_f32(bits)), 0, 255)); }
        case U16: { return u32(clamp(i32(i32_of_f32(bits)), 0, 65535)); }
        case I8: { return u32(clamp(i32(i32_of_f32(bits)), -128, 127)) & 0xffu; }
        case I16: { return u32(clamp(i32(i32_of_f32(bits)), -32768, 32767)) & 0xffffu; }
        case I32: { return i32_of_f32(bits); }
        case U32: { return u32_of_f32(bits); }
        case BOOL: { return u32((bits & MAGNITUDE) != 0u); }
        case F16, BF16, F8E4M3, F8E5M2: { return narrowed(bits, dtype); }
        default: { return POISON; }
    }
}

// The bits of an element, of the 32 bits of an integer.
fn encoded_integer(v: u32, unsigned: bool, dtype: u32) -> u32 {
    switch dtype {
        case F32: { return f32_of_integer(v, unsigned, false); }
        case U8, I8: { return v & 0xffu; }
        case U16, I16: { return v & 0xffffu; }
        case I32, U32: { return v; }
        case BOOL: { return u32(v != 0u); }
        case F16, BF16, F8E4M3, F8E5M2: { return narrowed(f32_of_integer(v, unsigned, true), dtype); }
        default: { return POISON; }
    }
}
