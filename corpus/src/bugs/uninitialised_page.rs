//! A page of the KV cache that holds no token yet is loaded, with weight 0.
//!
//! 0 times NaN is NaN: a weight of 0 does not hide the contents of V. Kernels for paged attention meet it at the
//! last, partial page of a sequence, and only where memory holds a NaN. No single report stands for it. Also the
//! planted bug "read of a slot that was never written".

use machine::Sync;
use ndarray::Axis;
use program::DType;
use program::tl::Recording;

use crate::sketch::{F32, Sketch};
use crate::{Bug, Form, Story};

pub static BUGS: &[Bug] = &[Bug {
    name: "uninitialised_page",
    story: Story::Other("paged attention"),
    mistake: "a page that holds no token is loaded, and weighs 0",
    repair: "load the pages that hold tokens, over zeros",
    expected: &["uninitialised_read"],
    build,
}];

fn build(form: Form) -> Sketch {
    let mut recording = Recording::new("bugs", 1);
    let (x, y) = (recording.input("x", [2, 8], F32), recording.output("y", [1, 8], DType::Bf16));
    let (x, y) = (recording.input_share(x, 0, [0, 0], [2, 8]), recording.output_share(y, 0, [0, 0], [1, 8]));
    let pool = recording.scratch("pages", 0, [3, 8], F32);
    recording.table("pages", [2, 0, 1]).scalar("tokens", 2);
    let program = recording.record(|tl| {
        let (pages, tokens) =
            (tl.table("pages").expect("given"), tl.scalar("tokens").expect("given") as usize);
        let page = |index: usize| tl.tensor(pool).slice(0, pages[index] as u32, 1);
        let all: Vec<_> = (0..pages.len()).map(page).collect();
        let new = tl.load(tl.tensor(x));
        for (token, &page) in (0..).zip(&all[..tokens]) {
            tl.store(new.slice(0, token, 1), page);
        }
        let p = tl.full([1, 3], F32, 0.0);
        tl.to(p.slice(1, 0, tokens as u32)).fill(1.0);
        let v = tl.full([3, 8], F32, 0.0);
        let loaded = if form.is_repaired() { tokens } else { pages.len() };
        for (index, &page) in (0..).zip(&all[..loaded]) {
            tl.load_into(page, v.slice(0, index, 1));
        }
        let o = tl.dot_as(p, v, DType::Bf16);
        tl.store(o, tl.tensor(y));
    });
    let right = |inputs: &kernels::Inputs| inputs["x"].sum_axis(Axis(0)).insert_axis(Axis(0));
    let program = program.expect("a bug is well formed");
    Sketch::tiny(program, Sync::Interlocked, right).rounded_to(DType::Bf16)
}
