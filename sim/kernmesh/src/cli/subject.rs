//! What a command is about: a kernel or a program, and a machine.

use std::path::Path;

use machine::{Machine, closest, preset_names};
use program::Program;

use crate::error::Error;
use crate::source;

/// A preset, or a file. What looks like a path is one, and so is what ends in `.toml`.
///
/// # Errors
/// [`Error::Machine`] for an unknown name or a file that is no machine.
pub fn machine_at(name: &Path) -> Result<Machine, Error> {
    let is_file =
        name.extension().is_some_and(|extension| extension == "toml") || name.components().count() > 1;
    match name.to_str() {
        Some(preset) if preset_names().contains(&preset) => Ok(Machine::preset(preset)?),
        Some(_) | None if is_file => {
            let text = source::read_text(name, "machine file")?;
            Ok(Machine::from_toml(&text, &name.display().to_string())?)
        }
        Some(_) | None => {
            let name = name.display().to_string();
            let known = preset_names().join(", ");
            let help = match closest(&name, preset_names()) {
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

/// Reads a Program as any front end may have written it.
///
/// # Errors
/// [`Error::Program`] with the line and column that is not as it must be.
pub fn program_at(path: &Path) -> Result<Program, Error> {
    let text = source::read_text(path, "program")?;
    Program::from_json(&text).map_err(|source| Error::Program { path: path.to_owned(), source })
}
