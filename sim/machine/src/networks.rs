//! Networks of a machine, and the transfers that each carries.

use serde::{Deserialize, Serialize};

/// Two networks in place of one; [`crate::Mesh::route`] knows their routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "model", rename_all = "snake_case", deny_unknown_fields)]
pub enum Networks {
    /// Two tori whose links go one way, each the opposite of the other: `noc0` east and then south, `noc1` north and
    /// then west. A PE has ports of its own into and out of each. As Tenstorrent documents Wormhole and Blackhole.
    Opposite {
        /// The network of loads.
        loads: Noc,
        /// The network of stores.
        stores: Noc,
        /// The network of messages, credits, signals and barriers.
        messages: Noc,
    },
}

/// One of the networks of a machine. Where there is only one, it is the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Noc {
    #[default]
    Noc0,
    Noc1,
}

/// Purpose of traffic on the mesh: it decides the network, and with it the route, both of bytes and of what asks
/// for them or acknowledges them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Traffic {
    /// From a memory to the TCM of a PE.
    Load,
    /// From the TCM of a PE to a memory.
    Store,
    /// What a send carries, and credits, signals and barriers.
    Message,
}

impl Networks {
    pub const fn carrier(self, traffic: Traffic) -> Noc {
        let Networks::Opposite { loads, stores, messages } = self;
        match traffic {
            Traffic::Load => loads,
            Traffic::Store => stores,
            Traffic::Message => messages,
        }
    }
}

impl Noc {
    pub const ALL: [Noc; 2] = [Noc::Noc0, Noc::Noc1];

    pub const fn index(self) -> usize {
        self as usize
    }
    pub const fn name(self) -> &'static str {
        match self {
            Noc::Noc0 => "noc0",
            Noc::Noc1 => "noc1",
        }
    }
}

impl Traffic {
    pub const ALL: [Traffic; 3] = [Traffic::Load, Traffic::Store, Traffic::Message];
}
