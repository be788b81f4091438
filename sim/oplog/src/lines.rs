//! Lines and a footer that covers every byte before it.
//!
//! The footer is `{"count":…,"lines":"…","blake3":"…"}`: how many ops there are, four hex digits for each
//! line, and BLAKE3 of all bytes before the footer. BLAKE3 decides whether the lines are whole; the digits
//! only say which one is not.

use machine::plain;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::damage::Damage;
use crate::seal;

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Footer {
    count: u64,
    lines: String,
    blake3: String,
}

/// Appends a value as one line.
pub fn put(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(&mut *out, value).expect("a value in memory can be written to memory");
    out.push(b'\n');
}

/// Appends the footer.
pub fn finish(mut body: Vec<u8>, count: u64) -> Vec<u8> {
    let footer = footer(&body, count);
    put(&mut body, &footer);
    body
}

fn footer(body: &[u8], count: u64) -> Footer {
    let lines = body.split_inclusive(|&byte| byte == b'\n').map(digits).collect();
    Footer { count, lines, blake3: blake3::hash(body).to_hex().to_string() }
}

fn digits(line: &[u8]) -> String {
    format!("{:04x}", seal::sum(line) >> 48)
}

/// The lines of a file whose footer is right.
pub struct Lines<'a> {
    rest: std::str::Lines<'a>,
    /// The line given last, counted from 1.
    pub number: usize,
    pub count: u64,
}

/// Checks the footer against everything before it.
pub fn open(file: &[u8]) -> Result<Lines<'_>, Damage> {
    let n = file.split_inclusive(|&byte| byte == b'\n').count();
    let Some(text) = file.strip_suffix(b"\n") else {
        return Err(Damage::line(n, "the line does not end: the file's tail is cut"));
    };
    let body_end = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let (body, last) = file.split_at(body_end);
    let Ok(given) = serde_json::from_slice::<Footer>(last) else {
        return Err(Damage::line(
            n,
            "this should be the footer: the file's tail is cut, or something was appended",
        ));
    };
    let mut right = Vec::new();
    put(&mut right, &footer(body, given.count));
    if right != last {
        return Err(diagnose(body, &given));
    }
    let body = std::str::from_utf8(body);
    let body = body.map_err(|_| Damage::line(n, "the lines before this one are not text"))?;
    Ok(Lines { rest: body.lines(), number: 0, count: given.count })
}

/// Which line is not the one that was written.
fn diagnose(body: &[u8], given: &Footer) -> Damage {
    let found: Vec<String> = body.split_inclusive(|&byte| byte == b'\n').map(digits).collect();
    let written: Vec<&[u8]> = given.lines.as_bytes().chunks(4).collect();
    let same =
        found.iter().zip(&written).take_while(|(found, written)| found.as_bytes() == **written).count();
    let is = |line: usize, at: usize| found.get(line).map(|f| f.as_bytes()) == written.get(at).copied();
    let reason = if same == found.len() && same == written.len() {
        "the footer is damaged: its BLAKE3 or its form differs from what the lines give"
    } else if is(same, same + 1) && is(same + 1, same) {
        "two lines are swapped"
    } else if same == found.len() || is(same, same + 1) {
        "a line is missing here"
    } else if same == written.len() || (same > 0 && is(same, same - 1)) {
        "an extra line: one was duplicated or added"
    } else {
        "the line is not the one that was written: its bytes differ"
    };
    Damage::line(same + 1, reason)
}

impl Lines<'_> {
    /// The next line as a value.
    pub fn next<T: DeserializeOwned>(&mut self) -> Result<T, Damage> {
        self.number += 1;
        let line = self.rest.next().ok_or_else(|| self.refuse("the file has fewer lines than it needs"))?;
        serde_json::from_str(line).map_err(|error| {
            let message = error.to_string();
            let what = message.split(" at line ").next().unwrap_or_default();
            self.refuse(format!("{} (column {})", plain(what), error.column()))
        })
    }
    /// Damage at the line given last.
    pub fn refuse(&self, reason: impl Into<String>) -> Damage {
        Damage::line(self.number, reason)
    }
    pub fn end(&mut self) -> Result<(), Damage> {
        self.number += 1;
        self.rest.next().map_or(Ok(()), |_| Err(self.refuse("the line does not belong here")))
    }
}
