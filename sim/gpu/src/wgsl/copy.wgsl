// Moves elements and changes no bit.

@compute @workgroup_size(WORKGROUP)
fn copy_pass(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let element = element_of(group, thread);
    if element >= params.count {
        return;
    }
    let place = place_of(element);
    let source = address(params.x, place);
    let goal = address(params.to, place);
    if params.to.size_log2 == 3u {
        atomicStore(&to_words[goal >> 2u], x_words[source >> 2u]);
        atomicStore(&to_words[(goal >> 2u) + 1u], x_words[(source >> 2u) + 1u]);
        return;
    }
    store_code(goal, x_code(source));
}
