//! Result of trying the repair of a finding, and the words for it: what failed is not told, and what was not tried says
//! so.

use crate::{Code, OpRef, Patch, Repair};

/// A repair, and what it decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub meaning: Option<Meaning>,
    pub repair: Repair,
    pub patch: Option<Patch>,
}

/// What an order of two accesses decides, where the program leaves it open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// The read gets the value from before the write.
    Old,
    /// The read gets what is written.
    New,
    /// What this op writes remains.
    Keeps(OpRef),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trial {
    /// The repair names no op, or nobody has tried it.
    Untried,
    /// The patched program finishes, without this finding, without a new one about order, and every read that had one
    /// meaning keeps it.
    Holds,
    /// The program has too many ops, or too many findings.
    TooLarge,
    /// Only a run shows the finding, so that no check tells whether it is gone.
    OfRun,
    /// Every repair that was tried fails, the first one in this way.
    Fails(Failure),
    /// It holds alone, and fails together with the repairs of the findings before it.
    HoldsAlone,
}

/// Way in which a repair fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The op that should wait comes before the op that it should wait for.
    NoPlace,
    /// The patched program is refused: it cannot finish, or breaks a rule.
    Refused(Vec<Code>),
    /// The finding is still there.
    Remains,
    /// Other findings about order come.
    Brings(Vec<Code>),
    /// A read of one meaning gets another.
    OtherFlow,
}

impl Meaning {
    fn text(&self) -> String {
        match self {
            Meaning::Old => "to read the old value: ".to_owned(),
            Meaning::New => "to read the new value: ".to_owned(),
            Meaning::Keeps(op) => format!("to keep what {op:#} writes: "),
        }
    }
}

impl Trial {
    /// The repairs in words.
    pub(crate) fn text<'a>(&self, ways: impl Iterator<Item = (Option<&'a Meaning>, &'a Repair)>) -> String {
        let mut told: Vec<String> = Vec::new();
        let mut meanings = Vec::new();
        for (meaning, repair) in ways {
            if meanings.contains(&meaning) {
                continue;
            }
            meanings.push(meaning);
            told.push(meaning.map_or_else(String::new, Meaning::text) + &repair.text());
        }
        let told = told.join("; ");
        match self {
            Trial::Untried | Trial::Holds => told,
            Trial::TooLarge => {
                format!("{told} (not tried: that takes more than {} ops in all)", Trial::MOST_OPS)
            }
            Trial::OfRun => format!("{told} (not tried: only this run shows the finding)"),
            Trial::Fails(failure) => format!("no single repair is known: {failure}"),
            Trial::HoldsAlone => {
                format!("{told} (alone: together with the repairs of the findings before it, it fails)")
            }
        }
    }

    /// Ops of all patched programs that are checked for one program.
    pub const MOST_OPS: usize = 1 << 18;
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |codes: &[Code]| codes.iter().map(|code| code.name()).collect::<Vec<_>>().join(", ");
        match self {
            Failure::NoPlace => {
                f.write_str("the op that should come first comes later in the program of its rank")
            }
            Failure::Refused(codes) => {
                write!(f, "with one more edge between the two ops the program is refused ({})", names(codes))
            }
            Failure::Remains => f.write_str("with one more edge between the two ops the finding remains"),
            Failure::Brings(codes) => {
                write!(f, "with one more edge between the two ops there are others ({})", names(codes))
            }
            Failure::OtherFlow => {
                f.write_str("with one more edge between the two ops another read gets another value")
            }
        }
    }
}
