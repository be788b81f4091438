//! A bug: what it is, and its two programs.

use kernels::Recorded;
use program::Program;

use crate::bugs::FILES;
use crate::sketch::Sketch;

/// A mistake, and its repair.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    pub name: &'static str,
    pub story: Story,
    /// What the author got wrong, in one line.
    pub mistake: &'static str,
    /// What the repaired program does instead, in one line.
    pub repair: &'static str,
    /// Kinds of findings of the broken program, and no others, in alphabetical order. `wrong_result` is a result that
    /// differs from the reference without any finding.
    pub expected: &'static [&'static str],
    pub(crate) build: fn(Form) -> Sketch,
}

/// Where a bug comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// A simulator that took a slot's address for the identity of a message.
    WrappedSlot,
    /// A framework that ran four command queues on one GPU, and ordered only copies.
    UnorderedQueues,
    /// A runtime on a GPU that reused a mask, and read results, without waiting for command buffers.
    ReusedMask,
    /// A compiler that lost the scope of an accumulator in a grouped reduction.
    LostAccumulator,
    /// Another system, by name.
    Other(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Broken,
    Repaired,
}

impl Story {
    /// As JSON and listings have it.
    pub const fn name(self) -> &'static str {
        match self {
            Story::WrappedSlot => "A",
            Story::UnorderedQueues => "B",
            Story::ReusedMask => "C",
            Story::LostAccumulator => "D",
            Story::Other(name) => name,
        }
    }
}

impl Form {
    pub fn is_repaired(self) -> bool {
        self == Form::Repaired
    }
}

impl Bug {
    /// The program, the machine it is for and the reference that judges it.
    pub fn record(&self, form: Form) -> Recorded {
        let name = if form.is_repaired() { "repaired" } else { "broken" };
        (self.build)(form).recorded(format!("bug {} ({name})", self.name))
    }
    pub fn program(&self, form: Form) -> Program {
        self.record(form).program
    }
    /// The comment that begins the bug's file: one line for each paragraph, with empty lines between.
    pub fn description(&self) -> String {
        let file = FILES.iter().find(|file| file.bugs.iter().any(|bug| bug.name == self.name));
        let source = file.map_or("", |file| file.source);
        let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
        let lines: Vec<&str> = lines.map(str::trim).collect();
        let paragraphs = lines.split(|line| line.is_empty());
        paragraphs.map(|lines| lines.join(" ")).collect::<Vec<_>>().join("\n\n")
    }
}
