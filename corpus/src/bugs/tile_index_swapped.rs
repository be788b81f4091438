//! Tile (i, j) is stored as tile (j, i).
//!
//! There is no race and no uninitialised read: only values show it, and only with inputs that are not symmetric. It
//! stands for all mistakes that a reference finds and a hazard detector cannot. Planted.

use machine::Sync;

use crate::sketch::{F32, Sketch, alone};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "tile_index_swapped",
    story: Story::Other("planted"),
    mistake: "tile (i, j) is stored as tile (j, i)",
    repair: "store it where it came from",
    expected: &["wrong_result"],
    build,
}];

fn build(form: Form) -> Sketch {
    let program = alone([8, 8], ([8, 8], F32), |tl, own| {
        for (row, column) in [(0, 0), (0, 4), (4, 0), (4, 4)] {
            let x = tl.load(own.x.slice(0, row, 4).slice(1, column, 4));
            let y = tl.add(x, x);
            let (row, column) = if form.is_repaired() { (row, column) } else { (column, row) };
            tl.store(y, own.y.slice(0, row, 4).slice(1, column, 4));
        }
    });
    Sketch::tiny(program, Sync::Interlocked, |inputs| 2.0 * &inputs["x"])
}
