//! `kernmesh check`

use std::path::Path;

use diagnostic::Diagnostic;
use gpu::Plan;
use kernels::{Catalogue, Reference};
use program::Program;
use replay::inputs;
use serde::Serialize;

use super::Style;
use super::args::CheckArgs;
use super::outputs::{Forms, Input, Written, targets, to_text};
use super::progress::shown;
use super::restart::{restarted, wanted};
use super::run::{given, noted};
use super::subject::{Chosen, chosen, is_file};
use crate::check::{Options, Outcome, PlanCheck, Subject, check_all, check_plan, evidence, plan_of};
use crate::error::{Error, Exit};
use crate::log_file;
use crate::memory;
use crate::remarks::Given;
use crate::render::review::{self, Review};
use crate::render::{self, Shows};
use crate::simulate::{Tensors, Timed, origin, time_watched};
use crate::target::{Target, commit};
use crate::tensors::TensorFile;
use crate::watch::Watch;

/// Findings shown in full.
const SHOWN: usize = 3;

/// A log, and what judges it.
struct Checkable {
    timed: Timed,
    reference: Option<Reference>,
    tensors: Tensors,
}

/// Where results go.
struct Output<'a> {
    forms: Forms<'a>,
    form_targets: [Option<Target>; 3],
    report: Option<Target>,
    style: Style,
    /// What is checked, in words.
    subject: String,
}

pub fn check(args: &CheckArgs, kernels: Catalogue, style: Style) -> Result<Exit, Error> {
    if args.validate && wanted(args.backend)? {
        return restarted();
    }
    let forms = Forms::of(args.json.as_deref(), &args.review)?;
    let log = log_named(args, kernels);
    let subject = &args.subject;
    let inputs = [
        args.tensors.file.as_deref().map(|path| Input::File("--tensors", path)),
        subject.program.as_deref().map(|path| Input::File("--program", path)),
        subject.machine.as_deref().filter(|name| is_file(name)).map(|path| Input::File("--machine", path)),
        log.map(|path| Input::Log("LOG", path)),
    ];
    let report = args.report.as_deref().map(|path| ("--report", path));
    let [json, markdown, junit] = forms.files();
    let [json, markdown, junit, report] = targets([json, markdown, junit, report], &inputs)?;
    let subject = args.subject.words();
    let output = Output { forms, form_targets: [json, markdown, junit], report, style, subject };
    let result = check_to(args, kernels, log, &output);
    forms.or_told(("check", &output.subject), &output.form_targets, style, result)
}

fn check_to(
    args: &CheckArgs,
    kernels: Catalogue,
    log: Option<&Path>,
    output: &Output<'_>,
) -> Result<Exit, Error> {
    let subject = &args.subject;
    if output.report.is_some() && subject.kernel.is_none() && subject.program.is_none() {
        refuse(args, "a report of all kernels", true)?;
        return suite(args, output);
    }
    if log.is_some() {
        refuse(args, "an op log", false)?;
    }
    let it = checkable(args, log, output, kernels)?;
    let found =
        hazard::check(&it.timed.log, &it.timed.flow, &it.timed.dependencies, hazard::Options::default())
            .findings;
    if !found.is_empty() {
        return unsafe_log(found, output);
    }
    let plan = plan_of(&it.timed.log, &it.timed.flow, args.devices)?;
    if args.plan {
        return plan_alone(&plan, &it, output);
    }
    on_device(args, &it, output)
}

fn on_device(args: &CheckArgs, it: &Checkable, output: &Output<'_>) -> Result<Exit, Error> {
    let device = args.backend.open()?;
    let subject = Subject { timed: &it.timed, reference: it.reference.as_ref(), tensors: &it.tensors };
    let check = |watch: Watch<'_>| subject.check(args.backend.name(), &*device, options(args), watch);
    let checked = shown(output.forms, output.style, check)?;
    let text = render::checked(&checked, output.style.stdout().shows());
    let passed = checked.passed();
    let mut written = output.written(&checked, || review::checked(&output.subject, &checked))?;
    if let Some(target) = &output.report {
        let kernels = [(it.timed.log.program.kernel.clone(), Outcome::Checked(Box::new(checked)))].into();
        let report = evidence(args.backend, &*device, args.validate, kernels)?;
        written.staged.push(target.stage(to_text(&report).as_bytes())?);
    }
    finish(written, output, &text, passed)
}

fn options(args: &CheckArgs) -> Options {
    let memory = args.subject.limits.limits().memory;
    Options { devices: args.devices, faults: args.faults, seed: args.subject.seed, memory }
}

