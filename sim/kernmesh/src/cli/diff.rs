//! `kernmesh diff`

use oplog::diff::{Diff, Difference};
use serde::Serialize;

use super::Terminal;
use super::args::DiffArgs;
use super::outputs::{Json, targets};
use crate::error::{Error, Exit};
use crate::log_file;
use crate::render;
use crate::target::commit;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    diff: &'a Diff,
    /// Whether both logs have the checksums of a replay beside them.
    values_compared: bool,
}

pub fn diff(args: &DiffArgs) -> Result<Exit, Error> {
    let json = Json::of(args.json.as_deref());
    let [json_file] = targets([json.file()], &[Some(("LOG_A", &args.a)), Some(("LOG_B", &args.b))])?;
    let (a, b) = (log_file::read(&args.a)?, log_file::read(&args.b)?);
    let sums = log_file::read_checksums(&args.a, &a)?.zip(log_file::read_checksums(&args.b, &b)?);
    let diff = oplog::diff(&a.log, &b.log, sums.as_ref().map(|(of_a, of_b)| (of_a, of_b)));
    let document = Document { diff: &diff, values_compared: sums.is_some() };
    commit(json.stage(&document, json_file.as_ref())?.into_iter().collect())?;
    if json.is_stdout() {
        json.print(&document)?;
    } else {
        let terminal = Terminal::stdout();
        terminal.print(&render::diff(&diff, sums.is_some(), terminal.paint))?;
    }
    Ok(if diff.verdict == Difference::Same { Exit::Good } else { Exit::Found })
}
