//! Similar diagnostics of several ranks: they differ only in ranks, ops, table entries and addresses. Sizes, shapes
//! and names must be equal.

use program::op::{EventId, SemaphoreId};
use program::{BufferId, DType, Dims, Location, Message, OpIndex, Rank, RingId, Space, TensorId, ViewId};

use crate::{OpRef, Place};

/// A value without the parts that may differ between ranks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Common {
    /// The number of a rank, an op or an entry of a table, or an address.
    Id,
    Number(u64),
    Text(String),
    Source(Option<Location>),
    All(Vec<Common>),
}

pub trait Alike {
    fn common(&self) -> Common;
}

macro_rules! common {
    ($($type:ty, $value:ident => $common:expr;)*) => {
        $(impl Alike for $type {
            fn common(&self) -> Common {
                let $value = self;
                $common
            }
        })*
    };
}

common! {
    Rank, _id => Common::Id;
    OpIndex, _id => Common::Id;
    BufferId, _id => Common::Id;
    ViewId, _id => Common::Id;
    TensorId, _id => Common::Id;
    RingId, _id => Common::Id;
    SemaphoreId, _id => Common::Id;
    EventId, _id => Common::Id;
    Message, _id => Common::Id;
    Address, _address => Common::Id;
    u32, number => Common::Number(u64::from(*number));
    u64, number => Common::Number(*number);
    usize, number => Common::Number(*number as u64);
    String, text => Common::Text(text.clone());
    &'static str, text => Common::Text((*text).to_owned());
    Dims, dims => Common::Text(dims.to_string());
    DType, dtype => Common::Text(dtype.to_string());
    Vec<u32>, numbers => Common::All(numbers.iter().map(Alike::common).collect());
    Vec<(BufferId, u64, Option<Location>)>, held => Common::All(
        held.iter().map(|(_, bytes, _)| bytes.common()).collect()
    );
    Vec<(String, u64, Option<Location>)>, held => Common::All(
        held.iter().map(|(_, bytes, _)| bytes.common()).collect()
    );
    Option<String>, text => Common::All(text.iter().map(Alike::common).collect());
    OpRef, op => Common::All(vec![op.kind.common(), Common::Source(op.location.clone())]);
}

/// A place in memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub u64);

impl Alike for Space {
    fn common(&self) -> Common {
        match self {
            Space::Tcm(_) => "tcm".common(),
            Space::Hbm(_) => "hbm".common(),
            Space::Sram(cube) => Common::All(vec!["sram".common(), cube.common()]),
        }
    }
}

impl Alike for Place {
    fn common(&self) -> Common {
        let all = |kind: &'static str, more: Common| Common::All(vec![kind.common(), more]);
        match self {
            Place::Buffer { space, .. } => all("buffer", space.common()),
            Place::Tensor { name, .. } => all("tensor", name.common()),
            Place::Slot { space, .. } => all("slot", space.common()),
            Place::Space(space) => space.common(),
            Place::Rank(_) => "rank".common(),
            Place::Ring(_) => "ring".common(),
            Place::Message(_) => "message".common(),
            Place::Semaphore { .. } => "semaphore".common(),
            Place::Event(_) => "event".common(),
            Place::Barrier(number) => all("barrier", number.common()),
            Place::CommandBuffer { .. } => "command buffer".common(),
            Place::Output { name } => all("output", name.common()),
        }
    }
}
