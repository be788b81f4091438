// x ? y, as 1 or 0.

const EQ: u32 = 0u;
const NE: u32 = 1u;
const LT: u32 = 2u;
const LE: u32 = 3u;
const GT: u32 = 4u;

fn holds(x: i32, y: i32) -> bool {
    switch params.f {
        case EQ: { return x == y; }
        case NE: { return x != y; }
        case LT: { return x < y; }
        case LE: { return x <= y; }
        case GT: { return x > y; }
        default: { return x >= y; }
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
    var truth: bool;
    if params.integer != 0u {
        truth = holds(i32(x), i32(y));
    } else if is_nan(x) || is_nan(y) {
        truth = params.f == NE;
    } else {
        truth = holds(key_of(x), key_of(y));
    }
    store_code(address(params.to, place), u32(truth));
}
