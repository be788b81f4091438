//! `kernmesh record`

use std::path::Path;

use kernels::Catalogue;

use super::Style;
use super::args::RecordArgs;
use super::options::assignments;
use crate::error::{Error, Exit};
use crate::panics::in_kernel;
use crate::target::{Target, commit};

pub fn record(args: &RecordArgs, kernels: Catalogue, style: Style) -> Result<Exit, Error> {
    let to_stdout = args.output == Path::new("-");
    let target = if to_stdout { None } else { Some(Target::at(&args.output)?) };
    let (kernel, params) = (kernels.find(&args.kernel)?, assignments(&args.set)?);
    let recorded = in_kernel(kernel.name, || kernel.record(&params))?;
    let text = recorded.program.to_json() + "\n";
    match target {
        Some(target) => commit(vec![target.stage(text.as_bytes())?])?,
        None => style.stdout().print(&text)?,
    }
    Ok(Exit::Good)
}
