//! `kernmesh report`

use std::path::Path;

use super::Terminal;
use super::args::ReportArgs;
use super::outputs::targets;
use crate::error::{Error, Exit};
use crate::log_file;
use crate::pages::{page, page_of_log};
use crate::simulate::{Computed, Timed};
use crate::target::{Staged, Target, commit};

pub fn report(args: &ReportArgs) -> Result<Exit, Error> {
    let to_stdout = args.output == Path::new("-");
    let output = (!to_stdout).then_some(("-o", &*args.output));
    let beside = log_file::checksums_of(&args.log);
    let [target] = targets([output], &[Some(("LOG", &*args.log)), Some(("the checksums of LOG", &*beside))])?;
    let timed = log_file::read(&args.log)?;
    let sums = log_file::read_checksums(&args.log, &timed)?;
    let text = page_of_log(&timed, sums.as_ref());
    match target {
        Some(target) => commit(vec![target.stage(text.as_bytes())?])?,
        None => Terminal::stdout().print(&text)?,
    }
    Ok(Exit::Good)
}

/// The page of a run beside its file, when one was asked for.
///
/// # Errors
/// [`Error::System`] when it cannot be written.
pub fn stage(target: Option<&Target>, timed: &Timed, computed: &Computed) -> Result<Option<Staged>, Error> {
    target.map(|target| target.stage(page(timed, computed).as_bytes())).transpose()
}
