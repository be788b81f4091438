//! `kernmesh validate`

use probe::Bench;
use validate::{Row, validate};

use super::Style;
use super::list_args::ValidateArgs;
use super::outputs::to_text;
use super::subject::machine_or_default;
use crate::error::{Error, Exit};
use crate::render::{end_of, validation};

pub fn run(args: &ValidateArgs, style: Style) -> Result<Exit, Error> {
    let machine = machine_or_default(args.machine.as_deref())?;
    let rows = validate(&Bench::of(&machine)?)?;
    let terminal = style.stdout();
    match args.json {
        true => terminal.print(&to_text(&rows))?,
        false if terminal.quiet => terminal.print(&end_of(&validation(&rows, terminal.paint)))?,
        false => terminal.print(&validation(&rows, terminal.paint))?,
    }
    Ok(if rows.iter().any(Row::misses) { Exit::Found } else { Exit::Good })
}
