//! Layers of a model on one device: the host writes a mask, encodes the layer that uses it, commits, and continues with
//! the next at once.

use machine::QueueModel;
use program::tl::{Handle, Recording, Tl};

use crate::sketch::{F32, Plain, SHAPE, Sketch, devices};

const LAYERS: u32 = 4;

/// y = x + mask in each layer, through `n_masks` buffers in turn. Before the host writes a mask it runs `before` with
/// the layers committed so far.
pub fn layers(n_masks: u32, before: impl Fn(&mut Tl, &[Handle])) -> Sketch {
    let mut recording = Recording::new("bugs", 1);
    let whole = [LAYERS, SHAPE[0], SHAPE[1]];
    let inputs = ["x", "masks"].map(|name| {
        let input = recording.input(name, whole, F32);
        recording.input_share(input, 0, [0; 3], whole)
    });
    let y = recording.output("y", whole, F32);
    let y = recording.output_share(y, 0, [0; 3], whole);
    let masks: Vec<_> =
        (0..n_masks).map(|mask| recording.scratch(&format!("mask {mask}"), 0, SHAPE, F32)).collect();
    let program = recording.record(|tl| {
        let mut committed = Vec::new();
        for layer in 0..LAYERS {
            let [x, given, y] =
                [inputs[0], inputs[1], y].map(|tensor| tl.tensor(tensor).slice(0, layer, 1).reshape(SHAPE));
            let mask = tl.tensor(masks[(layer % n_masks) as usize]);
            before(tl, &committed);
            tl.host_copy(given, mask);
            let (mask, x) = (tl.load(mask), tl.load(x));
            let sum = tl.add(x, mask);
            tl.store(sum, y);
            committed.push(tl.commit());
        }
    });
    let reference = Plain::rounded("y", F32, |inputs| inputs["x"].clone() + &inputs["masks"]);
    let program = program.expect("a bug is well formed");
    Sketch { program, machine: devices(QueueModel::Overlap, true), reference: Some(reference) }
}
