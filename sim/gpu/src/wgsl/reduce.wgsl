// The sum or the maximum along one axis, ascending, by one thread an output: sums have the order that the CPU has.

fn reduce_integer(start: u32) -> u32 {
    var at = start;
    // The least of the dtype of x, which is u8 or i32.
    var result = select(select(SIGN_BIT, 0u, params.x.dtype == U8), 0u, params.f == SUM);
    for (var step = 0u; step < params.steps; step++) {
        let x = x_code(at);
        switch params.f {
            case SUM: { result += x; }
            case MAX: { result = u32(max(i32(result), i32(x))); }
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
    // A maximum begins from NaN, which yields to every other: a row of NaN alone has no larger value.
    var result = select(select(NAN, SIGN_BIT | INF, params.steps == 0u), 0u, params.f == SUM);
    for (var step = 0u; step < params.steps; step++) {
        let x = decoded(x_code(at), params.x.dtype);
        switch params.f {
            case SUM: { result = rounded_to_acc(add(result, x)); }
            case MAX: { result = maximum(result, x); }
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
