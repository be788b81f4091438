//! Table of the validation rows.

use validate::{Reference, Row};

use super::Paint;
use super::columns::{columns, wrapped};
use super::number::rounded;

/// A row a line under its source, the first word marks rows that fail or are not modelled; then how many
/// of each there are.
pub fn validation(rows: &[Row], paint: Paint) -> String {
    let head = ["", "what", "reference", "ours", "off by", "unit"].map(str::to_owned).to_vec();
    let table = columns(&std::iter::once(head).chain(rows.iter().map(cells)).collect::<Vec<_>>());
    let mut lines = table.lines();
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    let mut above = ("", "");
    for (row, line) in rows.iter().zip(lines) {
        if (&*row.source, &*row.note) != above {
            above = (&row.source, &row.note);
            let said = heading(row);
            text.push_str(&format!("{}\n", paint.faint(&wrapped(&said, 0))));
        }
        let painted = if row.misses() { paint.bad(line) } else { line.to_owned() };
        text.push_str(&format!("{painted}\n"));
    }
    format!("{text}\n{}", counts(rows, paint))
}

/// The source of rows, and why they are not held.
fn heading(row: &Row) -> String {
    match (row.is_modelled(), &*row.note) {
        (true, "") => row.source.to_string(),
        (true, note) => format!("{}: {note}", row.source),
        (false, note) => format!("{}: not modelled, {note}", row.source),
    }
}

fn cells(row: &Row) -> Vec<String> {
    let verdict = match row.pass {
        Some(true) => "ok",
        Some(false) => "MISS",
        None if row.is_modelled() => "shown",
        None => "-",
    };
    let reference = match &row.reference {
        Reference::Number(value) => number(*value),
        Reference::Printed(text) => text.to_string(),
    };
    let ours = row.ours.map_or_else(|| "-".to_owned(), number);
    let difference = row.difference.map_or_else(String::new, |percent| {
        if percent == 0.0 { "0".to_owned() } else { format!("{percent:+.1} %") }
    });
    vec![verdict.to_owned(), row.what.clone(), reference, ours, difference, row.unit.to_string()]
}

fn number(value: f64) -> String {
    rounded(value, 4)
}

fn counts(rows: &[Row], paint: Paint) -> String {
    let count = |of: fn(&Row) -> bool| rows.iter().filter(|row| of(row)).count();
    let (held, missed) = (count(|row| row.held), count(Row::misses));
    let shown = count(|row| !row.held && row.is_modelled());
    let absent = count(|row| !row.is_modelled());
    let word = if missed == 0 { paint.good("PASS") } else { paint.bad("FAIL") };
    let near = rows.iter().filter(|row| !row.held).filter_map(|row| row.difference);
    let worst = near.fold(0.0, |worst: f64, percent| worst.max(percent.abs()));
    format!(
        "{word}  {} of {held} held rows agree; {shown} shown, at most {worst:.1} % off; \
         {absent} not modelled\n",
        held - missed
    )
}
