//! Arguments of the commands that read op logs: report, diff, whatif, export.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use machine::SimTime;

use super::options::{Assignment, assignment, job, percent, whole};
use super::window::{Ranks, time};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh report run.log -o run.html
  kernmesh report golden.log --against run.log -o changes.html
  kernmesh run mesh_mlo --report run.html

The report is one file, opens from disk and loads nothing. Its findings are those that need no
values; `run --report` has all findings.")]
pub struct ReportArgs {
    /// The op log, in either encoding.
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// A second op log: the report shows both runs and the changes.
    #[arg(long, value_name = "LOG_B")]
    pub against: Option<PathBuf>,
    /// The file to write; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh diff golden.jsonl run.jsonl
  kernmesh diff golden.jsonl run.jsonl --json - | jq .first.timing
  kernmesh diff golden.jsonl run.jsonl --within 2% --markdown diff.md --junit diff.xml

Exit codes: 0 the same; 1 different; 2 bad input, or values that could not be compared.")]
pub struct DiffArgs {
    /// The first op log, in either encoding.
    #[arg(value_name = "LOG_A")]
    pub a: PathBuf,
    /// The second op log.
    #[arg(value_name = "LOG_B")]
    pub b: PathBuf,
    #[command(flatten)]
    pub near: NearArgs,
    /// The tensors that both runs were given, to show differing values.
    #[arg(long, value_name = "FILE")]
    pub tensors: Option<PathBuf>,
    /// Write the differences as JSON; `-` or no FILE is standard output.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub json: Option<PathBuf>,
    /// Write them as Markdown, for a pull request.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub markdown: Option<PathBuf>,
    /// Write them as JUnit XML, for CI.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    pub junit: Option<PathBuf>,
}

/// Tolerances of a comparison.
#[derive(Debug, Args)]
pub struct NearArgs {
    /// Tolerance of times, in percent of the makespan of the first log.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub within: Option<u32>,
    /// Tolerance of times, in femtoseconds.
    #[arg(long, value_name = "FS", value_parser = whole, allow_negative_numbers = true)]
    pub within_fs: Option<u64>,
    /// Compare ops and times, not values.
    #[arg(long)]
    pub without_values: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh whatif run.jsonl --set link.cube.bytes_per_cycle=64
  kernmesh whatif run.log --set gemm.rows=64 --set gemm.cols=64 --json -")]
pub struct WhatifArgs {
    /// The op log, in either encoding.
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// A key of the machine, by its path in a machine file; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment, required = true)]
    pub set: Vec<Assignment>,
    /// Write both results as JSON; `-` is standard output.
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("written").args(["perfetto", "parquet", "csv"]).required(true).multiple(true)))]
#[command(after_help = "\
Examples:
  kernmesh export run.log --perfetto run.pftrace
  kernmesh export run.log --perfetto part.pftrace --from 10us --to 20us --ranks 0-3
  kernmesh export run.log --parquet run.parquet
  kernmesh export run.log --csv - | head
  kernmesh export part0.log part1.log --perfetto all.pftrace
  kernmesh export *.log --job tuesday --perfetto all.pftrace

Several logs are joined into one trace where all are of one job, which `kernmesh run --job NAME`
puts into the log. A log of another job is left over from another run: --job leaves it out.")]
pub struct ExportArgs {
    /// The op log, in either encoding; several of one job make one trace.
    #[arg(value_name = "LOG", required = true)]
    pub logs: Vec<PathBuf>,
    /// Of several logs, those of this job alone.
    #[arg(long, value_name = "NAME", value_parser = job)]
    pub job: Option<String>,
    /// Write a trace for https://ui.perfetto.dev.
    #[arg(long, value_name = "FILE")]
    pub perfetto: Option<PathBuf>,
    /// Write a table of ops, and beside it tables of messages and stalls.
    #[arg(long, value_name = "FILE")]
    pub parquet: Option<PathBuf>,
    /// Write the table of ops as CSV; `-` is standard output.
    #[arg(long, value_name = "FILE|-")]
    pub csv: Option<PathBuf>,
    /// Leave out what ends by this time, such as 10us.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub from: Option<SimTime>,
    /// Leave out what begins at this time or later.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub to: Option<SimTime>,
    /// Leave out other ranks, such as 0-3,8.
    #[arg(long, value_name = "RANKS")]
    pub ranks: Option<Ranks>,
}
