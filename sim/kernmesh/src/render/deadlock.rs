//! A deadlock, as a chain that leads back to its beginning.

use std::fmt::Write;

use diagnostic::{Deadlock, Waiting};

use super::Paint;
use super::columns::wrapped;
use super::finding::quoted;
use super::refusal::ranges;
use crate::excerpt::excerpt;

/// Links shown. In a longer cycle, ops that one line of the source gave to several ranks are shown once.
const SHOWN: usize = 8;

/// A link of the cycle, and the other ranks that it stands for.
struct Link<'a> {
    waiting: &'a Waiting,
    others: Vec<u32>,
}

/// `label` is its heading.
pub fn chain(deadlock: &Deadlock, label: &str, paint: Paint) -> String {
    let mut text = format!("{label}: the program cannot finish: {}\n", deadlock.clause());
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes any text");
    let links = links(&deadlock.cycle);
    for (at, link) in links.iter().enumerate().take(SHOWN) {
        let Waiting { op, waits_for, .. } = link.waiting;
        let location = op.location.as_ref().map_or_else(String::new, |it| format!(" at {it}"));
        line(format!("  {} {op}{location}", paint.faint(&format!("{}.", at + 1))));
        let waits_for = format!("waits for {waits_for}");
        line(match op.location.as_ref().and_then(excerpt) {
            Some(excerpt) => quoted(&excerpt, &waits_for, paint).trim_end().to_owned(),
            None => format!("     {}", wrapped(&waits_for, 5)),
        });
        if !link.others.is_empty() {
            line(format!("     {}", wrapped(&format!("and the same on {}", ranks(&link.others)), 5)));
        }
        if deadlock.closed && at + 1 == links.len() {
            line("     which closes the cycle".to_owned());
        }
    }
    if let Some(more @ 1..) = links.len().checked_sub(SHOWN) {
        line(format!("  … and {more} more; the last waits for the first: --json lists them all"));
    }
    line(format!("  {}: {}", paint.strong("help"), wrapped(&deadlock.way_out.to_string(), 8)));
    text
}

fn links(cycle: &[Waiting]) -> Vec<Link<'_>> {
    let mut links: Vec<Link<'_>> = Vec::new();
    for waiting in cycle {
        let same = |link: &&mut Link<'_>| cycle.len() > SHOWN && alike(link.waiting, waiting);
        match links.iter_mut().find(same) {
            Some(link) => link.others.push(waiting.op.rank.0),
            None => links.push(Link { waiting, others: Vec::new() }),
        }
    }
    links
}

/// Whether two ops of different ranks come from one place of the source.
fn alike(a: &Waiting, b: &Waiting) -> bool {
    let (a, b) = (&a.op, &b.op);
    let same_place = a.location.is_some() || a.index == b.index;
    a.rank != b.rank && (a.kind, &a.location) == (b.kind, &b.location) && same_place
}

/// `rank 3`, or `ranks 1–4, 7`.
fn ranks(list: &[u32]) -> String {
    let mut sorted = list.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    format!("{} {}", if list.len() == 1 { "rank" } else { "ranks" }, ranges(&sorted))
}

#[cfg(test)]
mod tests {
    use diagnostic::deadlock::{Hint, Outcome, Standing, WaitsFor, WayOut};
    use diagnostic::{Before, Change, OpRef};
    use program::{Location, Message, OpIndex, Rank, RingId};

    use super::*;

    fn op(rank: u32, index: u32, kind: &'static str, line: Option<u32>) -> OpRef {
        let location = line.map(|line| Location { file: "k.rs".to_owned(), line, column: 5 });
        OpRef { rank: Rank(rank), index: OpIndex(index), kind, unit: None, location }
    }
    fn waiting(rank: u32, line: Option<u32>) -> Waiting {
        let send = op(rank + 1, 2, "send", Some(4));
        let standing = Standing { op: send, commit: None, behind: Some(OpIndex(1)) };
        let message = Message { ring: RingId(rank), number: 0 };
        let waits_for = WaitsFor::Message(message, Some(standing));
        Waiting { op: op(rank, 1, "recv", line), waits_for, on: None }
    }
    fn stuck(cycle: Vec<Waiting>, closed: bool) -> Deadlock {
        let (recv, send) = (op(0, 1, "recv", Some(3)), op(0, 2, "send", Some(4)));
        let before = Before { rank: Rank(0), index: OpIndex(1), op: Some(recv) };
        let moved = Change::Move { rank: Rank(0), ops: vec![OpIndex(2)], before, target: send };
        let way_out = WayOut { outcome: Outcome::Found, changes: vec![moved], ..WayOut::untried(Hint::Send) };
        Deadlock { cycle, closed, waits: Vec::new(), smallest_slots: None, way_out }
    }
    fn check(cycle: Vec<Waiting>, closed: bool, expected: &str) {
        let text = chain(&stuck(cycle, closed), "finding[deadlock]", Paint::default());
        assert_eq!(text, expected);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn a_cycle_is_a_chain_that_ends_where_it_began() {
        check(
            vec![waiting(0, Some(3)), waiting(1, None)],
            true,
            "finding[deadlock]: the program cannot finish: 2 ops wait for each other\n\
             \x20 1. rank 0, op 1 (recv) at k.rs:3:5\n\
             \x20    waits for message ring0#0, sent by rank 1, op 2 (send, k.rs:4), behind op 1\n\
             \x20 2. rank 1, op 1 (recv)\n\
             \x20    waits for message ring1#0, sent by rank 2, op 2 (send, k.rs:4), behind op 1\n\
             \x20    which closes the cycle\n\
             \x20 help: move rank 0, op 2 (send, k.rs:4) before rank 0, op 1 (recv, k.rs:3): tried, and it then\n\
             \x20       finishes\n",
        );
    }

    #[test]
    fn ranks_that_do_the_same_are_shown_once() {
        check(
            (0..64).map(|rank| waiting(rank, Some(3))).collect(),
            true,
            "finding[deadlock]: the program cannot finish: 64 ops wait for each other\n\
             \x20 1. rank 0, op 1 (recv) at k.rs:3:5\n\
             \x20    waits for message ring0#0, sent by rank 1, op 2 (send, k.rs:4), behind op 1\n\
             \x20    and the same on ranks 1–63\n\
             \x20    which closes the cycle\n\
             \x20 help: move rank 0, op 2 (send, k.rs:4) before rank 0, op 1 (recv, k.rs:3): tried, and it then\n\
             \x20       finishes\n",
        );
        assert_eq!(ranks(&[7, 1, 3, 2]), "ranks 1–3, 7");
        assert_eq!(ranks(&[4]), "rank 4");
    }

    #[test]
    fn a_long_cycle_is_cut_short() {
        let cycle: Vec<Waiting> = (0..10).map(|rank| waiting(rank, Some(rank))).collect();
        let deadlock = stuck(cycle, true);
        let text = chain(&deadlock, "finding[deadlock]", Paint::default());
        assert_eq!(text.lines().count(), 1 + 2 * 8 + 3, "{text}");
        assert!(text.contains("… and 2 more; the last waits for the first"), "{text}");
    }
}
