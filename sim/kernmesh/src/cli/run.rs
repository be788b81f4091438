//! `kernmesh run`

use std::path::Path;

use kernels::{Kernel, Recorded};
use machine::Machine;
use program::Program;
use replay::{ReadRule, is_timing_only};

use super::args::{ComputeArgs, RunArgs};
use super::options::assignments;
use super::outputs::{Json, targets};
use super::progress::shown;
use super::result::{Report, replay_options};
use super::subject::{machine_at, program_at};
use super::terminal::{note, warn};
use crate::error::{Error, Exit};
use crate::log_file;
use crate::simulate::{Tensors, compute_watched, origin, time_watched};
use crate::summary::Summary;
use crate::tensors::TensorFile;
use crate::work;

/// The machine a run gets when nobody names one.
const DEFAULT_MACHINE: &str = "sip";

pub fn run(args: &RunArgs) -> Result<Exit, Error> {
    let compute_args = &args.compute;
    let json = Json::of(compute_args.json.as_deref());
    let beside = args.log.as_deref().map(log_file::checksums_of);
    let inputs = [
        compute_args.tensors.as_deref().map(|path| ("--tensors", path)),
        args.program.as_deref().map(|path| ("--program", path)),
        args.machine.as_deref().map(|path| ("--machine", path)),
    ];
    let outputs = [
        compute_args.out.as_deref().map(|path| ("--out", path)),
        args.log.as_deref().map(|path| ("--log", path)),
        beside.as_deref().map(|path| ("the checksums of --log", path)),
        json.file(),
    ];
    let [out, log, sums, json_file] = targets(outputs, &inputs)?;
    let file = compute_args.tensors.as_deref().map(TensorFile::open).transpose()?;
    let recorded = recorded(args, file.as_ref())?;
    let machine = machine(args.machine.as_deref(), &recorded)?;
    let tensors = tensors(&recorded.program, file.as_ref(), compute_args)?;
    let Recorded { program, reference, .. } = recorded;
    let rule = compute_args.read_rule;
    let summary = Summary::of(&program, &machine, args.seed, rule.to_string());
    let mut report = Report { out, log, sums, json, json_file, summary };

    let timed = report.explain(shown(json, |watch| time_watched(program, &machine, args.seed, watch)))?;
    let timed = timed.given(&tensors);
    report.summary.add_times(&timed);
    let options = replay_options(compute_args, args.log.is_some() && rule == ReadRule::Identity);
    if let Some(text) = work::warning(&timed.log.program, reference.is_some()) {
        warn(&text);
    }
    let computed = shown(json, |watch| compute_watched(&timed, reference.as_ref(), &tensors, options, watch));
    let computed = report.explain(computed)?;
    report.finish(&timed, computed)
}

/// The program, with the reference that judges it and the machine that it is made for, where it has them.
fn recorded(args: &RunArgs, tensors: Option<&TensorFile>) -> Result<Recorded, Error> {
    match (&args.kernel, &args.program) {
        (_, Some(path)) => {
            let program = program_at(path)?;
            let (reference, machine) = match origin(&program) {
                Ok(origin) => (origin.reference, origin.machine),
                Err(reason) => {
                    note(&format!("no reference judges this program: {reason}"));
                    (None, None)
                }
            };
            Ok(Recorded { program, reference, machine })
        }
        (kernel, None) => {
            let kernel: &Kernel = kernels::find(kernel.as_deref().unwrap_or_default())?;
            let mut params = assignments(&args.set)?;
            if let Some(tensors) = tensors {
                params = kernel.with_inputs(&params, &tensors.shapes())?;
            }
            Ok(kernel.record(&params)?)
        }
    }
}

fn machine(name: Option<&Path>, recorded: &Recorded) -> Result<Machine, Error> {
    match (&recorded.machine, name) {
        (Some(_), Some(name)) => {
            let problem = format!(
                "`{}` runs on a machine of its own, not on `{}`",
                recorded.program.kernel,
                name.display()
            );
            Err(Error::input(problem, "--machine", "leave --machine out"))
        }
        (Some(own), None) => Ok(Machine::new(own.clone())?),
        (None, name) => machine_at(name.unwrap_or(Path::new(DEFAULT_MACHINE))),
    }
}

/// What the file of tensors gives this program. A program that computes nothing takes and gives none.
pub fn tensors(program: &Program, file: Option<&TensorFile>, args: &ComputeArgs) -> Result<Tensors, Error> {
    let nothing = is_timing_only(program) || program.outputs.is_empty();
    let asked = [("--tensors", args.tensors.is_some()), ("--out", args.out.is_some())];
    if let Some((option, _)) = asked.iter().find(|(_, asked)| nothing && *asked) {
        let problem = format!("`{}` computes no tensors: it is there for its timing", program.kernel);
        return Err(Error::input(problem, *option, format!("leave {option} out")));
    }
    let Some(file) = file else { return Ok(Tensors::default()) };
    Ok(Tensors { inputs: Some(file.inputs(program)?), expected: file.expected(program)? })
}
