//! Cost classes: what the time of an op depends on.

use super::{BusyUnit, Op};

/// Cost class of an op: what its time depends on, and with it the unit that runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CostClass {
    /// The sequencer itself does it.
    Control,
    /// Bytes over a DMA channel.
    Dma,
    /// Bytes from a send queue.
    Send,
    /// Bytes out of a slot, by the receive queue.
    Recv,
    /// A matrix product.
    Gemm,
    /// Elements on the math unit.
    Math(MathClass),
    /// Messages added by the math unit, or by the fabric.
    Fold,
    /// Cycles of a unit, given by the op.
    Busy(BusyUnit, u64),
}

/// Classes of functions of the math unit, as a machine gives their cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MathClass {
    Simple,
    Cast,
    Divide,
    Reciprocal,
    Sqrt,
    Exp,
    Reduce,
}

/// The kind of unit an op runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// Not a queue: the sequencer itself does it.
    Sequencer,
    Gemm,
    Math,
    /// IPCQ send.
    Send,
    /// IPCQ receive: copies a message out of its slot.
    Recv,
    /// One of the PE's DMA channels; channels are dealt ops in turn.
    Dma,
}

impl Op {
    /// The unit the op runs on.
    pub const fn unit(&self) -> UnitKind {
        match self.cost_class() {
            CostClass::Control => UnitKind::Sequencer,
            CostClass::Dma => UnitKind::Dma,
            CostClass::Send => UnitKind::Send,
            CostClass::Recv => UnitKind::Recv,
            CostClass::Gemm | CostClass::Busy(BusyUnit::Gemm, _) => UnitKind::Gemm,
            CostClass::Math(_) | CostClass::Fold | CostClass::Busy(BusyUnit::Math, _) => UnitKind::Math,
        }
    }
}
