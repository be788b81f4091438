//! Errors of the simulator: what is wrong, where, and what to do.

use std::io;
use std::path::PathBuf;

use gpu::DeviceError;
use gpu::plan::PlanError;
use kernels::KernelError;
use machine::MachineError;
use oplog::Damage;
use probe::BenchError;
use program::json::JsonError;
use replay::ReplayError;
use timing::TimingError;
use verify::Refusal;

use crate::excerpt::Excerpt;
use crate::panics::Stopped;

/// One error for the whole boundary. Its text has the problem, [`Error::place`] the place, and
/// [`Error::help`] what to do, where the text does not.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Kernel(#[from] KernelError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Timing(#[from] TimingError),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A log that has no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The device that runs a plan has failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// An op log, or the checksums of one.
    #[error("{source}")]
    Damaged { path: PathBuf, source: Damage },
    #[error("{source}")]
    Program {
        path: PathBuf,
        source: JsonError,
        /// The line at fault.
        excerpt: Option<Box<Excerpt>>,
    },
    /// An error of the operating system.
    #[error("cannot {action} the {what}: {source}")]
    System { action: &'static str, what: String, path: PathBuf, source: io::Error },
    /// `by` is the author's own kernel whose code panicked; without it, kernmesh is at fault.
    #[error("{}", panicked(by.as_deref(), panic))]
    Panic { by: Option<String>, panic: Stopped, command: String },
    /// A file, an argument or a combination of them that cannot work.
    #[error("{problem}")]
    Input { problem: String, place: String, help: String },
}

fn panicked(by: Option<&str>, panic: &Stopped) -> String {
    let Stopped { what, place, .. } = panic;
    match by {
        Some(kernel) => format!("the code of kernel `{kernel}` panics at {place}: {what}"),
        None => format!("this is a bug of kernmesh, at {place}: {what}"),
    }
}

impl From<BenchError> for Error {
    fn from(error: BenchError) -> Error {
        match error {
            BenchError::CommandQueues { .. } => {
                Error::input(error.to_string(), "--machine", "name a machine without [queue], such as `sip`")
            }
            BenchError::Machine(error) => error.into(),
            BenchError::Kernel(error) => error.into(),
            BenchError::Refused(error) => error.into(),
            BenchError::Timing(error) => error.into(),
        }
    }
}

/// Exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Passed, equal, or nothing to judge.
    Good = 0,
    /// A wrong result, a finding, a deadlock or a difference.
    Found = 1,
    /// Bad input or usage: nothing was run, or nothing was written.
    Refused = 2,
    /// A bug of kernmesh itself.
    Bug = 70,
}

impl Error {
    pub fn input(problem: impl Into<String>, place: impl Into<String>, help: impl Into<String>) -> Error {
        Error::Input { problem: problem.into(), place: place.into(), help: help.into() }
    }

    /// Exit 1 for errors that only a run can show; everything else is bad input.
    pub fn exit_code(&self) -> Exit {
        match self {
            Error::Timing(TimingError::Deadlock { .. })
            | Error::Replay(ReplayError::Op { .. })
            | Error::Device(DeviceError::Fault { .. } | DeviceError::Shader { .. }) => Exit::Found,
            Error::Panic { by: None, .. } => Exit::Bug,
            Error::Panic { by: Some(_), .. }
            | Error::Timing(TimingError::TooLong { .. })
            | Error::Replay(_)
            | Error::Plan(_)
            | Error::Device(DeviceError::Missing { .. } | DeviceError::Unfit(_))
            | Error::Machine(_)
            | Error::Kernel(_)
            | Error::Refused(_)
            | Error::Damaged { .. }
            | Error::Program { .. }
            | Error::System { .. }
            | Error::Input { .. } => Exit::Refused,
        }
    }

    /// The file or argument at fault; empty when the text names it.
    pub fn place(&self) -> String {
        match self {
            Error::System { path, .. } | Error::Damaged { path, .. } => path.display().to_string(),
            Error::Program { path, source, .. } => match source.at() {
                Some((line, column)) => format!("{}:{line}:{column}", path.display()),
                None => path.display().to_string(),
            },
            Error::Input { place, .. } => place.clone(),
            Error::Machine(MachineError::Syntax { file, at, .. }) => match at {
                Some((line, column)) => format!("{file}:{line}:{column}"),
                None => file.clone(),
            },
            Error::Machine(_)
            | Error::Kernel(_)
            | Error::Refused(_)
            | Error::Timing(_)
            | Error::Replay(_)
            | Error::Plan(_)
            | Error::Device(_)
            | Error::Panic { .. } => String::new(),
        }
    }

    /// The repair; empty when the text names it.
    pub fn help(&self) -> &str {
        match self {
            Error::Input { help, .. } => help,
            Error::Panic { by: Some(_), .. } => {
                "repair the kernel: what `tl` refuses is told only when it returns"
            }
            Error::Panic { by: None, command, .. } => command,
            Error::Program { source: JsonError::Syntax { .. }, .. } => {
                "sim/program/PROGRAM.md describes the format"
            }
            Error::Program { source: JsonError::Format { .. }, .. } => "record the program again",
            Error::System { .. }
            | Error::Damaged { .. }
            | Error::Machine(_)
            | Error::Kernel(_)
            | Error::Refused(_)
            | Error::Timing(_)
            | Error::Replay(_)
            | Error::Plan(_)
            | Error::Device(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use diagnostic::OpRef;
    use diagnostic::deadlock::{Deadlock, Hint, WayOut};
    use machine::SimTime;
    use program::{OpIndex, Rank};
    use replay::ComputeError;

    use super::*;

    fn stopped() -> TimingError {
        let (cycle, waits, way_out) = (Vec::new(), Vec::new(), WayOut::untried(Hint::Wait));
        let deadlock = Deadlock { cycle, closed: false, waits, smallest_slots: None, way_out };
        TimingError::Deadlock { at: SimTime::ZERO, deadlock: Box::new(deadlock) }
    }

    #[test]
    fn only_what_a_run_shows_is_a_finding() {
        let op = || {
            let op = OpRef { rank: Rank(0), index: OpIndex(0), kind: "dot", unit: None, location: None };
            ReplayError::Op { op: Box::new(op), source: ComputeError::Backend(String::new()) }
        };
        let errors: [(Error, Exit); 7] = [
            (stopped().into(), Exit::Found),
            (op().into(), Exit::Found),
            (TimingError::TooLong { rank: 0 }.into(), Exit::Refused),
            (ReplayError::Log(String::new()).into(), Exit::Refused),
            (Refusal { reasons: Vec::new(), deadlock: None }.into(), Exit::Refused),
            (Error::input("", "", ""), Exit::Refused),
            (kernels::find("").unwrap_err().into(), Exit::Refused),
        ];
        for (error, exit) in errors {
            assert_eq!(error.exit_code(), exit, "{error:?}");
        }
    }
}
