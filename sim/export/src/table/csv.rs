//! Comma-separated values as RFC 4180 has them: lines end in CR LF, and a field with a comma, a quote or the end of a
//! line in it stands in quotes.

use std::fmt::Write;

use super::{Table, Values};

impl Table {
    /// A line of names, then a line for each row. What is absent is an empty field.
    pub fn to_csv(&self) -> String {
        let mut csv = String::new();
        self.line(&mut csv, |csv, column| field(csv, self.columns[column].name));
        for row in 0..self.n_rows() {
            self.line(&mut csv, |csv, column| match &self.columns[column].values {
                Values::Whole(values) => number(csv, Some(values[row])),
                Values::MaybeWhole(values) => number(csv, values[row]),
                Values::Text { rows, words } => {
                    if let Some(word) = rows[row] {
                        field(csv, &words[word as usize]);
                    }
                }
            });
        }
        csv
    }

    fn line(&self, csv: &mut String, write: impl Fn(&mut String, usize)) {
        for column in 0..self.columns.len() {
            if column > 0 {
                csv.push(',');
            }
            write(csv, column);
        }
        csv.push_str("\r\n");
    }
}

fn number(csv: &mut String, value: Option<i64>) {
    if let Some(value) = value {
        write!(csv, "{value}").expect("a string takes everything");
    }
}

/// What a spreadsheet would compute begins with a quote, by which it is text.
fn field(csv: &mut String, text: &str) {
    let text = machine::printable(text);
    let mark = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    let text = format!("{mark}{text}");
    if !text.contains([',', '"']) {
        return csv.push_str(&text);
    }
    csv.push('"');
    csv.push_str(&text.replace('"', "\"\""));
    csv.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;

    #[test]
    fn fields_that_need_quotes_have_them() {
        let texts = ["plain", "a,b", "say \"no\"", "two\nlines", "\x1b", "", "=x,+y"].map(Some);
        let texts = texts.into_iter().chain([None]);
        let table = Table {
            name: "t",
            columns: vec![
                Column::text("text", texts, |text| (*text).to_owned()),
                Column::maybe_whole("n", [Some(1), None, Some(u64::MAX), None, None, None, None, Some(0)]),
            ],
            about: Vec::new(),
        };
        let lines = "text,n\r\nplain,1\r\n\"a,b\",\r\n\"say \"\"no\"\"\",9223372036854775807\r\n";
        let rest = "two\\nlines,\r\n\\u001b,\r\n,\r\n\"'=x,+y\",\r\n,0\r\n";
        assert_eq!(table.to_csv(), format!("{lines}{rest}"));
    }
}
