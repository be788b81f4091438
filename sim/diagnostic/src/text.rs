//! Facts in English. Times are exact, in nanoseconds.

use std::fmt;

use machine::ns;

use crate::diagnostic::{Diagnostic, Does, Times};
use crate::fact::{Differs, Fact, Hazard, Observed, Origin, Poison, Reader, Version};
use crate::{Code, OpRef, Place};

impl Fact {
    /// The repair, where the fact alone decides it.
    pub(crate) fn repair(&self) -> Option<String> {
        match self {
            Fact::Refused(fault) => {
                let [_, repair] = fault.text();
                Some(repair)
            }
            Fact::CannotFinish { way_out, .. } => Some(way_out.to_string()),
            Fact::Hazard(_) | Fact::Observed(_) => None,
        }
    }

    /// One sentence; `it` is the diagnostic that the fact belongs to.
    pub(crate) fn text(&self, it: &Diagnostic) -> String {
        let said = match self {
            Fact::Hazard(hazard) => of_hazard(hazard, it),
            Fact::Observed(observed) => of_run(observed, it),
            Fact::Refused(fault) => {
                let [message, _] = fault.text();
                message
            }
            Fact::CannotFinish { closed, too_few, .. } => {
                let with = too_few.map_or_else(String::new, |(ring, n)| format!(" with {n} slots on {ring}"));
                format!("the program cannot finish{with}: {}", waits(it.ops(), *closed))
            }
        };
        format!("{said}{}", it.times)
    }
}

fn of_hazard(hazard: &Hazard, it: &Diagnostic) -> String {
    let op = |at: usize| it.accesses.get(at).map_or_else(|| "the host".to_owned(), |it| it.op.to_string());
    let place = it.place.as_ref().map_or_else(String::new, Place::in_short);
    match hazard {
        Hazard::Unordered if it.code == Code::RaceWar => {
            format!("{} may overwrite {place} before {} has read it", op(0), op(1))
        }
        Hazard::Unordered if it.code == Code::RaceWaw => {
            format!("{} may write {place} before {}, whose bytes then remain", op(0), op(1))
        }
        Hazard::Unordered => format!("{} may read {place} before {} has written it", op(0), op(1)),
        Hazard::OntoItself => {
            format!("{} may overwrite {place} before it has read it for another element", op(0))
        }
        Hazard::EarlyRelease if it.accesses.get(2).is_some_and(|send| send.op == it.accesses[0].op) => {
            format!("{} reads {place} after its release, for which its own send to the slot waits", op(0))
        }
        Hazard::EarlyRelease => {
            let send = it.accesses.get(2).map(|send| format!(", and {} may overwrite it", send.op));
            let does = if it.accesses[0].does == Does::Receives { "receive into" } else { "read" };
            format!("{} may {does} {place} after its release{}", op(0), send.unwrap_or_default())
        }
        Hazard::Unwritten if it.accesses.is_empty() => {
            format!("the host takes bytes of {place} that nothing has written")
        }
        Hazard::Unwritten => format!("{} reads bytes of {place} that nothing has written", op(0)),
        Hazard::NotReleased => {
            let so = if it.code == Code::CreditLeak {
                "in the end the ring has no free slot, and one more send waits for ever"
            } else {
                "the ring has fewer slots from then on"
            };
            format!("{} receives into {place}, and nothing releases it: {so}", op(0))
        }
        Hazard::SatisfiedWait if it.accesses.len() > 1 => {
            format!("{} has no effect: {} has already waited for as much", op(0), op(1))
        }
        Hazard::SatisfiedWait => format!("{} has no effect: a semaphore starts at 0", op(0)),
        Hazard::ZeroEvent => format!("{} has no effect: its value is 0, and an event starts at 0", op(0)),
        Hazard::GatesNothing => format!(
            "{} gates nothing: nothing follows it in its command buffer, and later buffers do not wait",
            op(0)
        ),
        Hazard::SurplusSignals { signalled, waited } => {
            let wait = it.accesses.get(1).map(|wait| &wait.op);
            let by = wait.map_or_else(|| "no op".to_owned(), ToString::to_string);
            let waits = if wait.is_some_and(|wait| wait.kind == "wait_until") {
                format!("needs {waited} of that")
            } else {
                format!("waits for {waited}")
            };
            format!(
                "{place} is signalled {signalled} in all, and {by} {waits}: a surplus signal can let a wait return early"
            )
        }
        Hazard::Contributions { keys } => contributions(it, keys),
    }
}

/// Most keys that are named.
const NAMED: usize = 8;

fn contributions(it: &Diagnostic, keys: &[u32]) -> String {
    let named: Vec<String> = keys.iter().take(NAMED).map(u32::to_string).collect();
    let more = match keys.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let how = if it.code == Code::LedgerMissing { "lacks" } else { "counts too often" };
    let by = it.ops().next().map_or_else(String::new, OpRef::to_string);
    format!("{by} {how} contribution {}{more} in {}", named.join(", "), it.place_text())
}

