//! Every layer has a fresh mask, and none is freed.
//!
//! It removed the races of the reused mask. But the same runtime failed at layer 6 of 22 when a resource was used up,
//! and every mask that is kept brings that nearer. Here memory is the resource: it has room for six masks beside the
//! inputs and outputs of the layers.

use machine::{Bytes, QueueModel};
use program::tl::Recording;

use crate::sketch::{F32, Plain, Sketch, devices};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "fresh_mask_for_every_layer",
    story: Story::ReusedMask,
    mistake: "every layer has a mask of its own in memory, at the same time",
    repair: "two masks, and a wait before one is written again",
    expected: &["capacity"],
    build,
}];

/// TinyLlama has 22 layers.
const LAYERS: u32 = 22;
/// 64 tokens in f32: 16 KiB a mask.
const MASK: [u32; 2] = [64, 64];
/// Room for six masks, and for what else there is.
const MEMORY: Bytes = Bytes(6 * 16384 + 2 * 16384 * LAYERS as u64);

fn build(form: Form) -> Sketch {
    let n_masks = if form.is_repaired() { 2 } else { LAYERS };
    let mut recording = Recording::new("bugs", 1);
    let whole = [LAYERS, MASK[0], MASK[1]];
    let (given, y) = (recording.input("masks", whole, F32), recording.output("y", whole, F32));
    let given = recording.input_share(given, 0, [0; 3], whole);
    let y = recording.output_share(y, 0, [0; 3], whole);
    let masks: Vec<_> =
        (0..n_masks).map(|mask| recording.scratch(&format!("mask {mask}"), 0, MASK, F32)).collect();
    let program = recording.record(|tl| {
        let mut committed = Vec::new();
        for layer in 0..LAYERS {
            let [given, y] = [given, y].map(|tensor| tl.tensor(tensor).slice(0, layer, 1).reshape(MASK));
            let mask = tl.tensor(masks[(layer % n_masks) as usize]);
            if let [.., before_last, _] = committed[..] {
                tl.wait(&[before_last]);
            }
            tl.host_copy(given, mask);
            let tile = tl.load(mask);
            let sum = tl.add(tile, 1.0);
            tl.store(sum, y);
            committed.push(tl.commit());
        }
    });
    let reference = Plain::rounded("y", F32, |inputs| inputs["masks"].clone() + 1.0);
    let program = program.expect("a bug is well formed");
    let mut machine = devices(QueueModel::Overlap, true);
    machine.hbm.bytes_per_pe = MEMORY;
    Sketch { program, machine, reference: Some(reference) }
}
