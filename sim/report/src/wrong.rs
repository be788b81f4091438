//! Wrong values: what a terminal says of them, and the ops that wrote them.

use oplog::OpLog;
use oplog::provenance::WrongPart;
use program::{OpIndex, Rank};
use serde::Serialize;

use crate::Shown;
use crate::lines::name;

/// A verdict that fails, in the words of the terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Every judgement; of that which fails by most the worst element, its limit and the rule, too.
    pub judged: Vec<Said>,
    /// Where the output is wrong and why: its provenance. Empty where that is not known.
    pub causes: Vec<Said>,
}

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    pub label: &'static str,
    pub text: String,
    /// The part of the output that it is about, by its number in the provenance.
    pub part: Option<usize>,
}

impl Said {
    /// A line that is about no part alone.
    pub fn of(label: &'static str, text: String) -> Said {
        Said { label, text, part: None }
    }
}

/// Wrong values as a page shows them.
#[derive(Debug, Serialize)]
pub struct Wrong<'a> {
    #[serde(flatten)]
    told: &'a Told,
    /// By the parts of the provenance; null where nothing wrote the elements.
    writers: Vec<Option<Writer<'a>>>,
}

/// The op that wrote the worst element of a part.
#[derive(Debug, Serialize)]
struct Writer<'a> {
    /// Its number among all ops.
    op: usize,
    /// `file:line`, and the text of that line.
    source: String,
    text: Option<&'a str>,
}

impl<'a> Wrong<'a> {
    pub fn of(log: &OpLog, shown: &'a Shown<'a>) -> Option<Wrong<'a>> {
        let told = shown.told.as_ref()?;
        let firsts = log.first_ops();
        let writer = |part: &WrongPart| {
            let (rank, op) = (Rank(part.rank?), OpIndex(part.op?));
            let source = name(log, rank.index(), op.index());
            let text = shown.excerpts.get(&source).map(String::as_str);
            Some(Writer { op: firsts[rank.index()] + op.index(), source, text })
        };
        let provenance = shown.verdict.as_ref().and_then(|verdict| verdict.provenance.as_ref());
        let writers = provenance.map_or_else(Vec::new, |it| it.wrong.iter().map(writer).collect());
        Some(Wrong { told, writers })
    }
}
