//! The timing model against numbers that others print. That a wrong machine is noticed, the table's own tests show.

use crate::harness::validated;

#[test]
fn every_held_row_is_as_it_must_be() {
    for machine in ["sip", "tiny"] {
        let rows = validated(machine);
        let missed: Vec<&str> = rows.iter().filter(|row| row.misses()).map(|row| &row.what[..]).collect();
        assert_eq!(missed, [""; 0], "{machine}");
        assert!(rows.iter().filter(|row| row.held).count() >= 90, "{machine}");
    }
}
