use super::attention::{FIG_3, fig_3, fig_4};
use super::*;

fn bench() -> Bench {
    Bench::of(&Machine::preset("softhier32").expect("a preset")).expect("a machine of PEs")
}

/// The misses of sim/timing/DEVIATIONS.md. Those of few heads, of all that `validate` shows.
#[test]
fn misses_of_attention_are_as_they_are_written_down() {
    let [matrix, total] = fig_4(&bench(), 4096, 32, [1075.1, 1205.0]).expect("it runs");
    let [fabric, software, ratio] = fig_3(&bench(), &FIG_3[5]).expect("it runs");
    for row in [&matrix, &ratio] {
        assert_eq!(row.pass, Some(true), "{row:?}");
    }
    for (row, percent) in [(total, 112), (fabric, -11), (software, -17)] {
        let ours = row.difference.map(f64::round);
        assert_eq!((ours, row.held), (Some(f64::from(percent)), false), "{row:?}");
    }
}
