//! Arguments of the commands that list and measure what there is: kernels, machines, bugs.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh list
  kernmesh list mesh_mlo --machine wse2
  kernmesh list --json | jq '.[].name'")]
pub struct ListArgs {
    /// One kernel: allowed values of its parameters, and what runs at the defaults.
    #[arg(value_name = "KERNEL")]
    pub name: Option<String>,
    /// The machine that KERNEL is to run on [default: sip].
    #[arg(long, value_name = "NAME|FILE", requires = "name")]
    pub machine: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh machines
  kernmesh machines sip > mine.toml
  kernmesh machines sip --svg sip.svg
  kernmesh machines --keys")]
pub struct MachinesArgs {
    /// The machine to print: a preset, or a TOML file, whose base is filled in.
    #[arg(value_name = "NAME")]
    pub name: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Draw its PEs, links and memories with their numbers; `-` is standard output.
    #[arg(long, value_name = "FILE|-", requires = "name", conflicts_with = "json")]
    pub svg: Option<PathBuf>,
    /// Print every key of a machine file: values, unit, default and meaning.
    #[arg(long, conflicts_with_all = ["name", "svg"])]
    pub keys: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh bugs
  kernmesh bugs queue_without_events

Exit codes: 0 as expected; 1 findings differ from the expected ones; 2 bad input.")]
pub struct BugsArgs {
    /// Describe one bug: its source, its findings and its repair.
    pub name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh probe
  kernmesh probe --machine mine.toml --json | jq '.paths[] | {op, to, bottleneck}'")]
pub struct ProbeArgs {
    /// A preset or a TOML file [default: sip].
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh validate
  kernmesh validate --machine tiny --json | jq '.[] | select(.held | not)'

Exit codes: 0 every held row agrees; 1 a held row misses; 2 bad input.")]
pub struct ValidateArgs {
    /// The machine to measure, a preset or a TOML file [default: sip].
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
