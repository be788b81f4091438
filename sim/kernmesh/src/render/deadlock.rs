//! A deadlock, as a chain that leads back to its beginning.

use std::fmt::Write;

use verify::Deadlock;
use verify::deadlock::Waiting;

use super::Paint;
use super::columns::wrapped;
use super::excerpt::excerpt;
use super::finding::quoted;
use super::refusal::ranges;

/// Links shown. In a longer cycle, ops that one line of the source gave to several ranks are shown once.
const SHOWN: usize = 8;

/// A link of the cycle, and the other ranks that it stands for.
struct Link<'a> {
    waiting: &'a Waiting,
    others: Vec<u32>,
}

/// `label` says what it is.
pub fn chain(deadlock: &Deadlock, label: &str, paint: Paint) -> String {
    let mut text = format!("{label}: the program cannot finish: {}\n", deadlock.clause());
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes any text");
    let links = links(&deadlock.cycle);
    for (at, link) in links.iter().enumerate().take(SHOWN) {
        let Waiting { rank, index, op, source, waits_for, .. } = link.waiting;
        let place = if source.is_empty() { String::new() } else { format!(" ({source})") };
        line(format!("  {} rank {rank} op {index} {op}{place}", paint.faint(&format!("{}.", at + 1))));
        let waits_for = format!("waits for {waits_for}");
        line(match excerpt(source) {
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
        line(format!("  … and {more} more, the last of which waits for the first: --json lists them all"));
    }
    line(format!("  {}: {}", paint.strong("help"), wrapped(&deadlock.repair, 8)));
    text
}

fn links(cycle: &[Waiting]) -> Vec<Link<'_>> {
    let mut links: Vec<Link<'_>> = Vec::new();
    for waiting in cycle {
        let same = |link: &&mut Link<'_>| cycle.len() > SHOWN && alike(link.waiting, waiting);
        match links.iter_mut().find(same) {
            Some(link) => link.others.push(waiting.rank),
            None => links.push(Link { waiting, others: Vec::new() }),
        }
    }
    links
}

/// Whether two ops of different ranks come from one place of the source.
fn alike(a: &Waiting, b: &Waiting) -> bool {
    let same_place = if a.source.is_empty() { a.index == b.index } else { true };
    a.rank != b.rank && (&a.op, &a.source) == (&b.op, &b.source) && same_place
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
    use super::*;

    fn waiting(rank: u32, source: &str) -> Waiting {
        let waits_for =
            format!("message ring{rank}#0, sent by rank{} op 2 (send) at k.rs:4:5, behind op 1", rank + 1);
        Waiting { rank, index: 1, op: "recv".to_owned(), waits_for, source: source.to_owned(), on: None }
    }
    fn check(cycle: Vec<Waiting>, closed: bool, expected: &str) {
        let repair = "move rank0 op 2 (send) at k.rs:4:5 before rank0 op 1 (recv) at k.rs:3:5: tried, and it then finishes";
        let (repair, waits) = (repair.to_owned(), Vec::new());
        let deadlock = Deadlock { cycle, closed, waits, smallest_slots: None, repair, edits: Vec::new() };
        let text = chain(&deadlock, "finding[deadlock]", Paint::default());
        assert_eq!(text, expected);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }

    #[test]
    fn a_cycle_is_a_chain_that_ends_where_it_began() {
        check(
            vec![waiting(0, "k.rs:3:5"), waiting(1, "")],
            true,
            "finding[deadlock]: the program cannot finish: 2 ops wait for each other\n\
             \x20 1. rank 0 op 1 recv (k.rs:3:5)\n\
             \x20    waits for message ring0#0, sent by rank1 op 2 (send) at k.rs:4:5, behind op 1\n\
             \x20 2. rank 1 op 1 recv\n\
             \x20    waits for message ring1#0, sent by rank2 op 2 (send) at k.rs:4:5, behind op 1\n\
             \x20    which closes the cycle\n\
             \x20 help: move rank0 op 2 (send) at k.rs:4:5 before rank0 op 1 (recv) at k.rs:3:5: tried, and it then\n\
             \x20       finishes\n",
        );
    }

    #[test]
    fn ranks_that_do_the_same_are_shown_once() {
        check(
            (0..64).map(|rank| waiting(rank, "k.rs:3:5")).collect(),
            true,
            "finding[deadlock]: the program cannot finish: 64 ops wait for each other\n\
             \x20 1. rank 0 op 1 recv (k.rs:3:5)\n\
             \x20    waits for message ring0#0, sent by rank1 op 2 (send) at k.rs:4:5, behind op 1\n\
             \x20    and the same on ranks 1–63\n\
             \x20    which closes the cycle\n\
             \x20 help: move rank0 op 2 (send) at k.rs:4:5 before rank0 op 1 (recv) at k.rs:3:5: tried, and it then\n\
             \x20       finishes\n",
        );
        assert_eq!(ranks(&[7, 1, 3, 2]), "ranks 1–3, 7");
        assert_eq!(ranks(&[4]), "rank 4");
    }

    #[test]
    fn a_long_cycle_is_cut_short() {
        let cycle: Vec<Waiting> = (0..10).map(|rank| waiting(rank, &format!("k.rs:{rank}:5"))).collect();
        let deadlock = Deadlock {
            cycle,
            closed: true,
            waits: Vec::new(),
            smallest_slots: None,
            repair: "none".to_owned(),
            edits: Vec::new(),
        };
        let text = chain(&deadlock, "finding[deadlock]", Paint::default());
        assert_eq!(text.lines().count(), 1 + 2 * 8 + 2, "{text}");
        assert!(text.contains("… and 2 more, the last of which waits for the first"), "{text}");
    }
}
