// f(x).

fn unary_integer(x: u32) -> u32 {
    switch params.f {
        case CAST: { return x; }
        case NEG: { return 0u - x; }
        case ABS: { return select(x, 0u - x, (x & SIGN) != 0u); }
        default: { return POISON; }
    }
}

fn unary_float(x: u32) -> u32 {
    switch params.f {
        case CAST: { return x; }
        case NEG: { return x ^ SIGN; }
        case ABS: { return x & MAGNITUDE; }
        case EXP: { return exponential(x); }
        case RECIPROCAL: { return divide(ONE, x); }
        case SQRT: { return square_root(x); }
        default: { return POISON; }
    }
}

@compute @workgroup_size(WORKGROUP)
fn unary_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let x = x_at(place);
    if params.integer != 0u {
        store(place, unary_integer(x));
    } else {
        store(place, unary_float(x));
    }
}
