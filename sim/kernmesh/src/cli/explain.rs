//! `kernmesh explain`

use corpus::Form;
use diagnostic::Code;
use kernels::Catalogue;
use machine::{Machine, closest};

use super::Style;
use super::args::ExplainArgs;
use super::outputs::{Forms, Input, targets};
use super::run::{given, noted};
use super::subject::{Chosen, chosen, is_file};
use crate::error::{Error, Exit};
use crate::explain::{Subject, explain as explained};
use crate::judge::Judge;
use crate::memory;
use crate::remarks::Given;
use crate::render;
use crate::simulate::Options;
use crate::tensors::TensorFile;

/// Exit code 0 when nothing is wrong, 1 when there was something to explain.
pub fn explain(args: &ExplainArgs, kernels: Catalogue, style: Style) -> Result<Exit, Error> {
    if let Some(name) = &args.code {
        return page(name, style);
    }
    let json = Forms::json(args.json.as_deref());
    let subject_args = &args.subject;
    let inputs = [
        args.tensors.file.as_deref().map(|path| Input::File("--tensors", path)),
        subject_args.program.as_deref().map(|path| Input::File("--program", path)),
        subject_args
            .machine
            .as_deref()
            .filter(|name| is_file(name))
            .map(|path| Input::File("--machine", path)),
    ];
    let [json_file] = targets([json.files()[0]], &inputs)?;
    let explanation = explained(&subject(args, kernels, style)?)?;
    if !json.document(json_file, &explanation, style)? {
        let terminal = style.stdout();
        let said = if terminal.quiet {
            render::symptom(&explanation.symptom, terminal.paint)
        } else {
            render::explanation(&explanation, args.checksums, terminal.paint)
        };
        terminal.print(&said)?;
    }
    Ok(if explanation.symptom.is_nothing() { Exit::Good } else { Exit::Found })
}

/// The page of a code.
fn page(name: &str, style: Style) -> Result<Exit, Error> {
    let names: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    let Some(code) = Code::named(name) else {
        let near = closest(name, &names).map(|near| format!(": did you mean `{near}`?"));
        let problem = format!("unknown code `{name}`{}", near.unwrap_or_default());
        return Err(Error::input(problem, "--code", format!("codes are {}", names.join(", "))));
    };
    let paint = style.stdout().paint;
    let head = format!("{}: {}", paint.strong(code.name()), code.title());
    style.stdout().print(&format!("{head}\n\n{}", code.page()))?;
    Ok(Exit::Good)
}

fn subject(args: &ExplainArgs, kernels: Catalogue, style: Style) -> Result<Subject, Error> {
    let seed = args.subject.seed;
    let replay =
        replay::Options { memory: args.subject.limits.limits().memory, ..replay::Options::default() };
    if let Some(name) = &args.bug {
        let bug = corpus::find(name)
            .map_err(|problem| Error::input(problem, "--bug", "`kernmesh bugs` lists them"))?;
        let recorded = bug.record(Form::Broken);
        let machine = Machine::new(recorded.machine.clone().expect("a bug says which machine it is for"))?;
        return Ok(Subject {
            recorded,
            machine,
            origin: None,
            options: Options { seed, replay, ..Options::default() },
        });
    }
    let file = args.tensors.file.as_deref().map(TensorFile::open).transpose()?;
    let Chosen { recorded, machine, origin, no_reference } = chosen(&args.subject, file.as_ref(), kernels)?;
    memory::admit(&recorded.program, recorded.reference.as_ref(), args.subject.limits.limits())?;
    let tensors = given(&recorded.program, file.as_ref(), &args.tensors)?;
    let reference = recorded.reference.as_ref();
    let found = Given {
        program: &recorded.program,
        reference: no_reference.as_deref().map_or(Ok(reference), Err),
        expected: &tensors.expected,
        file: file.as_ref(),
        judges: true,
    };
    noted(&found, &args.tensors, style)?;
    Ok(Subject { recorded, machine, origin, options: Options { seed, tensors, replay, judge: Judge::All } })
}
