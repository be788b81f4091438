// x · y + z, of floats with one rounding where the device fuses.

@compute @workgroup_size(WORKGROUP)
fn fma_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let x = x_at(place);
    let y = y_at(place);
    let z = z_at(place);
    if params.integer != 0u {
        store(place, x * y + z);
    } else {
        store(place, fused(x, y, z));
    }
}
