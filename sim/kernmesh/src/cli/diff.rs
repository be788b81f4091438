//! `kernmesh diff`

use std::path::Path;
use std::thread::available_parallelism;

use analysis::diff::{Options, Within};
use replay::beside;

use super::Style;
use super::log_args::{DiffArgs, NearArgs};
use super::outputs::{Forms, Input, targets};
use crate::comparison::{Compared, Comparison, compare};
use crate::error::{Error, Exit};
use crate::log_file;
use crate::memory::default_limit;
use crate::render::{self, review};
use crate::tensors::TensorFile;

pub fn diff(args: &DiffArgs, style: Style) -> Result<Exit, Error> {
    let forms = Forms::all([args.json.as_deref(), args.markdown.as_deref(), args.junit.as_deref()])?;
    let inputs = [
        Some(Input::Log("LOG_A", &args.a)),
        Some(Input::Log("LOG_B", &args.b)),
        args.tensors.as_deref().map(|path| Input::File("--tensors", path)),
    ];
    let targets = targets(forms.files(), &inputs)?;
    let names = [&args.a, &args.b].map(|path| path.display().to_string());
    let comparison = forms.or_told(("diff", &names.join(" ")), &targets, style, compared(args))?;
    let written = forms.written(&targets, &comparison, || review::compared(&comparison, &names))?;
    if !written.finish(style)? {
        let terminal = style.stdout();
        terminal.tell(&render::diff(&comparison, terminal.paint))?;
    }
    Ok(comparison.exit())
}

fn compared(args: &DiffArgs) -> Result<Comparison, Error> {
    let options = options(&args.near);
    // Side by side: reading checks every op, and is most of the time.
    let threads = available_parallelism().map_or(1, usize::from);
    let read = |path| log_file::read(path, default_limit());
    let (b, a) = beside(threads, || read(&args.b), || read(&args.a))?;
    let (a, b) = (a?, b?);
    let sums = |path: &Path, log| {
        if options.without_values { Ok(None) } else { log_file::read_checksums(path, log) }
    };
    let (of_a, of_b) = (sums(&args.a, &a)?, sums(&args.b, &b)?);
    let file = args.tensors.as_deref().map(TensorFile::open).transpose()?;
    let given = |log: &oplog::OpLog| file.as_ref().map(|file| file.inputs(&log.program)).transpose();
    let (inputs_a, inputs_b) = (given(&a.log)?, given(&b.log)?);
    Ok(compare(
        Compared { timed: &a, checksums: of_a.as_ref(), inputs: inputs_a.as_ref() },
        Compared { timed: &b, checksums: of_b.as_ref(), inputs: inputs_b.as_ref() },
        options,
    ))
}

pub fn options(near: &NearArgs) -> Options {
    let within = Within { ppm: near.within.unwrap_or(0), fs: near.within_fs.unwrap_or(0) };
    Options { within, without_values: near.without_values }
}
