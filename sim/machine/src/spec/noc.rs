//! Keys of the network: packets, ports, collectives, and routers that move flits.

use serde::{Deserialize, Serialize};

use crate::networks::Networks;
use crate::quantity::{Bytes, Cycles, Rate};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NocSpec {
    /// A transfer is cut into packets of this size; the last may be shorter.
    pub packet_bytes: Bytes,
    /// PE to its router, in NoC cycles.
    pub inject_cycles: Cycles,
    /// Router to its PE, in NoC cycles.
    pub eject_cycles: Cycles,
    /// Width of a PE's port into and out of its router, in bytes per NoC cycle.
    pub port_bytes_per_cycle: Rate,
    /// Who copies a multicast and adds a reduction.
    #[serde(default, skip_serializing_if = "Collectives::is_software")]
    pub collectives: Collectives,
    /// What a router takes to add where streams meet, in NoC cycles; only with fabric collectives. FlatAttention's
    /// formula has none, the WSE's model two cycles a hop.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reduce_cycles: Cycles,
    /// What it takes to issue a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<TransactionSpec>,
    /// Without it there is one network, which goes both ways.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<Networks>,
    /// With it, routers have finite buffers and move flits; without it, links serve whole packets and what waits
    /// for them has all the room it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flits: Option<FlitSpec>,
}

/// Model of links and routers: Phase 1 has a module for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkModel {
    /// Links serve whole packets and have unbounded buffers.
    Packets,
    /// Routers have virtual channels with finite buffers and move flits.
    Flits(FlitSpec),
}

impl NocSpec {
    /// The network model that the keys ask for.
    pub const fn model(&self) -> NetworkModel {
        match self.flits {
            Some(flits) => NetworkModel::Flits(flits),
            None => NetworkModel::Packets,
        }
    }
}

/// Implementation of multicasts and reductions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Collectives {
    /// A multicast is one send after the other, each when the last has arrived; the root of a reduction receives
    /// every member's tile and adds them with its math unit.
    #[default]
    Software,
    /// Routers copy where the ways of a multicast part, and add where those of a reduction meet.
    Fabric,
}

impl Collectives {
    fn is_software(&self) -> bool {
        *self == Collectives::Software
    }
}

fn is_zero(cycles: &Cycles) -> bool {
    *cycles == Cycles(0)
}

/// A send, load or store keeps its unit for at least `cycles + bytes / bytes_per_cycle`, while its bytes move. So short
/// ones go no faster than they are issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TransactionSpec {
    /// NoC cycles that a transfer takes at least, beside those of its bytes.
    pub cycles: Cycles,
    /// Bytes that are issued in a NoC cycle.
    pub bytes_per_cycle: Rate,
}

/// Routers that move flits: input-queued, with virtual channels, credits, and queues at their outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FlitSpec {
    /// A packet is cut into flits of this size; its last may be shorter. At least what any link or port moves in a
    /// cycle, so that none of them ever takes more than one flit a cycle.
    pub bytes: Bytes,
    /// Of every input port of a router. A ring of links that closes needs at least two.
    pub virtual_channels: u32,
    /// Flits that a virtual channel holds.
    pub buffer_flits: u32,
    /// How often a cycle a router gives away virtual channels and passes of its switch. A flit that has arrived
    /// takes a round to be given a virtual channel and one to win the switch, and leaves in the next; that is part of
    /// the hop's cycles. With more than one round the switch is faster than the links, and flits wait at outputs.
    pub rounds_per_cycle: u32,
}

impl FlitSpec {
    /// Cycles in a router, of those of a hop: two rounds.
    pub const fn router_cycles(&self) -> u64 {
        2 / self.rounds_per_cycle as u64
    }
}
