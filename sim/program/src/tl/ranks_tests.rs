//! Ranks recorded one by one, as a front end of another language does.

use crate::dtype::DType::F32;
use crate::op::OpIndex;
use crate::program::NamedSpan;
use crate::tl::{Recording, Tcm};

#[test]
fn ranks_that_are_recorded_one_by_one_make_the_program_of_one_call() {
    let kernel = |tl: &mut crate::tl::Tl| {
        let tile = tl.full([4], F32, f64::from(tl.rank()));
        tl.span("twice", |tl| {
            tl.neg(tile);
            tl.exp(tile);
        });
    };
    let mut ranks = Recording::new("case", 3).ranks().expect("no mistake");
    while let Some(mut tl) = ranks.next_rank() {
        kernel(&mut tl);
        ranks.done(tl).expect("no mistake");
    }
    assert_eq!(Ok(ranks.finish()), Recording::new("case", 3).record(kernel));
}

#[test]
fn an_op_is_written_where_the_author_wrote_it() {
    let mut ranks = Recording::new("case", 2).ranks().expect("no mistake");
    while let Some(mut tl) = ranks.next_rank() {
        tl.written_at("b.py", 7, 5);
        let tile = tl.full([4], F32, 0.0);
        let span = tl.open_span("rest");
        tl.written_at("a\\c.py", 9, 1);
        tl.exp(tile);
        tl.close_span(span);
        tl.close_span(span + 1);
        ranks.done(tl).expect("no mistake");
    }
    let program = ranks.finish();
    assert_eq!(program.files, ["b.py", "a/c.py"]);
    for rank in [0, 1] {
        let place = |op| program.source(crate::program::Rank(rank), OpIndex(op));
        assert_eq!([place(0), place(1)].map(Option::unwrap), ["b.py:7:5", "a/c.py:9:1"]);
        let span = NamedSpan { name: "rest".to_owned(), first: OpIndex(1), end: OpIndex(2) };
        assert_eq!(program.ranks[rank as usize].spans, [span]);
    }
}

#[test]
fn a_mistake_is_known_at_once_and_ends_the_recording() {
    let mut ranks = Recording::new("case", 2).ranks().expect("no mistake");
    let mut tl = ranks.next_rank().expect("rank 0");
    tl.written_at("k.py", 3, 9);
    let tile = tl.full([4], F32, 0.0);
    assert_eq!(tl.mistake(Some(tile)), None);
    let wrong = tile.slice(0, 4, 1);
    assert!(wrong.is_mistaken() && !tile.is_mistaken());
    let told = tl.mistake(Some(wrong)).cloned().expect("a mistake");
    assert_eq!((told.rank, &*told.source), (Some(0), "k.py:3:9"));
    assert_eq!(tl.mistake::<Tcm>(None), Some(&told));
    assert_eq!(ranks.done(tl), Err(told));
}
