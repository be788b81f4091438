//! The command line: one file a subcommand. Results go to standard output, talk to standard error.

mod advise;
mod args;
mod bugs;
mod check;
mod diff;
mod explain;
mod export;
mod golden;
mod joined;
mod list;
mod list_args;
mod log_args;
mod machines;
mod memory;
mod options;
mod outputs;
mod probe;
mod progress;
mod record;
mod replay;
mod report;
mod restart;
mod result;
mod run;
mod schema;
mod shell;
mod subject;
mod terminal;
mod validate;
pub mod version;
mod whatif;
mod window;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, CommandFactory, FromArgMatches};
use kernels::{Catalogue, Kernel};

use crate::error::{Error, Exit};
use crate::panics::stopped;
use crate::stopwatch::Stopwatch;
use args::{Cli, Command};
#[cfg(test)]
pub use schema::machine_schema;
pub use subject::{machine_at, machine_or_default};
use terminal::{Style, When};

/// Runs one command of the `kernmesh` binary.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    main_of(None, args)
}

/// As [`main`], for the binary that was built of a commit: the first digits of its name.
pub fn main_of(commit: Option<[u8; version::DIGITS]>, args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(exit(&[], commit, args) as u8)
}

/// As [`main`], for a binary that has kernels of its own: every command knows them.
pub fn main_with(own: &'static [Kernel], args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(exit_of(own, args) as u8)
}

/// As [`main_with`], for a process that is not only this command.
pub fn exit_of(own: &'static [Kernel], args: impl IntoIterator<Item = OsString>) -> Exit {
    exit(own, None, args)
}

fn exit(
    own: &'static [Kernel],
    commit: Option<[u8; version::DIGITS]>,
    args: impl IntoIterator<Item = OsString>,
) -> Exit {
    let stopwatch = Stopwatch::start();
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match parsed(commit, &args) {
        Ok(cli) => cli,
        // A usage error, or a request for help or the version.
        Err(said) => {
            return terminal::usage(&said, &args).unwrap_or_else(|error| failed(&error, Style::default()));
        }
    };
    let kernels = Catalogue::with(own);
    match stopped(|| dispatch(&cli.command, kernels, cli.style, &stopwatch)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => failed(&error, cli.style),
        Err(panic) => {
            let is_own = |name: &String| own.iter().any(|kernel| kernel.name == name.as_str());
            let error =
                Error::Panic { by: panic.kernel.clone().filter(is_own), panic, command: quoted(&args) };
            failed(&error, cli.style)
        }
    }
}

fn parsed(commit: Option<[u8; version::DIGITS]>, args: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = Cli::command().long_version(version::long(commit)).color(colour(args));
    let matches = command.try_get_matches_from_mut(args).map_err(with_tip)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Says how a parameter of a kernel is given to who writes it bare, as `ranks=4`.
fn with_tip(mut said: clap::Error) -> clap::Error {
    let bare = match (said.kind(), said.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(arg))) if !arg.starts_with('-') => arg,
        _ => return said,
    };
    if bare.contains('=') && !bare.chars().any(machine::is_hidden) {
        let tip = format!("write '--set {bare}' for a parameter of a kernel");
        said.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    said
}

/// Colours of help and of usage errors, which are shown when arguments have no meaning yet.
fn colour(args: &[OsString]) -> ColorChoice {
    let args: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
    let after = |pair: &[&str]| (pair[0] == "--color").then(|| pair[1].to_owned());
    let given = args.iter().find_map(|arg| arg.strip_prefix("--color=").map(str::to_owned));
    match given.or_else(|| args.windows(2).find_map(after)).as_deref().and_then(When::named) {
        Some(When::Always) => ColorChoice::Always,
        Some(When::Never) => ColorChoice::Never,
        Some(When::Auto) | None => ColorChoice::Auto,
    }
}

fn failed(error: &Error, style: Style) -> Exit {
    style.complain(error);
    error.exit_code()
}

/// The arguments as a shell takes them.
pub fn quoted(args: &[OsString]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c);
    let quoted = args.iter().map(|arg| match arg.to_string_lossy() {
        arg if !arg.is_empty() && arg.chars().all(plain) => arg.into_owned(),
        arg => format!("'{}'", arg.replace('\'', "'\\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

fn dispatch(
    command: &Command,
    kernels: Catalogue,
    style: Style,
    stopwatch: &Stopwatch,
) -> Result<Exit, Error> {
    match command {
        Command::List(args) => list::list(args, kernels, style),
        Command::Machines(args) => machines::machines(args, style),
        Command::Run(args) => run::run(args, kernels, style, stopwatch),
        Command::Bugs(args) => bugs::bugs(args, style),
        Command::Check(args) => check::check(args, kernels, style),
        Command::Explain(args) => explain::explain(args, kernels, style),
        Command::Record(args) => record::record(args, kernels, style),
        Command::Replay(args) => replay::replay(args, kernels, style, stopwatch),
        Command::Report(args) => report::report(args, style),
        Command::Diff(args) => diff::diff(args, style),
        Command::Advise(args) => advise::advise(args, kernels, style),
        Command::Whatif(args) => whatif::whatif(args, style),
        Command::Memory(args) => memory::memory(args, style),
        Command::Export(args) => export::export(args, style),
        Command::Probe(args) => probe::run(args, style),
        Command::Validate(args) => validate::run(args, style),
        Command::Schema(args) => schema::schema(args, style),
        Command::Completions(args) => shell::completions(args, style),
        Command::Man(args) => shell::man(args, style),
    }
}