/// Refuses options that something which carries its own machine and program cannot obey.
fn refuse(args: &CheckArgs, what: &str, is_suite: bool) -> Result<(), Error> {
    let subject = &args.subject;
    let given = [
        ("--machine", subject.machine.is_some()),
        ("--machine-set", !subject.machine_set.is_empty()),
        ("--sync", subject.sync.is_some()),
        ("--auto-sync", subject.auto_sync),
        ("--set", !subject.set.is_empty()),
        ("--tensors", is_suite && args.tensors.file.is_some()),
        ("--devices", is_suite && args.devices.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => {
            let problem = format!("{option} does not apply to {what}");
            Err(Error::input(problem, option, "leave it out, or name a kernel"))
        }
        None => Ok(()),
    }
}

/// Every kernel of the suite, faults planted: the evidence of a computer.
fn suite(args: &CheckArgs, output: &Output<'_>) -> Result<Exit, Error> {
    let device = args.backend.open()?;
    let outcomes = check_all(args.backend.name(), &*device, Options { faults: true, ..options(args) });
    let passed = outcomes.values().all(Outcome::passed);
    let terminal = output.style.stdout();
    let paint = terminal.paint;
    let told = outcomes.iter().map(|(words, outcome)| {
        let text = match outcome {
            Outcome::Checked(checked) => render::checked(checked, terminal.shows()),
            Outcome::Failed { error } => format!("{}       {error}\n", paint.bad("FAIL")),
        };
        let text = if terminal.quiet { render::verdict_of(&text) } else { text };
        format!("{}\n{text}", paint.strong(words))
    });
    let text = told.collect::<Vec<_>>().join(if terminal.quiet { "" } else { "\n" });
    let review = || review::suite(&outcomes, String::new());
    let report = evidence(args.backend, &*device, args.validate, outcomes.clone())?;
    let mut written = output.written(&report, review)?;
    if let Some(target) = &output.report {
        written.staged.push(target.stage(to_text(&report).as_bytes())?);
    }
    commit(written.staged)?;
    terminal.print(&written.printed.unwrap_or(text))?;
    Ok(if passed { Exit::Good } else { Exit::Found })
}

/// Writes every file, then prints the result.
fn finish(written: Written, output: &Output<'_>, text: &str, passed: bool) -> Result<Exit, Error> {
    if !written.finish(output.style)? {
        output.style.stdout().tell(text)?;
    }
    Ok(if passed { Exit::Good } else { Exit::Found })
}

/// The first argument, when it names a file and no kernel.
fn log_named(args: &CheckArgs, kernels: Catalogue) -> Option<&Path> {
    let name = args.subject.kernel.as_deref().filter(|name| kernels.find(name).is_err())?;
    let path = Path::new(name);
    let is_path = path.components().count() > 1 || path.extension().is_some();
    (is_path || path.is_file()).then_some(path)
}

fn checkable(
    args: &CheckArgs,
    log: Option<&Path>,
    output: &Output<'_>,
    kernels: Catalogue,
) -> Result<Checkable, Error> {
    let style = output.style;
    let file = args.tensors.file.as_deref().map(TensorFile::open).transpose()?;
    if let Some(path) = log {
        let limit = args.subject.limits.limits();
        let timed = log_file::read(path, limit.memory)?;
        let mut tensors = given(&timed.log.program, file.as_ref(), &args.tensors)?;
        if args.seeded {
            tensors.inputs = Some(inputs::seeded(&timed.log.program, timed.log.id.seed));
        }
        let (reference, no_reference) = match origin(&timed.log.program, kernels) {
            Ok(recorded) => (recorded.reference, None),
            Err(reason) => (None, Some(reason)),
        };
        tell((args, style), &timed.log.program, (reference.as_ref(), no_reference), &tensors, file.as_ref())?;
        memory::admit(&timed.log.program, reference.as_ref(), limit)?;
        return Ok(Checkable { timed, reference, tensors });
    }
    let Chosen { recorded, machine, no_reference, .. } = chosen(&args.subject, file.as_ref(), kernels)?;
    memory::admit(&recorded.program, recorded.reference.as_ref(), args.subject.limits.limits())?;
    let tensors = given(&recorded.program, file.as_ref(), &args.tensors)?;
    let reference = recorded.reference.as_ref();
    tell((args, style), &recorded.program, (reference, no_reference), &tensors, file.as_ref())?;
    let seed = args.subject.seed;
    let timed = shown(output.forms, style, |watch| time_watched(recorded.program, &machine, seed, watch))?
        .given(&tensors);
    Ok(Checkable { timed, reference: recorded.reference, tensors })
}

/// Says what may not have been meant.
fn tell(
    (args, style): (&CheckArgs, Style),
    program: &Program,
    (reference, no_reference): (Option<&Reference>, Option<String>),
    tensors: &Tensors,
    file: Option<&TensorFile>,
) -> Result<(), Error> {
    let reference = no_reference.as_deref().map_or(Ok(reference), Err);
    let given = Given { program, reference, expected: &tensors.expected, file, judges: !args.plan };
    noted(&given, &args.tensors, style).map(drop)
}

/// What a check has in JSON when no device has run anything.
#[derive(Serialize)]
struct PlanOnly<'a> {
    plan: &'a PlanCheck,
    /// `None` when the log itself is not safe.
    commands: Option<&'a Plan>,
}

/// A plan would put what nothing orders into some order, and hide it.
fn unsafe_log(found: Vec<Diagnostic>, output: &Output<'_>) -> Result<Exit, Error> {
    let n = found.len();
    let plan = PlanCheck { findings: found, ..PlanCheck::default() };
    let shows = output.style.stdout().shows();
    let text = |shows: Shows| {
        let said = format!(
            "{}       the run itself is not safe, so a plan of it shows nothing",
            shows.paint.bad("FAIL")
        );
        let list = render::findings(&plan.findings, shows.most(SHOWN), shows.paint);
        format!("{said} (findings: {n})\n\n{list}")
    };
    let whole = || text(Shows::default());
    let review = || review::unsafe_log(&output.subject, &plan.findings, whole());
    let written = output.written(&PlanOnly { plan: &plan, commands: None }, review)?;
    finish(written, output, &text(shows), false)
}

fn plan_alone(plan: &Plan, it: &Checkable, output: &Output<'_>) -> Result<Exit, Error> {
    let checked = check_plan(plan, &it.timed.log.program)?;
    let passed = checked.findings.is_empty();
    let text = render::plan(plan, &checked, output.style.stdout().shows());
    let review = || review::planned(&output.subject, &checked);
    let written = output.written(&PlanOnly { plan: &checked, commands: Some(plan) }, review)?;
    finish(written, output, &text, passed)
}

impl Output<'_> {
    fn written(&self, document: &impl Serialize, review: impl Fn() -> Review) -> Result<Written, Error> {
        self.forms.written(&self.form_targets, document, review)
    }
}
