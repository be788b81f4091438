//! `kernmesh report`

use std::path::Path;

use super::Style;
use super::log_args::ReportArgs;
use super::outputs::{Input, targets};
use crate::comparison::Compared;
use crate::error::{Error, Exit};
use crate::log_file;
use crate::memory::default_limit;
use crate::pages::{page, page_against, page_of_log};
use crate::simulate::{Computed, Timed};
use crate::target::{Staged, Target, commit};

pub fn report(args: &ReportArgs, style: Style) -> Result<Exit, Error> {
    let to_stdout = args.output == Path::new("-");
    let output = (!to_stdout).then_some(("-o", &*args.output));
    let against = args.against.as_deref();
    let inputs = [Some(Input::Log("LOG", &args.log)), against.map(|path| Input::Log("--against", path))];
    let [target] = targets([output], &inputs)?;
    let text = text(&args.log, against)?;
    match target {
        Some(target) => commit(vec![target.stage(text.as_bytes())?])?,
        None => style.stdout().print(&text)?,
    }
    Ok(Exit::Good)
}

fn text(log: &Path, against: Option<&Path>) -> Result<String, Error> {
    let timed = log_file::read(log, default_limit())?;
    let sums = log_file::read_checksums(log, &timed)?;
    let Some(against) = against else { return page_of_log(&timed, sums.as_ref()) };
    let other = log_file::read(against, default_limit())?;
    let sums_b = log_file::read_checksums(against, &other)?;
    let a = Compared { timed: &timed, checksums: sums.as_ref(), inputs: None };
    let b = Compared { timed: &other, checksums: sums_b.as_ref(), inputs: None };
    page_against(a, b)
}

/// The page of a run beside its file, when one was asked for.
///
/// # Errors
/// [`Error::System`] when it cannot be written.
pub fn stage(target: Option<&Target>, timed: &Timed, computed: &Computed) -> Result<Option<Staged>, Error> {
    target.map(|target| target.stage(page(timed, computed).as_bytes())).transpose()
}
