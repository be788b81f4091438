//! `kernmesh advise`

use std::path::PathBuf;

use clap::Args;
use kernels::Catalogue;
use machine::Sync;

use super::Style;
use super::args::SubjectArgs;
use super::outputs::{Forms, Input, targets};
use super::progress::shown;
use super::subject::{Asked, asked, is_file};
use crate::advise::{Subject, advise as advised};
use crate::error::{Error, Exit};
use crate::render;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh advise gemm --set m=8
  kernmesh advise mesh_kv --machine wormhole --json - | jq '.gains[0].run'
  kernmesh advise --program mine.json --machine mine.toml

Each change is timed alone, without values, on the whole program. `kernmesh run` with the options
that stand beside a gain takes just the cycles that are promised.

Exit codes: 0 the changes are ranked; 2 bad input, or a program that cannot run without a change.")]
pub struct AdviseArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// Write the result as JSON; `-` is standard output instead of the text.
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

pub fn advise(args: &AdviseArgs, kernels: Catalogue, style: Style) -> Result<Exit, Error> {
    let (json, subject_args) = (Forms::json(args.json.as_deref()), &args.subject);
    let inputs = [
        subject_args.program.as_deref().map(|path| Input::File("--program", path)),
        subject_args
            .machine
            .as_deref()
            .filter(|name| is_file(name))
            .map(|path| Input::File("--machine", path)),
    ];
    let [json_file] = targets([json.files()[0]], &inputs)?;
    let Asked { recorded, setup, origin, .. } = asked(subject_args, None, kernels)?;
    let subject = Subject { recorded, setup, origin, words: words(subject_args) };
    let advice = shown(json, style, |watch| advised(&subject, watch))?;
    if !json.document(json_file, &advice, style)? {
        let terminal = style.stdout();
        terminal.print(&render::advice(&advice, terminal.paint))?;
    }
    Ok(Exit::Good)
}

/// The subject as arguments of `run`, without what a change may replace.
fn words(args: &SubjectArgs) -> Vec<String> {
    let mut words: Vec<String> = args.kernel.iter().cloned().collect();
    let path = |path: &PathBuf| path.display().to_string();
    let sync = |sync: Sync| match sync {
        Sync::Interlocked => "interlocked".to_owned(),
        Sync::Explicit => "explicit".to_owned(),
    };
    let options = [
        ("--program", args.program.as_ref().map(path)),
        ("--machine", args.machine.as_ref().map(path)),
        ("--sync", args.sync.map(sync)),
    ];
    for (option, value) in options {
        words.extend(value.into_iter().flat_map(|value| [option.to_owned(), value]));
    }
    words.extend(args.auto_sync.then(|| "--auto-sync".to_owned()));
    words
}
