//! Kernels on the machines that others have built.

use crate::room::Room;

#[test]
fn attention_is_right_on_the_meshes_of_softhier_and_of_the_wse() {
    for (machine, words) in [
        ("softhier32", "ranks=64 heads=2 kv_heads=2 kv_len=128"),
        ("wse2", "ranks=16 heads=2 kv_heads=2 head_dim=16 kv_len=64 slice=8"),
    ] {
        let sets = words.split(' ').flat_map(|word| ["--set", word]);
        let args: Vec<&str> = ["run", "mesh_flat", "--machine", machine].into_iter().chain(sets).collect();
        let said = Room::new().run(&args);
        assert_eq!((said.code, &said.err[..]), (0, ""), "{machine}: {}", said.out);
        assert!(said.out.starts_with("PASS "), "{machine}: {}", said.out);
    }
}
