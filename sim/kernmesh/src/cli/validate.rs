//! `kernmesh validate`

use probe::Bench;
use validate::{Row, validate};

use super::Terminal;
use super::args::ValidateArgs;
use super::outputs::to_text;
use super::subject::machine_or_default;
use crate::error::{Error, Exit};
use crate::render::validation;

pub fn run(args: &ValidateArgs) -> Result<Exit, Error> {
    let machine = machine_or_default(args.machine.as_deref())?;
    let rows = validate(&Bench::of(&machine)?)?;
    let terminal = Terminal::stdout();
    terminal.print(&if args.json { to_text(&rows) } else { validation(&rows, terminal.paint) })?;
    Ok(if rows.iter().any(Row::misses) { Exit::Found } else { Exit::Good })
}
