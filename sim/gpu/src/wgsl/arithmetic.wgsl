// IEEE arithmetic, rounded to nearest even. The device adds and multiplies where it must be right: finite operands
// and a result that is normal, with some room. All else is done with integers, and so are division and square root,
// which WGSL does not round correctly.

// A finite number that is not 0: `significand · 2^(exponent − 157)`, with the significand's leading one in bit 30.
struct Parts {
    exponent: i32,
    significand: u32,
}

fn parts_of(bits: u32) -> Parts {
    let magnitude = bits & MAGNITUDE;
    if magnitude < HIDDEN {
        let zeros = countLeadingZeros(magnitude);
        return Parts(9 - i32(zeros), magnitude << (zeros - 1u));
    }
    return Parts(i32(magnitude >> 23u), ((magnitude & (HIDDEN - 1u)) | HIDDEN) << 7u);
}

// `x / 2^places`, with the last bit set if any is lost.
fn jammed(x: u32, places: u32) -> u32 {
    if places == 0u {
        return x;
    }
    if places > 31u {
        return u32(x != 0u);
    }
    return (x >> places) | u32((x << (32u - places)) != 0u);
}

// Rounds `significand · 2^(exponent − 157)` once, subnormals too. The leading one is in bit 30; the last bit also
// stands for all that is below it.
fn rounded(sign: u32, exponent: i32, significand: u32) -> u32 {
    if exponent > 254 {
        return sign | INF;
    }
    let kept = jammed(significand, u32(max(1 - exponent, 0)));
    let below = u32(max(exponent, 1) - 1) << 23u;
    // A carry goes into the exponent, as it should.
    return sign | (below + shifted_to_even(kept, 7u));
}

// Normal, and so far from subnormal that a device which flushes those has lost nothing.
fn is_sure(bits: u32) -> bool {
    let magnitude = bits & MAGNITUDE;
    return magnitude >= (27u << 23u) && magnitude < INF;
}

// Of finite numbers.
fn added_by_integers(x: u32, y: u32) -> u32 {
    if (x & MAGNITUDE) == 0u {
        return select(y, x & y, (y & MAGNITUDE) == 0u);
    }
    if (y & MAGNITUDE) == 0u {
        return x;
    }
    let x_is_larger = (x & MAGNITUDE) >= (y & MAGNITUDE);
    let sign = select(y, x, x_is_larger) & SIGN_BIT;
    let large = parts_of(select(y, x, x_is_larger));
    let small = parts_of(select(x, y, x_is_larger));
    let aligned = jammed(small.significand, u32(large.exponent - small.exponent));
    if ((x ^ y) & SIGN_BIT) == 0u {
        let sum = large.significand + aligned;
        let carry = sum >> 31u;
        return rounded(sign, large.exponent + i32(carry), jammed(sum, carry));
    }
    let difference = large.significand - aligned;
    if difference == 0u {
        return 0u;
    }
    let places = countLeadingZeros(difference) - 1u;
    return rounded(sign, large.exponent - i32(places), difference << places);
}

fn add(x: u32, y: u32) -> u32 {
    if is_nan(x) || is_nan(y) {
        return NAN;
    }
    if !is_finite(x) {
        return select(x, NAN, !is_finite(y) && x != y);
    }
    if !is_finite(y) {
        return y;
    }
    let sum = bitcast<u32>(bitcast<f32>(x) + bitcast<f32>(y));
    if is_sure(sum) {
        return sum;
    }
    return added_by_integers(x, y);
}

fn subtract(x: u32, y: u32) -> u32 {
    return add(x, y ^ SIGN_BIT);
}

// The upper half of the product of two numbers below 2^31, with its last bit set if the lower half is not 0.
fn upper_product(x: u32, y: u32) -> u32 {
    let x_low = x & 0xffffu;
    let x_high = x >> 16u;
    let y_low = y & 0xffffu;
    let y_high = y >> 16u;
    let low = x_low * y_low;
    // Below 2^32: each product is below 2^31.
    let middle = x_high * y_low + x_low * y_high + (low >> 16u);
    let lost = (low & 0xffffu) | (middle & 0xffffu);
    return (x_high * y_high + (middle >> 16u)) | u32(lost != 0u);
}

