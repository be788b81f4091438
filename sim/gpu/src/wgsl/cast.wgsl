// What casts do before a value is stored. To store an f32 in an integer dtype truncates and saturates.

fn is_integer_dtype(dtype: u32) -> bool {
    return dtype == U8 || dtype == I32;
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
    if is_nan(bits) {
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
    return f32_of_i32(select(low, low & 0xffu, dtype == U8), false);
}

// An integer that saturates in the dtype it is stored in.
fn saturated_integer(x: u32, dtype: u32) -> u32 {
    switch dtype {
        case U8: { return u32(clamp(i32(x), 0, 255)); }
        case F16: { return u32(clamp(i32(x), -65504, 65504)); }
        case F8E4M3: { return u32(clamp(i32(x), -448, 448)); }
        case F8E5M2: { return u32(clamp(i32(x), -57344, 57344)); }
        case F32, BF16, I32: { return x; }
        default: { return POISON; }
    }
}
