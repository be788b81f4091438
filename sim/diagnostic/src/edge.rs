//! The edge of happens-before that is missing between two accesses.

use std::fmt;

use program::Message;

use crate::OpRef;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: End,
    pub by: Option<End>,
    pub to: End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Start(OpRef),
    End(OpRef),
    /// An op that takes no time.
    Op(OpRef),
    Host,
    LastRead(Message),
    Release(Message),
    Signal,
    Wait,
    /// The passes that an event wait should hold.
    Passes,
}

impl Edge {
    pub fn new(from: End, to: End) -> Edge {
        Edge { from, by: None, to }
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Edge { from, by, to } = self;
        match by {
            None => write!(f, "{from} → {to}"),
            Some(by) => write!(f, "{from} → {by} → {to}"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Start(op) => write!(f, "start of {op}"),
            End::End(op) => write!(f, "end of {op}"),
            End::Op(op) => op.fmt(f),
            End::Host => f.write_str("the host"),
            End::LastRead(message) => write!(f, "last read of message {message}"),
            End::Release(message) => write!(f, "release of message {message}"),
            End::Signal => f.write_str("a signal"),
            End::Wait => f.write_str("a wait"),
            End::Passes => f.write_str("the passes that should wait"),
        }
    }
}
