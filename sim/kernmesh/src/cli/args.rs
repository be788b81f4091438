//! Command-line arguments.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use replay::{Order, ReadRule};

use crate::check::Backend;
use crate::judge::Judge;
use crate::ties::TieSeed;

use super::advise::AdviseArgs;
use super::list_args::{BugsArgs, ListArgs, MachinesArgs, ProbeArgs, ValidateArgs};
use super::log_args::{DiffArgs, ExportArgs, NearArgs, ReportArgs, WhatifArgs};
use super::memory::MemoryArgs;
use super::options::{Assignment, LimitArgs, Simd, assignment, job, sync, threads, tolerance, whole};
use super::outputs::ReviewArgs;
use super::schema::SchemaArgs;
use super::shell::{CompletionsArgs, ManArgs};
use super::terminal::Style;

const AFTER: &str = "\
Exit codes: 0 passed or equal; 1 a wrong result, a finding, a deadlock or a difference;
            2 bad input or usage, damaged files and refused programs included;
            70 a bug of kernmesh, on one line with the command to report.";

/// Times and verifies kernels for a mesh of processing elements.
#[derive(Debug, Parser)]
#[command(name = "kernmesh", version, after_help = AFTER)]
pub struct Cli {
    #[command(flatten)]
    pub style: Style,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists kernels and their parameters.
    List(ListArgs),
    /// Lists machine presets, or prints one as TOML.
    Machines(MachinesArgs),
    /// Times a kernel on a machine, computes its outputs and compares them with a reference.
    Run(RunArgs),
    /// Runs the bug corpus: broken programs, most of real systems, and their repaired forms.
    Bugs(BugsArgs),
    /// Runs a kernel's ops on a GPU, one by one and end to end, and compares with the CPU.
    Check(CheckArgs),
    /// Repeats a failing run with one change at a time and reports the effect of each.
    Explain(ExplainArgs),
    /// Writes the program of a kernel as JSON.
    Record(RecordArgs),
    /// Computes and judges the outputs of an op log again.
    Replay(ReplayArgs),
    /// Writes an HTML report of an op log: timeline, mesh, rings, memory, findings.
    Report(ReportArgs),
    /// Compares two op logs: structure, values, times.
    Diff(DiffArgs),
    /// Times single changes of machine and kernel, and ranks them by their gain.
    Advise(AdviseArgs),
    /// Times the program of an op log on a changed machine.
    Whatif(WhatifArgs),
    /// Shows what the memories of an op log hold, when, and what they hold twice.
    Memory(MemoryArgs),
    /// Converts an op log to Perfetto, Parquet or CSV.
    Export(ExportArgs),
    /// Measures latency, bandwidth and bottleneck of every path of a machine.
    Probe(ProbeArgs),
    /// Compares the timing model with published numbers and closed forms.
    Validate(ValidateArgs),
    /// Prints the JSON Schema of a file that kernmesh reads or writes.
    Schema(SchemaArgs),
    /// Prints the completions of a shell.
    Completions(CompletionsArgs),
    /// Prints the manual page, or writes those of all commands.
    Man(ManArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh run gemm --machine tiny
  kernmesh run gemm --sync explicit --auto-sync
  kernmesh run mesh_kv --set ranks=8 --set dtype=f16 --log run.jsonl --json result.json
  kernmesh run gemm --machine tiny --golden traces/gemm.jsonl
  kernmesh run --program mine.json --machine mine.toml --tensors in.safetensors --json -

Read rules:
  identity  each read finds the write that program order and message numbers name
  hardware  each read finds the newest bytes in memory when the op starts
  shape     each read finds the newest write of the same place, shape and dtype

Rows to judge (default: sample:1024 where references take more than 160 GFLOP, else all):
  all       every row of the output
  sample:N  one row of each of N equal parts, drawn with the seed; other rows are not looked at
  none      no verdict

A machine file may name a base (base = \"sip\") and only the keys that differ.
An op log stores digests of given tensors, not the tensors: pass them to `replay` again.

Exit codes: 0 passed, and equal to the golden; 1 a wrong result, a finding, a deadlock during
            the run, or a difference; 2 bad input, a refused program, or values that could not
            be compared with the golden.")]
pub struct RunArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Phase 1 and the hazard checks alone: no tensors and no verdict.
    #[arg(long, conflicts_with_all = ["out", "tensors", "order", "judge", "golden", "report"])]
    pub time_only: bool,
    /// Also time 16 other orders of ties, and show the range: seed:N.
    #[arg(long, value_name = "SEED")]
    pub ties: Option<TieSeed>,
    /// Write the op log (JSON lines if .jsonl), and FILE.replay with checksums.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// The job of several processes that the run is part of; the log keeps it.
    #[arg(long, value_name = "NAME", value_parser = job, requires = "log")]
    pub job: Option<String>,
    /// Compare with this op log; exit 1 when the run differs.
    #[arg(long, value_name = "LOG")]
    pub golden: Option<PathBuf>,
    /// Make this run the golden, unless it is wrong, and report what changed.
    #[arg(long, requires = "golden")]
    pub bless: bool,
    #[command(flatten)]
    pub near: NearArgs,
    /// Write an HTML report of the run; it needs no network.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh record mesh_mlo --set ranks=4 -o mlo.json
  kernmesh record gemm -o - | jq '.ranks | length'")]
pub struct RecordArgs {
    /// The kernel; `kernmesh list` shows them.
    #[arg(value_name = "KERNEL")]
    pub kernel: String,
    /// A parameter of the kernel; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment)]
    pub set: Vec<Assignment>,
    /// The file to write; `-` is standard output.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh replay run.jsonl
  kernmesh replay run.log --read-rule hardware --json -")]
pub struct ReplayArgs {
    /// The op log, in either encoding.
    #[arg(value_name = "LOG")]
    pub log: PathBuf,
    /// Draw inputs from the log's seed, although its run was given tensors.
    #[arg(long, conflicts_with = "tensors")]
    pub seeded: bool,
    #[command(flatten)]
    pub compute: ComputeArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh explain mesh_mlo --set ranks=3 --set kv_len=64 --sync explicit
  kernmesh explain --bug mask_reused_without_wait
  kernmesh explain --program mine.json --machine mine.toml --json -
  kernmesh explain --code race_war

Exit codes: 0 the run does not fail; 1 it fails, and the effects are reported; 2 bad input.")]
pub struct ExplainArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// Print the page of a finding or refusal: meaning, example and repair.
    #[arg(long, value_name = "CODE", exclusive = true)]
    pub code: Option<String>,
    /// The broken program of a bug of the corpus, instead of a kernel.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["program", "machine", "machine_set", "sync", "auto_sync", "set", "kernel"])]
    pub bug: Option<String>,
    #[command(flatten)]
    pub tensors: TensorArgs,
    /// Show the checksums of all ops whose bits differ from the intended ones.
    #[arg(long)]
    pub checksums: bool,
    /// Write the result as JSON; `-` is standard output instead of the text.
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh check mesh_mlo --set ranks=4 --set kv_len=64 --backend vulkan --faults
  kernmesh check run.jsonl --devices 2 --json -
  kernmesh check gemm --machine tiny --plan
  kernmesh check --report mac-report.json

An op log, which contains its machine, may stand in place of KERNEL.

Exit codes: 0 all agrees; 1 an unsafe plan, an op or output that differs, a planted fault that
            was not rejected, or a failed device; 2 bad input.")]
pub struct CheckArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// Device of the plan: cpu, vulkan or metal [default: this computer's GPU].
    #[arg(long, value_name = "NAME", default_value_t = Backend::native(), hide_default_value = true)]
    pub backend: Backend,
    /// Virtual devices, assigned to ranks in turn [default: one a rank].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub devices: Option<u32>,
    /// Print the plan and its findings; run nothing.
    #[arg(long)]
    pub plan: bool,
    /// Also plant faults, chosen by the seed; the comparison must reject each.
    #[arg(long, conflicts_with = "plan")]
    pub faults: bool,
    /// Write a report of this computer; without KERNEL, of all kernels.
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    pub report: Option<PathBuf>,
    /// Turn on Metal's API and shader validation.
    #[arg(long)]
    pub validate: bool,
    #[command(flatten)]
    pub tensors: TensorArgs,
    /// Draw inputs from the log's seed, although its run was given tensors.
    #[arg(long, conflicts_with = "tensors")]
    pub seeded: bool,
    /// Write the result as JSON; `-` is standard output instead of the text.
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
    #[command(flatten)]
    pub review: ReviewArgs,
}

/// A kernel or a program, and a machine.
#[derive(Debug, Args)]
pub struct SubjectArgs {
    /// The kernel; `kernmesh list` shows them.
    #[arg(value_name = "KERNEL", conflicts_with = "program")]
    pub kernel: Option<String>,
    /// A recorded program (Program JSON of any front end), instead of a kernel.
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
    /// A preset or a TOML file [default: sip].
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<PathBuf>,
    /// Replace the machine's rule of order: interlocked or explicit.
    #[arg(long, value_name = "KIND", value_parser = sync)]
    pub sync: Option<machine::Sync>,
    /// Insert the waits that an explicit machine needs.
    #[arg(long)]
    pub auto_sync: bool,
    /// A parameter of the kernel; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment, conflicts_with = "program")]
    pub set: Vec<Assignment>,
    /// A key of the machine, by its path in a machine file; may be repeated.
    #[arg(long, value_name = "K=V", value_parser = assignment)]
    pub machine_set: Vec<Assignment>,
    /// Seed of the input tensors, when none are given.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = whole, allow_negative_numbers = true)]
    pub seed: u64,
    #[command(flatten)]
    pub limits: LimitArgs,
}

impl SubjectArgs {
    /// What was asked for, in words: a kernel and its parameters, or a file.
    pub fn words(&self) -> String {
        let program = self.program.iter().map(|path| path.display().to_string());
        let set = self.set.iter().map(|(key, value)| format!("{key}={value}"));
        let machine = self.machine.iter().map(|machine| format!("on {}", machine.display()));
        let words: Vec<String> =
            self.kernel.iter().cloned().chain(program).chain(set).chain(machine).collect();
        words.join(" ")
    }
}

/// Given tensors.
#[derive(Debug, Args)]
pub struct TensorArgs {
    /// Input tensors, and `expected` or `expected.NAME` to judge outputs by.
    #[arg(id = "tensors", long = "tensors", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Allow this share of each expected value beside 1 ulp [default: 0].
    #[arg(long, value_name = "X", value_parser = tolerance, requires = "tensors", allow_negative_numbers = true)]
    pub rtol: Option<f64>,
    /// Allow this absolute error beside 1 ulp [default: 0].
    #[arg(long, value_name = "X", value_parser = tolerance, requires = "tensors", allow_negative_numbers = true)]
    pub atol: Option<f64>,
}

/// Options common to a run and a replay.
#[derive(Debug, Args)]
pub struct ComputeArgs {
    /// Threads of the replay; same result for any number [default: all cores].
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,
    /// The rule of reads: identity, hardware, shape or end.
    #[arg(long, value_name = "RULE", default_value_t = ReadRule::Identity)]
    pub read_rule: ReadRule,
    /// Also replay in a legal order and compare: log, earliest, latest, seed:N.
    #[arg(long, value_name = "ORDER")]
    pub order: Option<Order>,
    /// Vector width: auto, narrow, avx2, avx512 (same result).
    #[arg(long, value_name = "LEVEL", default_value = "auto")]
    pub simd: Simd,
    #[command(flatten)]
    pub tensors: TensorArgs,
    /// Rows to judge: all, none or sample[:N] [default: all, or a sample].
    #[arg(long, value_name = "ROWS")]
    pub judge: Option<Judge>,
    /// Write the output tensors as safetensors.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the result as JSON; `-` is standard output instead of the summary.
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
    #[command(flatten)]
    pub review: ReviewArgs,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::render::WIDTH;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_fits_a_terminal() {
        let mut command = Cli::command();
        command.build();
        let check = |command: &mut clap::Command| {
            for text in [command.render_help(), command.render_long_help()] {
                let text = text.to_string();
                for line in text.lines() {
                    assert!(line.chars().count() <= WIDTH, "{}: {line}", command.get_name());
                }
            }
        };
        check(&mut command);
        command.get_subcommands_mut().for_each(check);
    }
}
