//! A count of more than 255 in u8.
//!
//! An investigation of tinygrad's `test_failure_53` suspected that its u8 partials overflow: with 50 000 elements the
//! counts that number the columns do. Nobody has said that the sum may wrap, so it is refused where it leaves its
//! type, and no wrong number is computed.

use program::DType;

use super::counted::counted;
use super::sketch::Sketch;
use super::{Bug, Form, Story};

pub const BUG: Bug = Bug {
    name: "u8_count_overflows",
    story: Story::D,
    mistake: "a sum of ones accumulates in u8, and nobody says that it may wrap",
    repair: "count in i32",
    told: include_str!("u8_count_overflows.rs"),
    expected: &["malformed"],
    draw,
};

fn draw(form: Form) -> Sketch {
    counted(|tl, triangle| {
        if form.is_repaired() {
            tl.sum_as(triangle, 1, DType::I32, DType::I32, false)
        } else {
            tl.sum_as(triangle, 1, DType::U8, DType::U8, false)
        }
    })
}
