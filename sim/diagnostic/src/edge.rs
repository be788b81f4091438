//! The edge of happens-before that is missing between two accesses.

use std::fmt;

use program::Message;

use crate::OpRef;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edge {
    /// From one end to the other, by way of a third if any.
    Order { from: End, by: Option<End>, to: End },
    /// None of these is ordered with the others.
    Among(Vec<OpRef>),
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
        Edge::Order { from, by: None, to }
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Edge::Order { from, by: None, to } => write!(f, "{from} → {to}"),
            Edge::Order { from, by: Some(by), to } => write!(f, "{from} → {by} → {to}"),
            Edge::Among(ops) => {
                let ops: Vec<String> = ops.iter().map(OpRef::to_string).collect();
                write!(f, "no wait, message or barrier orders {}", ops.join(" and "))
            }
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
