//! The timing model against numbers that others print. That a wrong machine is noticed, the table's own tests show.

use validate::Row;

use crate::golden;
use crate::harness::validated;
use crate::tree::Tree;

#[test]
fn every_held_row_is_as_it_must_be() {
    for machine in ["sip", "tiny"] {
        let rows = validated(machine);
        let missed: Vec<&str> = rows.iter().filter(|row| row.misses()).map(|row| &row.what[..]).collect();
        assert_eq!(missed, [""; 0], "{machine}");
        if machine == "sip" {
            counted(&rows);
        }
        let (held, shown): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.held);
        assert!(held.len() >= 90, "{machine}");
        if machine == "sip" {
            golden::check("validation_held", &lines(&held));
            golden::check("validation_shown", &lines(&shown));
        }
    }
}

/// The guide and the README say how many rows there are.
fn counted(rows: &[Row]) {
    let count = |of: fn(&&Row) -> bool| rows.iter().filter(of).count();
    let (exact, near) =
        (count(|row| row.held && row.within == 0.0), count(|row| row.held && row.within > 0.0));
    let (shown, unmodelled) = (count(|row| !row.held && row.is_modelled()), count(|row| !row.is_modelled()));
    let (guide, held) = ("docs/validation.md", exact + near);
    let tree = Tree::of_repository();
    for (path, said) in [
        (guide, format!("all {held} held rows agree. {shown} rows are shown, {unmodelled} are not modelled")),
        (guide, format!("## Held exactly: {exact} rows")),
        (guide, format!("## Held within a tolerance: {near} rows")),
        ("README.md", format!("{exact} validation rows are equal to closed forms")),
        ("README.md", format!("and {near} are within a tolerance")),
    ] {
        assert!(tree.get(path).is_some_and(|file| file.text.contains(&said)), "{path} does not say `{said}`");
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
