//! The modelled hardware as plain data. Nothing here runs; nothing here depends on another box.
//!
//! [`spec`] is what a machine file says, [`Machine`] is a spec that has been checked, `mesh` is the
//! grid of routers it describes, and [`place()`] says which PE each rank runs on.

mod change;
mod check;
mod controllers;
pub mod fault;
mod file;
mod frequency;
pub mod id;
mod ideal;
mod machine;
mod mesh;
mod networks;
pub mod place;
mod plain;
mod preset;
mod printable;
mod quantity;
pub mod random;
mod rate;
mod resources;
#[cfg(feature = "schema")]
pub mod schema;
mod snake;
pub mod spec;
mod suggest;

pub use controllers::{ControllersSpec, HbmSlice, Homes};
pub use id::{LinkId, PeId};
pub use machine::{Machine, MachineError};
pub use mesh::{Coord, Heading, LinkClass, Mesh};
pub use networks::{Networks, Noc, Traffic};
pub use place::{RankAxis, place};
pub use plain::plain;
pub use preset::{preset_names, preset_purpose, preset_toml};
pub use printable::{is_hidden, printable, with_kept};
pub use quantity::{Bytes, Clock, Cycles, Rate, RateError, SimTime, Span, ns};
pub use random::Random;
pub use resources::Keys;
pub use spec::{GemmSpec, MachineSpec, QueueModel, QueueSpec, Sync};
pub use suggest::{closest, same_word, shown, unknown};
