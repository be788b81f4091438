//! Rings: which slots are free, which messages have arrived, and what a credit takes to travel back.

use std::collections::BTreeMap;

use machine::Span;
use program::program::Flow;

use crate::memory::MemoryRef;
use crate::packet::Path;

#[derive(Debug)]
pub struct RingState {
    pub producer: u32,
    pub consumer: u32,
    pub n_slots: u32,
    pub flow: Flow,
    /// From the producer to the memory of the slots.
    pub path: Path,
    /// Where the slots lie, when that is not the consumer's TCM.
    pub memory: Option<MemoryRef>,
    /// Address of slot 0 in that memory.
    pub address: u64,
    pub slot_bytes: u64,
    /// From a slot's release to the producer's knowing.
    pub credit: Span,
    /// Receives that did not hold the sequencer and whose message has not arrived: number to op.
    pub awaited: BTreeMap<u32, u32>,
}
