//! Subject of a command: a kernel or a program, and a machine.

use std::path::Path;

use kernels::{Catalogue, Kernel, KernelError, Recorded, Texts};
use machine::{Keys, Machine, closest, preset_names};
use program::Program;

use super::args::SubjectArgs;
use super::options::{assigned, assignments};
use crate::error::Error;
use crate::excerpt::excerpt_of;
use crate::panics::in_kernel;
use crate::setup::Setup;
use crate::simulate::origin;
use crate::source;
use crate::tensors::TensorFile;

/// The default machine.
const DEFAULT_MACHINE: &str = "sip";

/// A kernel, and the parameters it was given.
pub type Origin = (&'static Kernel, Texts);

/// Kernel, program and machine that the arguments choose.
pub struct Chosen {
    pub recorded: Recorded,
    pub machine: Machine,
    /// `None` for a program that was recorded before.
    pub origin: Option<Origin>,
    /// Why no kernel's reference judges such a program; `None` where one may.
    pub no_reference: Option<String>,
}

/// What the arguments ask for, before any option changes it.
pub struct Asked {
    pub recorded: Recorded,
    pub setup: Setup,
    pub origin: Option<Origin>,
    no_reference: Option<String>,
}

/// The program as it was recorded, and what the options make of it and its machine.
///
/// # Errors
/// [`Error`] for names, files and parameters that cannot work.
pub fn asked(args: &SubjectArgs, tensors: Option<&TensorFile>, kernels: Catalogue) -> Result<Asked, Error> {
    let Source { recorded, origin, no_reference } = recorded(args, tensors, kernels)?;
    let memory = args.limits.limits().memory;
    let machine = machine(args.machine.as_deref(), &recorded)?;
    let keys = assigned(&args.machine_set, "--machine-set")?;
    let setup = Setup { machine, keys, sync: args.sync, auto_sync: args.auto_sync, memory };
    Ok(Asked { recorded, setup, origin, no_reference })
}

/// The program, with its waits if they are to be inserted, and the machine.
///
/// # Errors
/// As [`asked`].
pub fn chosen(args: &SubjectArgs, tensors: Option<&TensorFile>, kernels: Catalogue) -> Result<Chosen, Error> {
    let Asked { recorded, setup, origin, no_reference } = asked(args, tensors, kernels)?;
    let (recorded, machine) = setup.applied(recorded, &Keys::new())?;
    Ok(Chosen { recorded, machine, origin, no_reference })
}

/// What a program comes from.
struct Source {
    recorded: Recorded,
    origin: Option<Origin>,
    no_reference: Option<String>,
}

/// The program, with the reference that judges it and the machine that it is made for, where it has them.
fn recorded(args: &SubjectArgs, tensors: Option<&TensorFile>, kernels: Catalogue) -> Result<Source, Error> {
    match (&args.kernel, &args.program) {
        (_, Some(path)) => {
            let program = program_at(path)?;
            let (reference, machine, no_reference) = match origin(&program, kernels) {
                Ok(origin) => (origin.reference, origin.machine, None),
                Err(reason) => (None, None, Some(reason)),
            };
            Ok(Source { recorded: Recorded { program, reference, machine }, origin: None, no_reference })
        }
        (kernel, None) => {
            let Some(kernel) = kernel else {
                return Err(Error::input(
                    "there is nothing to run",
                    "KERNEL",
                    "name a kernel, or give --program FILE",
                ));
            };
            let kernel = kernels.find(kernel).map_err(|error| no_kernel(kernel, error))?;
            let mut params = assignments(&args.set)?;
            if let Some(tensors) = tensors {
                params = kernel.with_inputs(&params, &tensors.shapes())?;
            }
            let recorded = in_kernel(kernel.name, || kernel.record(&params))?;
            Ok(Source { recorded, origin: Some((kernel, params)), no_reference: None })
        }
    }
}

/// A name that no kernel has: that of a file is meant for an option.
fn no_kernel(name: &str, error: KernelError) -> Error {
    if Path::new(name).extension().is_some_and(|end| end == "json") {
        let help = format!("a recorded program is given as --program {name}");
        return Error::input(format!("`{name}` is the name of a file, not of a kernel"), "KERNEL", help);
    }
    error.into()
}

/// The machine that is named, or the default; `None` for a kernel that has its own.
fn machine(name: Option<&Path>, recorded: &Recorded) -> Result<Option<Machine>, Error> {
    match (&recorded.machine, name) {
        (Some(_), Some(name)) => {
            let problem = format!(
                "`{}` has its own machine and cannot run on `{}`",
                recorded.program.kernel,
                name.display()
            );
            Err(Error::input(problem, "--machine", "leave --machine out"))
        }
        (Some(_), None) => Ok(None),
        (None, name) => machine_or_default(name).map(Some),
    }
}

/// The machine of that name, or the default.
///
/// # Errors
/// As [`machine_at`].
pub fn machine_or_default(name: Option<&Path>) -> Result<Machine, Error> {
    machine_at(name.unwrap_or(Path::new(DEFAULT_MACHINE)))
}

/// A preset, or a file. What looks like a path is one, and so is what ends in `.toml`.
///
/// # Errors
/// [`Error::Machine`] for an unknown name or a file that is no machine.
pub fn machine_at(name: &Path) -> Result<Machine, Error> {
    match name.to_str() {
        Some(preset) if preset_names().contains(&preset) => Ok(Machine::preset(preset)?),
        Some(_) | None if is_file(name) => {
            let text = source::read_text(name, "machine file")?;
            Ok(Machine::from_toml(&text, &name.display().to_string())?)
        }
        Some(_) | None => {
            let name = name.display().to_string();
            let known = preset_names().join(", ");
            let help = match closest(&name, &preset_names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a preset, or a file that ends in .toml".to_owned(),
            };
            Err(Error::input(
                format!("no machine is called `{name}`: the presets are {known}"),
                "--machine",
                help,
            ))
        }
    }
}

/// Whether `--machine` names a file.
pub fn is_file(name: &Path) -> bool {
    source::is_named(name, "toml") || name.components().count() > 1
}

/// Reads a Program as any front end may have written it.
///
/// # Errors
/// [`Error::Program`] with the line and column that is not as it must be.
fn program_at(path: &Path) -> Result<Program, Error> {
    let bytes = source::read(path, "program")?;
    if oplog::is_log(&bytes) {
        let help = format!("use `kernmesh replay {}`", path.display());
        return Err(Error::input("this is an op log, and no program", path.display().to_string(), help));
    }
    let text = source::text(bytes, path, "program")?;
    Program::from_json(&text).map_err(|source| {
        let excerpt = source.at().and_then(|at| excerpt_of(&text, at)).map(Box::new);
        Error::Program { path: path.to_owned(), source, excerpt }
    })
}
