//! A sealed file: a mark, sections, and a footer that covers every byte before it.
//!
//! ```text
//! mark      8 bytes, and the version as u32
//! section   kind u8, length u64, sum u64, then so many bytes          (as often as needed)
//! footer    0xff, count u64, BLAKE3 of every byte before it (32 bytes)
//! ```
//! All numbers are little-endian. BLAKE3 decides whether a file is whole; the sums only say where it is not.

use crate::damage::Damage;

const FOOTER: u8 = 0xff;
const SECTION_HEAD: usize = 1 + 8 + 8;
const FOOTER_BYTES: usize = 1 + 8 + 32;

/// Mark of a file format.
pub struct Mark {
    pub bytes: [u8; 8],
    pub version: u32,
    /// In words, after "not".
    pub what: &'static str,
}

/// Writes a sealed file.
pub struct Sealing {
    bytes: Vec<u8>,
}

impl Sealing {
    pub fn new(mark: &Mark, capacity: usize) -> Sealing {
        let mut bytes = Vec::with_capacity(capacity);
        bytes.extend(mark.bytes);
        bytes.extend(mark.version.to_le_bytes());
        Sealing { bytes }
    }
    pub fn section(&mut self, kind: u8, fill: impl FnOnce(&mut Vec<u8>)) {
        let head = self.bytes.len();
        self.bytes.push(kind);
        self.bytes.extend([0; SECTION_HEAD - 1]);
        fill(&mut self.bytes);
        let (before, payload) = self.bytes.split_at_mut(head + SECTION_HEAD);
        before[head + 1..head + 9].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        before[head + 9..].copy_from_slice(&sum(payload).to_le_bytes());
    }
    pub fn finish(mut self, count: u64) -> Vec<u8> {
        self.bytes.push(FOOTER);
        self.bytes.extend(count.to_le_bytes());
        let hash = blake3::hash(&self.bytes);
        self.bytes.extend(hash.as_bytes());
        self.bytes
    }
}

/// A section of a file whose seal is whole.
pub struct Section<'a> {
    pub kind: u8,
    pub payload: &'a [u8],
    pub offset: usize,
}

/// Breaks a seal: the sections and the count. `name` names a section by its number and kind.
pub fn open<'a>(
    file: &'a [u8],
    mark: &Mark,
    name: impl Fn(usize, u8) -> String,
) -> Result<(Vec<Section<'a>>, u64), Damage> {
    let version = check_mark(file, mark)?;
    let mut sections = Vec::new();
    let mut at = version;
    loop {
        let rest = &file[at..];
        match rest.first() {
            None => {
                return Err(Damage::byte(at, "footer", "the file ends before its footer: its tail is cut"));
            }
            Some(&FOOTER) => return Ok((sections, check_footer(file, at)?)),
            Some(&kind) => {
                let payload =
                    section(rest).map_err(|reason| Damage::byte(at, name(sections.len(), kind), reason))?;
                sections.push(Section { kind, payload, offset: at + SECTION_HEAD });
                at += SECTION_HEAD + payload.len();
            }
        }
    }
}

/// Returns where the first section begins.
fn check_mark(file: &[u8], mark: &Mark) -> Result<usize, Damage> {
    let rest = file.strip_prefix(&mark.bytes).ok_or(Damage::Foreign { expected: mark.what })?;
    let Some(version) = rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)) else {
        return Err(Damage::byte(file.len(), "version", "the file ends here: its tail is cut"));
    };
    if version != mark.version {
        return Err(Damage::Version { found: version.into(), known: mark.version.into() });
    }
    Ok(mark.bytes.len() + 4)
}

fn section(rest: &[u8]) -> Result<&[u8], &'static str> {
    const CUT: &str = "the section is longer than the file: its length is damaged, or the tail is cut";
    let (head, rest) = rest.split_first_chunk::<SECTION_HEAD>().ok_or(CUT)?;
    let number =
        |at: usize| u64::from_le_bytes(*head[at..].first_chunk().expect("the head holds both numbers"));
    let payload = usize::try_from(number(1)).ok().and_then(|length| rest.get(..length)).ok_or(CUT)?;
    if sum(payload) != number(9) {
        return Err("the section's bytes are not those that were written: its sum differs");
    }
    Ok(payload)
}

fn check_footer(file: &[u8], at: usize) -> Result<u64, Damage> {
    let refuse = |reason: &str| Damage::byte(at, "footer", reason);
    let footer: &[u8; FOOTER_BYTES] = match file[at..].first_chunk() {
        None => return Err(refuse("the footer is cut")),
        Some(_) if file.len() > at + FOOTER_BYTES => {
            return Err(Damage::byte(at + FOOTER_BYTES, "end", "bytes were appended after the footer"));
        }
        Some(footer) => footer,
    };
    if blake3::hash(&file[..at + 9]).as_bytes()[..] != footer[9..] {
        return Err(refuse("BLAKE3 of the bytes before it differs: they are not those that were written"));
    }
    Ok(u64::from_le_bytes(*footer[1..].first_chunk().expect("the footer holds a count")))
}

/// Any flipped, lost or moved byte changes the sum with near certainty; four lanes keep it faster than memory.
pub fn sum(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |sum: u64, word: u64| (sum ^ word).wrapping_mul(ODD).rotate_left(29);
    let mut lanes = [1u64, 2, 3, 4];
    let (blocks, rest) = bytes.as_chunks::<32>();
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane = mix(*lane, u64::from_le_bytes(*word));
        }
    }
    let lanes = lanes.into_iter().fold(bytes.len() as u64, mix);
    rest.iter().fold(lanes, |sum, &byte| mix(sum, u64::from(byte)))
}

#[cfg(test)]
#[path = "seal_tests.rs"]
mod tests;
