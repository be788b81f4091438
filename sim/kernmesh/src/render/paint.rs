//! Colour, where it helps.

/// Paints text, or leaves it alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paint {
    pub colour: bool,
}

impl Paint {
    pub fn bad(self, text: &str) -> String {
        self.with("1;31", text)
    }
    pub fn good(self, text: &str) -> String {
        self.with("1;32", text)
    }
    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }
    /// Labels and punctuation that the eye may skip.
    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    /// The length of the colour that a text begins with, 0 when there is none of ours.
    pub fn code(text: &str) -> usize {
        let codes = ["\x1b[1;31m", "\x1b[1;32m", "\x1b[1m", "\x1b[2m", "\x1b[0m"];
        codes.into_iter().find(|code| text.starts_with(code)).map_or(0, str::len)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
