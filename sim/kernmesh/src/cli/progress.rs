//! Progress of runs that take more than a second: the step, the share done, and the time left.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::outputs::Json;
use crate::render::grouped;
use crate::watch::{Progress, Step, Watch};

/// Ticks before anything shows: one second.
const PATIENCE: u32 = 10;
const TICK: Duration = Duration::from_millis(100);

/// Does `work`; after a second, a terminal shows how far it is, unless JSON goes to standard output.
pub fn shown<T>(json: Json<'_>, work: impl FnOnce(Watch<'_>) -> T) -> T {
    if json.is_stdout() || !io::stderr().is_terminal() {
        return work(&|_| {});
    }
    let latest = Mutex::new(None);
    let (done, waiting) = channel::<()>();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut bar = Bar::new(ProgressDrawTarget::hidden());
            let mut ticks = 0;
            let waiting = waiting;
            while waiting.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                ticks += 1;
                if ticks == PATIENCE {
                    bar.line.set_draw_target(ProgressDrawTarget::stderr());
                }
                if let Some(progress) = *latest.lock().unwrap_or_else(PoisonError::into_inner) {
                    bar.show(progress);
                }
            }
            bar.line.finish_and_clear();
        });
        let value = work(&|progress| *latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress));
        drop(done);
        value
    })
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
    let number = |write: &mut dyn Write, n| write!(write, "{}", grouped(n)).expect("a line takes any text");
    let style = style.with_key("done", move |state: &ProgressState, out: &mut dyn Write| {
        number(out, state.pos());
    });
    style.with_key("all", move |state: &ProgressState, out: &mut dyn Write| {
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
