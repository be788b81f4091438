//! A rule that a program breaks. The recorder, the planner and the verifier say it alike.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A closed list, with the names that findings have in the op log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    UseAfterRelease,
    DoubleRelease,
    /// A wait for more than all signals together give.
    Semaphore,
    OutOfBounds,
    UnmatchedSend,
    UnmatchedRecv,
    /// Shape, dtype or bytes of two ends do not agree.
    Mismatch,
    /// A slot count with which the program cannot finish.
    SlotCount,
    /// TCM, HBM or SRAM is too small.
    Capacity,
    /// The program cannot finish, whatever the timing.
    Deadlock,
    /// Anything else that makes a program malformed.
    Malformed,
}

impl RefusalKind {
    /// The name in JSON and in the terminal.
    pub const fn name(self) -> &'static str {
        match self {
            RefusalKind::UseAfterRelease => "use_after_release",
            RefusalKind::DoubleRelease => "double_release",
            RefusalKind::Semaphore => "semaphore",
            RefusalKind::OutOfBounds => "out_of_bounds",
            RefusalKind::UnmatchedSend => "unmatched_send",
            RefusalKind::UnmatchedRecv => "unmatched_recv",
            RefusalKind::Mismatch => "mismatch",
            RefusalKind::SlotCount => "slot_count",
            RefusalKind::Capacity => "capacity",
            RefusalKind::Deadlock => "deadlock",
            RefusalKind::Malformed => "malformed",
        }
    }
}

/// What is wrong, before it is known which op it is said of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub kind: RefusalKind,
    pub place: String,
    pub message: String,
    pub repair: String,
}

impl Breach {
    pub fn new(kind: RefusalKind, message: impl Into<String>, repair: impl Into<String>) -> Breach {
        Breach { kind, place: String::new(), message: message.into(), repair: repair.into() }
    }
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Breach {
        self.place = place.to_string();
        self
    }
}
