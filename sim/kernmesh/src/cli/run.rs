//! `kernmesh run`

use std::sync::Arc;

use kernels::{Catalogue, Recorded};
use machine::Machine;
use program::Program;
use replay::verdict::Tolerance;
use replay::{ReadRule, beside};

use super::Style;
use super::args::{ComputeArgs, RunArgs, SubjectArgs, TensorArgs};
use super::golden::Golden;
use super::outputs::{Forms, Input, targets};
use super::progress::shown;
use super::result::{Asked, Files, Report, Wait, replay_options};
use super::subject::{Chosen, chosen, is_file};
use crate::error::{Error, Exit};
use crate::expected::Expectations;
use crate::judge::{Judge, Judged};
use crate::log_file;
use crate::memory;
use crate::remarks::Given;
use crate::render;
use crate::replay_cost;
use crate::simulate::{Tensors, Timed, checked, time_watched};
use crate::stopwatch::Stopwatch;
use crate::summary::Summary;
use crate::target::Target;
use crate::tensors::TensorFile;
use crate::ties;
use crate::watch::Step;

pub fn run(args: &RunArgs, kernels: Catalogue, style: Style, stopwatch: &Stopwatch) -> Result<Exit, Error> {
    let forms = Forms::of(args.compute.json.as_deref(), &args.compute.review)?;
    let (files, golden) = files(args, forms)?;
    let targets = files.forms.clone();
    let result = run_to(args, kernels, (forms, style, stopwatch), (files, golden));
    forms.or_told(("run", &args.subject.words()), &targets, style, result)
}

fn run_to(
    args: &RunArgs,
    kernels: Catalogue,
    asked: Asked<'_>,
    (files, golden): (Files, Option<[Target; 2]>),
) -> Result<Exit, Error> {
    let (subject, compute_args) = (&args.subject, &args.compute);
    let (forms, style, stopwatch) = asked;
    let golden = Golden::of(args, golden)?;
    let file = compute_args.tensors.file.as_deref().map(TensorFile::open).transpose()?;
    stopwatch.enter(Step::Recording);
    let Chosen { recorded, machine, no_reference, .. } = chosen(subject, file.as_ref(), kernels)?;
    let judge = compute_args.judge.unwrap_or_default();
    if !args.time_only {
        let judged = Judged { reference: recorded.reference.as_ref(), judge };
        memory::admit(&recorded.program, judged.computed(), subject.limits.limits())?;
    }
    let tensors = tensors(&recorded.program, file.as_ref(), compute_args)?;
    let (Recorded { program, reference, .. }, rule) = (recorded, compute_args.read_rule);
    let mut summary = Summary::of(&program, &machine, subject.seed, rule.to_string());
    let given_to = Given {
        program: &program,
        reference: no_reference.as_deref().map_or(Ok(reference.as_ref()), Err),
        expected: &tensors.expected,
        file: file.as_ref(),
        judges: judge != Judge::None && !args.time_only,
    };
    summary.notes = noted(&given_to, &compute_args.tensors, style)?;
    let program = Arc::new(program);
    let mut report = Report::of("run", files, asked, &program, summary);
    report.is_written = subject.program.is_some();
    let timed = report.explain(shown(forms, style, |watch| {
        time_watched(program, &machine, subject.seed, &|progress| stopwatch.hear(progress, watch))
    }));
    no_rings(&timed, subject, &machine, style);
    let mut timed = timed?.given(&tensors);
    timed.log.id.job.clone_from(&args.job);
    if let Some(seed) = args.ties {
        stopwatch.enter(Step::Timing);
        report.summary.ties = Some(report.explain(ties::range(&timed, seed))?);
    }
    let keeps = (args.log.is_some() || golden.is_some()) && rule == ReadRule::Identity;
    let options = replay_options(compute_args, keeps, subject.limits.limits().memory);
    if args.time_only {
        let computed = beside_times(&mut report, &timed, options, || checked(&timed))?;
        return report.finish(&timed, computed);
    }
    let judged = Judged { reference: reference.as_ref(), judge };
    if let Some(text) = replay_cost::warning(&timed.log.program, judged.computed().is_some(), kernels) {
        style.warn(&text);
    }
    let (wait, asked) = (Wait { forms, style, stopwatch }, (options, compute_args.order));
    let computed =
        beside_times(&mut report, &timed, options, || wait.computed(&timed, judged, &tensors, asked))?;
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
    // On one thread it comes before the work; on two, the main thread waits for it after.
    stopwatch.enter(Step::Adding);
    let ((), result) = beside(options.threads, || summary.add_times(timed), work)?;
    stopwatch.enter(Step::Writing);
    Ok(result)
}

