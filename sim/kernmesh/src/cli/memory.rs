//! `kernmesh memory`

use std::path::PathBuf;

use clap::Args;
use program::Rank;

use super::Style;
use super::outputs::{Forms, Input, targets};
use crate::error::{Error, Exit};
use crate::log_file;
use crate::memories::Memories;
use crate::memory::default_limit;
use crate::render;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh run mesh_mlo --log run.log && kernmesh memory run.log
  kernmesh memory run.log --rank 3
  kernmesh memory run.log --json - | jq '.memories[] | select(.space == \"hbm\").most_bytes'

Of every kind of memory the fullest is shown: how many bytes are live over time, and which buffers
and tensors hold the most at once. `twice` says where a second copy of the same bytes is live.")]
pub struct MemoryArgs {
    /// The op log, in either encoding.
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// The memories of this rank alone.
    #[arg(long, value_name = "RANK")]
    pub rank: Option<u32>,
    /// Write all memories and lifetimes as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

pub fn memory(args: &MemoryArgs, style: Style) -> Result<Exit, Error> {
    let json = Forms::json(args.json.as_deref());
    let [json_file] = targets([json.files()[0]], &[Some(Input::Log("LOG", &args.log))])?;
    let timed = log_file::read(&args.log, default_limit())?;
    let ranks = timed.log.program.n_ranks();
    if let Some(rank) = args.rank.filter(|&rank| rank >= ranks) {
        let problem = format!("the run has no rank {rank}");
        return Err(Error::input(
            problem,
            "--rank",
            format!("its ranks are 0 to {}", ranks.saturating_sub(1)),
        ));
    }
    let held = Memories::of(&timed, args.rank.map(Rank));
    if !json.document(json_file, &held, style)? {
        let terminal = style.stdout();
        terminal.print(&render::memories(&held, terminal.paint))?;
    }
    Ok(Exit::Good)
}
