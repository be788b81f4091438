//! A review as Markdown, for a pull request or the summary of a job: a line that says what is so, and the details
//! behind a fold.

use machine::printable;

use super::{Case, Outcome, Review};
use crate::render::{Paint, lines};

/// Cases in the table.
const CASES: usize = 20;

pub fn markdown(review: &Review) -> String {
    let Review { command, subject, word, good, said, body, cases, whole, .. } = review;
    let mark = if *good { "✅" } else { "❌" };
    let mut text = format!("### {mark} kernmesh {command}: {word}\n\n");
    if !said.is_empty() {
        text.push_str(&format!("{}\n\n", escaped(said)));
    }
    text.push_str(&format!("{subject}\n"));
    text.push_str(&body.clone().unwrap_or_else(|| failing(cases)));
    if !whole.is_empty() {
        text.push_str("\n<details><summary>Full output of kernmesh</summary>\n\n");
        let indented = lines(whole.trim_end(), Paint::default()).replace('\n', "\n    ");
        text.push_str(&format!("    {indented}\n\n</details>\n"));
    }
    text
}

/// The cases that did not pass, in a table.
pub fn failing(cases: &[Case]) -> String {
    let said = cases.iter().filter_map(|case| match &case.outcome {
        Outcome::Failed(what) | Outcome::Error(what) => Some([case.name.clone(), what.clone()]),
        Outcome::Passed | Outcome::Skipped(_) => None,
    });
    let rows: Vec<[String; 2]> = said.collect();
    if rows.is_empty() {
        return String::new();
    }
    let more = rows.len().checked_sub(CASES).filter(|&more| more > 0);
    let mut text = table(["what", "why"], rows.into_iter().take(CASES));
    text.push_str(&more.map_or_else(String::new, |more| format!("\n… and {more} more\n")));
    text
}

pub fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut text = format!("\n| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.map(|cell| escaped(&cell)).join(" | ")));
    }
    text
}

/// Text in which Markdown and HTML find nothing of theirs.
pub fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for letter in printable(text).chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '@' => {
                safe.push('\\');
                safe.push(letter);
            }
            _ => safe.push(letter),
        }
    }
    safe
}

/// Text between backticks.
pub fn code(text: &str) -> String {
    printable(text).replace('`', "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ours_cannot_mark_up() {
        assert_eq!(escaped("<b>|`x`_\n\x1b"), "&lt;b&gt;\\|\\`x\\`\\_\\\\n\\\\u001b");
        assert_eq!(code("a`b\nc"), "a'b\\nc");
    }

    #[test]
    fn a_long_table_is_cut_short() {
        let case = |n: usize| Case::new("run", format!("case {n}"), Outcome::Failed("wrong".to_owned()));
        let cases: Vec<Case> = (0..CASES + 3).map(case).collect();
        let text = failing(&cases);
        assert!(text.contains("| case 19 | wrong |\n\n… and 3 more\n"), "{text}");
        assert_eq!(failing(&[Case::new("run", "a", Outcome::Passed)]), "");
    }
}
