//! `tl`: how kernels are written. A kernel is an ordinary Rust function that runs once per rank and records
//! what its PE is to do; nothing is computed. Names follow Triton.
//!
//! ```
//! use program::tl::{Direction, Recording, Tl, Topology};
//! use program::{DType, program::SlotPlace};
//!
//! let mut recording = Recording::new("shift", 4);
//! let x = recording.input("x", [4, 64], DType::F16);
//! let y = recording.output("y", [4, 64], DType::F16);
//! let mine: Vec<_> = (0..4).map(|r| recording.input_share(x, r, [r, 0], [1, 64])).collect();
//! let theirs: Vec<_> = (0..4).map(|r| recording.output_share(y, r, [r, 0], [1, 64])).collect();
//! recording.links(Topology::Ring, 2, 128, SlotPlace::Tcm);
//! let program = recording.record(|tl: &mut Tl| {
//!     let rank = tl.rank() as usize;
//!     let tile = tl.load(tl.tensor(mine[rank]));
//!     tl.send(Direction::Right, tile);
//!     let got = tl.recv(Direction::Left, [1, 64], DType::F16);
//!     let sum = tl.add(got, 1.0);
//!     tl.release(got);
//!     tl.store(sum, tl.tensor(theirs[rank]));
//! });
//! assert_eq!(program.unwrap().n_ops(), 4 * 6);
//! ```
//!
//! Every method records the caller's line. Misuse is no panic: the first mistake is kept with its line, a
//! placeholder keeps the kernel running, and [`Recording::record`] returns the mistake.

mod boxes;
mod collectives;
mod commands;
mod error;
mod functions;
mod links;
mod math;
mod memory;
mod messages;
mod order;
mod ranks;
mod recorder;
mod recording;
mod rows;
mod team;
mod tile;
mod to;
mod topk;
mod view_table;

pub use collectives::{Group, Rings, Way};
pub use commands::SharedEvent;
pub use error::RecordError;
pub use links::{Direction, Topology};
pub use order::Semaphore;
pub use ranks::Ranks;
pub use recorder::Tl;
pub use recording::{HostIndex, InOutIndex, Recording};
pub use team::Team;
pub use tile::{Handle, Hbm, HbmTile, Tcm, Tile, TileOf, TileOrConst};
pub use to::To;

#[cfg(test)]
mod tests;
