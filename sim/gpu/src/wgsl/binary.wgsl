// f(x, y).

// Wrapping; division truncates. Of a division by 0, which the CPU refuses, it makes x.
fn binary_integer(x: u32, y: u32) -> u32 {
    switch params.f {
        case ADD: { return x + y; }
        case SUB: { return x - y; }
        case MUL: { return x * y; }
        case DIV: { return u32(i32(x) / i32(y)); }
        case MAXIMUM: { return u32(max(i32(x), i32(y))); }
        case MINIMUM: { return u32(min(i32(x), i32(y))); }
        default: { return POISON; }
    }
}

fn binary_float(x: u32, y: u32) -> u32 {
    switch params.f {
        case ADD: { return add(x, y); }
        case SUB: { return subtract(x, y); }
        case MUL: { return multiply(x, y); }
        case DIV: { return divide(x, y); }
        case MAXIMUM: { return maximum(x, y); }
        case MINIMUM: { return minimum(x, y); }
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
