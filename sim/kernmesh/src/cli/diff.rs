//! `kernmesh diff`

use std::path::Path;
use std::thread::available_parallelism;

use analysis::diff::{Options, Within};
use replay::beside;

use super::Terminal;
use super::log_args::{DiffArgs, NearArgs};
use super::outputs::{Input, Json, Named, targets, to_text};
use crate::comparison::{Compared, Comparison, compare};
use crate::error::{Error, Exit};
use crate::log_file;
use crate::memory::default_limit;
use crate::render;
use crate::target::commit;
use crate::tensors::TensorFile;

pub fn diff(args: &DiffArgs) -> Result<Exit, Error> {
    let forms = forms(args);
    let asked = forms.each_ref().map(|(_, path)| *path);
    one_on_stdout(asked.into_iter().flatten())?;
    let files: [Option<Named<'_>>; 3] = forms
        .each_ref()
        .map(|&(option, path)| path.filter(|path| !is_stdout(path)).map(|path| (option, path)));
    let inputs = [
        Some(Input::Log("LOG_A", &args.a)),
        Some(Input::Log("LOG_B", &args.b)),
        args.tensors.as_deref().map(|path| Input::File("--tensors", path)),
    ];
    let targets = targets(files, &inputs)?;
    let comparison = compared(args)?;
    let names = [&args.a, &args.b].map(|path| path.display().to_string());
    let texts = [
        to_text(&comparison),
        render::diff_markdown(&comparison, &names),
        render::diff_junit(&comparison, &names),
    ];
    let staged =
        targets.iter().zip(&texts).filter_map(|(target, text)| Some(target.as_ref()?.stage(text.as_bytes())));
    commit(staged.collect::<Result<_, _>>()?)?;
    let terminal = Terminal::stdout();
    let shown = asked.iter().zip(&texts).find(|(path, _)| path.is_some_and(is_stdout));
    match shown {
        Some((_, text)) => terminal.print(text)?,
        None => terminal.print(&render::diff(&comparison, terminal.paint))?,
    }
    Ok(comparison.exit())
}

/// The forms that the result can be written in, and where it goes.
fn forms(args: &DiffArgs) -> [(&'static str, Option<&Path>); 3] {
    [
        ("--json", args.json.as_deref()),
        ("--markdown", args.markdown.as_deref()),
        ("--junit", args.junit.as_deref()),
    ]
}

fn is_stdout(path: &Path) -> bool {
    Json::of(Some(path)).is_stdout()
}

fn one_on_stdout<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<(), Error> {
    if paths.filter(|path| is_stdout(path)).count() < 2 {
        return Ok(());
    }
    let problem = "--json, --markdown and --junit cannot share the standard output";
    Err(Error::input(problem, "-", "name a file for all but one"))
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
