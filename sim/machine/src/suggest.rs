//! "Did you mean …?"

use strsim::osa_distance;

/// A word that is not among the known ones, with the one that may be meant.
pub fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match closest(word, known.iter().copied()) {
        Some(near) => format!("unknown {what} `{word}`: did you mean `{near}`?"),
        None if known.is_empty() => format!("unknown {what} `{word}`: none is known here"),
        None => format!("unknown {what} `{word}`: known are {}", known.join(", ")),
    }
}

/// The candidate closest to a misspelt word, where one is close: at most a third of its letters are inserted, deleted,
/// replaced or swapped with a neighbour.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let nearest = candidates.into_iter().map(|candidate| (osa_distance(word, candidate), candidate)).min()?;
    (nearest.0 <= word.chars().count().div_ceil(3)).then_some(nearest.1)
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
            ("fifo_detph", Some("fifo_depth")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(closest(word, keys), suggestion, "{word}");
        }
    }
}
