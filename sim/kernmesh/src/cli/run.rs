//! `kernmesh run`

use std::sync::Arc;

use kernels::{Catalogue, Recorded};
use program::Program;
use replay::{ReadRule, beside};

use super::args::{ComputeArgs, RunArgs};
use super::golden::Golden;
use super::outputs::{Input, Json, targets};
use super::progress::shown;
use super::result::{Report, replay_options};
use super::subject::{Chosen, chosen, is_file};
use super::terminal::{note, warn};
use crate::error::{Error, Exit};
use crate::judge::Judged;
use crate::log_file;
use crate::memory;
use crate::replay_cost;
use crate::simulate::{Tensors, Timed, checked, compute_watched, reorder, time_watched};
use crate::stopwatch::Stopwatch;
use crate::summary::Summary;
use crate::target::Target;
use crate::tensors::TensorFile;
use crate::ties;
use crate::watch::{Progress, Step, Watch};

pub fn run(args: &RunArgs, kernels: Catalogue, stopwatch: &Stopwatch) -> Result<Exit, Error> {
    let (subject, compute_args) = (&args.subject, &args.compute);
    let json = Json::of(compute_args.json.as_deref());
    let [out, log, sums, page, json_file, golden, golden_sums] = files(args, json)?;
    let golden = Golden::of(args, golden.zip(golden_sums).map(|(log, sums)| [log, sums]))?;
    let file = compute_args.tensors.as_deref().map(TensorFile::open).transpose()?;
    stopwatch.enter(Step::Recording);
    let Chosen { recorded, machine, .. } = chosen(subject, file.as_ref(), kernels)?;
    let judge = compute_args.judge.unwrap_or_default();
    if !args.time_only {
        let judged = Judged { reference: recorded.reference.as_ref(), judge };
        memory::admit(&recorded.program, judged.computed(), subject.limits.limits())?;
    }
    let tensors = tensors(&recorded.program, file.as_ref(), compute_args)?;
    let Recorded { program, reference, .. } = recorded;
    let rule = compute_args.read_rule;
    let summary = Summary::of(&program, &machine, subject.seed, rule.to_string());
    let program = Arc::new(program);
    let is_written = subject.program.is_some();
    let mut report = Report {
        out,
        log,
        sums,
        page,
        json,
        json_file,
        program: Arc::clone(&program),
        is_written,
        summary,
        staged: Vec::new(),
        stopwatch,
    };

    let timed = report.explain(shown(json, |watch| {
        time_watched(program, &machine, subject.seed, &|progress| stopwatch.hear(progress, watch))
    }));
    if let (Err(Error::Refused(_)), Some(kernel), Some(_queue)) = (&timed, &subject.kernel, machine.queue()) {
        no_rings(kernel);
    }
    let timed = timed?.given(&tensors);
    stopwatch.enter(Step::Timing);
    let ties = args.ties.map(|seed| ties::range(&timed, seed)).transpose();
    report.summary.ties = report.explain(ties)?;
    let keeps = (args.log.is_some() || golden.is_some()) && rule == ReadRule::Identity;
    let options = replay_options(compute_args, keeps, subject.limits.limits().memory);
    if args.time_only {
        let computed = beside_times(&mut report, &timed, options, || checked(&timed))?;
        return report.finish(&timed, computed);
    }
    let judged = Judged { reference: reference.as_ref(), judge };
    if let Some(text) = replay_cost::warning(&timed.log.program, judged.computed().is_some(), kernels) {
        warn(&text);
    }
    let compute = |watch: Watch<'_>| {
        let watch: Watch<'_> = &|progress| stopwatch.hear(progress, watch);
        let mut computed = compute_watched(&timed, judged, &tensors, options, watch)?;
        watch(Progress::at(Step::Reordering));
        let order = compute_args.order.map(|order| reorder(&timed, &mut computed, &tensors, options, order));
        order.transpose().map(|_| computed)
    };
    let computed = beside_times(&mut report, &timed, options, || shown(json, compute))?;
    let computed = report.explain(computed)?;
    if let Some(golden) = golden {
        report.summary.golden = Some(golden.hold(&timed, &computed, &tensors));
        report.staged = golden.stage(&timed, &computed)?;
    }
    report.finish(&timed, computed)
}

/// Adds up the times on a thread of its own while the main thread goes on: neither needs the other.
fn beside_times<T>(
    report: &mut Report<'_>,
    timed: &Timed,
    options: replay::Options,
    work: impl FnOnce() -> T,
) -> Result<T, Error> {
    let Report { summary, stopwatch, .. } = report;
    let work = || {
        stopwatch.enter(Step::Checking);
        let result = work();
        stopwatch.enter(Step::Adding);
        result
    };
    let ((), result) = beside(options.threads, || summary.add_times(timed), work)?;
    stopwatch.enter(Step::Writing);
    Ok(result)
}

fn no_rings(kernel: &str) {
    note(&format!(
        "`{kernel}` may need rings, which this machine has not; no built-in kernel runs on `metal4`"
    ));
}

/// The files that are written: outputs, log, its checksums, page, JSON, golden and its checksums.
fn files(args: &RunArgs, json: Json<'_>) -> Result<[Option<Target>; 7], Error> {
    let (subject, compute_args) = (&args.subject, &args.compute);
    let beside = args.log.as_deref().map(log_file::checksums_of);
    let inputs = [
        compute_args.tensors.as_deref().map(|path| Input::File("--tensors", path)),
        subject.program.as_deref().map(|path| Input::File("--program", path)),
        subject.machine.as_deref().filter(|name| is_file(name)).map(|path| Input::File("--machine", path)),
        args.golden.as_deref().filter(|_| !args.bless).map(|path| Input::Log("--golden", path)),
    ];
    let blessed = args.golden.as_deref().filter(|_| args.bless);
    let beside_golden = blessed.map(log_file::checksums_of);
    let outputs = [
        compute_args.out.as_deref().map(|path| ("--out", path)),
        args.log.as_deref().map(|path| ("--log", path)),
        beside.as_deref().map(|path| ("the checksums of --log", path)),
        args.report.as_deref().map(|path| ("--report", path)),
        json.file(),
        blessed.map(|path| ("--golden", path)),
        beside_golden.as_deref().map(|path| ("the checksums of --golden", path)),
    ];
    targets(outputs, &inputs)
}

/// Input tensors of this program from a file. A program that computes nothing takes and gives none.
pub fn tensors(program: &Program, file: Option<&TensorFile>, args: &ComputeArgs) -> Result<Tensors, Error> {
    let nothing = program.is_timing_only() || program.outputs.is_empty();
    let asked = [
        ("--tensors", file.is_some()),
        ("--out", args.out.is_some()),
        ("--order", args.order.is_some()),
        ("--judge", args.judge.is_some()),
    ];
    if let Some((option, _)) = asked.iter().find(|(_, asked)| nothing && *asked) {
        let problem = format!("`{}` computes no tensors: it is timing only", program.kernel);
        return Err(Error::input(problem, *option, format!("leave {option} out")));
    }
    given(program, file)
}

/// Input tensors of a program from a file, if there is one.
pub fn given(program: &Program, file: Option<&TensorFile>) -> Result<Tensors, Error> {
    let Some(file) = file else { return Ok(Tensors::default()) };
    Ok(Tensors { inputs: Some(file.inputs(program)?), expected: file.expected(program)? })
}
