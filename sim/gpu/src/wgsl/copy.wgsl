// Moves elements and changes no bit.

@compute @workgroup_size(WORKGROUP)
fn copy_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    store_code(address(params.to, place), x_code(address(params.x, place)));
}
