// x[…, i] · y[…, i / block] of a block-scaled format. Of x and y the steps are how many elements share a byte, and a scale.

fn with_sign(bits: u32, negative: bool) -> u32 {
    return select(bits, bits | SIGN_BIT, negative);
}

// The magnitudes 0, 0.5, 1, 1.5, 2, 3, 4 and 6.
fn small_float(code: u32) -> u32 {
    let exponent = (code & 7u) >> 1u;
    let normal = ((126u + exponent) << 23u) | ((code & 1u) << 22u);
    let half = select(0u, 0x3f000000u, (code & 1u) != 0u);
    return with_sign(select(normal, half, exponent == 0u), (code & 8u) != 0u);
}

fn element_as_float(code: u32) -> u32 {
    switch params.f {
        case MXFP8_E4M3: { return widened(code, F8E4M3); }
        case MXFP8_E5M2: { return widened(code, F8E5M2); }
        case MXFP4, NVFP4: { return small_float(code); }
        case BFP8: { return with_sign(f32_of_u32(code & 0x7fu, false), (code & 0x80u) != 0u); }
        case BFP4: { return with_sign(f32_of_u32(code & 7u, false), (code & 8u) != 0u); }
        default: { return POISON; }
    }
}

// 2^(code - 127 - less), subnormals too.
fn power_of_two(code: u32, less: u32) -> u32 {
    if code > less {
        return (code - less) << 23u;
    }
    return HIDDEN >> (1u + less - code);
}

fn scale_as_float(code: u32) -> u32 {
    switch params.f {
        case MXFP8_E4M3, MXFP8_E5M2, MXFP4: { return select(power_of_two(code, 0u), NAN, code == 0xffu); }
        case NVFP4: { return widened(code, F8E4M3); }
        case BFP8: { return power_of_two(code, 6u); }
        case BFP4: { return power_of_two(code, 2u); }
        default: { return POISON; }
    }
}

@compute @workgroup_size(WORKGROUP)
fn dequantize_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let byte = x_code(address(params.x, vec4<u32>(place.x, place.y, place.z, place.w / params.x_step)));
    let shift = (place.w % params.x_step) * 4u;
    let code = select(byte, (byte >> shift) & 0xfu, params.x_step == 2u);
    let scale = y_code(address(params.y, vec4<u32>(place.x, place.y, place.z, place.w / params.y_step)));
    store(place, multiply(element_as_float(code), scale_as_float(scale)));
}
