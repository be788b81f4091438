// Functions in f32, where the CPU has f64: within the ulps that the tolerances state. Rounding to whole numbers is exact.

// 2²³: from it on every f32 is whole.
const ALL_WHOLE: u32 = 0x4b000000u;
const TWO: u32 = 0x40000000u;
const LN2: f32 = 0.6931472;
// ln 2 as a number of few bits, whose multiples are exact, and what it leaves.
const LN2_SHORT: f32 = 0.693359375;
const LN2_REST: f32 = -2.1219444e-4;
// log₂ e less 1.
const LOG2_E_REST: f32 = 0.44269504;
const SQRT_2: u32 = 0x3fb504f3u;

fn exponential_2(bits: u32) -> u32 {
    if is_nan(bits) {
        return NAN;
    }
    if !is_finite(bits) {
        return select(INF, 0u, (bits & SIGN_BIT) != 0u);
    }
    let x = clamp(bitcast<f32>(bits), -151.0, 129.0);
    let whole = i32(bitcast<u32>(fma(x, 1.0, TO_INTEGER)) - bitcast<u32>(TO_INTEGER));
    let r = bitcast<f32>(subtract(bitcast<u32>(x), bitcast<u32>(f32(whole))));
    return scaled_exponential(r * LN2, whole);
}

// x − 1 of a number from √½ to √2, ln of it less that, and the exponent that was taken off.
struct Logarithm {
    x: f32,
    tail: f32,
    exponent: f32,
}

// Of a positive finite number: the polynomial of Cephes' `logf`.
fn logarithm_of(bits: u32) -> Logarithm {
    let parts = parts_of(bits);
    let significand = ONE | ((parts.significand >> 7u) & (HIDDEN - 1u));
    let is_large = significand > SQRT_2;
    let exponent = f32(parts.exponent - 127 + i32(is_large));
    let x = bitcast<f32>(significand - select(0u, HIDDEN, is_large)) - 1.0;
    var sum = 7.0376836e-2;
    sum = fma(sum, x, -0.1151461);
    sum = fma(sum, x, 0.1167700);
    sum = fma(sum, x, -0.1242014);
    sum = fma(sum, x, 0.1424932);
    sum = fma(sum, x, -0.1666806);
    sum = fma(sum, x, 0.2000071);
    sum = fma(sum, x, -0.2499999);
    sum = fma(sum, x, 0.3333333);
    let square = x * x;
    return Logarithm(x, fma(sum * x, square, -0.5 * square), exponent);
}

// Whether it has none: then it is `no_logarithm`.
fn has_logarithm(bits: u32) -> bool {
    return bits > 0u && bits < INF;
}

fn no_logarithm(bits: u32) -> u32 {
    if (bits & MAGNITUDE) == 0u {
        return SIGN_BIT | INF;
    }
    return select(NAN, INF, bits == INF);
}

fn natural_logarithm(bits: u32) -> u32 {
    if !has_logarithm(bits) {
        return no_logarithm(bits);
    }
    let parts = logarithm_of(bits);
    let low = fma(parts.exponent, LN2_REST, parts.tail);
    return bitcast<u32>(fma(parts.exponent, LN2_SHORT, parts.x + low));
}

fn logarithm_2(bits: u32) -> u32 {
    if !has_logarithm(bits) {
        return no_logarithm(bits);
    }
    let parts = logarithm_of(bits);
    let low = fma(parts.x, LOG2_E_REST, parts.tail * LOG2_E_REST) + parts.tail;
    return bitcast<u32>(parts.exponent + (parts.x + low));
}

fn logistic(bits: u32) -> u32 {
    if is_nan(bits) {
        return NAN;
    }
    let e = exponential(bits | SIGN_BIT);
    return divide(select(e, ONE, (bits & SIGN_BIT) == 0u), add(ONE, e));
}

