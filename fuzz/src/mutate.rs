//! Mutations of one input, drawn from a seeded stream.

use kernmesh::machine::Random;

/// What breaks readers: limits of types, and words of the formats.
const WORDS: [&str; 24] = [
    "0",
    "1",
    "-1",
    "255",
    "256",
    "65535",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "18446744073709551615",
    "1e308",
    "-0.0",
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"nan\"",
    ",",
    ":",
    "\n",
    "\u{1b}",
];

/// `input` with up to four changes; `other` is an input to take parts of.
pub fn mutated(random: &mut Random, input: &[u8], other: &[u8]) -> Vec<u8> {
    let mut data = input.to_vec();
    for _ in 0..=below(random, 4) {
        change(random, &mut data, other);
    }
    data.truncate(1 << 16);
    data
}

fn change(random: &mut Random, data: &mut Vec<u8>, other: &[u8]) {
    let at = below(random, data.len() + 1);
    let most = 1 << below(random, 7);
    let end = (at + below(random, most)).min(data.len());
    match below(random, 9) {
        0 if at < data.len() => data[at] ^= 1 << below(random, 8),
        1 if at < data.len() => data[at] = random.bits() as u8,
        2 => drop(data.drain(at..end)),
        3 => {
            let part = data[at..end].to_vec();
            insert(data, at, &part);
        }
        4 => {
            let from = below(random, other.len() + 1);
            let to = (from + below(random, 64)).min(other.len());
            insert(data, at, &other[from..to]);
        }
        5 => insert(data, at, WORDS[below(random, WORDS.len())].as_bytes()),
        // A number of a text becomes another.
        6 | 7 => {
            if let Some((from, to)) = number_after(data, at) {
                let word = match below(random, 3) {
                    0 => WORDS[below(random, 13)].to_owned(),
                    1 => below(random, 8).to_string(),
                    _ => (1u64 << below(random, 64)).to_string(),
                };
                data.splice(from..to, word.into_bytes());
            }
        }
        // Of a binary file, a number as varint or little-endian.
        _ => {
            for (place, byte) in data[at..end].iter_mut().zip([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0x80, 1]) {
                *place = byte;
            }
        }
    }
}

fn insert(data: &mut Vec<u8>, at: usize, part: &[u8]) {
    data.splice(at..at, part.iter().copied());
}

fn number_after(data: &[u8], at: usize) -> Option<(usize, usize)> {
    let from = at + data[at..].iter().position(u8::is_ascii_digit)?;
    let length = data[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some((from, from + length))
}

fn below(random: &mut Random, n: usize) -> usize {
    (random.bits() % n.max(1) as u64) as usize
}
