use super::attention::figures;
use super::*;

fn bench() -> Bench {
    Bench::of(&Machine::preset("softhier32").expect("a preset")).expect("a machine of PEs")
}

/// The misses of sim/timing/DEVIATIONS.md. Those of few heads, of all that `validate` shows.
#[test]
fn misses_of_attention_are_as_they_are_written_down() {
    let (fig_4, fig_3) = (figures().fig_4, figures().fig_3);
    let [matrix, total] = fig_4.measured(&bench(), &fig_4.rows[15]).expect("it runs");
    let [fabric, software, ratio] = fig_3.measured(&bench(), &fig_3.rows[5]).expect("it runs");
    for row in [&matrix, &ratio] {
        assert_eq!(row.pass, Some(true), "{row:?}");
    }
    for (row, percent) in [(total, 112), (fabric, -11), (software, -17)] {
        let ours = row.difference.map(f64::round);
        assert_eq!((ours, row.held), (Some(f64::from(percent)), false), "{row:?}");
    }
}
