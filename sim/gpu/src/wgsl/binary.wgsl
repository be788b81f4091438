// f(x, y).

// From the lowest bit of the exponent to the highest, wrapping.
fn power_of_integer(x: u32, exponent: u32) -> u32 {
    var square = x;
    var product = 1u;
    for (var left = exponent; left != 0u; left = left >> 1u) {
        product *= select(1u, square, (left & 1u) != 0u);
        square *= square;
    }
    return product;
}

// The same of an f32. A negative exponent is one of the reciprocal, so that what is too large or too small for f32 on the
// way is so at the end.
fn power(x: u32, exponent: u32) -> u32 {
    let negative = (exponent & SIGN_BIT) != 0u;
    var left = select(exponent, 0u - exponent, negative);
    var square = x;
    if negative {
        square = divide(ONE, x);
    }
    var product = ONE;
    for (; left != 0u; left = left >> 1u) {
        if (left & 1u) != 0u {
            product = multiply(product, square);
        }
        square = multiply(square, square);
    }
    return product;
}

// What differs where the 32 bits are a u32.
fn binary_unsigned(x: u32, y: u32) -> u32 {
    switch params.f {
        case DIV: { return x / y; }
        case REM: { return x % y; }
        case MAXIMUM, MAXNUM: { return max(x, y); }
        case MINIMUM, MINNUM: { return min(x, y); }
        case SHR: { return select(x >> (y & 31u), 0u, y > 31u); }
        case ADD, SUB, MUL, SHL, AND, OR, XOR, POW: { return binary_signed(x, y); }
        default: { return POISON; }
    }
}

// Wrapping; division truncates. Of a division by 0, which the CPU refuses, it makes x.
fn binary_signed(x: u32, y: u32) -> u32 {
    switch params.f {
        case ADD: { return x + y; }
        case SUB: { return x - y; }
        case MUL: { return x * y; }
        case DIV: { return u32(i32(x) / i32(y)); }
        case REM: { return u32(i32(x) % i32(y)); }
        case MAXIMUM, MAXNUM: { return u32(max(i32(x), i32(y))); }
        case MINIMUM, MINNUM: { return u32(min(i32(x), i32(y))); }
        case SHL: { return select(x << (y & 31u), 0u, y > 31u); }
        case SHR: { return u32(i32(x) >> min(y, 31u)); }
        case AND: { return x & y; }
        case OR: { return x | y; }
        case XOR: { return x ^ y; }
        case POW: { return power_of_integer(x, y); }
        default: { return POISON; }
    }
}

fn binary_integer(x: u32, y: u32) -> u32 {
    if is_unsigned() {
        return binary_unsigned(x, y);
    }
    return binary_signed(x, y);
}

fn binary_float(x: u32, y: u32) -> u32 {
    switch params.f {
        case ADD: { return add(x, y); }
        case SUB: { return subtract(x, y); }
        case MUL: { return multiply(x, y); }
        case DIV: { return divide(x, y); }
        case MAXIMUM: { return maximum(x, y); }
        case MINIMUM: { return minimum(x, y); }
        case MAXNUM: { return maxnum(x, y); }
        case MINNUM: { return minnum(x, y); }
        case POW: { return power(x, i32_of_f32(y)); }
        default: { return POISON; }
    }
}

@compute @workgroup_size(WORKGROUP)
fn binary_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let x = x_at(place);
    let y = y_at(place);
    if params.integer != 0u {
        store(place, binary_integer(x, y));
    } else {
        store(place, binary_float(x, y));
    }
}
