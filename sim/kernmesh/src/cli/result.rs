//! Results of a run or a replay: files, the summary, and the exit code.

use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use program::Program;
use replay::Order;

use super::Style;
use super::args::ComputeArgs;
use super::outputs::{Forms, Written};
use super::progress::shown;
use crate::error::{Error, Exit};
use crate::golden::Held;
use crate::judge::Judged;
use crate::log_file;
use crate::render::{self, review};
use crate::saved::forget;
use crate::simulate::{Computed, Tensors, Timed, compute_watched, reorder};
use crate::stopwatch::Stopwatch;
use crate::summary::Summary;
use crate::target::{Staged, Target, commit};
use crate::tensors;
use crate::watch::{Progress, Step, Watch};

/// Targets of the result.
#[derive(Clone, Default)]
pub struct Files {
    pub out: Option<Target>,
    pub log: Option<Target>,
    /// The checksums beside the log.
    pub sums: Option<Target>,
    /// The page that shows the run.
    pub page: Option<Target>,
    /// Those of the forms.
    pub forms: [Option<Target>; 3],
}

/// What a command is asked to show, and what has been waited for.
pub type Asked<'a> = (Forms<'a>, Style, &'a Stopwatch);

/// A result and where it goes.
pub struct Report<'a> {
    /// `run` or `replay`.
    pub command: &'static str,
    pub files: Files,
    pub forms: Forms<'a>,
    pub style: Style,
    pub program: Arc<Program>,
    /// Whether a person wrote the program as a file: then repairs are also shown as edits of it.
    pub is_written: bool,
    pub summary: Summary,
    /// Other files to write.
    pub staged: Vec<Staged>,
    pub stopwatch: &'a Stopwatch,
}

impl<'a> Report<'a> {
    pub fn of(
        command: &'static str,
        files: Files,
        (forms, style, stopwatch): Asked<'a>,
        program: &Arc<Program>,
        summary: Summary,
    ) -> Report<'a> {
        let (program, staged) = (Arc::clone(program), Vec::new());
        Report { command, files, forms, style, program, is_written: false, summary, staged, stopwatch }
    }
}

impl Report<'_> {
    /// Passes a result on. An error that findings can say is written to the JSON first.
    pub fn explain<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &result {
            self.summary.add_failure(error, &self.program);
            self.summary.wall_s = self.stopwatch.wall();
            if !self.summary.findings.is_empty() {
                let [json, _] = self.forms.split();
                let [file, ..] = &self.files.forms;
                json.document(file.clone(), &self.summary, self.style)?;
            }
        }
        result
    }

    /// Writes every file, then prints the summary.
    pub fn finish(mut self, timed: &Timed, computed: Computed) -> Result<Exit, Error> {
        self.summary.add_values(&computed);
        if let Some(said) = render::twice_note(&self.summary.twice) {
            self.style.note(&said);
            self.summary.notes.push(said);
        }
        let mut staged = std::mem::take(&mut self.staged);
        if let (Some(out), Some(outputs)) = (&self.files.out, &computed.outputs) {
            staged.push(out.stage(&tensors::to_bytes(outputs))?);
        }
        if let Some(log) = &self.files.log {
            staged.push(log.stage(&log_file::to_bytes(timed, log.given()))?);
        }
        let sums = self.files.sums.as_ref().zip(computed.checksums.as_ref());
        staged.extend(sums.map(|(target, sums)| target.stage(&sums.encode())).transpose()?);
        let has_sums = sums.is_some();
        staged.extend(super::report::stage(self.files.page.as_ref(), timed, &computed)?);
        // What is left is the JSON itself, and giving the files their names.
        self.summary.wall_s = self.stopwatch.wall();
        let written = self.written()?;
        staged.extend(written.staged);
        commit(staged)?;
        if let (Some(log), false) = (&self.files.log, has_sums) {
            forget(&log_file::checksums_of(log.given()))?;
        }
        if let (Some(held), None) = (self.summary.golden.as_ref().filter(|it| it.blessed), computed.data) {
            forget(&log_file::checksums_of(Path::new(&held.file)))?;
        }
        match written.printed {
            Some(text) => self.style.stdout().print(&text)?,
            None => self.print()?,
        }
        let held = self.summary.golden.as_ref().map_or(Exit::Good, Held::exit);
        Ok(held.max(if computed.passed() { Exit::Good } else { Exit::Found }))
    }

    /// The result in its forms. Only JSON has repairs as edits of a program that nobody wrote.
    fn written(&mut self) -> Result<Written, Error> {
        let [json, reviews] = self.forms.split();
        let review = || review::ran(self.command, &self.summary);
        let mut written = json.written(&self.files.forms, &self.summary, review)?;
        if !self.is_written {
            for found in &mut self.summary.findings {
                found.patch = None;
                found.more.iter_mut().for_each(|way| way.patch = None);
            }
        }
        let review = || review::ran(self.command, &self.summary);
        let more = reviews.written(&self.files.forms, &(), review)?;
        written.staged.extend(more.staged);
        written.printed = written.printed.or(more.printed);
        Ok(written)
    }

    fn print(&self) -> Result<(), Error> {
        let terminal = self.style.stdout();
        let text = render::summary(&self.summary, terminal.shows());
        let held = self.summary.golden.as_ref();
        if terminal.quiet {
            let golden = held.map_or_else(String::new, |held| render::golden_verdict(held, terminal.paint));
            return terminal.print(&format!("{}{golden}", render::verdict_of(&text)));
        }
        let golden =
            held.map_or_else(String::new, |held| format!("\n{}", render::golden(held, terminal.paint)));
        terminal.print(&format!("{text}{golden}"))
    }
}

/// What is told while Phase 2 runs.
pub struct Wait<'a> {
    pub forms: Forms<'a>,
    pub style: Style,
    pub stopwatch: &'a Stopwatch,
}

impl Wait<'_> {
    /// Phase 2, and once more in another order if one is asked for.
    pub fn computed(
        &self,
        timed: &Timed,
        judged: Judged<'_>,
        tensors: &Tensors,
        (options, order): (replay::Options, Option<Order>),
    ) -> Result<Computed, Error> {
        shown(self.forms, self.style, |watch| {
            let watch: Watch<'_> = &|progress| self.stopwatch.hear(progress, watch);
            let mut computed = compute_watched(timed, judged, tensors, options, watch)?;
            watch(Progress::at(Step::Reordering));
            let order = order.map(|order| reorder(timed, &mut computed, tensors, options, order));
            order.transpose().map(|_| computed)
        })
    }
}

pub fn replay_options(args: &ComputeArgs, checksums: bool, memory: u64) -> replay::Options {
    let threads = args.threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from));
    replay::Options {
        rule: args.read_rule,
        threads,
        simd: args.simd.level(),
        checksums,
        observes: true,
        memory,
    }
}
