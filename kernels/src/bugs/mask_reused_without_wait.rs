//! One causal mask serves all layers, and the host fills it for the next while a layer still reads it.
//!
//! A Rust runtime on Metal, running TinyLlama's 22 layers: each command buffer was committed and the next one
//! created at once. The same program gave right logits, logits of all zeros, or a hang, run by run.

use super::layers::layers;
use super::sketch::Sketch;
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "mask_reused_without_wait",
    story: Story::C,
    mistake: "the host overwrites the mask while a committed layer may read it",
    repair: "wait for the layer before its mask is written again",
    told: include_str!("mask_reused_without_wait.rs"),
    expected: &["race_war"],
    draw,
};

fn draw(form: Form) -> Sketch {
    layers(1, |tl, committed| {
        if let Some(&last) = committed.last().filter(|_| form.is_repaired()) {
            tl.wait(&[last]);
        }
    })
}
