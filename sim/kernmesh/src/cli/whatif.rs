//! `kernmesh whatif`

use std::collections::BTreeMap;

use diagnostic::Diagnostic;
use serde::Serialize;

use super::Style;
use super::log_args::WhatifArgs;
use super::options::assignments;
use super::outputs::{Forms, Input, targets};
use crate::error::{Error, Exit};
use crate::log_file;
use crate::memory::default_limit;
use crate::render;
use crate::simulate::{Timed, time};
use crate::summary::{Critical, LowerBounds, Summary};

#[derive(Serialize)]
struct Document<'a> {
    set: &'a BTreeMap<String, String>,
    before: Times<'a>,
    after: Times<'a>,
    /// What the change leaves without an order that the program had before.
    findings: &'a [Diagnostic],
}

#[derive(Serialize)]
struct Times<'a> {
    makespan_fs: Option<u64>,
    makespan_cycles: Option<u64>,
    bounds: Option<LowerBounds>,
    critical_path: Option<&'a Critical>,
}

pub fn whatif(args: &WhatifArgs, style: Style) -> Result<Exit, Error> {
    let json = Forms::json(args.json.as_deref());
    let [json_file] = targets([json.files()[0]], &[Some(Input::Log("LOG", &args.log))])?;
    let set = assignments(&args.set)?;
    let before = log_file::read(&args.log, default_limit())?;
    let machine = before.log.machine.changed(&set)?;
    let after = time(before.log.program.clone(), &machine, before.log.id.seed)?;
    let findings = unordered(&before, &after);
    let (before, after) = (summary(&before), summary(&after));
    let document =
        Document { set: &set, before: Times::of(&before), after: Times::of(&after), findings: &findings };
    if !json.document(json_file, &document, style)? {
        let terminal = style.stdout();
        let text = render::whatif(&before, &after, &findings, terminal.shows());
        if terminal.quiet {
            let failed = if findings.is_empty() { String::new() } else { render::verdict_of(&text) };
            terminal.print(&format!("{failed}{}", render::change(&before, &after, terminal.paint)))?;
        } else {
            terminal.print(&text)?;
        }
    }
    Ok(if findings.is_empty() { Exit::Good } else { Exit::Found })
}

/// What is unordered only on the changed machine: its time is that of a program whose result depends on timing.
fn unordered(before: &Timed, after: &Timed) -> Vec<Diagnostic> {
    let hazards = |timed: &Timed| {
        hazard::check(&timed.log, &timed.flow, &timed.dependencies, hazard::Options::default())
    };
    let after = hazards(after);
    if !after.unordered || hazards(before).unordered {
        return Vec::new();
    }
    after.findings.into_iter().filter(|finding| finding.code.is_race()).collect()
}

fn summary(timed: &Timed) -> Summary {
    let log = &timed.log;
    let mut summary = Summary::of(&log.program, &log.machine, log.id.seed, "identity".to_owned());
    summary.add_times(timed);
    summary
}

impl<'a> Times<'a> {
    fn of(summary: &'a Summary) -> Times<'a> {
        Times {
            makespan_fs: summary.makespan_fs,
            makespan_cycles: summary.makespan_cycles,
            bounds: summary.bounds,
            critical_path: summary.critical_path.as_ref(),
        }
    }
}
