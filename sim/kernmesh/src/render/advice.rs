//! Advice: the changes that gain, the largest gain first, then those that do not and those that were refused.

use std::collections::BTreeMap;

use super::columns::WIDTH;
use super::number::{grouped, ns, percent};
use super::{Paint, one_line, wrapped};
use crate::advise::{Advice, Change, Gain, Refused};

/// Width of the labels.
const LABEL: usize = 11;
/// Gains shown.
const SHOWN: usize = 12;

pub fn advice(advice: &Advice, paint: Paint) -> String {
    let Advice { kernel, machine, ranks, makespan_fs, makespan_cycles, gains, .. } = advice;
    let ranks = if *ranks == 1 { "1 rank".to_owned() } else { format!("{ranks} ranks") };
    let unordered = "accesses are left unordered, or read what nothing wrote; `kernmesh run` names them: the times are those of one \
         order of many";
    let mut rows = vec![
        ("run", format!("{} on {}, {ranks}", one_line(kernel), one_line(machine))),
        ("makespan", format!("{} cycles, {}", grouped(*makespan_cycles), ns(*makespan_fs))),
        ("order", if advice.unordered { unordered.to_owned() } else { String::new() }),
        ("gain", if gains.is_empty() { "no change makes it shorter".to_owned() } else { ranked(advice) }),
    ];
    if let Some(first) = gains.first() {
        rows.push(("try", wrapped(&format!("kernmesh run {}", shell(&first.change.run)), LABEL)));
    }
    rows.push(("no gain", without_gain(&advice.without_gain)));
    rows.push(("refused", refused(&advice.refused)));
    rows.push(("fixed", advice.fixed.clone().unwrap_or_default()));
    let shown = rows.iter().filter(|(_, said)| !said.is_empty());
    shown.map(|(label, said)| format!("{}{said}\n", paint.faint(&format!("{label:LABEL$}")))).collect()
}

/// One line a change: percent of the makespan, cycles, the options, what they replace.
fn ranked(advice: &Advice) -> String {
    let numbers = |gain: &Gain| {
        let saved = advice.makespan_cycles.saturating_sub(gain.makespan_cycles);
        let share = percent(advice.makespan_fs - gain.makespan_fs, advice.makespan_fs);
        [share, format!("{} cycles", grouped(saved))]
    };
    let shown = &advice.gains[..advice.gains.len().min(SHOWN)];
    let width = |column: usize| shown.iter().map(|gain| numbers(gain)[column].chars().count()).max();
    let widths = [width(0).unwrap_or(0), width(1).unwrap_or(0)];
    let line = |gain: &Gain| {
        let [share, saved] = numbers(gain);
        let options = wrapped(&options(&gain.change), LABEL + widths[0] + widths[1] + 4);
        format!("{share:>0$}  {saved:>1$}  {options}", widths[0], widths[1])
    };
    let mut lines: Vec<String> = shown.iter().map(line).collect();
    let more = advice.gains.len() - shown.len();
    if more > 0 {
        lines.push(format!("and {more} more: --json shows all"));
    }
    lines.join(&format!("\n{}", " ".repeat(LABEL)))
}

/// The options that a change adds, and what they replace.
fn options(change: &Change) -> String {
    let of = |option: &'static str, all: &BTreeMap<String, String>| -> Vec<String> {
        all.iter().map(|(key, value)| shell(&[option.to_owned(), format!("{key}={value}")])).collect()
    };
    let all = [of("--set", &change.set), of("--machine-set", &change.machine_set)].concat();
    let mut was: Vec<String> = change.was.values().map(|value| place_count(value)).collect();
    was.dedup();
    format!("{} (now {})", all.join(" "), was.join(", "))
}

/// A list of places by their number; any other value as it is.
fn place_count(value: &str) -> String {
    match value.matches('[').count() {
        0 | 1 => value.to_owned(),
        brackets => format!("{} places", brackets - 1),
    }
}

/// How many, and as many of them as one line holds.
fn without_gain(changes: &[Gain]) -> String {
    let n = changes.len();
    let mut line = match n {
        0 => return String::new(),
        1 => "1 change: ".to_owned(),
        n => format!("{n} changes: "),
    };
    for (at, gain) in changes.iter().enumerate() {
        let item = short(&gain.change);
        let rest = format!(" and {} more", n - at);
        if LABEL + line.chars().count() + item.chars().count() + 1 + rest.len() > WIDTH {
            return line.trim_end().trim_end_matches(',').to_owned() + &rest;
        }
        line.push_str(&item);
        line.push_str(if at + 1 < n { ", " } else { "" });
    }
    line
}

fn refused(refused: &[Refused]) -> String {
    let line = |it: &Refused| wrapped(&format!("{}: {}", short(&it.change), it.reason), LABEL);
    refused.iter().map(line).collect::<Vec<_>>().join(&format!("\n{}", " ".repeat(LABEL)))
}

/// A change without its options.
fn short(change: &Change) -> String {
    let all = change.set.iter().chain(&change.machine_set);
    all.map(|(key, value)| format!("{key}={}", place_count(value))).collect::<Vec<_>>().join(" ")
}

/// Words as a shell takes them.
fn shell(words: &[String]) -> String {
    let words: Vec<std::ffi::OsString> = words.iter().map(Into::into).collect();
    crate::cli::quoted(&words)
}
