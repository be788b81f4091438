//! Text on its way to a terminal: what a stranger named cannot end a line or move the cursor.

use std::borrow::Cow;

use machine::{is_hidden, with_kept};

use super::Paint;

/// One line, in which only our own colours are controls.
pub fn one_line(text: &str) -> Cow<'_, str> {
    with_kept(text, Paint::code)
}

/// Lines, with colours where there are any.
pub fn lines(text: &str, paint: Paint) -> Cow<'_, str> {
    with_kept(text, |rest| match rest.as_bytes() {
        [b'\n' | b'\t', ..] => 1,
        [b'\r', b'\n', ..] => 2,
        _ if paint.colour => Paint::code(rest),
        _ => 0,
    })
}

/// A line of somebody's file, in which each letter keeps its column.
pub fn blanked(text: &str) -> String {
    text.chars().map(|letter| if is_hidden(letter) { ' ' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_colours_are_colours() {
        let text = format!("{}\n\x1b[8mhidden\x1b[1;31m", Paint { colour: true }.bad("FAIL"));
        let shown = lines(&text, Paint { colour: true });
        assert_eq!(shown, "\x1b[1;31mFAIL\x1b[0m\n\\u001b[8mhidden\x1b[1;31m");
        assert!(!lines(&text, Paint::default()).contains('\x1b'));
        assert_eq!(one_line("a\nb"), "a\\nb");
        assert_eq!(lines("a,b\r\nc\rd\te\n", Paint::default()), "a,b\r\nc\\rd\te\n");
    }
}
