//! Terminal output: colour only on a terminal, results to standard output, messages to standard error.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use crate::error::Error;
use crate::render::{self, Paint};

/// Standard output.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    pub paint: Paint,
}

impl Terminal {
    pub fn stdout() -> Terminal {
        Terminal { paint: paint(io::stdout().is_terminal()) }
    }

    /// Prints a result. A reader that has seen enough, such as `head`, is no error.
    ///
    /// # Errors
    /// [`Error::System`] when standard output does not take it.
    pub fn print(self, text: &str) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(source) => Err(Error::System {
                action: "write to",
                what: "standard output".to_owned(),
                path: PathBuf::from("-"),
                source,
            }),
        }
    }
}

/// Prints an error. A failure to write to standard error is ignored.
pub fn complain(error: &Error) {
    let text = render::error(error, paint(io::stderr().is_terminal()));
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Prints a note.
pub fn note(text: &str) {
    let label = paint(io::stderr().is_terminal()).strong("note");
    let _ = writeln!(io::stderr().lock(), "{}", render::wrapped(&format!("{label}: {text}"), 6));
}

/// Prints a warning.
pub fn warn(text: &str) {
    let label = paint(io::stderr().is_terminal()).strong("warning");
    let _ = writeln!(io::stderr().lock(), "{label}: {text}");
}

/// https://no-color.org: any value but an empty one turns colour off.
fn paint(is_terminal: bool) -> Paint {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    Paint { colour: is_terminal && !refused && !dumb }
}
