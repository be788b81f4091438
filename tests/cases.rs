//! Kernels with small parameters, for tests of everything that runs.

/// Every kernel that runs on any machine, as on the command line.
pub const KERNELS: [&str; 14] = [
    "gemm ranks=4 m=13 n=9 k=31",
    "gemm ranks=3 m=17 n=9 k=24 dtype=f8e4m3 topology=ring slots=2",
    "mesh_mlo ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=29 kv_block=3",
    "mesh_mlo ranks=3 heads=4 kv_heads=2 head_dim=16 kv_len=21 dtype=bf16 topology=ring packed=true slots=1",
    "mesh_mlo ranks=4 heads=2 kv_heads=1 head_dim=8 kv_len=13 dtype=f32 wire_dtype=f16 waits=hand",
    "mesh_kv ranks=4 heads=4 kv_heads=2 head_dim=8 kv_len=19 q_len=11 kv_block=3 causal=true",
    "mesh_kv ranks=3 heads=2 kv_heads=2 head_dim=8 kv_len=11 q_len=9 dtype=f8e5m2 topology=ring packed=true",
    "mesh_kv ranks=2 heads=2 kv_heads=1 head_dim=16 kv_len=13 q_len=7 dtype=f32 slots=2 waits=hand",
    "mesh_flat ranks=4 heads=4 kv_heads=2 head_dim=16 kv_len=13 q_len=9 slice=4",
    "mesh_flat ranks=9 heads=2 kv_heads=1 head_dim=8 kv_len=17 q_len=5 slice=3 wire_dtype=f16 waits=hand",
    "llama70b_prefill_single",
    "llama70b_prefill_multi",
    "llama70b_decode_single",
    "llama70b_decode_multi",
];

/// Kernels that bring a machine of their own.
pub const WITH_OWN_MACHINE: [&str; 8] = [
    "ring_model ranks=8 steps=7 slots=4",
    "ring_model ranks=5 steps=9 slots=8",
    "ring_model ranks=8 slots=2",
    "traffic k=4 packet_flits=5 load=0.2 warmup=100 window=300",
    "traffic k=4 packet_flits=20 load=0.4 warmup=100 window=300 pattern=tornado wiring=torus",
    "traffic k=5 packet_flits=3 load=0.1 warmup=50 window=200 pattern=neighbor traffic_seed=7 virtual_channels=2",
    "traffic k=4 packet_flits=20 load=0.3 warmup=100 window=300 pattern=transpose buffer_flits=4",
    "traffic k=4 packet_flits=10 load=0.2 warmup=100 window=300 pattern=bitcomp model=packets",
];
