//! Sums of one-hot columns: however the columns of a one-hot sum are grouped, the bytes are those that were picked.

use corpus::grouped_reduction;
use kernmesh::{Options, simulate};
use machine::Machine;

/// Divisors of 48, the number of columns.
const GROUPS: [u32; 10] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 48];

#[test]
fn every_grouping_gives_the_bytes_that_were_picked() {
    for seed in 0..3 {
        for n_groups in GROUPS {
            let recorded = grouped_reduction(n_groups);
            let x = replay::inputs::seeded(&recorded.program, seed)["x"].bytes.clone();
            let picked: Vec<u8> = (0..8).map(|i| x[7 + 5 * i]).collect();
            let machine = Machine::new(recorded.machine.clone().expect("a machine")).expect("a machine");
            let options = Options { seed, ..Options::default() };
            let run = simulate(recorded, &machine, &options).expect("a run that ends");
            assert!(run.passed(), "{n_groups} groups: {:?}", run.computed.findings);
            let outputs = run.computed.outputs.expect("values");
            assert_eq!(outputs["out"].bytes, picked, "{n_groups} groups, seed {seed}");
        }
    }
}
