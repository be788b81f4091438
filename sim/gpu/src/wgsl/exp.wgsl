// The polynomial of the CPU's `exp`, step by step; its sources and its error stand there. Compilers may take sums of
// f32 apart, `(x + y) - y` for x: so those that live on what such a sum rounds away are made of bits.

// ln 2 = LN2_HIGH + LN2_LOW, and LN2_HIGH = LN2_HIGH_16 + LN2_HIGH_8: of 16 and of 8 bits, so that a product with a
// number of 8 bits is exact in f32, and so is x less the first of them. That is what one `fma` with LN2_HIGH gives,
// also where `fma` rounds twice.
const LN2_HIGH_16: u32 = 0x3f317200u;
const LN2_HIGH_8: u32 = 0x35c00000u;
const LN2_LOW: f32 = -1.9046543e-9;
const LOG2_E: f32 = 1.442695;
// Adding 1.5 · 2²³ leaves the nearest integer in the last bits.
const TO_INTEGER: f32 = 12582912.0;

fn power_of_two(n: i32) -> u32 {
    return u32(n + 127) << 23u;
}

fn exponential(bits: u32) -> u32 {
    if is_nan(bits) {
        return NAN;
    }
    if !is_finite(bits) {
        return select(INF, 0u, (bits & SIGN_BIT) != 0u);
    }
    // Beyond these all results are 0 and infinity.
    let x = clamp(bitcast<f32>(bits), -105.0, 89.0);
    let whole = i32(bitcast<u32>(fma(x, LOG2_E, TO_INTEGER)) - bitcast<u32>(TO_INTEGER));
    let n = f32(whole);
    let n_bits = bitcast<u32>(n);
    let first = subtract(bitcast<u32>(x), multiply(n_bits, LN2_HIGH_16));
    let r = fma(n, -LN2_LOW, bitcast<f32>(subtract(first, multiply(n_bits, LN2_HIGH_8))));
    return scaled_exponential(r, whole);
}

// 2^whole e^r for |r| ≤ ln 2 / 2.
fn scaled_exponential(r: f32, whole: i32) -> u32 {
    var tail = 1.9875691e-4;
    tail = fma(tail, r, 1.3981999e-3);
    tail = fma(tail, r, 8.333452e-3);
    tail = fma(tail, r, 4.1665796e-2);
    tail = fma(tail, r, 0.16666665);
    tail = fma(tail, r, 0.5);
    // 1 + r loses the low bits of r.
    let one_r = add(ONE, bitcast<u32>(r));
    let lost = subtract(bitcast<u32>(r), subtract(one_r, ONE));
    let power = add(one_r, bitcast<u32>(fma(tail, r * r, bitcast<f32>(lost))));
    // 2^n in two factors, each a normal number, so that only the last product rounds.
    let half = whole >> 1u;
    return multiply(multiply(power, power_of_two(half)), power_of_two(whole - half));
}
