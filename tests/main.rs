//! Conformance tests: one binary that sees everything. `harness` is the only caller of the simulator.

mod arrows;
mod determinism;
mod golden;
mod harness;
mod kernels;
mod random;
mod roundtrip;
mod story_a;
mod tensors;
mod tidy;
mod timelines;
mod tree;
