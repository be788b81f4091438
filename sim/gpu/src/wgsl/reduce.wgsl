// A reduction along one axis, ascending, by one thread an output: sums and products have the order that the CPU has.

// A scan has one step more for each element along its axis, of which y has the strides; those of a reduction are 0.
fn steps_of(place: vec4<u32>) -> u32 {
    let more = place * params.y.strides;
    return params.steps + more.x + more.y + more.z + more.w;
}

// The least and the largest number of an integer dtype.
fn least_of(dtype: u32) -> u32 {
    switch dtype {
        case I32: { return SIGN_BIT; }
        case I8: { return 0xffffff80u; }
        case I16: { return 0xffff8000u; }
        case U8, U16, U32, BOOL: { return 0u; }
        case F32, F16, BF16, F8E4M3, F8E5M2: { return POISON; }
        default: { return POISON; }
    }
}

fn most_of(dtype: u32) -> u32 {
    switch dtype {
        case I32: { return MAGNITUDE; }
        case U32: { return 0xffffffffu; }
        case I8: { return 0x7fu; }
        case U8: { return 0xffu; }
        case I16: { return 0x7fffu; }
        case U16: { return 0xffffu; }
        case BOOL: { return 1u; }
        case F32, F16, BF16, F8E4M3, F8E5M2: { return POISON; }
        default: { return POISON; }
    }
}

fn reduce_integer(start: u32, steps: u32) -> u32 {
    var at = start;
    let least = least_of(params.x.dtype);
    let most = most_of(params.x.dtype);
    // Flipping the highest bit of both makes the order of u32 that of i32.
    let flip = select(0u, SIGN_BIT, is_unsigned());
    var result = 0u;
    switch params.f {
        case SUM, ANY, ARGMAX, ARGMIN: { result = 0u; }
        case PROD, ALL: { result = 1u; }
        case MAX, MAXNUM: { result = least; }
        case MIN, MINNUM: { result = most; }
        default: { result = POISON; }
    }
    for (var step = 0u; step < steps; step++) {
        let x = integer_of(x_code(at), params.x.dtype);
        switch params.f {
            case SUM: { result += x; }
            case PROD: { result *= x; }
            case MAX, MAXNUM: { result = u32(max(i32(result ^ flip), i32(x ^ flip))) ^ flip; }
            case MIN, MINNUM: { result = u32(min(i32(result ^ flip), i32(x ^ flip))) ^ flip; }
            case ANY: { result |= u32(x != 0u); }
            case ALL: { result &= u32(x != 0u); }
            case ARGMAX, ARGMIN: { result = 0u; }
            default: { result = POISON; }
        }
        at += params.x_step << params.x.size_log2;
    }
    // Wrapping at the end is as wrapping at every step.
    let accumulates = params.f == SUM || params.f == PROD;
    return select(result, kept_by(result, params.acc), accumulates);
}

fn rounded_to_acc(sum: u32) -> u32 {
    if params.acc == F32 {
        return sum;
    }
    return decoded(encoded(sum, params.acc), params.acc);
}

fn reduce_float(start: u32, steps: u32) -> u32 {
    var at = start;
    var result = 0u;
    switch params.f {
        case SUM, ANY, ARGMAX, ARGMIN: { result = 0u; }
        case PROD, ALL: { result = ONE; }
        case MAX: { result = SIGN_BIT | INF; }
        case MIN: { result = INF; }
        // These begin from NaN, which yields to every other: a row of NaN alone has no other value.
        case MAXNUM: { result = select(NAN, SIGN_BIT | INF, steps == 0u); }
        case MINNUM: { result = select(NAN, INF, steps == 0u); }
        default: { result = POISON; }
    }
    for (var step = 0u; step < steps; step++) {
        let x = decoded(x_code(at), params.x.dtype);
        let is_zero = (x & MAGNITUDE) == 0u;
        switch params.f {
            case SUM: { result = rounded_to_acc(add(result, x)); }
            case PROD: { result = rounded_to_acc(multiply(result, x)); }
            case MAX: { result = maximum(result, x); }
            case MIN: { result = minimum(result, x); }
            case MAXNUM: { result = maxnum(result, x); }
            case MINNUM: { result = minnum(result, x); }
            case ANY: { result = select(ONE, result, is_zero); }
            case ALL: { result = select(result, 0u, is_zero); }
            case ARGMAX, ARGMIN: { result = 0u; }
            default: { result = POISON; }
        }
        at += params.x_step << params.x.size_log2;
    }
    return result;
}

fn is_better(x: u32, best: u32) -> bool {
    if params.integer != 0u {
        let flip = select(0u, SIGN_BIT, is_unsigned());
        let above = i32(x ^ flip) > i32(best ^ flip);
        return select(x != best && !above, above, params.f == ARGMAX);
    }
    if is_nan(x) || is_nan(best) {
        return is_nan(x) && !is_nan(best);
    }
    return select(key_of(x) < key_of(best), key_of(x) > key_of(best), params.f == ARGMAX);
}

// The first place of the largest or the smallest.
fn reduce_to_place(start: u32, steps: u32) -> u32 {
    var at = start;
    var best = 0u;
    var place = 0u;
    for (var step = 0u; step < steps; step++) {
        let x = value_of(x_code(at), params.x.dtype);
        if step == 0u || is_better(x, best) {
            best = x;
            place = step;
        }
        at += params.x_step << params.x.size_log2;
    }
    return place;
}

@compute @workgroup_size(WORKGROUP)
fn reduce_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let start = address(params.x, place);
    let steps = steps_of(place);
    if params.f == ARGMAX || params.f == ARGMIN {
        let best = reduce_to_place(start, steps);
        store_code(address(params.to, place), encoded_integer(best, false, params.to.dtype));
    } else if params.integer != 0u {
        store(place, reduce_integer(start, steps));
    } else {
        store(place, reduce_float(start, steps));
    }
}
