//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use replay::{Order, ReadRule};

use crate::check::Backend;

use super::log_args::{DiffArgs, ExportArgs, NearArgs, ReportArgs, WhatifArgs};
use super::options::{Assignment, Simd, assignment, sync, threads};

const AFTER: &str = "\
Exit codes: 0 passed or equal; 1 a wrong result, a finding, a deadlock or a difference;
            2 bad input or usage, damaged files and refused programs included.";

/// Runs, times and verifies kernels written for a mesh of processing elements.
#[derive(Debug, Parser)]
#[command(name = "kernmesh", version, after_help = AFTER)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Lists the kernels and their parameters.
    List(ListArgs),
    /// Lists the machines that ship with the simulator, or prints one.
    Machines(MachinesArgs),
    /// Times a kernel on a machine, computes its outputs and judges them.
    Run(RunArgs),
    /// Runs the bug corpus: mistakes of real systems, each named, and clean once repaired.
    Bugs(BugsArgs),
    /// Runs a kernel's ops on a GPU, one by one and from end to end, and compares.
    Check(CheckArgs),
    /// Says what makes a failing run fail, by changing one thing at a time.
    Explain(ExplainArgs),
    /// Writes a kernel's program as JSON.
    Record(RecordArgs),
    /// Computes and judges the outputs of an op log again.
    Replay(ReplayArgs),
    /// Writes an HTML page that shows an op log: timeline, mesh, rings, memory, findings.
    Report(ReportArgs),
    /// Compares two op logs by meaning: structure, times, results.
    Diff(DiffArgs),
    /// Times the program of an op log again, on a machine with other numbers.
    Whatif(WhatifArgs),
    /// Writes an op log for other programs: Perfetto, Parquet, CSV.
    Export(ExportArgs),
    /// Measures every path of a machine: latency, bandwidth, and what holds it.
    Probe(ProbeArgs),
    /// Holds the timing model to numbers that others print and to closed forms.
    Validate(ValidateArgs),
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
  kernmesh validate --machine tiny --json | jq '.[] | select(.held | not)'")]
