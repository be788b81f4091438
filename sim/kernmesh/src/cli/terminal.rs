//! Terminal output: colour only on a terminal, results to standard output, messages to standard error.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use machine::{is_hidden, printable};

use crate::error::{Error, Exit};
use crate::render::{self, Paint, Shows};

/// How every command shows what it has to say.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub struct Style {
    /// Colour: auto (on a terminal), always or never.
    #[arg(long, value_name = "WHEN", value_enum, global = true, default_value_t, hide_default_value = true)]
    #[arg(hide_possible_values = true)]
    pub color: When,
    /// Print the verdict alone; no notes and no progress.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Show every finding, not the first few.
    #[arg(long, global = true)]
    pub all: bool,
}

/// When text has colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// On a terminal, unless the environment has `NO_COLOR`.
    #[default]
    Auto,
    Always,
    Never,
}

impl When {
    pub fn named(name: &str) -> Option<When> {
        <When as clap::ValueEnum>::from_str(name, false).ok()
    }
}

impl Style {
    pub fn stdout(self) -> Terminal {
        let Style { quiet, all, .. } = self;
        Terminal { paint: self.paint(io::stdout().is_terminal()), quiet, all }
    }

    /// Prints an error. A failure to write to standard error is ignored.
    pub fn complain(self, error: &Error) {
        let paint = self.stderr();
        say(&render::error(error, shows(paint, self.all)), paint);
    }

    /// Prints a note, unless only the verdict is asked for.
    pub fn note(self, text: &str) {
        if self.quiet {
            return;
        }
        let paint = self.stderr();
        let label = paint.strong("note");
        say(&format!("{}\n", render::wrapped(&format!("{label}: {text}"), 6)), paint);
    }

    /// Prints a warning.
    pub fn warn(self, text: &str) {
        let paint = self.stderr();
        say(&format!("{}: {}\n", paint.strong("warning"), render::one_line(text)), paint);
    }

    fn stderr(self) -> Paint {
        self.paint(io::stderr().is_terminal())
    }

    fn paint(self, is_terminal: bool) -> Paint {
        // https://no-color.org: any value but an empty one turns colour off.
        let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
        let colour = match self.color {
            When::Auto => is_terminal && !refused && !dumb,
            When::Always => true,
            When::Never => false,
        };
        Paint { colour }
    }
}

/// Standard output.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    pub paint: Paint,
    /// Whether only the verdict is asked for.
    pub quiet: bool,
    /// Whether every finding is asked for.
    pub all: bool,
}

impl Terminal {
    pub fn shows(self) -> Shows {
        shows(self.paint, self.all)
    }

    /// Prints a result that begins with its verdict: all of it, or only the verdict.
    ///
    /// # Errors
    /// As [`Terminal::print`].
    pub fn tell(self, text: &str) -> Result<(), Error> {
        if self.quiet { self.print(&render::verdict_of(text)) } else { self.print(text) }
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

fn shows(paint: Paint, all: bool) -> Shows {
    if all { Shows::all(paint) } else { Shows { paint, findings: None } }
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

/// Says something on standard error, as it may be written there.
fn say(text: &str, paint: Paint) {
    let _ = io::stderr().lock().write_all(render::lines(text, paint).as_bytes());
}
