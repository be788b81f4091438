//! Errors: what, where, what to do.

use std::fmt::Write;

use timing::TimingError;

use super::Paint;
use super::number::ns;
use super::refusal;
use crate::error::Error;
use crate::findings::{of_error, waits};

/// Reasons and waits shown; JSON has all of them.
const SHOWN: usize = 8;

pub fn error(error: &Error, paint: Paint) -> String {
    let mut text = format!("{}: {}\n", paint.bad("error"), headline(error));
    let mut line = |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a string takes any text");
    if !error.place().is_empty() {
        line(format_args!("  {} {}", paint.faint("-->"), error.place()));
    }
    let waits = waits(error);
    for wait in waits.iter().take(SHOWN) {
        let source = if wait.source.is_empty() { String::new() } else { format!(", {}", wait.source) };
        line(format_args!(
            "  rank {}, op {} ({}{source}) waits for {}",
            wait.rank, wait.op, wait.kind, wait.waits_for
        ));
    }
    if let Some(more @ 1..) = waits.len().checked_sub(SHOWN) {
        line(format_args!("  … and {more} more"));
    }
    if !error.help().is_empty() {
        line(format_args!("  {}: {}", paint.strong("help"), error.help()));
    }
    if let Error::Refused(refusal) = error {
        text.push_str(&refusal::reasons(refusal, &of_error(error), SHOWN, paint));
    }
    text
}

/// What is wrong in one line; what belongs to single ops follows in lines of their own.
fn headline(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => refusal::headline(refusal),
        Error::Timing(TimingError::Deadlock { at, .. }) => {
            format!("deadlock at {}: nothing can happen any more", ns(at.fs()))
        }
        Error::Timing(TimingError::TooLong { .. })
        | Error::Machine(_)
        | Error::Kernel(_)
        | Error::Replay(_)
        | Error::Damaged { .. }
        | Error::Program { .. }
        | Error::System { .. }
        | Error::Input { .. } => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use machine::SimTime;
    use timing::WaitFor;

    use super::*;

    #[test]
    fn an_error_says_what_where_and_what_to_do() {
        let bad = Error::input("the log is damaged", "run.log, line 3", "make it again");
        let plain = error(&bad, Paint { colour: false });
        assert_eq!(plain, "error: the log is damaged\n  --> run.log, line 3\n  help: make it again\n");
        assert!(error(&bad, Paint { colour: true }).starts_with("\x1b[1;31merror\x1b[0m: the log"));
        let short = Error::input("no", "", "");
        assert_eq!(error(&short, Paint::default()), "error: no\n");
    }

    #[test]
    fn a_deadlock_lists_who_waits() {
        let wait = |rank| WaitFor {
            rank,
            op: 4,
            kind: "send",
            source: "k.rs:3:5".to_owned(),
            waits_for: "a credit of ring1".to_owned(),
        };
        let at = SimTime::from_fs(2_000_000);
        let stuck = Error::from(TimingError::Deadlock { at, waits: (0..10).map(wait).collect() });
        let text = error(&stuck, Paint::default());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "error: deadlock at 2 ns: nothing can happen any more");
        assert_eq!(lines[1], "  rank 0, op 4 (send, k.rs:3:5) waits for a credit of ring1");
        assert_eq!(lines[9], "  … and 2 more");
    }
}
