//! "Did you mean …?" A suggestion that means something else is worse than none.

use strsim::osa_distance;

/// A word that is not among the known ones, with the one that may be meant. A key may be misspelt; a value, or an op,
/// may be one of another program, whose meaning a similar word has not.
pub fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    let near = if what == "key" { closest } else { same_word };
    let word_shown = shown(word);
    match near(word, known) {
        Some(near) => format!("unknown {what} `{word_shown}`: did you mean `{near}`?"),
        None if known.is_empty() => format!("unknown {what} `{word_shown}`: none is known here"),
        None => format!("unknown {what} `{word_shown}`: known are {}", known.join(", ")),
    }
}

/// So much of a word that a message stays one line.
pub fn shown(word: &str) -> String {
    const MOST: usize = 80;
    if word.chars().count() <= MOST {
        return word.to_owned();
    }
    word.chars().take(MOST).chain(['…']).collect()
}

/// The candidate closest to a misspelt name: the same in other case or with other separators; else with the same
/// numbers, and with one letter left out, added or swapped with its neighbour, or one in four changed.
pub fn closest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    same_word(word, candidates).or_else(|| {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let alike = candidates.iter().filter(|it| numbers(it) == numbers(word));
        let (distance, near) = alike.map(|it| (osa_distance(word, it), *it)).min()?;
        let replaced = word.chars().count() == near.chars().count() && !is_swap(word, near);
        let near_enough = distance <= letters / 4 || (distance == 1 && letters >= 3 && !replaced);
        near_enough.then_some(near)
    })
}

/// The candidate that is the same word: in other case or with other separators; with two neighbours swapped; with a
/// letter too few or too many inside, doubled, or an s at the end; or cut short by one or two of many letters.
pub fn same_word<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.replace(['_', '-', ' '], "").to_lowercase();
    let of = |is: &dyn Fn(&str) -> bool| candidates.iter().copied().find(|it| is(it));
    of(&|it| plain(it) == plain(word)).or_else(|| {
        let same = |it: &str| is_swap(word, it) || is_longer(word, it) || is_longer(it, word);
        of(&|it| numbers(it) == numbers(word) && same(it))
    })
}

/// Whether the first is the second with a letter or two more, where these change no meaning.
fn is_longer(long: &str, short: &str) -> bool {
    let (letters, n): (Vec<char>, _) = (long.chars().collect(), short.chars().count());
    if long.starts_with(short) && n >= 4 && (n + 1..=n + 2).contains(&letters.len()) {
        return true;
    }
    let without = |at: usize| {
        let mut rest = letters.clone();
        rest.remove(at);
        rest.into_iter().eq(short.chars())
    };
    let is_harmless =
        |at: usize| at + 1 < letters.len() || letters[at] == letters[at - 1] || letters[at] == 's';
    letters.len() == n + 1 && n >= 2 && (1..letters.len()).any(|at| is_harmless(at) && without(at))
}

fn is_swap(a: &str, b: &str) -> bool {
    let sorted = |text: &str| {
        let mut letters: Vec<char> = text.chars().collect();
        letters.sort_unstable();
        letters
    };
    osa_distance(a, b) == 1 && sorted(a) == sorted(b)
}

/// The numbers in a name: widths and counts, which are never misspelt.
fn numbers(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_words_are_suggested_and_distant_ones_are_not() {
        let keys =
            ["tcm_bytes", "tcm_bytes_per_cycle", "dma_channels", "fifo_depth", "cube", "rows", "m", "k"];
        for (word, suggestion) in [
            ("tcm_byte", Some("tcm_bytes")),
            ("TCM_Bytes", Some("tcm_bytes")),
            ("fifodepth", Some("fifo_depth")),
            ("dma_chanels", Some("dma_channels")),
            ("fifo_detph", Some("fifo_depth")),
            ("cub", Some("cube")),
            ("row", Some("rows")),
            ("M", Some("m")),
            ("N", None),
            ("n", None),
            ("cols", None),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(closest(word, &keys), suggestion, "{word}");
        }
    }

    /// Another width, sign or function is another meaning.
    #[test]
    fn a_value_is_suggested_only_for_the_same_word() {
        let values = [
            "f32",
            "f16",
            "bf16",
            "f8e4m3",
            "u8",
            "i32",
            "add",
            "sub",
            "exp",
            "sqrt",
            "maximum",
            "interlocked",
            "torus",
        ];
        for (word, suggestion) in [
            ("F32", Some("f32")),
            ("F8_E4M3", Some("f8e4m3")),
            ("tours", Some("torus")),
            ("interlock", Some("interlocked")),
            ("i8", None),
            ("i64", None),
            ("fp16", Some("f16")),
            ("f17", None),
            ("tf32", None),
            ("bf32", None),
            ("ad", Some("add")),
            ("adds", Some("add")),
            ("sqrrt", Some("sqrt")),
            ("f8e5m3", None),
            ("exp2", None),
            ("rsqrt", None),
            ("sum", None),
            ("and", None),
            ("minimum", None),
        ] {
            assert_eq!(same_word(word, &values), suggestion, "{word}");
        }
    }
}
