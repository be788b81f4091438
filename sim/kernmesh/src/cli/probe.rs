//! `kernmesh probe`

use probe::{Bench, probe};

use super::Style;
use super::list_args::ProbeArgs;
use super::outputs::to_text;
use super::subject::machine_or_default;
use crate::error::{Error, Exit};
use crate::render::probed;

pub fn run(args: &ProbeArgs, style: Style) -> Result<Exit, Error> {
    let machine = machine_or_default(args.machine.as_deref())?;
    let found = probe(&Bench::of(&machine)?)?;
    let terminal = style.stdout();
    terminal.print(&if args.json { to_text(&found) } else { probed(&found, terminal.paint) })?;
    Ok(Exit::Good)
}
