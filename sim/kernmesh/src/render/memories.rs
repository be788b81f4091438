//! Memories as text: their holders, and when they hold.

use std::collections::BTreeMap;

use super::Paint;
use super::columns::wrapped;
use super::number::{bytes, grouped};
use super::one_line;
use crate::memories::{HolderUse, Memories, MemoryOverTime, MemoryUse, OpUse, TwiceUse};

/// Width of the labels.
const LABEL: usize = 11;
/// Columns of a graph.
const GRAPH: usize = 64;
/// Holders of a memory, and copies.
const SHOWN: usize = 8;
const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The fullest memory of each kind, or all of those that are given when they are of one rank.
pub fn memories(held: &Memories, paint: Paint) -> String {
    let [kernel, machine] = [&held.kernel, &held.machine].map(|name| one_line(name).into_owned());
    let ranks = if held.ranks == 1 { "1 rank".to_owned() } else { format!("{} ranks", held.ranks) };
    let mut text = row("run", &format!("{kernel} on {machine}, {ranks}"), paint);
    text.push_str(&row("makespan", &format!("{} cycles", grouped(held.makespan_cycles)), paint));
    let mut kinds: BTreeMap<&str, Vec<&MemoryOverTime>> = BTreeMap::new();
    held.memories.iter().for_each(|it| kinds.entry(it.at_its_fullest.space).or_default().push(it));
    for memories in kinds.values() {
        let most =
            |it: &&&MemoryOverTime| (it.at_its_fullest.most_bytes, std::cmp::Reverse(it.at_its_fullest.of));
        let Some(memory) = memories.iter().max_by_key(most) else { continue };
        text.push_str(&one(held, memory, memories, paint));
    }
    let copies = folded(&held.twice);
    let n = copies.len();
    for said in copies.into_iter().take(SHOWN) {
        text.push_str(&row("twice", &said, paint));
    }
    if n > SHOWN {
        text.push_str(&row("", &format!("and {} more: --json has all", n - SHOWN), paint));
    }
    if !held.twice_is_complete {
        text.push_str(&row("twice", "not everything was compared: the run moves very many pieces", paint));
    }
    text
}

fn row(label: &str, said: &str, paint: Paint) -> String {
    format!("{}{}\n", paint.faint(&format!("{label:LABEL$}")), wrapped(said, LABEL))
}

/// Cycles at a time, rounded down: the makespan is the measure.
fn cycles(held: &Memories, fs: u64) -> String {
    let all = u128::from(held.makespan_fs.max(1));
    grouped((u128::from(fs) * u128::from(held.makespan_cycles) / all) as u64)
}

/// A memory, its graph and its holders, and how full the others of its kind are.
fn one(held: &Memories, memory: &MemoryOverTime, all: &[&MemoryOverTime], paint: Paint) -> String {
    let MemoryUse { space, of, capacity_bytes, needed_bytes, slot_bytes, most_bytes, from_fs, .. } =
        memory.at_its_fullest;
    let whose = if space == "sram" { format!("cube {of}") } else { format!("rank {of}") };
    let slots = if slot_bytes > 0 { format!(", {} of them slots", bytes(slot_bytes)) } else { String::new() };
    let said = format!(
        "{whose}: at most {} live{slots}, from cycle {} on; {} taken of {}",
        bytes(most_bytes),
        cycles(held, from_fs),
        bytes(needed_bytes),
        bytes(capacity_bytes),
    );
    let mut text = row(&space.to_uppercase(), &said, paint);
    let indent = " ".repeat(LABEL);
    text.push_str(&format!("{indent}│{}│ {}\n", graph(held, memory), bytes(most_bytes)));
    text.push_str(&table(held, &memory.at_its_fullest));
    let others = all.iter().map(|it| it.at_its_fullest.most_bytes);
    if let (Some(least), Some(most)) = (others.clone().min(), others.max())
        && all.len() > 1
    {
        let what = if space == "sram" { "cubes" } else { "ranks" };
        let range = if least == most { bytes(most) } else { format!("{} to {}", bytes(least), bytes(most)) };
        text.push_str(&format!("{indent}all {} {what}: {range} at most\n", all.len()));
    }
    text
}

