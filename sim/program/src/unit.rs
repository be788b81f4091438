//! The units of a PE, by number.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::op::UnitKind;

/// A unit of one PE: 0 the sequencer, then GEMM, math, IPCQ send, IPCQ receive and the DMA channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitId(pub u8);

impl UnitId {
    pub const SEQUENCER: UnitId = UnitId(0);
    pub const GEMM: UnitId = UnitId(1);
    pub const MATH: UnitId = UnitId(2);
    pub const SEND: UnitId = UnitId(3);
    pub const RECV: UnitId = UnitId(4);
    const FIRST_DMA: u8 = 5;

    pub const fn dma(channel: u8) -> UnitId {
        UnitId(Self::FIRST_DMA + channel)
    }
    /// Units of a PE with this many DMA channels, the sequencer counted.
    pub const fn count(dma_channels: u32) -> usize {
        Self::FIRST_DMA as usize + dma_channels as usize
    }
    pub const fn index(self) -> usize {
        self.0 as usize
    }
    pub const fn kind(self) -> UnitKind {
        match self.0 {
            0 => UnitKind::Sequencer,
            1 => UnitKind::Gemm,
            2 => UnitKind::Math,
            3 => UnitKind::Send,
            4 => UnitKind::Recv,
            _ => UnitKind::Dma,
        }
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.kind().name();
        match self.0.checked_sub(Self::FIRST_DMA) {
            Some(channel) => f.pad(&format!("{name}{channel}")),
            None => f.pad(name),
        }
    }
}

impl UnitKind {
    pub const fn name(self) -> &'static str {
        match self {
            UnitKind::Sequencer => "sequencer",
            UnitKind::Gemm => "gemm",
            UnitKind::Math => "math",
            UnitKind::Send => "send",
            UnitKind::Recv => "recv",
            UnitKind::Dma => "dma",
        }
    }
}
