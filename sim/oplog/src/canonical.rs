//! The encoding that digests are taken of: little-endian, every list after its length, nothing implied.

use program::program::HostTensor;

use crate::digest::Digest;

/// Bytes on their way into a hash.
pub struct Canonical {
    hasher: blake3::Hasher,
    pending: Vec<u8>,
}

/// The hash is fastest on long runs of bytes.
const FLUSH_BYTES: usize = 1 << 16;

impl Canonical {
    /// `kind` tells digests of different things apart.
    pub fn new(kind: &str) -> Canonical {
        let mut out = Canonical { hasher: blake3::Hasher::new(), pending: Vec::new() };
        out.text(kind);
        out
    }
    pub fn u8(&mut self, n: u8) {
        self.pending.push(n);
    }
    pub fn u32(&mut self, n: u32) {
        self.pending.extend(n.to_le_bytes());
    }
    pub fn u64(&mut self, n: u64) {
        self.pending.extend(n.to_le_bytes());
    }
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.pending.extend(bytes);
        self.flush();
    }
    pub fn text(&mut self, text: &str) {
        self.u64(text.len() as u64);
        self.pending.extend(text.as_bytes());
    }
    pub fn extents(&mut self, extents: &[u32]) {
        self.u8(extents.len() as u8);
        extents.iter().for_each(|&n| self.u32(n));
    }
    pub fn host_tensor(&mut self, tensor: &HostTensor) {
        self.text(&tensor.name);
        self.u64(tensor.shape.len() as u64);
        tensor.shape.iter().for_each(|&n| self.u32(n));
        self.text(tensor.dtype.name());
    }
    /// Hashes what is pending once it is long enough to be worth it.
    pub fn flush(&mut self) {
        if self.pending.len() >= FLUSH_BYTES {
            self.hasher.update(&self.pending);
            self.pending.clear();
        }
    }
    pub fn digest(mut self) -> Digest {
        self.hasher.update(&self.pending);
        Digest(*self.hasher.finalize().as_bytes())
    }
    /// What was put since the last call; for comparing two encodings piece by piece.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.pending)
    }
}
