// x ? y, as 1 or 0.

fn holds(x: i32, y: i32) -> u32 {
    switch params.f {
        case EQ: { return u32(x == y); }
        case NE: { return u32(x != y); }
        case LT: { return u32(x < y); }
        case LE: { return u32(x <= y); }
        case GT: { return u32(x > y); }
        case GE: { return u32(x >= y); }
        default: { return POISON & 0xffu; }
    }
}

// Where one is NaN.
fn holds_unordered() -> u32 {
    switch params.f {
        case NE: { return 1u; }
        case EQ, LT, LE, GT, GE: { return 0u; }
        default: { return POISON & 0xffu; }
    }
}

@compute @workgroup_size(WORKGROUP)
fn compare_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let x = x_at(place);
    let y = y_at(place);
    var truth: u32;
    if params.integer != 0u {
        // Flipping the highest bit of both makes the order of u32 that of i32.
        let flip = select(0u, SIGN_BIT, is_unsigned());
        truth = holds(i32(x ^ flip), i32(y ^ flip));
    } else if is_nan(x) || is_nan(y) {
        truth = holds_unordered();
    } else {
        truth = holds(key_of(x), key_of(y));
    }
    store_code(address(params.to, place), truth);
}
