//! Rows with aligned columns, and words wrapped to a width.

use super::one_line;

/// The width we break text at.
pub const WIDTH: usize = 100;

/// Rows under each other: every column but the last as wide as its widest cell, and the last wrapped.
pub fn columns(rows: &[Vec<String>]) -> String {
    let n = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| one_line(cell).chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..n).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if at > 0 && at + 1 == n {
                line.push_str(&wrapped(cell, line.chars().count()));
            } else {
                line.push_str(&format!("{:width$}  ", one_line(cell)));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Items separated by commas, in lines of [`WIDTH`] with `indent` blanks before all but the first.
pub fn listed(items: &[String], indent: usize) -> String {
    let last = items.len().saturating_sub(1);
    let comma = |(at, item): (usize, &String)| if at < last { format!("{item},") } else { item.clone() };
    lines(items.iter().enumerate().map(comma), indent)
}

/// Words in lines of [`WIDTH`] with `indent` blanks before all but the first.
pub fn wrapped(text: &str, indent: usize) -> String {
    lines(text.split(' ').map(str::to_owned), indent)
}

/// Pieces separated by blanks; a piece that is wider than a line gets one of its own.
fn lines(pieces: impl Iterator<Item = String>, indent: usize) -> String {
    let (mut text, mut column) = (String::new(), indent);
    for (at, piece) in pieces.enumerate() {
        let piece = one_line(&piece);
        let length = visible(&piece);
        if at > 0 && column + 1 + length > WIDTH {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        } else if at > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(&piece);
        column += length;
    }
    text
}

/// Characters that take a column: colours do not.
fn visible(text: &str) -> usize {
    let mut parts = text.split('\x1b');
    let plain = parts.next().map_or(0, |part| part.chars().count());
    let painted = parts.map(|part| part.split_once('m').map_or(0, |(_, shown)| shown.chars().count()));
    plain + painted.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_lists_wrap() {
        let row = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
        assert_eq!(columns(&[row(&["a", "bbb"]), row(&["cc", "d"]), row(&[])]), "a   bbb\ncc  d\n\n");
        assert_eq!(columns(&[]), "");
        let wide = columns(&[row(&["a", &"word ".repeat(60)])]);
        assert!(wide.lines().count() == 4 && wide.lines().all(|line| line.len() <= WIDTH), "{wide}");
        assert!(wide.lines().skip(1).all(|line| line.starts_with("   word")), "{wide}");
        assert_eq!((visible("plain"), visible("\x1b[1;31mbad\x1b[0m: x")), (5, 6));
        let items: Vec<String> = (0..30).map(|n| format!("item {n}")).collect();
        let text = listed(&items, 10);
        assert!(text.lines().count() > 1);
        assert!(text.lines().skip(1).all(|line| line.starts_with("          item") && line.len() <= WIDTH));
        assert_eq!(text.split_whitespace().collect::<Vec<_>>().join(" "), items.join(", "));
        assert_eq!(
            wrapped(&items.join(", "), 10).replace(['\n', ' '], ""),
            items.join(", ").replace(' ', "")
        );
        assert_eq!(listed(&[], 10), "");
    }
}
