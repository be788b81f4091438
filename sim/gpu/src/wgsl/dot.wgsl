// c = a · b, or c += a · b: x is a [m, k], y is b [k, n], or equally many of them along leading axes. One thread an output, k ascending, one `fma` a step.

const ACCUMULATE: u32 = 1u;

fn dot_integer(x_start: u32, y_start: u32, before: u32) -> u32 {
    var x = x_start;
    var y = y_start;
    var sum = before;
    for (var step = 0u; step < params.steps; step++) {
        sum += integer_of(x_code(x), params.x.dtype) * integer_of(y_code(y), params.y.dtype);
        x += params.x_step << params.x.size_log2;
        y += params.y_step << params.y.size_log2;
    }
    return kept_by(sum, params.acc);
}

fn dot_float(x_start: u32, y_start: u32, before: u32) -> u32 {
    var x = x_start;
    var y = y_start;
    var sum = before;
    for (var step = 0u; step < params.steps; step++) {
        let a = decoded(x_code(x), params.x.dtype);
        let b = decoded(y_code(y), params.y.dtype);
        sum = fused(a, b, sum);
        if params.acc != F32 {
            sum = decoded(encoded(sum, params.acc), params.acc);
        }
        x += params.x_step << params.x.size_log2;
        y += params.y_step << params.y.size_log2;
    }
    return sum;
}

@compute @workgroup_size(WORKGROUP)
fn dot_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let x = address(params.x, place);
    let y = address(params.y, place);
    var before = 0u;
    if params.f == ACCUMULATE {
        before = value_of(to_code(address(params.to, place)), params.to.dtype);
    }
    if params.integer != 0u {
        store(place, dot_integer(x, y, before));
    } else {
        store(place, dot_float(x, y, before));
    }
}
