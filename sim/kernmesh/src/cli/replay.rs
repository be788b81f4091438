//! `kernmesh replay`

use kernels::Catalogue;
use oplog::{Digest, OpLog};
use replay::{ReadRule, inputs};

use super::Style;
use super::args::ReplayArgs;
use super::outputs::{Forms, Input, targets};
use super::result::{Asked, Files, Report, Wait, replay_options};
use super::run::{noted, tensors};
use crate::error::{Error, Exit};
use crate::given::{given, others, quoted};
use crate::judge::{Judge, Judged};
use crate::log_file;
use crate::memory;
use crate::remarks::Given;
use crate::replay_cost;
use crate::simulate::{Tensors, origin};
use crate::stopwatch::Stopwatch;
use crate::summary::Summary;
use crate::tensors::TensorFile;
use crate::watch::Step;

pub fn replay(
    args: &ReplayArgs,
    kernels: Catalogue,
    style: Style,
    stopwatch: &Stopwatch,
) -> Result<Exit, Error> {
    let forms = Forms::of(args.compute.json.as_deref(), &args.compute.review)?;
    let tensors = args.compute.tensors.file.as_deref().map(|path| Input::File("--tensors", path));
    let told = targets(forms.files(), &[Some(Input::Log("LOG", &args.log)), tensors])?;
    let result = replay_to(args, kernels, (forms, style, stopwatch));
    forms.or_told(("replay", &args.log.display().to_string()), &told, style, result)
}

fn replay_to(args: &ReplayArgs, kernels: Catalogue, asked: Asked<'_>) -> Result<Exit, Error> {
    let compute_args = &args.compute;
    let (forms, style, stopwatch) = asked;
    let limits = args.limits.limits();
    let timed = log_file::read(&args.log, limits.memory)?;
    memory::admit(&timed.log.program, None, limits)?;
    let (log, rule) = (&timed.log, compute_args.read_rule);
    let file = compute_args.tensors.file.as_deref().map(TensorFile::open).transpose()?;
    let mut tensors = tensors(&log.program, file.as_ref(), compute_args)?;
    if args.seeded {
        tensors.inputs = Some(inputs::seeded(&log.program, log.id.seed));
    }
    // What other rules read, or other inputs make, is no statement about the log, and a timing-only log has no values.
    let keeps = rule == ReadRule::Identity
        && !log.program.is_timing_only()
        && is_of_the_run(log, &tensors, args.seeded);
    let files = files(args, forms, keeps)?;
    compare_with_run(log, &tensors, args.seeded, style);
    let reference = origin(&log.program, kernels).map(|recorded| recorded.reference);
    let known = reference.as_ref().map(Option::as_ref).map_err(String::as_str);
    let judge = compute_args.judge.unwrap_or_default();

    let mut summary = Summary::of(&log.program, &log.machine, log.id.seed, rule.to_string());
    let subject = Given {
        program: &log.program,
        reference: known,
        expected: &tensors.expected,
        file: file.as_ref(),
        judges: judge != Judge::None,
    };
    summary.notes = noted(&subject, &compute_args.tensors, style)?;
    stopwatch.enter(Step::Adding);
    summary.add_times(&timed);
    let mut report = Report::of("replay", files, asked, &log.program, summary);
    let options = replay_options(compute_args, keeps, limits.memory);
    let judged = Judged { reference: known.ok().flatten(), judge };
    if let Some(text) = replay_cost::warning(&log.program, judged.computed().is_some(), kernels) {
        style.warn(&text);
    }
    let options = (options, compute_args.order);
    let computed =
        report.explain(Wait { forms, style, stopwatch }.computed(&timed, judged, &tensors, options))?;
    stopwatch.enter(Step::Writing);
    let earlier = log_file::read_checksums(&args.log, &timed).ok().flatten().filter(|_| keeps);
    let (earlier, now) = (earlier.map(|sums| sums.replay.data), computed.data);
    let exit = report.finish(&timed, computed)?;
    compare_with_earlier(earlier, now, style);
    Ok(exit)
}

/// The files that are written; `keeps`: the checksums of the log among them.
fn files(args: &ReplayArgs, forms: Forms<'_>, keeps: bool) -> Result<Files, Error> {
    let compute_args = &args.compute;
    let beside = log_file::checksums_of(&args.log);
    let [json, markdown, junit] = forms.files();
    let outputs = [
        compute_args.out.as_deref().map(|path| ("--out", path)),
        keeps.then_some(("the checksums of LOG", &*beside)),
        json,
        markdown,
        junit,
    ];
    // Checksums that are to be written are guarded as an output.
    let input = if keeps { Input::File } else { Input::Log };
    let tensors = compute_args.tensors.file.as_deref().map(|path| Input::File("--tensors", path));
    let [out, sums, json, markdown, junit] = targets(outputs, &[Some(input("LOG", &args.log)), tensors])?;
    Ok(Files { out, sums, forms: [json, markdown, junit], ..Files::default() })
}

/// Says when the digest of the values is not that of an earlier replay.
fn compare_with_earlier(earlier: Option<Digest>, now: Option<Digest>, style: Style) {
    if let (Some(earlier), Some(now)) = (earlier, now)
        && earlier != now
    {
        style.warn(&format!(
            "the values differ from those of the last replay of this run ({earlier}, now {now}): another kernmesh made those"
        ));
    }
}

/// Whether these are the inputs that the run had.
fn is_of_the_run(log: &OpLog, tensors: &Tensors, seeded: bool) -> bool {
    match &tensors.inputs {
        None => true,
        Some(_) if seeded => log.id.inputs.is_empty(),
        Some(inputs) => given(&log.program, inputs) == log.id.inputs,
    }
}

/// Says when the inputs are not those of the run; who asks for seeded ones knows.
fn compare_with_run(log: &OpLog, tensors: &Tensors, seeded: bool, style: Style) {
    let Some(inputs) = tensors.inputs.as_ref().filter(|_| !seeded) else { return };
    if log.id.inputs.is_empty() {
        style
            .note(&format!("the run drew its inputs from seed {}; this replay is given others", log.id.seed));
    }
    let others = others(log, inputs);
    if !others.is_empty() {
        style.warn(&format!("the run was given other values of {}", quoted(&others)));
    }
}
