// The sum, the largest or the smallest along one axis, ascending, by one thread an output: sums have the order that the CPU has.

fn reduce_integer(start: u32) -> u32 {
    var at = start;
    // The least and the largest of the dtype of x, which is u8 or i32.
    let least = select(SIGN_BIT, 0u, params.x.dtype == U8);
    let most = select(MAGNITUDE, 0xffu, params.x.dtype == U8);
    var result = select(select(least, most, params.f == MIN), 0u, params.f == SUM);
    for (var step = 0u; step < params.steps; step++) {
        let x = x_code(at);
        switch params.f {
            case SUM: { result += x; }
            case MAX: { result = u32(max(i32(result), i32(x))); }
            case MIN: { result = u32(min(i32(result), i32(x))); }
            default: { result = POISON; }
        }
        at += params.x_step << params.x.size_log2;
    }
    // Wrapping at the end is as wrapping at every step.
    return select(result, result & 0xffu, params.f == SUM && params.acc == U8);
}

fn rounded_to_acc(sum: u32) -> u32 {
    if params.acc == F32 {
        return sum;
    }
    return decoded(encoded(sum, params.acc), params.acc);
}

fn reduce_float(start: u32) -> u32 {
    var at = start;
    // The largest and the smallest begin from NaN, which yields to every other: a row of NaN alone has no other value.
    let of_none = select(SIGN_BIT | INF, INF, params.f == MIN);
    var result = select(select(NAN, of_none, params.steps == 0u), 0u, params.f == SUM);
    for (var step = 0u; step < params.steps; step++) {
        let x = decoded(x_code(at), params.x.dtype);
        switch params.f {
            case SUM: { result = rounded_to_acc(add(result, x)); }
            case MAX: { result = maximum(result, x); }
            case MIN: { result = minimum(result, x); }
            default: { result = POISON; }
        }
        at += params.x_step << params.x.size_log2;
    }
    return result;
}

@compute @workgroup_size(WORKGROUP)
fn reduce_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let start = address(params.x, place);
    if params.integer != 0u {
        store(place, reduce_integer(start));
    } else {
        store(place, reduce_float(start));
    }
}