fn of_run(observed: &Observed, it: &Diagnostic) -> String {
    match observed {
        Observed::Found { reader, meant, found, during } => {
            read(it, reader, [meant.as_ref(), found.as_ref()], *during)
        }
        Observed::NoVersion { reader, shape, dtype } => format!(
            "{reader} finds no {shape} {dtype} there at {}: the shape rule cannot resolve this read",
            ns(reader.start.fs())
        ),
        Observed::Poison { outputs, from } => poison(it, outputs, from),
        Observed::OtherOrder { order, differs, reaches, proven } => {
            let mut said = other_order(it, order, differs);
            if !reaches.is_empty() {
                said += &format!("; the bytes without a value that it reads reach {}", named(reaches));
            }
            if *proven {
                said += "; the order of the log gives other outputs: the result depends on timing";
            }
            said
        }
        Observed::NoValue { why } => why.clone(),
        Observed::CopiesDiffer { output, ranks: [a, b], tensors: [x, y] } => format!(
            "ranks {} and {} give different bits for the same element of `{output}`, first in `{x}` and `{y}`",
            a.0, b.0
        ),
        Observed::NotGiven { output, bytes } => format!("no rank gives {bytes} bytes of output `{output}`"),
    }
}

fn read(it: &Diagnostic, reader: &Reader, [meant, found]: [Option<&Version>; 2], during: bool) -> String {
    let (place, found) = (it.place_text(), version(found));
    let (start, done) = (ns(reader.start.fs()), ns(reader.done.fs()));
    match meant {
        None => format!(
            "{reader} reads bytes of {place} that nothing has written; when it started at {start} they held {found}"
        ),
        Some(_) if during => format!(
            "{reader} reads {} in {place} from {start} to {done}, and meanwhile it is overwritten by {found}",
            version(meant)
        ),
        Some(_) => format!(
            "{reader} reads {} in {place}, but when it started at {start} it held {found}",
            version(meant)
        ),
    }
}

/// `ring0#15, 16×1 f16, written at 12.5 ns by rank 0, op 5 (send)`.
fn version(version: Option<&Version>) -> String {
    let Some(Version { message, shape, dtype, written }) = version else { return "nothing".to_owned() };
    let name = message.map_or_else(String::new, |message| format!("{message}, "));
    match written {
        None => format!("{shape} {dtype} of the host's input"),
        Some((by, at)) => format!("{name}{shape} {dtype}, written at {} by {by}", ns(at.fs())),
    }
}

fn poison(it: &Diagnostic, outputs: &[String], from: &Poison) -> String {
    let by = it.ops().next().map_or_else(String::new, OpRef::to_string);
    let why = match from {
        Poison::Unwritten => "that nothing has written".to_owned(),
        Poison::Host => "that the host writes, before they are there".to_owned(),
        Poison::Op(op, false) => format!("that {op} writes, before they are there"),
        Poison::Op(op, true) => {
            format!("that {op} sends, before the message is there or after its slot was released")
        }
    };
    format!("{by} reads bytes {why}, and they reach {}", named(outputs))
}

fn other_order(it: &Diagnostic, order: &str, differs: &Differs) -> String {
    let finds = |found: &Origin, meant: &Origin| {
        format!("in {} it finds {found} instead of {meant}", it.place_text())
    };
    match differs {
        Differs::Op { op, found, meant, outputs } => {
            let outputs = if *outputs { "the outputs differ" } else { "the outputs do not differ" };
            format!(
                "in the legal order `{order}`, {op} is the first op to write other bits: {}; {outputs}",
                finds(found, meant)
            )
        }
        Differs::Host { found, meant } => format!(
            "in the legal order `{order}` every op writes the same bits, but the host takes others: {}",
            finds(found, meant)
        ),
        Differs::NoValue { op, why } => format!("in the legal order `{order}`, {op} has no value: {why}"),
    }
}

fn named(outputs: &[String]) -> String {
    let names: Vec<String> = outputs.iter().map(|name| format!("output `{name}`")).collect();
    names.join(" and ")
}

/// What the ops of a deadlock do, as a clause.
pub(crate) fn waits<'a>(mut ops: impl ExactSizeIterator<Item = &'a OpRef>, closed: bool) -> String {
    match (ops.len(), closed) {
        (1, true) => format!("{} waits for itself", ops.next().expect("there is one")),
        (1.., false) => format!("no op will ever free {}", ops.next().expect("there is one")),
        (n, _) => format!("{n} ops wait for each other"),
    }
}

impl fmt::Display for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.op {
            Some(op) => op.fmt(f),
            None => f.write_str("the host"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Unwritten => f.write_str("bytes without a value"),
            Origin::Input => f.write_str("the host's input"),
            Origin::Message(message, op) => write!(f, "{message} of {op}"),
            Origin::Op(op) => write!(f, "what {op} wrote"),
        }
    }
}

/// `(4 times, on 3 ranks)`; once is not said.
impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.count, self.ranks) {
            (0 | 1, _) => Ok(()),
            (count, 0 | 1) => write!(f, " ({count} times)"),
            (count, ranks) => write!(f, " ({count} times, on {ranks} ranks)"),
        }
    }
}
