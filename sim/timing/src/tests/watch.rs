//! Progress reports of a run.

use std::cell::RefCell;

use oplog::RunId;
use program::DType;
use program::tl::{Recording, Tl};

use super::line;
use crate::run_watched;

/// Runs `n` ops on each of two ranks and returns what was said.
fn check(n: u32) -> (bool, Vec<(u64, u64)>) {
    let kernel = |tl: &mut Tl| {
        let tile = tl.tile([16], DType::F16);
        for _ in 0..n {
            tl.to(tile).fill(0.0);
        }
    };
    let program = Recording::new("busy", 2).record(kernel).expect("a program");
    let verified = verify::verify(program, &line(2, "")).expect("a program that can run");
    let said = RefCell::new(Vec::new());
    let log = run_watched(&verified, RunId::default(), &|done, of| said.borrow_mut().push((done, of)));
    (log.is_ok(), said.into_inner())
}

#[test]
fn reports_rise_from_nothing_to_all_and_are_few() {
    for (n, reports) in [(0, 2), (1, 2), (2000, 2), (4000, 3), (9000, 6)] {
        let (ended, said) = check(n);
        let of = u64::from(2 * n);
        assert!(ended);
        assert_eq!((said[0], *said.last().unwrap()), ((0, of), (of, of)), "{n}");
        assert!(said.iter().all(|&(_, total)| total == of), "{said:?}");
        assert!(said.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{said:?}");
        assert!((2..=reports).contains(&said.len()), "{said:?}");
    }
    assert!(check(9000).1.len() > 4, "a long run is not silent");
}
