//! The precision bisect on real kernels.

use kernmesh::Timed;
use replay::inputs::seeded;
use replay::precision::{Bisect, NotComparable, Options, bisect};

use crate::harness::Case;

fn bisected(words: &str) -> Bisect {
    let Timed { log, flow, .. } = Case::of(words).passes().timed;
    let inputs = seeded(&log.program, log.id.seed);
    bisect(&log, &flow, &inputs, Options::default()).unwrap_or_else(|error| panic!("{words}: {error}"))
}

#[test]
fn right_kernels_in_f32_have_no_error_source() {
    for words in [
        "mesh_mlo ranks=4 kv_len=64 heads=2 kv_heads=1 head_dim=16 dtype=f32",
        "mesh_mlo ranks=4 kv_len=64 heads=2 kv_heads=1 head_dim=64 dtype=f32",
        "mesh_mlo ranks=4 kv_len=64 heads=2 kv_heads=1 head_dim=16 dtype=f32 packed=true",
        "mesh_kv ranks=4 kv_len=64 heads=2 kv_heads=1 head_dim=64 dtype=f32",
        "mesh_flat ranks=4 kv_len=64 heads=2 kv_heads=1 head_dim=16 dtype=f32",
        "gemm ranks=4 dtype=f32",
        "gemm ranks=4 k=512",
    ] {
        let found = bisected(words);
        assert_eq!((found.n_flagged, found.first()), (0, None), "{words}");
        assert_eq!(found.not_comparable, NotComparable::default(), "{words}");
        assert!(found.worst.is_some_and(|worst| worst.error > 0.0), "{words}: f32 rounds");
    }
}

#[test]
fn an_error_source_names_lines_of_the_kernel() {
    // m travels in f16 and is subtracted from itself: f64 has 0, the kernel what the wire rounded away.
    let found = bisected("mesh_mlo ranks=4 kv_len=64 heads=2 kv_heads=1 head_dim=64 dtype=f16");
    let first = found.first().expect("there is a source");
    assert_eq!((first.op.kind, first.error), ("sub", 1.0));
    assert_eq!(first.chain[0].op, first.op);
    assert!(first.chain.iter().all(|link| link.op.location.is_some()), "{:#?}", first.chain);
}