fn no_rings(timed: &Result<Timed, Error>, subject: &SubjectArgs, machine: &Machine, style: Style) {
    if let (Err(Error::Refused(_)), Some(kernel), Some(_queue)) = (timed, &subject.kernel, machine.queue()) {
        style.note(&format!(
            "`{kernel}` may need rings, which this machine has not; no built-in kernel runs on `metal4`"
        ));
    }
}

/// The files that are written; those of the golden, its log and its checksums, apart.
fn files(args: &RunArgs, forms: Forms<'_>) -> Result<(Files, Option<[Target; 2]>), Error> {
    let (subject, compute_args) = (&args.subject, &args.compute);
    let beside = args.log.as_deref().map(log_file::checksums_of);
    let inputs = [
        compute_args.tensors.file.as_deref().map(|path| Input::File("--tensors", path)),
        subject.program.as_deref().map(|path| Input::File("--program", path)),
        subject.machine.as_deref().filter(|name| is_file(name)).map(|path| Input::File("--machine", path)),
        args.golden.as_deref().filter(|_| !args.bless).map(|path| Input::Log("--golden", path)),
    ];
    let blessed = args.golden.as_deref().filter(|_| args.bless);
    let beside_golden = blessed.map(log_file::checksums_of);
    let [json, markdown, junit] = forms.files();
    let outputs = [
        compute_args.out.as_deref().map(|path| ("--out", path)),
        args.log.as_deref().map(|path| ("--log", path)),
        beside.as_deref().map(|path| ("the checksums of --log", path)),
        args.report.as_deref().map(|path| ("--report", path)),
        json,
        markdown,
        junit,
        blessed.map(|path| ("--golden", path)),
        beside_golden.as_deref().map(|path| ("the checksums of --golden", path)),
    ];
    let [out, log, sums, page, json, markdown, junit, golden, golden_sums] = targets(outputs, &inputs)?;
    let golden = golden.zip(golden_sums).map(|(log, sums)| [log, sums]);
    Ok((Files { out, log, sums, page, forms: [json, markdown, junit] }, golden))
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
    given(program, file, &args.tensors)
}

/// Input tensors of a program from a file, if there is one, and what it says of outputs.
pub fn given(program: &Program, file: Option<&TensorFile>, args: &TensorArgs) -> Result<Tensors, Error> {
    let Some(file) = file else { return Ok(Tensors::default()) };
    let inputs = Some(file.inputs(program)?);
    let tolerance = Tolerance { rtol: args.rtol.unwrap_or(0.0), atol: args.atol.unwrap_or(0.0) };
    Ok(Tensors { inputs, expected: Expectations { outputs: file.expected(program)?, tolerance } })
}

/// Says what may not have been meant.
///
/// # Errors
/// [`Error::Input`] for a tolerance that no judgement takes.
pub fn noted(given: &Given<'_>, args: &TensorArgs, style: Style) -> Result<Vec<String>, Error> {
    check_tolerance(given, args)?;
    let said: Vec<String> = given.remarks().iter().map(render::remark).collect();
    said.iter().for_each(|said| style.note(said));
    Ok(said)
}

fn check_tolerance(given: &Given<'_>, args: &TensorArgs) -> Result<(), Error> {
    let option = match (args.rtol, args.atol) {
        (None, None) => return Ok(()),
        (Some(_), _) => "--rtol",
        (None, Some(_)) => "--atol",
    };
    let own = given.reference.ok().flatten().map(|reference| reference.output);
    let expected = &given.expected.outputs;
    if expected.iter().any(|(name, it)| it.naive.is_none() && own != Some(&**name)) {
        return Ok(());
    }
    let problem = if own.is_some() || !expected.is_empty() {
        "a naive computation judges every output, and no tolerance"
    } else {
        "the file has no `expected` that a tolerance could be of"
    };
    Err(Error::input(problem, option, format!("leave {option} out")))
}
