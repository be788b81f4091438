//! A comparison for a pull request: a line that says what is so, and the details behind a fold.

use machine::printable;

use crate::comparison::Comparison;

use super::Paint;
use super::diff::{cause, changed, details, makespan, place, signed, verdict, word};

/// Causes in the table.
const CAUSES: usize = 8;

/// `names` are those of the logs.
pub fn diff_markdown(comparison: &Comparison, names: &[String; 2]) -> String {
    let diff = &comparison.diff;
    let (word, is_same) = word(diff.verdict);
    let mark = if is_same { "✅" } else { "❌" };
    let mut text = format!("### {mark} kernmesh diff: {word}\n\n{}", escaped(&sentence(comparison)));
    text.push_str(&format!("\n\n`{}` (a) against `{}` (b)\n", code(&names[0]), code(&names[1])));
    if diff.makespan.delta != 0 {
        text.push_str(&format!("\n**Makespan** {}\n", makespan(diff)));
        let mut rows: Vec<_> = diff.makespan.by_category.iter().collect();
        rows.sort_by_key(|(_, delta)| std::cmp::Reverse(delta.unsigned_abs()));
        let rows = rows.into_iter().map(|(category, delta)| [category.clone(), signed(*delta)]);
        text.push_str(&table(["critical path", "change"], rows));
    }
    if !diff.causes.is_empty() {
        let rows = diff.causes.iter().take(CAUSES).map(|it| {
            let op = format!(
                "{}{}",
                place(&it.op),
                if it.ops > 1 { format!(" × {}", it.ops) } else { String::new() }
            );
            [op, it.what.to_string(), signed(it.shift_fs)]
        });
        text.push_str("\n**Causes**\n");
        text.push_str(&table(["op", "what", "shift"], rows));
    }
    let all = [&diff.machine, &diff.params, &diff.around];
    let changes: Vec<String> = all.into_iter().flatten().map(changed).collect();
    if !changes.is_empty() {
        text.push_str(&format!("\n<details><summary>{} settings differ</summary>\n\n", changes.len()));
        changes.iter().for_each(|change| text.push_str(&format!("- {}\n", escaped(change))));
        text.push_str("\n</details>\n");
    }
    let lines = details(comparison);
    if !lines.is_empty() {
        text.push_str("\n<details><summary>Full output of kernmesh</summary>\n\n");
        for (label, said) in lines {
            text.push_str(&format!(
                "    {}\n",
                super::lines(&format!("{label:11}{said}"), Paint::default()).replace('\n', "\n    ")
            ));
        }
        text.push_str("\n</details>\n");
    }
    text
}

/// The verdict, and where the change begins.
fn sentence(comparison: &Comparison) -> String {
    let said = verdict(&comparison.diff);
    let first =
        comparison.diff.causes.first().map_or_else(String::new, |first| format!(" First: {}.", cause(first)));
    let mut letters = said.chars();
    let capital = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{capital}{}.{first}", letters.as_str())
}

fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut text = format!("\n| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.map(|cell| escaped(&cell)).join(" | ")));
    }
    text
}

/// Text in which Markdown and HTML find nothing of theirs.
fn escaped(text: &str) -> String {
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
fn code(text: &str) -> String {
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
}