// The polynomial of Cephes' `tanhf` near 0; there it is x that is left of a subnormal.
fn hyperbolic_tangent(bits: u32) -> u32 {
    let size = bits & MAGNITUDE;
    // From 2⁻¹² on, and below 0.625.
    if size < 0x39800000u || size > INF {
        return bits;
    }
    var result = 0u;
    if size < 0x3f200000u {
        let x = bitcast<f32>(size);
        let square = x * x;
        var sum = -5.7049887e-3;
        sum = fma(sum, square, 2.0639088e-2);
        sum = fma(sum, square, -5.3739716e-2);
        sum = fma(sum, square, 0.1333144);
        sum = fma(sum, square, -0.3333328);
        result = bitcast<u32>(fma(sum * square, x, x));
    } else {
        let e = exponential(add(size, size));
        result = subtract(ONE, divide(TWO, add(e, ONE)));
    }
    return result | (bits & SIGN_BIT);
}

// The fits of the CPU, in fewer terms near 0.
fn error_function(bits: u32) -> u32 {
    let size = bits & MAGNITUDE;
    if size > INF {
        return NAN;
    }
    var result = ONE;
    let x = bitcast<f32>(min(size, ALL_WHOLE));
    if size < 0x3f400000u {
        // Products that may be subnormal are made of bits.
        let square = x * x;
        var sum = 9.4704618e-5;
        sum = fma(sum, square, -8.3569279e-4);
        sum = fma(sum, square, 5.2167895e-3);
        sum = fma(sum, square, -2.6864772e-2);
        sum = fma(sum, square, 0.1128378);
        sum = fma(sum, square, -0.3761264);
        sum = fma(sum, square, 1.1283792);
        result = multiply(bitcast<u32>(sum), size);
    } else if x < 4.2 {
        let t = bitcast<f32>(divide(ONE, bitcast<u32>(x + 2.0)));
        var sum = -39.153996;
        sum = fma(sum, t, 91.437668);
        sum = fma(sum, t, -78.786311);
        sum = fma(sum, t, 25.776654);
        sum = fma(sum, t, -3.1596505);
        sum = fma(sum, t, 3.6411334);
        sum = fma(sum, t, 1.9071031);
        sum = fma(sum, t, 1.1308278);
        sum = fma(sum, t, 0.5642279);
        sum = fma(sum, t, -4.3721265e-6);
        let e = exponential(bitcast<u32>(-x * x));
        result = subtract(ONE, multiply(e, bitcast<u32>(sum)));
    }
    return result | (bits & SIGN_BIT);
}

// Of a size, a number without its sign; the sign goes back on what it gives.
fn nearest_whole(size: u32) -> u32 {
    if size >= ALL_WHOLE {
        return size;
    }
    return subtract(add(size, ALL_WHOLE), ALL_WHOLE);
}

fn rounded_to_whole(bits: u32) -> u32 {
    return nearest_whole(bits & MAGNITUDE) | (bits & SIGN_BIT);
}

fn rounded_towards_zero(bits: u32) -> u32 {
    let size = bits & MAGNITUDE;
    let near = nearest_whole(size);
    return select(near, subtract(near, ONE), near > size) | (bits & SIGN_BIT);
}

fn rounded_away_from_zero(bits: u32) -> u32 {
    let size = bits & MAGNITUDE;
    let near = nearest_whole(size);
    return select(near, add(near, ONE), near < size) | (bits & SIGN_BIT);
}

fn rounded_down(bits: u32) -> u32 {
    if (bits & SIGN_BIT) == 0u {
        return rounded_towards_zero(bits);
    }
    return rounded_away_from_zero(bits);
}

fn rounded_up(bits: u32) -> u32 {
    if (bits & SIGN_BIT) == 0u {
        return rounded_away_from_zero(bits);
    }
    return rounded_towards_zero(bits);
}

fn sign_of(bits: u32) -> u32 {
    let size = bits & MAGNITUDE;
    return select(ONE | (bits & SIGN_BIT), bits, size == 0u || size > INF);
}
