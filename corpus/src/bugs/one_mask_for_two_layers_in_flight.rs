//! Two layers are in flight, and there is one mask.
//!
//! Half a repair of the reused mask: the host waits, but only for the layer before the last, so that the GPU always
//! has work. A fresh mask for each layer helped people; a ring of as many masks as layers are in flight is enough.

use crate::layers::layers;
use crate::sketch::Sketch;
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "one_mask_for_two_layers_in_flight",
    story: Story::ReusedMask,
    mistake: "the host waits for the layer before the last, and the last one reads the same mask",
    repair: "two masks, used in turn",
    expected: &["race_war"],
    build,
}];

fn build(form: Form) -> Sketch {
    let n_masks = if form.is_repaired() { 2 } else { 1 };
    layers(n_masks, |tl, committed| {
        if let [.., before_last, _] = *committed {
            tl.wait(&[before_last]);
        }
    })
}
