//! `kernmesh bugs`

use corpus::Bug;
use diagnostic::Diagnostic;

use super::Style;
use super::list_args::BugsArgs;
use super::outputs::to_text;
use crate::bugs::{BugReport, Outcome, Tried};
use crate::error::{Error, Exit};
use crate::render::{Paint, end_of, findings, wrapped};

/// Findings shown of one program: all, since it is small.
const SHOWN: usize = usize::MAX;
/// Blanks before what is said of a bug below its name.
const INDENT: usize = 8;

pub fn bugs(args: &BugsArgs, style: Style) -> Result<Exit, Error> {
    let terminal = style.stdout();
    let chosen: Vec<&'static Bug> = match &args.name {
        None => corpus::bugs().collect(),
        Some(name) => {
            vec![
                corpus::find(name)
                    .map_err(|problem| Error::input(problem, "", "`kernmesh bugs` lists them"))?,
            ]
        }
    };
    let tried: Vec<Tried> = chosen.into_iter().map(Tried::of).collect();
    let text = if args.json {
        to_text(&tried.iter().map(Tried::report).collect::<Vec<BugReport>>())
    } else if let (Some(_), [one]) = (&args.name, &tried[..]) {
        told(one, terminal.paint)
    } else {
        listed(&tried, terminal.paint)
    };
    match terminal.quiet && !args.json {
        true if args.name.is_some() => terminal.tell(&text)?,
        true => terminal.print(&end_of(&text))?,
        false => terminal.print(&text)?,
    }
    Ok(if tried.iter().all(Tried::ok) { Exit::Good } else { Exit::Found })
}

fn listed(tried: &[Tried], paint: Paint) -> String {
    let mut text: String = tried.iter().map(|tried| row(tried, paint)).collect();
    let ok = tried.iter().filter(|tried| tried.ok()).count();
    let all = tried.len();
    text.push_str(&format!(
        "\n{ok} of {all} bugs give the expected findings, and none when repaired\n\
         A: a simulator took a slot for the message in it; B: a framework with four queues on one GPU;\n\
         C: a runtime reused a mask; D: a compiler lost an accumulator; planted: made for a survey\n\
         `kernmesh bugs NAME` describes one\n"
    ));
    text
}

/// Name, source and what was found; below it, the mistake.
fn row(tried: &Tried, paint: Paint) -> String {
    let bug = tried.bug;
    let found = tried.broken.kinds().into_iter().collect::<Vec<_>>().join(", ");
    let head = format!("{}  {} ({}): {found}", mark(tried, paint), bug.name, bug.story.name());
    format!("{head}\n{}{}\n", " ".repeat(INDENT), paint.faint(&wrapped(bug.mistake, INDENT)))
}

fn mark(tried: &Tried, paint: Paint) -> String {
    if tried.ok() { paint.good("ok    ") } else { paint.bad("NOT OK") }
}

fn told(tried: &Tried, paint: Paint) -> String {
    let bug = tried.bug;
    let head = format!("{} ({}): {}", paint.strong(bug.name), bug.story.name(), mark(tried, paint));
    let mut text = format!("{}\n\n{}", head.replace("ok    ", "ok"), story(&bug.description()));
    text.push_str(&form("broken", bug.mistake, &tried.broken, paint));
    text.push('\n');
    text.push_str(&form("repaired", bug.repair, &tried.repaired, paint));
    if !tried.ok() {
        let expected = bug.expected.join(", ");
        text.push_str(&wrapped(
            &format!("expected of the broken form: {expected}; of the repaired one: nothing"),
            2,
        ));
        text.push('\n');
    }
    text
}

/// Paragraphs, in lines that fit.
fn story(told: &str) -> String {
    let paragraphs = told.split("\n\n").map(|paragraph| wrapped(&paragraph.replace('\n', " "), 0));
    paragraphs.map(|paragraph| format!("{paragraph}\n\n")).collect()
}

fn form(name: &str, line: &str, outcome: &Outcome, paint: Paint) -> String {
    let head = wrapped(&format!("{}: {line}", paint.strong(name)), 2);
    let result = if outcome.wrong_result {
        format!("{}\n", paint.bad("the result differs from the reference"))
    } else if outcome.findings.is_empty() {
        format!("{}\n", paint.good("clean"))
    } else {
        String::new()
    };
    let list: Vec<Diagnostic> =
        outcome.findings.iter().map(|found| Diagnostic { patch: None, ..found.clone() }).collect();
    format!("{head}\n{}{result}", findings(&list, SHOWN, paint))
}
