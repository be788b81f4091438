//! One content, two encodings. Writing says which; reading finds out.

use std::borrow::Cow;
use std::panic::resume_unwind;
use std::thread;

use order::{Dataflow, Dependencies};
use program::Program;

use crate::check::{in_form, in_order};
use crate::damage::Damage;
use crate::digest::Digests;
use crate::log::OpLog;
use crate::{jsonl, sealed};

/// Encoding of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// For small logs and for people.
    JsonLines,
    /// For large logs: about 20 bytes an op.
    Sealed,
}

/// The bytes of a log; `digests` must be the log's own.
///
/// # Panics
/// When the log makes no sense: see [`crate::check()`].
pub fn encode(log: &OpLog, digests: &Digests, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::JsonLines => jsonl::encode(log, digests),
        Encoding::Sealed => sealed::encode(log, digests),
    }
}

/// Whether a file begins as a log does, in either encoding.
pub fn is_log(file: &[u8]) -> bool {
    let file = &*as_written(file);
    file.starts_with(jsonl::MARK) || file.starts_with(&sealed::MARK.bytes)
}

/// A log as it is read, with what reading it has worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub log: OpLog,
    pub digests: Digests,
    pub flow: Dataflow,
    pub dependencies: Dependencies,
}

/// Reads a log in either encoding.
///
/// # Errors
/// [`Damage`] says where the bytes are not those that were written, or where they make no sense.
pub fn decode(file: &[u8]) -> Result<Decoded, Damage> {
    Whole::of(file)?.decoded()
}

/// A log whose bytes are those that were written. What they say is still to be checked, which takes memory that
/// follows from its program.
pub struct Whole<'f> {
    file: Cow<'f, [u8]>,
    encoding: Encoding,
    log: OpLog,
    claimed: Digests,
}

impl<'f> Whole<'f> {
    /// # Errors
    /// [`Damage`] says where the bytes are not those that were written.
    pub fn of(file: &'f [u8]) -> Result<Whole<'f>, Damage> {
        let file = as_written(file);
        let (encoding, (log, claimed)) = if file.starts_with(jsonl::MARK) {
            (Encoding::JsonLines, jsonl::decode(&file)?)
        } else {
            (Encoding::Sealed, sealed::decode(&file)?)
        };
        Ok(Whole { file, encoding, log, claimed })
    }
    pub fn program(&self) -> &Program {
        &self.log.program
    }
    /// The log as it is written, which may make no sense.
    pub fn log(&self) -> &OpLog {
        &self.log
    }
    /// # Errors
    /// [`Damage`] says where the log makes no sense.
    pub fn decoded(self) -> Result<Decoded, Damage> {
        let Whole { file, encoding, log, claimed } = self;
        checked(&file, encoding, log, claimed)
    }
}

fn checked(file: &[u8], encoding: Encoding, log: OpLog, claimed: Digests) -> Result<Decoded, Damage> {
    let dependencies = in_form(&log)?;
    let (in_order, content) = beside(
        log.program.n_ops() >= WORTH_A_THREAD,
        || in_order(&log, &dependencies),
        || content(file, encoding, &log, claimed),
    );
    in_order?;
    let (flow, digests) = content?;
    Ok(Decoded { log, digests, flow, dependencies })
}

/// Ops of a log of which the times are checked on a second thread: reading takes milliseconds.
const WORTH_A_THREAD: usize = 1 << 14;

/// Both results, of `other` on a thread of its own if that is worth it and there is one.
fn beside<U: Send, T>(
    is_worth_it: bool,
    other: impl Fn() -> U + Send + Sync,
    work: impl FnOnce() -> T,
) -> (U, T) {
    if !is_worth_it || thread::available_parallelism().map_or(1, usize::from) < 2 {
        return (other(), work());
    }
    thread::scope(|scope| match thread::Builder::new().spawn_scoped(scope, &other) {
        Ok(started) => {
            let worked = work();
            (started.join().unwrap_or_else(|panic| resume_unwind(panic)), worked)
        }
        // None is left, and none is needed.
        Err(_) => (other(), work()),
    })
}

/// Whether a log is what its file says, in bytes and in digests: its data flow and digests.
fn content(
    file: &[u8],
    encoding: Encoding,
    log: &OpLog,
    claimed: Digests,
) -> Result<(Dataflow, Digests), Damage> {
    let flow = Dataflow::of(&log.program);
    let found = Digests::with(log, &flow);
    for (which, claimed, found) in
        [("structure", claimed.structure, found.structure), ("timing", claimed.timing, found.timing)]
    {
        if claimed != found {
            let reason = format!("its {which} digest is {claimed}, but its content has {found}");
            return Err(Damage::content("header", reason));
        }
    }
    // A content has one encoding: anything else was not written by this format, whatever its footer says.
    let again = encode(log, &found, encoding);
    if let Some(at) = first_difference(file, &again) {
        return Err(Damage::content(format!("byte {at}"), "not the canonical encoding of this content"));
    }
    Ok((flow, found))
}

/// JSON lines without what editors and version control add on Windows: a byte order mark, and a carriage return at the
/// end of every line.
fn as_written(file: &[u8]) -> Cow<'_, [u8]> {
    let plain = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if !plain.starts_with(jsonl::MARK) {
        return Cow::Borrowed(file);
    }
    if !plain.ends_with(b"\r\n") {
        return Cow::Borrowed(plain);
    }
    let lines = plain.split_inclusive(|&byte| byte == b'\n');
    let plain =
        lines.map(|line| line.strip_suffix(b"\r\n").map_or(line.to_vec(), |line| [line, b"\n"].concat()));
    Cow::Owned(plain.collect::<Vec<_>>().concat())
}

fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    if a == b {
        return None;
    }
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    Some(same)
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
