//! Errors: what, where, what to do.

use std::fmt::Write;

use diagnostic::Diagnostic;
use machine::MachineError;

use timing::TimingError;

use super::columns::wrapped;
use super::deadlock::chain;
use super::finding::{label, quoted};
use super::number::ns;
use super::{Paint, Shows, one_line, refusal};
use crate::error::Error;
use crate::excerpt::{Excerpt, excerpt_at};
use crate::findings::{deadlock, is_cycle, of_error};

/// Reasons shown; JSON has all of them.
const SHOWN: usize = 8;

pub fn error(error: &Error, shows: Shows) -> String {
    let paint = shows.paint;
    if let Error::Panic { by, .. } = error {
        return panic(error, by.is_some(), paint);
    }
    let mut text = format!("{}\n", wrapped(&format!("{}: {}", paint.bad("error"), headline(error)), 4));
    let mut line = |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a string takes any text");
    if !error.place().is_empty() {
        line(format_args!("  {} {}", paint.faint("-->"), one_line(&error.place())));
    }
    if let Some(excerpt) = excerpt_of(error) {
        text.push_str(&quoted(&excerpt, "", paint));
    }
    let mut line = |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a string takes any text");
    if !error.help().is_empty() {
        line(format_args!("  {}: {}", paint.strong("help"), one_line(error.help())));
    }
    let stuck = deadlock(error);
    // What the chain of waits says needs no list of ops.
    let is_said = |found: &Diagnostic| stuck.is_some_and(|stuck| is_cycle(found, stuck));
    let (said, rest): (Vec<Diagnostic>, Vec<Diagnostic>) = of_error(error).into_iter().partition(is_said);
    if let Error::Refused(_) = error {
        text.push_str(&refusal::reasons(&rest, shows.most(SHOWN), paint));
    }
    if let Some(stuck) = stuck {
        let label = said.first().map_or_else(|| paint.strong("note"), |found| label(found.code, paint));
        text.push_str(&chain(stuck, &label, paint));
    }
    text
}

/// On one line, so that a script that keeps the last line keeps it whole.
fn panic(error: &Error, is_of_author: bool, paint: Paint) -> String {
    let report = if is_of_author { "" } else { "please report it with this command: " };
    let text = format!("{}: {error}; {report}{}", paint.bad("error"), error.help());
    format!("{}\n", one_line(&text))
}

/// The line of a file that cannot be read as what it should be.
fn excerpt_of(error: &Error) -> Option<Excerpt> {
    match error {
        Error::Program { excerpt, .. } => excerpt.as_deref().cloned(),
        Error::Machine(MachineError::Syntax { file, at, .. }) => excerpt_at(file, (*at)?),
        Error::Machine(_)
        | Error::Timing(_)
        | Error::Refused(_)
        | Error::Kernel(_)
        | Error::Replay(_)
        | Error::Plan(_)
        | Error::Device(_)
        | Error::Damaged { .. }
        | Error::System { .. }
        | Error::Panic { .. }
        | Error::Input { .. } => None,
    }
}

/// What is wrong in one line; what belongs to single ops follows in lines of their own.
pub fn headline(error: &Error) -> String {
    match error {
        Error::Refused(refusal) => refusal::headline(refusal),
        Error::Timing(TimingError::Deadlock { at, .. }) => {
            format!("deadlock at {}: no op can proceed", ns(at.fs()))
        }
        Error::Machine(MachineError::Syntax { message, .. }) => message.clone(),
        Error::Program { source, .. } => source.problem(),
        Error::Timing(TimingError::TooLong { .. })
        | Error::Machine(_)
        | Error::Kernel(_)
        | Error::Replay(_)
        | Error::Plan(_)
        | Error::Device(_)
        | Error::Damaged { .. }
        | Error::System { .. }
        | Error::Panic { .. }
        | Error::Input { .. } => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_where_and_what_to_do() {
        let bad = Error::input("the log is damaged", "run.log, line 3", "make it again");
        let plain = error(&bad, Shows::default());
        assert_eq!(plain, "error: the log is damaged\n  --> run.log, line 3\n  help: make it again\n");
        assert!(
            error(&bad, Shows::all(Paint { colour: true })).starts_with("\x1b[1;31merror\x1b[0m: the log")
        );
        let short = Error::input("no", "", "");
        assert_eq!(error(&short, Shows::default()), "error: no\n");
    }
}