/// The most bytes that are live in each part of the run, as bars.
fn graph(held: &Memories, memory: &MemoryOverTime) -> String {
    let (all, most) = (u128::from(held.makespan_fs.max(1)), memory.at_its_fullest.most_bytes.max(1));
    let scaled = |fs: u64| u128::from(fs) * GRAPH as u128;
    // What ends with a column does not reach the next.
    let columns = |from: u64, to: u64| {
        let (first, end) = (scaled(from) / all, scaled(to).div_ceil(all));
        (first as usize).min(GRAPH - 1)..(end as usize).min(GRAPH)
    };
    let mut tallest = [0u64; GRAPH];
    let ends = memory.levels.iter().skip(1).map(|&(at, _)| at).chain([held.makespan_fs]);
    for (&(from, level), to) in memory.levels.iter().zip(ends) {
        if from < to {
            tallest[columns(from, to)].iter_mut().for_each(|it| *it = (*it).max(level));
        }
    }
    // Something is never drawn as nothing.
    let bar = |level: u64| (u128::from(level) * 8).div_ceil(u128::from(most)) as usize;
    tallest.map(|level| BARS[bar(level).min(8)]).iter().collect()
}

fn table(held: &Memories, memory: &MemoryUse) -> String {
    let row = |holder: &HolderUse| {
        let name = if holder.role == "buffer" { holder.name.clone() } else { format!("`{}`", holder.name) };
        let role = if holder.role == "buffer" { "" } else { holder.role };
        let span = holder.first.span.as_ref().map_or_else(String::new, |span| format!("span `{span}`"));
        let life = format!("cycles {} to {}", cycles(held, holder.from_fs), cycles(held, holder.to_fs));
        let cells = [bytes(holder.bytes), name, role.to_owned(), life, line(&holder.first), span];
        [" ".repeat(LABEL - 2)].into_iter().chain(cells).collect::<Vec<String>>()
    };
    let mut rows: Vec<Vec<String>> = memory.holders.iter().take(SHOWN).map(row).collect();
    // A column of nothing takes no room.
    for column in (0..rows.first().map_or(0, Vec::len)).rev() {
        if rows.iter().all(|row| row[column].is_empty()) {
            rows.iter_mut().for_each(|row| drop(row.remove(column)));
        }
    }
    let more = memory.more_holders + memory.holders.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!("{}and {more} more\n", " ".repeat(LABEL)) } else { String::new() };
    super::columns(&rows) + &rest
}

/// `kernel.rs:40`, or nothing.
fn line(op: &OpUse) -> String {
    let Some(source) = &op.source else { return String::new() };
    let file = source.rsplit('/').next().unwrap_or_default();
    file.rsplit_once(':').map_or(file, |(line, _column)| line).to_owned()
}

/// Copies that differ in their rank alone are one.
fn folded(twice: &[TwiceUse]) -> Vec<String> {
    let mut all: Vec<(String, &TwiceUse, Vec<u32>)> = Vec::new();
    for copy in twice {
        let said = said(copy);
        match all.iter_mut().find(|(other, first, _)| *other == said && first.space == copy.space) {
            Some((_, _, ranks)) => ranks.push(copy.of),
            None => all.push((said, copy, vec![copy.of])),
        }
    }
    let told = |(said, first, ranks): (String, &TwiceUse, Vec<u32>)| {
        let space = first.space.to_uppercase();
        let mut ranks = ranks;
        ranks.dedup();
        match ranks[..] {
            [rank] => format!("{said}, in {space} of rank {rank}"),
            _ => format!("{said}, in {space} of {} ranks, of rank {} first", ranks.len(), ranks[0]),
        }
    };
    all.into_iter().map(told).collect()
}

