//! The timing model against numbers that others print. That a wrong machine is noticed, the table's own tests show.

use validate::Row;

use crate::golden;
use crate::harness::validated;

#[test]
fn every_held_row_is_as_it_must_be() {
    for machine in ["sip", "tiny"] {
        let rows = validated(machine);
        let missed: Vec<&str> = rows.iter().filter(|row| row.misses()).map(|row| &row.what[..]).collect();
        assert_eq!(missed, [""; 0], "{machine}");
        let (held, shown): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.held);
        assert!(held.len() >= 90, "{machine}");
        if machine == "sip" {
            golden::check("validation_held", &lines(&held));
            golden::check("validation_shown", &lines(&shown));
        }
    }
}

/// What is compared, with our number and that of the others.
fn lines(rows: &[Row]) -> String {
    let line = |row: &Row| {
        let row = serde_json::to_value(row).expect("JSON");
        let [ours, reference] = ["ours", "reference"].map(|key| row[key].to_string());
        format!("{ours} {reference} {} {}\n", row["unit"].as_str()?, row["what"].as_str()?).into()
    };
    rows.iter().filter_map(line).collect()
}
