//! Conformance tests: one binary that sees everything. `harness` is the only caller of the simulator.

mod arrows;
mod brute_force;
mod bugs;
mod determinism;
mod explain;
mod explicit;
mod golden;
mod gpus;
mod grouped;
mod harness;
mod hazards;
mod kernels;
mod ledger;
mod orders;
mod plans;
mod precision;
mod queue_orders;
mod queues;
mod random;
mod roundtrip;
mod story_a;
mod tensors;
mod tidy;
mod timelines;
mod tree;
mod validation;
