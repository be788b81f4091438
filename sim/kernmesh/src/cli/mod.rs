//! The command line: one file a subcommand. Results go to standard output, talk to standard error.

mod args;
mod bugs;
mod check;
mod diff;
mod explain;
mod export;
mod golden;
mod list;
mod log_args;
mod machines;
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
mod subject;
mod terminal;
mod validate;
mod whatif;
mod window;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use kernels::{Catalogue, Kernel};

use crate::error::{Error, Exit};
use crate::panics::stopped;
use crate::stopwatch::Stopwatch;
use args::{Cli, Command};
pub use subject::{machine_at, machine_or_default};
use terminal::Terminal;

/// Runs one command of the `kernmesh` binary.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    main_with(&[], args)
}

/// As [`main`], for a binary that has kernels of its own: every command knows them.
pub fn main_with(own: &'static [Kernel], args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(exit_of(own, args) as u8)
}

/// As [`main_with`], for a process that is not only this command.
pub fn exit_of(own: &'static [Kernel], args: impl IntoIterator<Item = OsString>) -> Exit {
    let stopwatch = Stopwatch::start();
    let args: Vec<OsString> = args.into_iter().collect();
    match stopped(|| command(own, &args, &stopwatch)) {
        Ok(Ok(exit)) => exit,
        Ok(Err(error)) => {
            terminal::complain(&error);
            error.exit_code()
        }
        Err(panic) => {
            let is_own = |name: &String| own.iter().any(|kernel| kernel.name == name.as_str());
            let error =
                Error::Panic { by: panic.kernel.clone().filter(is_own), panic, command: quoted(&args) };
            terminal::complain(&error);
            error.exit_code()
        }
    }
}

fn command(own: &'static [Kernel], args: &[OsString], stopwatch: &Stopwatch) -> Result<Exit, Error> {
    match Cli::try_parse_from(args) {
        Ok(cli) => dispatch(&cli.command, Catalogue::with(own), stopwatch),
        // A usage error, or a request for help or the version.
        Err(said) => terminal::usage(&said, args),
    }
}

/// The arguments as a shell takes them.
fn quoted(args: &[OsString]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c);
    let quoted = args.iter().map(|arg| match arg.to_string_lossy() {
        arg if !arg.is_empty() && arg.chars().all(plain) => arg.into_owned(),
        arg => format!("'{}'", arg.replace('\'', "'\\''")),
    });
    quoted.collect::<Vec<_>>().join(" ")
}

fn dispatch(command: &Command, kernels: Catalogue, stopwatch: &Stopwatch) -> Result<Exit, Error> {
    match command {
        Command::List(args) => list::list(args, kernels),
        Command::Machines(args) => machines::machines(args),
        Command::Run(args) => run::run(args, kernels, stopwatch),
        Command::Bugs(args) => bugs::bugs(args),
        Command::Check(args) => check::check(args, kernels),
        Command::Explain(args) => explain::explain(args, kernels),
        Command::Record(args) => record::record(args, kernels),
        Command::Replay(args) => replay::replay(args, kernels, stopwatch),
        Command::Report(args) => report::report(args),
        Command::Diff(args) => diff::diff(args),
        Command::Whatif(args) => whatif::whatif(args),
        Command::Export(args) => export::export(args),
        Command::Probe(args) => probe::run(args),
        Command::Validate(args) => validate::run(args),
        Command::Schema(args) => schema::schema(args),
    }
}
