//! Text of strangers, as it may be written: whatever moves a cursor, ends a line or turns text round is spelled out.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a letter is not seen itself, and changes how others are seen: controls, ends of lines, and marks of
/// direction.
pub fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// The text on one line. What is hidden is spelled as in JSON: `\u001b`, `\n`.
pub fn printable(text: &str) -> Cow<'_, str> {
    with_kept(text, |_| 0)
}

/// The same, but for what is meant to be there: `kept` says of a rest of the text how many bytes of it are.
pub fn with_kept(text: &str, kept: impl Fn(&str) -> usize) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let (mut safe, mut rest) = (String::new(), text);
    while let Some(letter) = rest.chars().next() {
        let is_hidden = is_hidden(letter);
        let as_it_is = if is_hidden { kept(rest) } else { letter.len_utf8() };
        if as_it_is > 0 {
            let (plain, after) = rest.split_at(as_it_is);
            safe.push_str(plain);
            rest = after;
            continue;
        }
        match letter {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            _ => write!(safe, "\\u{:04x}", u32::from(letter)).expect("a string takes any text"),
        }
        rest = &rest[letter.len_utf8()..];
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_spelled_out() {
        for (text, printed) in [
            ("plain, ä → 2 × 3\u{a0}f16", "plain, ä → 2 × 3\u{a0}f16"),
            ("\x1b[31mred\x07", "\\u001b[31mred\\u0007"),
            ("a\nPASS\r\tb\0", "a\\nPASS\\r\\tb\\u0000"),
            ("\u{7f}\u{85}\u{9b}31m", "\\u007f\\u0085\\u009b31m"),
            ("\u{202e}txet\u{2066}\u{2028}", "\\u202etxet\\u2066\\u2028"),
        ] {
            assert_eq!(printable(text), printed, "{text:?}");
        }
        let lines = with_kept("a\nb\x1bc\n", |rest| usize::from(rest.starts_with('\n')));
        assert_eq!(lines, "a\nb\\u001bc\n");
    }
}
