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
use args::{Cli, Command};
pub use golden::Held;
use terminal::Terminal;

/// Runs one command of the `kernmesh` binary.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    main_with(&[], args)
}

/// As [`main`], for a binary that has kernels of its own: every command knows them.
pub fn main_with(own: &'static [Kernel], args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        // A usage error, or a request for help or the version, which clap prints to the right place.
        Err(said) => {
            let _ = said.print();
            return ExitCode::from(said.exit_code() as u8);
        }
    };
    let exit = dispatch(&cli.command, Catalogue::with(own)).unwrap_or_else(|error| {
        terminal::complain(&error);
        error.exit_code()
    });
    ExitCode::from(exit as u8)
}

fn dispatch(command: &Command, kernels: Catalogue) -> Result<Exit, Error> {
    match command {
        Command::List(args) => list::list(args, kernels),
        Command::Machines(args) => machines::machines(args),
        Command::Run(args) => run::run(args, kernels),
        Command::Bugs(args) => bugs::bugs(args),
        Command::Check(args) => check::check(args, kernels),
        Command::Explain(args) => explain::explain(args, kernels),
        Command::Record(args) => record::record(args, kernels),
        Command::Replay(args) => replay::replay(args, kernels),
        Command::Report(args) => report::report(args),
        Command::Diff(args) => diff::diff(args),
        Command::Whatif(args) => whatif::whatif(args),
        Command::Export(args) => export::export(args),
        Command::Probe(args) => probe::run(args),
        Command::Validate(args) => validate::run(args),
        Command::Schema(args) => schema::schema(args),
    }
}
