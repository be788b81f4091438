//! The first view: what bound the run, how near it came to its peak, and where in the source it spent its time.

use analysis::bounds::{Server, Way};
use analysis::{Bound, Limit, Peak, peaks};
use machine::{PeId, SimTime};
use oplog::OpLog;
use serde::Serialize;

use crate::Shown;

/// Source lines that are named.
const WORST: usize = 3;

/// Times are in femtoseconds.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    /// `resource`, `slots`, `chain` or `nothing`.
    limit: &'static str,
    /// Of a resource the bound, of a chain the category.
    of: Option<&'static str>,
    /// What the limit is named for: the bound, or the time on the critical path.
    span: u64,
    peaks: Vec<Share>,
    server: Option<Place>,
    /// The lines that the critical path spends most on.
    lines: Vec<Line<'a>>,
}

/// Share of its peak that a busiest resource reaches; all parts add up to the makespan.
#[derive(Debug, Serialize)]
struct Share {
    bound: &'static str,
    rank: Option<u32>,
    reached: u64,
    /// In words, the most first.
    lost: Vec<(&'static str, u64)>,
    waits: Vec<(&'static str, u64)>,
}

/// The link, port or TCM with the most to carry; PEs are `y × width + x`.
#[derive(Debug, Serialize)]
struct Place {
    kind: &'static str,
    from: u32,
    to: u32,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    name: String,
    critical: u64,
    text: Option<&'a str>,
}

impl<'a> Answer<'a> {
    pub fn of(log: &OpLog, shown: &'a Shown<'a>) -> Answer<'a> {
        let limited = Limit::of(&shown.busiest.bounds, &shown.critical, log.makespan() - SimTime::ZERO);
        let (limit, of) = (limited.limit.kind(), limited.limit.of_what());
        let line = |(name, span): (String, machine::Span)| {
            let text = shown.excerpts.get(&name).map(String::as_str);
            Line { name, critical: span.fs(), text }
        };
        Answer {
            limit,
            of,
            span: limited.span.fs(),
            peaks: peaks(log, &shown.busiest).iter().map(Share::of).collect(),
            server: shown.busiest.link.map(|server| Place::of(log, server)),
            lines: shown.critical.by_source(log).into_iter().take(WORST).map(line).collect(),
        }
    }
}

impl Share {
    fn of(peak: &Peak) -> Share {
        let Peak { bound, rank, reached, lost, waits } = peak;
        let words = |of: Bound| lost.iter().map(move |(loss, span)| (loss.words(of), span.fs()));
        Share {
            bound: bound.name(),
            rank: rank.map(|rank| rank.0),
            reached: reached.fs(),
            lost: most_first(words(*bound)),
            waits: most_first(waits.iter().map(|(reason, span)| (reason.name(), span.fs()))),
        }
    }
}

fn most_first(parts: impl Iterator<Item = (&'static str, u64)>) -> Vec<(&'static str, u64)> {
    let mut parts: Vec<_> = parts.collect();
    parts.sort_by_key(|&(name, fs)| (std::cmp::Reverse(fs), name));
    parts
}

impl Place {
    fn of(log: &OpLog, server: Server) -> Place {
        let at = |kind, pe: PeId| Place { kind, from: pe.0, to: pe.0 };
        match server {
            Server::Port(Way::Out, pe) => at("port out of", pe),
            Server::Port(Way::In, pe) => at("port into", pe),
            Server::Tcm(pe) => at("TCM of", pe),
            Server::Link(link) => {
                let from = PeId(link.0 / 4);
                let to = log.machine.mesh().target(link).unwrap_or(from);
                Place { kind: "link", from: from.0, to: to.0 }
            }
        }
    }
}
