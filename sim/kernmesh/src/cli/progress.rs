//! Progress of runs: on a terminal, after a second, the step, the share done, and the time left; in a log a line every ten
//! seconds.

use std::fmt;
use std::io::{self, IsTerminal, Write as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::Style;
use super::outputs::Forms;
use crate::render::grouped;
use crate::watch::{Progress, Step, Watch};

/// Ticks before anything shows: one second.
const PATIENCE: u32 = TICKS_A_SECOND;
const TICK: Duration = Duration::from_millis(100);
const TICKS_A_SECOND: u32 = 10;
const TICKS_A_LINE: u32 = 10 * TICKS_A_SECOND;

/// Does `work`. After a second, a terminal shows how far it is; anywhere else, such as the log of a CI job, there is a
/// line every ten seconds. Nothing is shown where JSON goes to standard output, or only the verdict is asked for.
pub fn shown<T>(forms: Forms<'_>, style: Style, work: impl FnOnce(Watch<'_>) -> T) -> T {
    if forms.is_stdout() || style.quiet {
        return work(&|_| {});
    }
    let latest = Mutex::new(None);
    let (done, waiting) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut shown = Shown::on_stderr();
            let waiting = waiting;
            while waiting.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                shown.tick(*latest.lock().unwrap_or_else(PoisonError::into_inner));
            }
            shown.end();
        });
        let value = work(&|progress| *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress));
        drop(done);
        value
    })
}

/// Where progress is shown.
enum Shown {
    Terminal { bar: Bar, ticks: u32 },
    Log(Lines),
}

impl Shown {
    fn on_stderr() -> Shown {
        if io::stderr().is_terminal() {
            Shown::Terminal { bar: Bar::new(ProgressDrawTarget::hidden()), ticks: 0 }
        } else {
            Shown::Log(Lines::default())
        }
    }

    fn tick(&mut self, latest: Option<Progress>) {
        match self {
            Shown::Terminal { bar, ticks } => {
                *ticks += 1;
                if *ticks == PATIENCE {
                    bar.line.set_draw_target(ProgressDrawTarget::stderr());
                }
                if let Some(progress) = latest {
                    bar.show(progress);
                }
            }
            Shown::Log(lines) => {
                // A log that cannot be written to is no reason to stop.
                if let Some(line) = lines.tick(latest) {
                    let _ = writeln!(io::stderr().lock(), "{line}");
                }
            }
        }
    }

    fn end(&self) {
        match self {
            Shown::Terminal { bar, .. } => bar.line.finish_and_clear(),
            Shown::Log(_) => {}
        }
    }
}

/// Lines of a log: one every ten seconds.
#[derive(Debug, Default)]
struct Lines {
    /// Since the last line.
    ticks: u32,
    step: Option<Step>,
    /// Since the step began.
    of_step: u32,
}

impl Lines {
    fn tick(&mut self, latest: Option<Progress>) -> Option<String> {
        let progress = latest?;
        if self.step != Some(progress.step) {
            (self.step, self.of_step) = (Some(progress.step), 0);
        }
        (self.ticks, self.of_step) = (self.ticks + 1, self.of_step + 1);
        if self.ticks < TICKS_A_LINE {
            return None;
        }
        self.ticks = 0;
        let seconds = self.of_step / TICKS_A_SECOND;
        let lasting = if seconds == 0 { String::new() } else { format!(" for {seconds} s") };
        let mut line = format!("kernmesh: {}{lasting}", words(progress.step));
        if progress.of > 0 {
            let (done, all) = (grouped(progress.done), grouped(progress.of));
            let percent = u128::from(progress.done) * 100 / u128::from(progress.of);
            line.push_str(&format!(", {percent} %, {done} of {all} ops"));
        }
        Some(line)
    }
}

/// One line of a terminal.
struct Bar {
    line: ProgressBar,
    /// The step it shows, and whether it counts ops.
    step: Option<(Step, bool)>,
}

impl Bar {
    fn new(target: ProgressDrawTarget) -> Bar {
        let line = ProgressBar::with_draw_target(None, target);
        Bar { line: line.with_style(style(false)), step: None }
    }

    fn show(&mut self, progress: Progress) {
        let step = (progress.step, progress.of > 0);
        if self.step != Some(step) {
            // What is left of one step says nothing about the next.
            self.line.set_style(style(progress.of > 0));
            self.line.reset();
            self.line.set_message(words(progress.step));
            self.step = Some(step);
        }
        if progress.of > 0 {
            self.line.set_length(progress.of);
            self.line.set_position(progress.done);
        }
        self.line.tick();
    }
}

fn style(counted: bool) -> ProgressStyle {
    let template = if counted {
        "{msg} {bar:30} {percent} %, {done} of {all} ops, {eta} left"
    } else {
        "{spinner} {msg}, {elapsed}"
    };
    let style = ProgressStyle::with_template(template).expect("the template is ours");
    let number = |write: &mut dyn fmt::Write, n| write.write_str(&grouped(n)).expect("a line takes any text");
    let style = style.with_key("done", move |state: &ProgressState, out: &mut dyn fmt::Write| {
        number(out, state.pos());
    });
    style.with_key("all", move |state: &ProgressState, out: &mut dyn fmt::Write| {
        number(out, state.len().unwrap_or_default());
    })
}

fn words(step: Step) -> &'static str {
    match step {
        Step::Starting => "reading files",
        Step::Recording => "recording the program",
        Step::Verifying => "verifying the program",
        Step::Planning => "planning memory",
        Step::Timing => "timing",
        Step::TracingData => "tracing the data flow",
        Step::Digesting => "digesting the log",
        Step::Adding => "adding up the times",
        Step::Drawing => "drawing inputs",
        Step::Resolving => "resolving reads",
        Step::Computing => "computing",
        Step::Checking => "checking for hazards",
        Step::Trying => "trying repairs",
        Step::OnDevice => "op by op on the device",
        Step::Oracle => "computing the f64 reference",
        Step::Naive => "computing the naive reference",
        Step::Judging => "comparing with the reference",
        Step::Explaining => "tracing wrong values",
        Step::Reordering => "replaying in another order",
        Step::Writing => "writing results",
    }
}

#[cfg(test)]
#[path = "progress_tests.rs"]
mod tests;
