// Sine and cosine. The angle is multiplied by 96 bits of 2/π, those that decide, in integers: after Payne and Hanek.

// 2/π behind the point, after 32 bits of zero.
fn two_over_pi(word: u32) -> u32 {
    var words = array<u32, 9>(
        0u,
        0xa2f9836eu,
        0x4e441529u,
        0xfc2757d1u,
        0xf534ddc0u,
        0xdb629599u,
        0x3c439041u,
        0xfe5163abu,
        0xdebbc561u,
    );
    return words[word];
}

// 32 bits of it from a bit on.
fn window_of(bit: u32) -> u32 {
    let word = bit >> 5u;
    let within = bit & 31u;
    let high = two_over_pi(word) << within;
    // No shift goes by 32.
    return high | ((two_over_pi(word + 1u) >> 1u) >> (31u - within));
}

// 64 bits.
struct Wide {
    high: u32,
    low: u32,
}

fn wide_product(x: u32, y: u32) -> Wide {
    let x_low = x & 0xffffu;
    let x_high = x >> 16u;
    let y_low = y & 0xffffu;
    let y_high = y >> 16u;
    let low = x_low * y_low;
    let first = x_high * y_low + (low >> 16u);
    let second = x_low * y_high + (first & 0xffffu);
    return Wide(x_high * y_high + (first >> 16u) + (second >> 16u), (second << 16u) | (low & 0xffffu));
}

// What is left of an angle, at most π/4 in size, and how many quarter turns were taken off.
struct Turned {
    rest: f32,
    quarters: u32,
}

// Of a finite angle, without its sign.
fn turned(size: u32) -> Turned {
    // Below π/4.
    if size < 0x3f490fdbu {
        return Turned(bitcast<f32>(size), 0u);
    }
    let significand = (size & (HIDDEN - 1u)) | HIDDEN;
    let bit = (size >> 23u) + 32u - 152u;
    let low = wide_product(significand, window_of(bit + 64u));
    let middle = wide_product(significand, window_of(bit + 32u));
    let high = significand * window_of(bit);
    let second = middle.low + low.high;
    let first = high + middle.high + u32(second < low.high);
    // Two bits of whole quarters, and 62 behind the point; rounded to the nearest quarter.
    let quarters = (first + 0x20000000u) >> 30u;
    let left = first - (quarters << 30u);
    let negative = (left & SIGN_BIT) != 0u;
    let borrowed = u32(second != 0u);
    var top = select(left, 0u - left - borrowed, negative);
    var bottom = select(second, 0u - second, negative);
    let zeros = countLeadingZeros(top);
    if zeros > 31u {
        top = bottom;
        bottom = 0u;
    } else {
        top = (top << zeros) | ((bottom >> 1u) >> (31u - zeros));
    }
    if top == 0u {
        return Turned(0.0, quarters);
    }
    // The leading bit of `top` is 2^(−31 − zeros + 2) of a quarter turn or, after a word of zeros, further down.
    let more = select(0u, countLeadingZeros(top), zeros > 31u);
    top = top << more;
    let fraction = f32(top >> 8u) * 5.9604645e-8 + f32(top & 0xffu) * 2.3283064e-10;
    let scale = bitcast<f32>((127u + 2u - zeros - more) << 23u);
    let size_left = fraction * scale * 1.5707964;
    return Turned(select(size_left, -size_left, negative), quarters);
}

// The sine of an angle and so many quarter turns: polynomials of Cephes' `sinf` and `cosf`.
fn sine_of(size: u32, sign: u32, ahead: u32) -> u32 {
    let parts = turned(size);
    let x = parts.rest;
    let square = x * x;
    var sum = -1.9515296e-4;
    sum = fma(sum, square, 8.3321609e-3);
    sum = fma(sum, square, -0.16666655);
    let sine = fma(sum * square, x, x);
    sum = 2.4433157e-5;
    sum = fma(sum, square, -1.3887316e-3);
    sum = fma(sum, square, 4.1666646e-2);
    let cosine = fma(sum * square, square, fma(-0.5, square, 1.0));
    let quarters = select(parts.quarters, 0u - parts.quarters, sign != 0u) + ahead;
    // Below 0 the sine of the rest changes its sign, the cosine does not.
    let of_rest = select(sine, -sine, sign != 0u);
    let result = bitcast<u32>(select(of_rest, cosine, (quarters & 1u) != 0u));
    return result ^ ((quarters & 2u) << 30u);
}

fn sine(bits: u32) -> u32 {
    if !is_finite(bits) {
        return NAN;
    }
    // From 2⁻¹² on: below it the sine is the angle, which may be subnormal.
    if (bits & MAGNITUDE) < 0x39800000u {
        return bits;
    }
    return sine_of(bits & MAGNITUDE, bits & SIGN_BIT, 0u);
}

fn cosine(bits: u32) -> u32 {
    if !is_finite(bits) {
        return NAN;
    }
    // The cosine of what may be subnormal is 1.
    if (bits & MAGNITUDE) < 0x39800000u {
        return ONE;
    }
    return sine_of(bits & MAGNITUDE, 0u, 1u);
}