pub struct ValidateArgs {
    /// What it is measured on, a preset or a TOML file [default: sip].
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kernmesh list\n  kernmesh list --json | jq '.[].name'")]
pub struct ListArgs {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kernmesh bugs\n  kernmesh bugs queue_without_events")]
pub struct BugsArgs {
    /// Tells one bug: what happened, what is found, and how it is repaired.
    pub name: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  kernmesh machines\n  kernmesh machines sip > mine.toml")]
pub struct MachinesArgs {
    /// Print this machine: a preset as its TOML file, or a TOML file with its base filled in.
    #[arg(value_name = "NAME")]
    pub name: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh run gemm --machine tiny
  kernmesh run gemm --sync explicit --auto-sync
  kernmesh run mesh_kv --set ranks=8 --set dtype=f16 --log run.jsonl --json result.json
  kernmesh run gemm --machine tiny --golden traces/gemm.jsonl
  kernmesh run --program mine.json --machine mine.toml --tensors in.safetensors --json -")]
pub struct RunArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    #[command(flatten)]
    pub compute: ComputeArgs,
    /// Write the op log (JSON lines if .jsonl), and FILE.replay with checksums.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Compare with this op log by meaning; exit 1 when the run differs.
    #[arg(long, value_name = "LOG")]
    pub golden: Option<PathBuf>,
    /// Make this run the golden, and say what changed.
    #[arg(long, requires = "golden")]
    pub bless: bool,
    #[command(flatten)]
    pub near: NearArgs,
    /// Write an HTML page that shows the run; it needs no network.
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
    /// Draw inputs from the log's seed, though the run was given others.
    #[arg(long, conflicts_with = "tensors")]
    pub seeded: bool,
    #[command(flatten)]
    pub compute: ComputeArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kernmesh explain mesh_mlo --set ranks=3 --set kv_len=64 --sync explicit
  kernmesh explain --bug mask_reused_without_wait
  kernmesh explain --program mine.json --machine mine.toml --json -
  kernmesh explain --code race_war")]
pub struct ExplainArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// Print the page of a finding or refusal: what it means, an example, and the repair.
    #[arg(long, value_name = "CODE", exclusive = true)]
    pub code: Option<String>,
    /// The broken form of a bug of the corpus, instead of a kernel.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["program", "machine", "sync", "auto_sync", "set", "kernel"])]
    pub bug: Option<String>,
    /// Input tensors.
    #[arg(long, value_name = "FILE")]
    pub tensors: Option<PathBuf>,
    /// Show the checksums of all ops that wrote other bits than they mean.
    #[arg(long)]
    pub checksums: bool,
    /// Write the explanation as JSON; `-` is standard output, and no text.
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

In place of KERNEL it takes an op log, which carries its machine.")]
pub struct CheckArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// What runs the plan: cpu, vulkan or metal [default: this computer's GPU].
    #[arg(long, value_name = "NAME", default_value_t = Backend::native(), hide_default_value = true)]
    pub backend: Backend,
    /// Virtual devices, to which ranks are dealt in turn [default: one a rank].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub devices: Option<u32>,
    /// Print the plan and what is wrong with it; run nothing.
    #[arg(long)]
    pub plan: bool,
    /// Also plant faults, chosen by the seed: the comparison must reject each.
    #[arg(long, conflicts_with = "plan")]
    pub faults: bool,
    /// Write evidence of this computer; without KERNEL, of all kernels.
    #[arg(long, value_name = "FILE", conflicts_with = "plan")]
    pub report: Option<PathBuf>,
    /// Switch on Metal's checks of its API and of shaders.
    #[arg(long)]
    pub validate: bool,
    /// Input tensors.
    #[arg(long, value_name = "FILE")]
    pub tensors: Option<PathBuf>,
    /// Draw inputs from the log's seed, though the run was given others.
    #[arg(long, conflicts_with = "tensors")]
    pub seeded: bool,
    /// Write the result as JSON; `-` is standard output, instead of the text.
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
}

/// What a run is about: a kernel or a program, and a machine.
#[derive(Debug, Args)]
pub struct SubjectArgs {
    /// The kernel; `kernmesh list` shows them.
    #[arg(value_name = "KERNEL", conflicts_with = "program")]
    pub kernel: Option<String>,
    /// A program recorded before, by any front end, instead of a kernel.
    #[arg(long, value_name = "FILE")]
    pub program: Option<PathBuf>,
    /// A preset or a TOML file [default: sip].
    #[arg(long, value_name = "NAME|FILE")]
    pub machine: Option<PathBuf>,
    /// Order ops as the other kind of machine does: interlocked or explicit.
    #[arg(long, value_name = "KIND", value_parser = sync)]
    pub sync: Option<machine::Sync>,
    /// Insert the waits that an explicit machine needs.
    #[arg(long)]
    pub auto_sync: bool,
    /// A parameter of the kernel; may be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = assignment, conflicts_with = "program")]
    pub set: Vec<Assignment>,
    /// Seed of the input tensors, when none are given.
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub seed: u64,
}

/// What a run and a replay have in common.
#[derive(Debug, Args)]
pub struct ComputeArgs {
    /// Threads of the replay; they change no result [default: all there are].
    #[arg(long, value_name = "N", value_parser = threads, allow_negative_numbers = true)]
    pub threads: Option<usize>,
    /// What a read finds: identity, shape or hardware.
    #[arg(long, value_name = "RULE", default_value_t = ReadRule::Identity)]
    pub read_rule: ReadRule,
    /// Also replay in an order, and compare: log, earliest, latest or seed:N.
    #[arg(long, value_name = "ORDER")]
    pub order: Option<Order>,
    /// auto, narrow, avx2 or avx512; it changes no result.
    #[arg(long, value_name = "LEVEL", default_value = "auto")]
    pub simd: Simd,
    /// Input tensors, and `expected`, when the outputs are known.
    #[arg(long, value_name = "FILE")]
    pub tensors: Option<PathBuf>,
    /// Write the output tensors as safetensors.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the result as JSON; `-` is standard output, and no summary.
    #[arg(long, value_name = "FILE|-")]
    pub json: Option<PathBuf>,
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
