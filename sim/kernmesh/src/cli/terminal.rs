//! Terminal output: colour only on a terminal, results to standard output, messages to standard error.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use machine::{is_hidden, printable};

use crate::error::{Error, Exit};
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
        let text = render::lines(text, self.paint);
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(source) => Err(closed(source)),
        }
    }
}

/// Standard output does not take what is written to it.
pub fn closed(source: io::Error) -> Error {
    let what = "standard output".to_owned();
    Error::System { action: "write to", what, path: PathBuf::from("-"), source }
}

/// Prints what clap has to say: help to standard output, a usage error to standard error.
///
/// # Errors
/// [`Error::System`] when standard output does not take the help that was asked for.
pub fn usage(said: &clap::Error, args: &[OsString]) -> Result<Exit, Error> {
    if !said.use_stderr() {
        let printed = said.print().and_then(|()| io::stdout().flush());
        return match printed {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(closed(error)),
            Ok(()) | Err(_) => Ok(Exit::Good),
        };
    }
    // Arguments of a script may be anything, and clap quotes them.
    let args: Vec<String> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    if args.iter().any(|arg| arg.contains(is_hidden)) {
        let plain = said.render().to_string();
        let safe = args.iter().fold(plain, |text, arg| text.replace(arg.as_str(), &printable(arg)));
        say(&safe, Paint::default());
    } else {
        let _ = said.print();
    }
    Ok(Exit::Refused)
}

/// Prints an error. A failure to write to standard error is ignored.
pub fn complain(error: &Error) {
    let paint = paint(io::stderr().is_terminal());
    say(&render::error(error, paint), paint);
}

/// Says something on standard error, as it may be written there.
fn say(text: &str, paint: Paint) {
    let _ = io::stderr().lock().write_all(render::lines(text, paint).as_bytes());
}

/// Prints a note.
pub fn note(text: &str) {
    let paint = paint(io::stderr().is_terminal());
    let label = paint.strong("note");
    say(&format!("{}\n", render::wrapped(&format!("{label}: {text}"), 6)), paint);
}

/// Prints a warning.
pub fn warn(text: &str) {
    let paint = paint(io::stderr().is_terminal());
    say(&format!("{}: {}\n", paint.strong("warning"), render::one_line(text)), paint);
}

/// https://no-color.org: any value but an empty one turns colour off.
fn paint(is_terminal: bool) -> Paint {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    Paint { colour: is_terminal && !refused && !dumb }
}
