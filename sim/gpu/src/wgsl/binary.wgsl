// f(x, y).

const ADD: u32 = 0u;
const SUB: u32 = 1u;
const MUL: u32 = 2u;
const DIV: u32 = 3u;
const MAXIMUM: u32 = 4u;

// Wrapping; division truncates. Of a division by 0, which the CPU refuses, it makes x.
fn binary_integer(x: u32, y: u32) -> u32 {
    switch params.f {
        case ADD: { return x + y; }
        case SUB: { return x - y; }
        case MUL: { return x * y; }
        case DIV: { return u32(i32(x) / i32(y)); }
        case MAXIMUM: { return u32(max(i32(x), i32(y))); }
        default: { return u32(min(i32(x), i32(y))); }
    }
}

fn binary_float(x: u32, y: u32) -> u32 {
    switch params.f {
        case ADD: { return add(x, y); }
        case SUB: { return subtract(x, y); }
        case MUL: { return multiply(x, y); }
        case DIV: { return divide(x, y); }
        case MAXIMUM: { return maximum(x, y); }
        default: { return minimum(x, y); }
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
