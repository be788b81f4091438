//! The committed numbers, and what is said of those that differ.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

/// Most that a count may differ from the committed one, in percent, to either side: what has become cheaper is held
/// at its new cost.
pub const ROOM: f64 = 3.0;

/// Instructions by work, then by subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Numbers {
    /// The compiler they were counted with.
    rustc: String,
    #[serde(flatten)]
    works: BTreeMap<String, BTreeMap<String, u64>>,
}

impl Numbers {
    pub fn add(&mut self, work: &str, subject: &str, instructions: u64) {
        self.works.entry(work.to_owned()).or_default().insert(subject.to_owned(), instructions);
    }

    /// # Errors
    /// Why the file cannot be read, in words.
    pub fn read(file: &Path) -> Result<Numbers, String> {
        let text =
            fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        toml::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// # Errors
    /// Why the file cannot be written, in words.
    pub fn write(&self, file: &Path) -> Result<(), String> {
        fs::write(file, self.text(&rustc()))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))
    }

    fn text(&self, rustc: &str) -> String {
        let mut text = format!(
            "# Instructions of fixed work, as `make instructions` counts them. `make bless-instructions` rewrites \
             this file.\nrustc = \"{rustc}\"\n"
        );
        for (work, subjects) in &self.works {
            text += &format!("\n[{work}]\n");
            subjects.iter().for_each(|(subject, count)| text += &format!("{subject} = {count}\n"));
        }
        text
    }

    /// Every count, with the committed one and the difference.
    pub fn table(&self, committed: &Numbers) -> String {
        let head = ["work", "subject", "committed", "counted", "change"];
        let mut table =
            format!("{:<10} {:<11} {:>11} {:>11} {:>8}\n", head[0], head[1], head[2], head[3], head[4]);
        for (work, subject, before, now) in self.beside(committed) {
            let number = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
            let change = percent(before, now).map_or("-".to_owned(), |percent| format!("{percent:+.2} %"));
            table +=
                &format!("{work:<10} {subject:<11} {:>11} {:>11} {change:>8}\n", number(before), number(now));
        }
        table
    }

    /// What is out of its room, and what to do; empty when all is in it.
    pub fn complaints(&self, committed: &Numbers) -> String {
        let mut text = String::new();
        for (work, subject, before, now) in self.beside(committed) {
            text += &match (before, now, percent(before, now)) {
                (Some(before), Some(now), Some(change)) if change.abs() > ROOM => {
                    format!(
                        "{work} of {subject}: {before} → {now} instructions, {change:+.1} %; {ROOM} % of room\n"
                    )
                }
                (None, Some(now), _) => format!("{work} of {subject}: {now} instructions, not committed\n"),
                (_, None, _) => format!("{work} of {subject}: committed, and not counted\n"),
                (Some(_), Some(_), _) => continue,
            };
        }
        if text.is_empty() {
            return text;
        }
        let with = rustc();
        if committed.rustc != with {
            text += &format!("the numbers were counted with {}, this is {with}\n", committed.rustc);
        }
        text + "if the new cost is right, `make bless-instructions`, and say why in the commit that changes the file"
    }

    /// Every work of every subject: the committed count and this one.
    fn beside(&self, committed: &Numbers) -> Vec<(String, String, Option<u64>, Option<u64>)> {
        let mut all = BTreeMap::new();
        for (of, numbers) in [committed, self].into_iter().enumerate() {
            for (work, subjects) in &numbers.works {
                for (subject, &count) in subjects {
                    all.entry((work, subject)).or_insert([None; 2])[of] = Some(count);
                }
            }
        }
        all.into_iter()
            .map(|((work, subject), [before, now])| (work.clone(), subject.clone(), before, now))
            .collect()
    }
}

fn percent(before: Option<u64>, now: Option<u64>) -> Option<f64> {
    let (before, now) = (before? as f64, now? as f64);
    Some((now - before) * 100.0 / before)
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    output
        .map_or_else(|_| "unknown".to_owned(), |said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: u64) -> Numbers {
        let mut numbers = Numbers { rustc: rustc(), ..Numbers::default() };
        numbers.add("phase_1", "mesh_kv", count);
        numbers
    }

    #[test]
    fn a_cost_out_of_its_room_is_named_with_what_to_do() {
        let complaint = |now: u64| numbers(now).complaints(&numbers(1000));
        for within in [970, 1000, 1030] {
            assert_eq!(complaint(within), "", "{within}");
        }
        assert!(
            complaint(1031)
                .starts_with("phase_1 of mesh_kv: 1000 → 1031 instructions, +3.1 %; 3 % of room\n")
        );
        assert!(complaint(969).contains("-3.1 %"));
        assert!(complaint(1031).contains("`make bless-instructions`"));
    }

    #[test]
    fn what_is_counted_is_what_is_committed() {
        let mut more = numbers(1000);
        more.add("phase_1", "gemm", 5);
        assert!(
            more.complaints(&numbers(1000)).starts_with("phase_1 of gemm: 5 instructions, not committed\n")
        );
        assert!(numbers(1000).complaints(&more).starts_with("phase_1 of gemm: committed, and not counted\n"));
        let old = Numbers { rustc: "rustc 1.0.0".to_owned(), ..numbers(1) };
        assert!(numbers(1000).complaints(&old).contains("counted with rustc 1.0.0"));
    }

    #[test]
    fn numbers_read_back_from_their_file() {
        let numbers = numbers(7);
        assert_eq!(toml::from_str(&numbers.text(&numbers.rustc)), Ok(numbers));
    }
}
