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

    fn with(self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
