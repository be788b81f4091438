//! `kernmesh check`

use std::collections::BTreeMap;
use std::path::Path;

use gpu::Device;
use kernels::Reference;
use oplog::{Dataflow, Finding};

use super::Terminal;
use super::args::CheckArgs;
use super::outputs::{Json, targets, to_text};
use super::progress::shown;
use super::run::given;
use super::subject::{Chosen, chosen};
use super::terminal::note;
use super::validation::{restarted, wanted};
use crate::check::{Checked, Options, Subject, check_all, check_plan, plan_of, report};
use crate::error::{Error, Exit};
use crate::findings::Found;
use crate::log_file;
use crate::render;
use crate::simulate::{Tensors, Timed, origin, time_watched};
use crate::target::{Target, commit};
use crate::tensors::TensorFile;

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
    json: Json<'a>,
    json_file: Option<Target>,
    report: Option<Target>,
}

pub fn check(args: &CheckArgs) -> Result<Exit, Error> {
    if args.validate && wanted(args.backend)? {
        return restarted();
    }
    let json = Json::of(args.json.as_deref());
    let inputs = [
        args.tensors.as_deref().map(|path| ("--tensors", path)),
        args.subject.program.as_deref().map(|path| ("--program", path)),
        args.subject.machine.as_deref().map(|path| ("--machine", path)),
        log_named(args).map(|path| ("LOG", path)),
    ];
    let report = args.report.as_deref().map(|path| ("--report", path));
    let [json_file, report] = targets([json.file(), report], &inputs)?;
    let output = Output { json, json_file, report };
    if output.report.is_some() && args.subject.kernel.is_none() && args.subject.program.is_none() {
        return suite(args, &output);
    }
    let it = checkable(args, json)?;
    let flow = Dataflow::of(&it.timed.log.program);
    let found = hazard::check(&it.timed.log, &flow, &it.timed.holds(), hazard::Options::default()).findings;
    if !found.is_empty() {
        return unsafe_log(found);
    }
    if args.plan {
        return plan_alone(args, &it, json);
    }
    let device = args.backend.open()?;
    let subject = Subject { log: &it.timed.log, reference: it.reference.as_ref(), tensors: &it.tensors };
    let checked = shown(json, |watch| subject.check(args.backend.name(), &*device, options(args), watch))?;
    let kernel = it.timed.log.program.kernel.clone();
    finish(args, &output, &*device, vec![(kernel, checked)])
}

fn options(args: &CheckArgs) -> Options {
    Options { devices: args.devices, faults: args.faults, seed: args.subject.seed }
}

/// Every kernel of the suite, faults planted: the evidence of a computer.
fn suite(args: &CheckArgs, output: &Output<'_>) -> Result<Exit, Error> {
    let device = args.backend.open()?;
    let checked = check_all(args.backend.name(), &*device, Options { faults: true, ..options(args) })?;
    let named = checked.into_iter().map(|(words, checked)| (words.to_owned(), checked));
    finish(args, output, &*device, named.collect())
}

/// Writes every file, then says what came of it.
fn finish(
    args: &CheckArgs,
    output: &Output<'_>,
    device: &dyn Device,
    checked: Vec<(String, Checked)>,
) -> Result<Exit, Error> {
    let passed = checked.iter().all(|(_, checked)| checked.passed());
    let terminal = Terminal::stdout();
    let mut text = String::new();
    for (name, checked) in &checked {
        text.push_str(&format!(
            "{}\n{}\n",
            terminal.paint.strong(name),
            render::checked(checked, terminal.paint)
        ));
    }
    let mut staged = Vec::new();
    let only = (checked.len() == 1).then(|| &checked[0].1);
    if let Some(only) = only {
        staged.extend(output.json.stage(only, output.json_file.as_ref())?);
        output.json.print(only)?;
    } else {
        let all: BTreeMap<&String, &Checked> =
            checked.iter().map(|(name, checked)| (name, checked)).collect();
        staged.extend(output.json.stage(&all, output.json_file.as_ref())?);
        output.json.print(&all)?;
    }
    if let Some(target) = &output.report {
        let kernels = checked.iter().cloned().collect();
        let report = report(args.backend, device, args.validate, kernels)?;
        staged.push(target.stage(to_text(&report).as_bytes())?);
    }
    commit(staged)?;
    if !output.json.is_stdout() {
        terminal.print(text.trim_end_matches('\n'))?;
        terminal.print("\n")?;
    }
    Ok(exit(passed))
}

fn exit(good: bool) -> Exit {
    if good { Exit::Good } else { Exit::Found }
}

/// The first argument, when it is a file: a kernel is never called like one.
fn log_named(args: &CheckArgs) -> Option<&Path> {
    let path = args.subject.kernel.as_deref().map(Path::new)?;
    let is_path = path.components().count() > 1 || path.extension().is_some();
    (is_path || path.is_file()).then_some(path)
}

fn checkable(args: &CheckArgs, json: Json<'_>) -> Result<Checkable, Error> {
    let file = args.tensors.as_deref().map(TensorFile::open).transpose()?;
    if let Some(path) = log_named(args) {
        let timed = log_file::read(path)?;
        let tensors = given(&timed.log.program, file.as_ref())?;
        let reference = match origin(&timed.log.program) {
            Ok(recorded) => recorded.reference,
            Err(reason) => {
                note(&format!("no reference judges this program: {reason}"));
                None
            }
        };
        return Ok(Checkable { timed, reference, tensors });
    }
    let Chosen { recorded, machine, .. } = chosen(&args.subject, file.as_ref())?;
    let tensors = given(&recorded.program, file.as_ref())?;
    let seed = args.subject.seed;
    let timed = shown(json, |watch| time_watched(recorded.program, &machine, seed, watch))?.given(&tensors);
    Ok(Checkable { timed, reference: recorded.reference, tensors })
}

/// A plan would put what nothing orders into some order, and hide it.
fn unsafe_log(found: Vec<Finding>) -> Result<Exit, Error> {
    let terminal = Terminal::stdout();
    let n = found.len();
    let found: Vec<Found> = found.into_iter().map(Found::from).collect();
    let word = terminal.paint.bad("FAIL");
    terminal.print(&format!(
        "{word} the log itself is not safe, so a plan of it shows nothing: findings {n}\n\n"
    ))?;
    terminal.print(&render::findings(&found, SHOWN, terminal.paint))?;
    Ok(Exit::Found)
}

fn plan_alone(args: &CheckArgs, it: &Checkable, json: Json<'_>) -> Result<Exit, Error> {
    let plan = plan_of(&it.timed.log, args.devices)?;
    let checked = check_plan(&plan, &it.timed.log.program)?;
    let terminal = Terminal::stdout();
    if json.is_stdout() {
        terminal.print(&to_text(&plan))?;
    } else {
        terminal.print(&render::plan(&plan, &checked, terminal.paint))?;
    }
    Ok(exit(checked.findings.is_empty()))
}
