// Operands and results as values.

// Whether the 32 bits of an op on integers are those of u32.
fn is_unsigned() -> bool {
    return params.integer == UNSIGNED;
}

fn value_of(code: u32, dtype: u32) -> u32 {
    if params.integer != 0u {
        return integer_of(code, dtype);
    }
    return decoded(code, dtype);
}

fn x_at(place: vec4<u32>) -> u32 {
    if params.x.dtype == CONSTANT {
        return params.x.constant;
    }
    return value_of(x_code(address(params.x, place)), params.x.dtype);
}

fn y_at(place: vec4<u32>) -> u32 {
    if params.y.dtype == CONSTANT {
        return params.y.constant;
    }
    return value_of(y_code(address(params.y, place)), params.y.dtype);
}

fn z_at(place: vec4<u32>) -> u32 {
    if params.z.dtype == CONSTANT {
        return params.z.constant;
    }
    return value_of(z_code(address(params.z, place)), params.z.dtype);
}

fn store(place: vec4<u32>, value: u32) {
    let at = address(params.to, place);
    if params.integer != 0u {
        store_code(at, encoded_integer(value, is_unsigned(), params.to.dtype));
    } else {
        store_code(at, encoded(value, params.to.dtype));
    }
}
