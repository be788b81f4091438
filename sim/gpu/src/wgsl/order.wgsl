// Comparison, on bits.

// Numbers in the order of their keys; both zeros have one. Not for NaN.
fn key_of(bits: u32) -> i32 {
    let magnitude = i32(bits & MAGNITUDE);
    return select(magnitude, -magnitude, (bits & SIGN_BIT) != 0u);
}

// The larger; a NaN yields the other one; −0 is below +0.
fn maxnum(x: u32, y: u32) -> u32 {
    if is_nan(y) {
        return x;
    }
    if is_nan(x) || key_of(x) < key_of(y) {
        return y;
    }
    return select(x, x & y, key_of(x) == key_of(y));
}

fn minnum(x: u32, y: u32) -> u32 {
    if is_nan(y) {
        return x;
    }
    if is_nan(x) || key_of(y) < key_of(x) {
        return y;
    }
    return select(x, x | y, key_of(x) == key_of(y));
}

// The larger; a NaN gives NaN.
fn maximum(x: u32, y: u32) -> u32 {
    return select(maxnum(x, y), NAN, is_nan(x) || is_nan(y));
}

fn minimum(x: u32, y: u32) -> u32 {
    return select(minnum(x, y), NAN, is_nan(x) || is_nan(y));
}
