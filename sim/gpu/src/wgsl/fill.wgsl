// A constant everywhere, or `start + i · step` along one axis. The constants of x and y are start and step; the
// strides of x are 1 along that axis and 0 along all others, so that i is their sum.

@compute @workgroup_size(WORKGROUP)
fn fill_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let along = params.x.strides * place;
    let i = along.x + along.y + along.z + along.w;
    store(place, params.x.constant + i * params.y.constant);
}