/// `64 KiB of `w`: in `w` and in `copy`, where store at optim.rs:12 brings it`.
fn said(copy: &TwiceUse) -> String {
    let what = match (&copy.input, &copy.made_by) {
        (Some(input), _) => format!("`{input}`"),
        (None, Some(op)) => format!("what {} makes", op_said(op)),
        (None, None) => "an input".to_owned(),
    };
    let place = |at: usize| {
        let holder =
            if copy.space == "tcm" { copy.holders[at].clone() } else { format!("`{}`", copy.holders[at]) };
        match &copy.by[at] {
            Some(op) if Some(op) != copy.made_by.as_ref() => format!("{holder} ({})", op_said(op)),
            Some(_) | None => holder,
        }
    };
    format!("{} of {what}: in {} and in {}", bytes(copy.bytes), place(0), place(1))
}

fn op_said(op: &OpUse) -> String {
    let line = line(op);
    if line.is_empty() {
        format!("{} of rank {}, op {}", op.kind, op.rank, op.op)
    } else {
        format!("{} at {line}", op.kind)
    }
}

/// One sentence for a run that holds something twice; nothing for others.
pub fn twice_note(twice: &[TwiceUse]) -> Option<String> {
    let copies = folded(twice);
    let first = copies.first()?;
    let more = if copies.len() > 1 { format!("; and {} more", copies.len() - 1) } else { String::new() };
    Some(format!("HBM holds bytes twice: {first}{more}; `kernmesh memory LOG` shows when"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(levels: &[(u64, u64)], most_bytes: u64) -> MemoryOverTime {
        let at_its_fullest = MemoryUse {
            space: "hbm",
            of: 0,
            capacity_bytes: 64,
            needed_bytes: 64,
            slot_bytes: 0,
            most_bytes,
            from_fs: 0,
            to_fs: 0,
            holders: Vec::new(),
            more_holders: 0,
        };
        MemoryOverTime { at_its_fullest, levels: levels.to_vec(), lives: Vec::new() }
    }

    #[test]
    fn a_graph_has_the_most_of_each_part() {
        let held = |makespan_fs| Memories {
            kernel: String::new(),
            machine: String::new(),
            ranks: 1,
            makespan_fs,
            makespan_cycles: 1,
            memories: Vec::new(),
            twice: Vec::new(),
            twice_is_complete: true,
        };
        let bars = |parts: &[(char, usize)]| -> String {
            parts.iter().map(|&(bar, n)| bar.to_string().repeat(n)).collect()
        };
        for (levels, most, makespan, expected) in [
            (&[(0, 0), (320, 8)][..], 8, 640, bars(&[(' ', 32), ('█', 32)])),
            // A moment is seen, and so is a byte of many.
            (&[(0, 1), (5, 8000), (6, 1)], 8000, 640, bars(&[('█', 1), ('▁', 63)])),
            // The run is shorter than the graph is wide, or takes no time.
            (&[(0, 4), (1, 8)], 8, 2, bars(&[('▄', 32), ('█', 32)])),
            (&[(0, 4)], 4, 0, bars(&[(' ', 64)])),
        ] {
            assert_eq!(graph(&held(makespan), &memory(levels, most)), expected, "{levels:?}");
        }
    }

    #[test]
    fn copies_of_several_ranks_are_told_once() {
        let copy = |of: u32, bytes| TwiceUse {
            space: "hbm",
            of,
            input: Some("w".to_owned()),
            made_by: None,
            holders: ["w".to_owned(), "kept".to_owned()],
            by: [None, Some(op(of))],
            bytes,
            from_fs: 0,
            to_fs: 9,
        };
        fn op(rank: u32) -> OpUse {
            OpUse { rank, op: 3, kind: "store", source: Some("a/k.py:7:5".to_owned()), span: None }
        }
        let one = "64 B of `w`: in `w` and in `kept` (store at k.py:7), in HBM of";
        assert_eq!(folded(&[copy(4, 64)]), [format!("{one} rank 4")]);
        let all = [copy(2, 64), copy(3, 64), copy(1, 32)];
        assert_eq!(folded(&all)[0], format!("{one} 2 ranks, of rank 2 first"));
        assert_eq!(folded(&all).len(), 2);
        assert!(twice_note(&all).is_some_and(|said| said.contains("; and 1 more;")));
        assert_eq!(twice_note(&[]), None);
    }
}
