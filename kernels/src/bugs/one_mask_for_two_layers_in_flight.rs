//! Two layers are in flight, and there is one mask.
//!
//! Half a repair of the reused mask: the host waits, but only for the layer before the last, so that the GPU always
//! has work. A fresh mask for each layer helped people; a ring of as many masks as layers are in flight is enough.

use super::layers::layers;
use super::sketch::Sketch;
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "one_mask_for_two_layers_in_flight",
    story: Story::C,
    mistake: "the host waits for the layer before the last, and the last one reads the same mask",
    repair: "two masks, used in turn",
    told: include_str!("one_mask_for_two_layers_in_flight.rs"),
    expected: &["race_war"],
    draw,
};

fn draw(form: Form) -> Sketch {
    let n_masks = if form.is_repaired() { 2 } else { 1 };
    layers(n_masks, |tl, committed| {
        if let [.., before_last, _] = *committed {
            tl.wait(&[before_last]);
        }
    })
}
