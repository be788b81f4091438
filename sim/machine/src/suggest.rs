//! "Did you mean …?"

/// What serde says of a word in a file. It quotes that word first, and then those that it knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint<'a> {
    Missing(&'a str),
    UnknownKey(&'a str, Vec<&'a str>),
    UnknownValue(&'a str, Vec<&'a str>),
    Other,
}

impl Complaint<'_> {
    pub fn of(message: &str) -> Complaint<'_> {
        let mut quoted = message.split('`').skip(1).step_by(2);
        let word = quoted.next().unwrap_or_default();
        if message.starts_with("missing field") {
            Complaint::Missing(word)
        } else if message.starts_with("unknown field") {
            Complaint::UnknownKey(word, quoted.collect())
        } else if message.starts_with("unknown variant") {
            Complaint::UnknownValue(word, quoted.collect())
        } else {
            Complaint::Other
        }
    }
}

/// A word that is not among the known ones, with the one that may be meant.
pub fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match closest(word, known.iter().copied()) {
        Some(near) => format!("unknown {what} `{word}`: did you mean `{near}`?"),
        None if known.is_empty() => format!("unknown {what} `{word}`: none is known here"),
        None => format!("unknown {what} `{word}`: known are {}", known.join(", ")),
    }
}

/// The candidate closest to a misspelt word, where one is close: at most a third of its letters differ.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let nearest = candidates.into_iter().map(|candidate| (edits(word, candidate), candidate)).min()?;
    (nearest.0 <= word.chars().count().div_ceil(3)).then_some(nearest.1)
}

/// Letters to insert, delete or replace, and neighbours to swap (optimal string alignment).
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut row = vec![i + 1];
        for j in 0..b.len() {
            let replaced = last[j] + usize::from(a[i] != b[j]);
            let mut least = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_words_are_suggested_and_distant_ones_are_not() {
        let keys = ["tcm_bytes", "tcm_bytes_per_cycle", "dma_channels", "fifo_depth"];
        for (word, suggestion) in [
            ("tcm_byte", Some("tcm_bytes")),
            ("fifodepth", Some("fifo_depth")),
            ("dma_chanels", Some("dma_channels")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(closest(word, keys), suggestion, "{word}");
        }
    }

    #[test]
    fn edits_count_letters() {
        for (a, b, n) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "abc", 0),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("snyc", "sync", 1),
        ] {
            assert_eq!(edits(a, b), n, "{a} {b}");
        }
    }
}
