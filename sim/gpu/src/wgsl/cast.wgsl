// What casts do before a value is stored. To store an f32 in an integer dtype truncates and saturates. A truth value is
// none: it is whether the f32 is not 0.

fn is_integer_dtype(dtype: u32) -> bool {
    return dtype == U8 || dtype == I32 || dtype == I8 || dtype == I16 || dtype == U16 || dtype == U32;
}

// The largest number of a float dtype.
fn largest_of(dtype: u32) -> u32 {
    switch dtype {
        case F32: { return 0x7f7fffffu; }
        case F16: { return 0x477fe000u; }
        case BF16: { return 0x7f7f0000u; }
        case F8E4M3: { return 0x43e00000u; }
        case F8E5M2: { return 0x47600000u; }
        default: { return POISON; }
    }
}

fn cast_saturating(bits: u32, dtype: u32) -> u32 {
    if is_integer_dtype(dtype) {
        return rounded_to_whole(bits);
    }
    if is_nan(bits) || dtype == BOOL {
        return bits;
    }
    return min(bits & MAGNITUDE, largest_of(dtype)) | (bits & SIGN_BIT);
}

// A whole number by its low bits.
fn cast_wrapping(bits: u32, dtype: u32) -> u32 {
    if !is_integer_dtype(dtype) {
        return bits;
    }
    if !is_finite(bits) {
        return NAN;
    }
    let whole = rounded_to_whole(bits);
    let exponent = (whole & MAGNITUDE) >> 23u;
    var low = i32_of_f32(whole);
    if exponent > 157u {
        let significand = (whole & (HIDDEN - 1u)) | HIDDEN;
        let size = select(significand << ((exponent - 150u) & 31u), 0u, exponent > 181u);
        low = select(size, 0u - size, (bits & SIGN_BIT) != 0u);
    }
    return f32_of_i32(kept_by(low, dtype), false);
}

// An integer that saturates in the dtype it is stored in.
fn saturated_integer(x: u32, unsigned: bool, dtype: u32) -> u32 {
    switch dtype {
        case U8: { return clamped(x, unsigned, 0, 255); }
        case I8: { return clamped(x, unsigned, -128, 127); }
        case U16: { return clamped(x, unsigned, 0, 65535); }
        case I16: { return clamped(x, unsigned, -32768, 32767); }
        case F16: { return clamped(x, unsigned, -65504, 65504); }
        case F8E4M3: { return clamped(x, unsigned, -448, 448); }
        case F8E5M2: { return clamped(x, unsigned, -57344, 57344); }
        case I32: { return select(x, MAGNITUDE, unsigned && (x & SIGN_BIT) != 0u); }
        case U32: { return select(x, 0u, !unsigned && (x & SIGN_BIT) != 0u); }
        case F32, BF16, BOOL: { return x; }
        default: { return POISON; }
    }
}

fn clamped(x: u32, unsigned: bool, least: i32, most: i32) -> u32 {
    if unsigned {
        return min(x, u32(most));
    }
    return u32(clamp(i32(x), least, most));
}
