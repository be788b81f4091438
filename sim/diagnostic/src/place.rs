//! Places that diagnostics are about: memories, slots, rings, outputs, semaphores.

use std::collections::BTreeMap;
use std::fmt;

use program::op::{EventId, SemaphoreId};
use program::{
    Base, BufferId, Location, Message, Op, OpIndex, Program, Rank, RankProgram, RingId, Space, TensorId,
};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A TCM buffer of a rank.
    Buffer {
        buffer: BufferId,
        space: Space,
        /// The line of the op that first writes it: buffers have no names. Known of findings that are shown.
        made: Option<Location>,
    },
    /// A tensor in HBM.
    Tensor {
        tensor: TensorId,
        name: String,
        space: Space,
    },
    /// A message in its slot.
    Slot {
        message: Message,
        slot: u32,
        producer: Rank,
        consumer: Rank,
        space: Space,
    },
    /// A whole memory.
    Space(Space),
    Rank(Rank),
    Ring(RingId),
    Message(Message),
    Semaphore {
        semaphore: SemaphoreId,
        rank: Rank,
    },
    Event(EventId),
    Barrier(u32),
    /// By its number in its queue; `None` when any is meant.
    CommandBuffer {
        rank: Rank,
        number: Option<usize>,
    },
    /// A tensor of the host.
    Output {
        name: String,
    },
}

impl Place {
    /// The place of a view.
    pub fn of(program: &Program, space: Space, base: Base) -> Place {
        match base {
            Base::Buffer(buffer) => Place::Buffer { buffer, space, made: None },
            Base::Tensor(tensor) => {
                let name = program.tensors[tensor.index()].name.clone();
                Place::Tensor { tensor, name, space }
            }
            Base::Message(message) => {
                let ring = &program.rings[message.ring.index()];
                let (slot, producer, consumer) =
                    (message.number % ring.n_slots, ring.producer, ring.consumer);
                Place::Slot { message, slot, producer, consumer, space }
            }
        }
    }

    /// The memory that its bytes count in.
    pub fn memory(&self) -> Option<Space> {
        match self {
            Place::Buffer { space, .. }
            | Place::Tensor { space, .. }
            | Place::Slot { space, .. }
            | Place::Space(space) => Some(*space),
            Place::Rank(_)
            | Place::Ring(_)
            | Place::Message(_)
            | Place::Semaphore { .. }
            | Place::Event(_)
            | Place::Barrier(_)
            | Place::CommandBuffer { .. }
            | Place::Output { .. } => None,
        }
    }

    /// The rank that it belongs to alone.
    pub fn rank(&self) -> Option<Rank> {
        match self {
            Place::Rank(rank) | Place::Semaphore { rank, .. } | Place::CommandBuffer { rank, .. } => {
                Some(*rank)
            }
            Place::Buffer { .. }
            | Place::Tensor { .. }
            | Place::Slot { .. }
            | Place::Space(_)
            | Place::Ring(_)
            | Place::Message(_)
            | Place::Event(_)
            | Place::Barrier(_)
            | Place::Output { .. } => match self.memory()? {
                Space::Tcm(rank) | Space::Hbm(rank) => Some(rank),
                Space::Sram(_) => None,
            },
        }
    }

    /// Without the memory: `b3`, `` `x` `` or `slot 3 of ring0`.
    pub fn in_short(&self) -> String {
        match self {
            Place::Buffer { buffer, .. } => buffer.to_string(),
            Place::Tensor { name, .. } => format!("`{name}`"),
            Place::Slot { message, slot, .. } => format!("slot {slot} of {}", message.ring),
            Place::Space(_)
            | Place::Rank(_)
            | Place::Ring(_)
            | Place::Message(_)
            | Place::Semaphore { .. }
            | Place::Event(_)
            | Place::Barrier(_)
            | Place::CommandBuffer { .. }
            | Place::Output { .. } => self.to_string(),
        }
    }
}

/// With the memory: `slot 3 of ring0 (rank 0 → rank 1) in TCM of rank 1`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Buffer { buffer, space, made } => {
                write!(f, "{} in {}", made_at(*buffer, made.as_ref()), space_name(*space))
            }
            Place::Tensor { name, space, .. } => write!(f, "tensor `{name}` in {}", space_name(*space)),
            Place::Slot { message, slot, producer, consumer, space } => {
                let (ring, from, to) = (message.ring, producer.0, consumer.0);
                write!(f, "slot {slot} of {ring} (rank {from} → rank {to}) in {}", space_name(*space))
            }
            Place::Space(space) => f.write_str(&space_name(*space)),
            Place::Rank(rank) => write!(f, "rank {}", rank.0),
            Place::Ring(ring) => ring.fmt(f),
            Place::Message(message) => write!(f, "message {message}"),
            Place::Semaphore { semaphore, rank } => write!(f, "{semaphore} of rank {}", rank.0),
            Place::Event(event) => event.fmt(f),
            Place::Barrier(number) => write!(f, "barrier {number}"),
            Place::CommandBuffer { rank, number: Some(number) } => {
                write!(f, "command buffer {number} of rank {}", rank.0)
            }
            Place::CommandBuffer { rank, number: None } => write!(f, "a command buffer of rank {}", rank.0),
            Place::Output { name } => write!(f, "output `{name}`"),
        }
    }
}

/// `b3`, or `b3 (softmax.rs:71)`.
fn made_at(buffer: BufferId, made: Option<&Location>) -> String {
    made.map_or_else(|| buffer.to_string(), |line| format!("{buffer} ({})", line.in_short()))
}

/// The buffer of its rank that an op writes.
fn written(of: &RankProgram, op: &Op) -> Option<BufferId> {
    match of.views[op.access().write?.index()].base {
        Base::Buffer(buffer) => Some(buffer),
        Base::Tensor(_) | Base::Message(_) => None,
    }
}

/// The line of the first op that writes a buffer. It looks at all ops before: for what is told, not for what is checked.
pub fn first_line(program: &Program, rank: Rank, buffer: BufferId) -> Option<Location> {
    let of = program.rank(rank);
    let first = of.ops.iter().position(|op| written(of, op) == Some(buffer))?;
    program.location(rank, OpIndex(first as u32))
}

/// Gives the buffers of findings the lines where they are first written. One pass over the ops of each rank.
pub fn name_buffers(program: &Program, findings: &mut [crate::Diagnostic]) {
    let buffers = findings.iter_mut().filter_map(|finding| match &mut finding.place {
        Some(Place::Buffer { buffer, space: Space::Tcm(rank), made }) => Some(((*rank, *buffer), made)),
        Some(_) | None => None,
    });
    let mut told: BTreeMap<Rank, BTreeMap<BufferId, Vec<&mut Option<Location>>>> = BTreeMap::new();
    buffers.for_each(|((rank, buffer), made)| {
        told.entry(rank).or_default().entry(buffer).or_default().push(made);
    });
    for (rank, mut buffers) in told {
        let of = program.rank(rank);
        for (index, op) in of.ops.iter().enumerate() {
            let all = written(of, op).and_then(|buffer| buffers.remove(&buffer));
            for made in all.into_iter().flatten() {
                *made = program.location(rank, OpIndex(index as u32));
            }
            if buffers.is_empty() {
                break;
            }
        }
    }
}

fn space_name(space: Space) -> String {
    match space {
        Space::Tcm(rank) => format!("TCM of rank {}", rank.0),
        Space::Sram(cube) => format!("SRAM of cube {cube}"),
        Space::Hbm(rank) => format!("HBM of rank {}", rank.0),
    }
}
