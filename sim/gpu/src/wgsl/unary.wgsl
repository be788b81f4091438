// f(x).

fn unary_integer(x: u32) -> u32 {
    switch params.f {
        case CAST, CAST_TRUNC, CAST_FLOOR, CAST_WRAP, ROUND, FLOOR, CEIL, TRUNC: { return x; }
        case CAST_SATURATE: { return saturated_integer(x, is_unsigned(), params.to.dtype); }
        case NOT: { return select(~x, x ^ 1u, params.x.dtype == BOOL); }
        case SIGN: { return select(select(1u, 0xffffffffu, is_below_0(x)), 0u, x == 0u); }
        case NEG: { return 0u - x; }
        case ABS: { return select(x, 0u - x, is_below_0(x)); }
        default: { return POISON; }
    }
}

fn is_below_0(x: u32) -> bool {
    return !is_unsigned() && (x & SIGN_BIT) != 0u;
}

fn unary_float(x: u32) -> u32 {
    switch params.f {
        case CAST_TRUNC: { return x; }
        case CAST: { return select(x, rounded_to_whole(x), is_integer_dtype(params.to.dtype)); }
        case CAST_FLOOR: { return select(x, rounded_down(x), is_integer_dtype(params.to.dtype)); }
        case CAST_SATURATE: { return cast_saturating(x, params.to.dtype); }
        case CAST_WRAP: { return cast_wrapping(x, params.to.dtype); }
        case SIN: { return sine(x); }
        case COS: { return cosine(x); }
        case NEG: { return x ^ SIGN_BIT; }
        case ABS: { return x & MAGNITUDE; }
        case EXP: { return exponential(x); }
        case RECIPROCAL: { return divide(ONE, x); }
        case SQRT: { return square_root(x); }
        case EXP2: { return exponential_2(x); }
        case LOG: { return natural_logarithm(x); }
        case LOG2: { return logarithm_2(x); }
        case TANH: { return hyperbolic_tangent(x); }
        case SIGMOID: { return logistic(x); }
        case ERF: { return error_function(x); }
        case RSQRT: { return divide(ONE, square_root(x)); }
        case ROUND: { return rounded_to_whole(x); }
        case FLOOR: { return rounded_down(x); }
        case CEIL: { return rounded_up(x); }
        case TRUNC: { return rounded_towards_zero(x); }
        case SIGN: { return sign_of(x); }
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
    } else if params.f == CAST_WRAP && params.to.dtype == U32 {
        // What f32 does not hold of a u32 wraps as an i32 of its bits.
        store_code(address(params.to, place), i32_of_f32(cast_wrapping(x, I32)));
    } else {
        store(place, unary_float(x));
    }
}
