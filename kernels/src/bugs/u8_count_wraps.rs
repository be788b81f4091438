//! A count of more than 255 in u8, declared to wrap.
//!
//! An investigation of tinygrad's `test_failure_53` suspected that its u8 partials overflow. A sum of values may
//! wrap, for addition modulo 256 gives equal bits in every grouping; the counts that number the columns may not:
//! column 263 is taken for column 7, and both are added.

use program::DType;

use super::counted::counted;
use super::sketch::Sketch;
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "u8_count_wraps",
    story: Story::D,
    mistake: "a sum that numbers things wraps, so two columns have one number",
    repair: "count in i32",
    told: include_str!("u8_count_wraps.rs"),
    expected: &["wrong_result"],
    draw,
};

fn draw(form: Form) -> Sketch {
    counted(|tl, triangle| {
        if form.is_repaired() {
            tl.sum_as(triangle, 1, DType::I32, DType::I32, false)
        } else {
            tl.sum_as(triangle, 1, DType::U8, DType::U8, true)
        }
    })
}
