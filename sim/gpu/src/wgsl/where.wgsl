// x ≠ 0 ? y : z. The mask x has a dtype of its own; y and z decide whether the op is one on integers.

@compute @workgroup_size(WORKGROUP)
fn where_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let mask = decoded(x_code(address(params.x, place)), params.x.dtype);
    // A NaN in the mask is not 0.
    if (mask & MAGNITUDE) != 0u {
        store(place, y_at(place));
    } else {
        store(place, z_at(place));
    }
}
