//! Numbers of the formats that are written; what they promise is in `docs/compatibility.md`.

use crate::{checksums, jsonl, sealed};

/// The number of each format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Formats {
    /// An op log as JSON lines.
    pub json_lines: u64,
    /// An op log in the sealed binary encoding.
    pub sealed: u32,
    /// The checksums of a replay.
    pub checksums: u32,
}

pub const FORMATS: Formats =
    Formats { json_lines: jsonl::VERSION, sealed: sealed::MARK.version, checksums: checksums::MARK.version };