// Of finite numbers.
fn multiplied_by_integers(x: u32, y: u32) -> u32 {
    let sign = (x ^ y) & SIGN_BIT;
    if (x & MAGNITUDE) == 0u || (y & MAGNITUDE) == 0u {
        return sign;
    }
    let a = parts_of(x);
    let b = parts_of(y);
    // The leading one is in bit 28 or 29.
    let product = upper_product(a.significand, b.significand);
    let carry = product >> 29u;
    return rounded(sign, a.exponent + b.exponent - 127 + i32(carry), product << (2u - carry));
}

fn multiply(x: u32, y: u32) -> u32 {
    let x_is_zero = (x & MAGNITUDE) == 0u;
    let y_is_zero = (y & MAGNITUDE) == 0u;
    if !is_finite(x) || !is_finite(y) {
        let none = is_nan(x) || is_nan(y) || x_is_zero || y_is_zero;
        return select(((x ^ y) & SIGN_BIT) | INF, NAN, none);
    }
    let product = bitcast<u32>(bitcast<f32>(x) * bitcast<f32>(y));
    if is_sure(product) {
        return product;
    }
    return multiplied_by_integers(x, y);
}

fn divide(x: u32, y: u32) -> u32 {
    let sign = (x ^ y) & SIGN_BIT;
    let x_is_zero = (x & MAGNITUDE) == 0u;
    let y_is_zero = (y & MAGNITUDE) == 0u;
    if is_nan(x) || is_nan(y) || (x_is_zero && y_is_zero) || (!is_finite(x) && !is_finite(y)) {
        return NAN;
    }
    if !is_finite(x) || y_is_zero {
        return sign | INF;
    }
    if !is_finite(y) || x_is_zero {
        return sign;
    }
    let a = parts_of(x);
    let b = parts_of(y);
    // The remainder begins in [divisor, 2 · divisor), so that the first bit of the quotient is 1.
    let smaller = u32(a.significand < b.significand);
    var remainder = a.significand << smaller;
    var quotient = 0u;
    for (var bit = 0u; bit < 26u; bit++) {
        let fits = u32(remainder >= b.significand);
        remainder = (remainder - fits * b.significand) << 1u;
        quotient = (quotient << 1u) | fits;
    }
    let exponent = a.exponent - b.exponent + 127 - i32(smaller);
    return rounded(sign, exponent, (quotient << 5u) | u32(remainder != 0u));
}

fn square_root(x: u32) -> u32 {
    if (x & MAGNITUDE) == 0u || x == INF {
        return x;
    }
    if x > INF {
        return NAN;
    }
    let parts = parts_of(x);
    let exponent = parts.exponent - 127;
    // 26 bits: the number times an even power of 2. Its root, digit by digit, has 26 bits too.
    let number = parts.significand >> (6u - u32(exponent & 1));
    var remainder = 0u;
    var root = 0u;
    for (var digit = 0u; digit < 26u; digit++) {
        let next = select(0u, (number >> (24u - 2u * min(digit, 12u))) & 3u, digit < 13u);
        remainder = (remainder << 2u) | next;
        let trial = (root << 2u) | 1u;
        let fits = u32(remainder >= trial);
        remainder -= fits * trial;
        root = (root << 1u) | fits;
    }
    return rounded(0u, (exponent >> 1u) + 127, (root << 5u) | u32(remainder != 0u));
}

// `a · b + c` with what is not finite done on bits. Where the device fuses, one rounding; it may flush subnormals.
fn fused(a: u32, b: u32, c: u32) -> u32 {
    if is_finite(a) && is_finite(b) && is_finite(c) {
        return bitcast<u32>(fma(bitcast<f32>(a), bitcast<f32>(b), bitcast<f32>(c)));
    }
    if is_finite(a) && is_finite(b) {
        return c;
    }
    return add(multiply(a, b), c);
}
