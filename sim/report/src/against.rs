//! A second run, and how it differs from the first.

use analysis::Diff;
use analysis::diff::{Mark, Marks};
use oplog::OpLog;
use serde::Serialize;

use crate::Shown;
use crate::column::Column;
use crate::model::Model;

/// The other run of a comparison: log `b` of `diff` and `marks`.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    pub log: &'a OpLog,
    pub shown: &'a Shown<'a>,
    pub diff: &'a Diff,
    pub marks: &'a Marks,
}

#[derive(Debug, Serialize)]
pub struct Other<'a> {
    pub model: Model<'a>,
    diff: &'a Diff,
    marks: Columns,
}

/// The columns are empty when one of the runs is shown without single ops.
#[derive(Debug, Default, Serialize)]
struct Columns {
    names: Vec<&'static str>,
    shown: bool,
    to_b: Column,
    a: Column,
    b: Column,
}

impl<'a> Other<'a> {
    pub fn of(first: &Model<'_>, against: &Against<'a>, most_intervals: usize) -> Other<'a> {
        let model = Model::of(against.log, against.shown, most_intervals);
        let shown = first.has_single_ops() && model.has_single_ops();
        Other { model, diff: against.diff, marks: Columns::of(against.marks, shown) }
    }
}

impl Columns {
    fn of(marks: &Marks, shown: bool) -> Columns {
        let mut columns = Columns { names: Mark::ALL.map(Mark::name).to_vec(), shown, ..Columns::default() };
        if shown {
            marks.to_b.iter().for_each(|op| columns.to_b.put_some_after(op.map(u64::from)));
            marks.a.iter().for_each(|&mark| columns.a.put(mark as u64));
            marks.b.iter().for_each(|&mark| columns.b.put(mark as u64));
        }
        columns
    }
}
