//! One causal mask serves all layers, and the host fills it for the next while a layer still reads it.
//!
//! A Rust runtime on Metal, running TinyLlama's 22 layers: each command buffer was committed and the next one
//! created at once. The same program gave right logits, logits of all zeros, or a hang, run by run.

use crate::layers::layers;
use crate::sketch::Sketch;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "mask_reused_without_wait",
    story: Story::ReusedMask,
    mistake: "the host overwrites the mask while a committed layer may read it",
    repair: "wait for the layer before its mask is written again",
    expected: &["race_war"],
    build,
}];

fn build(form: Form) -> Sketch {
    layers(1, |tl, committed| {
        if let Some(&last) = committed.last().filter(|_| form.is_repaired()) {
            tl.wait(&[last]);
        }
    })
}
