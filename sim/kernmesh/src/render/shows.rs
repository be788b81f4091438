//! Length and looks of what is shown.

use super::Paint;

/// Colour, and how long lists may be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shows {
    pub paint: Paint,
    /// Most findings to show; without it, the first few.
    pub findings: Option<usize>,
}

impl Shows {
    pub fn all(paint: Paint) -> Shows {
        Shows { paint, findings: Some(usize::MAX) }
    }

    /// Items of a list that are shown, where nothing else is asked for: a few.
    pub fn most(self, few: usize) -> usize {
        self.findings.unwrap_or(few)
    }
}

/// The first line of a result, with what of it goes on in lines that are indented.
pub fn verdict_of(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let rest = lines.take_while(|line| line.starts_with(' '));
    std::iter::once(first).chain(rest).map(|line| format!("{line}\n")).collect()
}

/// The first line of the last paragraph, where a list ends with what it came to.
pub fn end_of(text: &str) -> String {
    let last = text.trim_end().rsplit("\n\n").next().unwrap_or_default();
    format!("{}\n", last.lines().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_the_first_line_and_what_hangs_below_it() {
        for (text, verdict) in [
            ("PASS       max_abs\n           2\nrun        gemm\n", "PASS       max_abs\n           2\n"),
            ("SAME       ops\n", "SAME       ops\n"),
            ("SAME\n\n  more\n", "SAME\n"),
        ] {
            assert_eq!(verdict_of(text), verdict, "{text}");
        }
        assert_eq!(end_of("a\nb\n\n2 of 2\nmore\n"), "2 of 2\n");
        assert_eq!(Shows::default().most(3), 3);
        assert_eq!(Shows::all(Paint::default()).most(3), usize::MAX);
    }
}
