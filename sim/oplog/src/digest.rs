//! Digests: short names for long contents. BLAKE3 of an explicit little-endian encoding, so that the same
//! run has the same digest on every computer and in every version that keeps the encoding.

use std::fmt;
use std::str::FromStr;

use order::Dataflow;
use program::Program;
use program::program::HostTensor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::canonical::Canonical;
use crate::log::OpLog;
use crate::structure;

/// 32 bytes, written as 64 lower-case hex digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

/// The two digests that name a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// What was asked for: the ops and their data edges.
    pub structure: Digest,
    /// When it happened.
    pub timing: Digest,
}

impl Digests {
    pub fn of(log: &OpLog) -> Digests {
        Digests::with(log, &Dataflow::of(&log.program))
    }
    /// As [`Digests::of`], for a log whose program has this `flow`.
    pub fn with(log: &OpLog, flow: &Dataflow) -> Digests {
        Digests { structure: structure(&log.program, flow), timing: timing(log) }
    }
}

/// The ops of all ranks with their data edges, shapes, strides, dtypes and constants. Addresses, slot counts,
/// source lines, seed, given inputs, machine and the kernel's name and parameters do not count.
pub fn structure(program: &Program, flow: &Dataflow) -> Digest {
    let mut out = Canonical::new("kernmesh structure 1");
    structure::put_surroundings(program, &mut out);
    let mut writer = structure::OpWriter::new(program, flow);
    for (rank, ops) in program.ranks.iter().map(|r| &r.ops).enumerate() {
        out.u64(ops.len() as u64);
        for index in 0..ops.len() {
            writer.put(program::Rank(rank as u32), program::OpIndex(index as u32), &mut out);
            out.flush();
        }
    }
    structure::put_outputs(program, flow, &mut out);
    out.digest()
}

/// All times, messages and stalls, in the order of the ops.
pub fn timing(log: &OpLog) -> Digest {
    let mut out = Canonical::new("kernmesh timing 1");
    let entries = &log.entries;
    out.u64(entries.done.len() as u64);
    for op in 0..entries.done.len() {
        out.u8(entries.unit[op].0);
        out.u64(entries.issue[op].fs());
        out.u64(entries.start[op].fs());
        out.u64(entries.done[op].fs());
        out.flush();
    }
    out.u64(log.messages.len() as u64);
    for ring in &log.messages {
        out.u64(ring.len() as u64);
        for message in ring {
            out.u64(message.filled.fs());
            out.u8(u8::from(message.credit.is_some()));
            out.u64(message.credit.unwrap_or_default().fs());
            out.flush();
        }
    }
    out.u64(log.stalls.len() as u64);
    for stall in &log.stalls {
        out.u32(stall.op);
        out.text(stall.reason.name());
        out.u64(stall.from.fs());
        out.u64(stall.to.fs());
        out.flush();
    }
    out.digest()
}

/// A run, by all that the checksums and the verdict of its replay follow from: the two digests of its log, its seed,
/// the inputs it was given, in the order of the program, and the kernel and parameters that its reference is found by.
pub fn run(log: &OpLog, digests: &Digests) -> Digest {
    let mut out = Canonical::new("kernmesh run 1");
    out.bytes(&digests.structure.0);
    out.bytes(&digests.timing.0);
    out.u64(log.id.seed);
    out.u64(log.id.inputs.len() as u64);
    for input in &log.id.inputs {
        out.text(&input.name);
        out.bytes(&input.digest.0);
    }
    out.text(&log.program.kernel);
    out.u64(log.program.params.len() as u64);
    for (key, value) in &log.program.params {
        out.text(key);
        out.text(value);
    }
    out.digest()
}

/// The outputs of a replay, in the order of the program: name, shape, dtype and little-endian bytes.
pub fn data<'a>(outputs: impl IntoIterator<Item = (&'a HostTensor, &'a [u8])>) -> Digest {
    let mut out = Canonical::new("kernmesh data 1");
    for (tensor, bytes) in outputs {
        out.host_tensor(tensor);
        out.u64(bytes.len() as u64);
        out.bytes(bytes);
    }
    out.digest()
}

/// The first 8 bytes of the digest of a value: where two runs part shows in the first that differs.
pub fn checksum(bytes: &[u8]) -> [u8; 8] {
    let hash = blake3::hash(bytes);
    *hash.as_bytes().first_chunk().expect("32 bytes have a first 8")
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a digest: write 64 lower-case hex digits")]
pub struct DigestError(pub String);

impl FromStr for Digest {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Digest, DigestError> {
        let lower = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let hash = lower.then(|| blake3::Hash::from_hex(text).ok()).flatten();
        hash.map(|hash| Digest(*hash.as_bytes())).ok_or_else(|| DigestError(text.to_owned()))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}
impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 32]>::deserialize(deserializer).map(Digest)
        }
    }
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
