//! Errors of building a plan.

use diagnostic::OpRef;
use program::DType;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("`{0}` is timing only: a GPU has nothing to compute")]
    TimingOnly(String),
    #[error("{asked} devices for {ranks} ranks: ask for 1 to {ranks}")]
    Devices { asked: u32, ranks: u32 },
    #[error(
        "{place} needs a buffer of {bytes} bytes, and a GPU buffer has fewer than 2^32: use smaller tiles"
    )]
    Large { place: String, bytes: u64 },
    #[error(
        "{op:#}: its view of {dtype} begins at byte {offset}, which is not a multiple of {size}: align it"
    )]
    Unaligned { op: Box<OpRef>, dtype: DType, offset: u64, size: u64 },
    /// In the order of the log this op does not find its intended operands.
    #[error("{reader} has a data race: fix the findings of `kernmesh run` first")]
    Unordered { reader: String },
    #[error("{0}")]
    Tensors(String),
}
