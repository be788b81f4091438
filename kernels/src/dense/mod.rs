//! Dense loops of the references: they share no code with the simulator that they judge.

mod exp;
mod level;
mod product;
mod real;

pub use exp::exp;
pub use level::{Level, Loop};
pub use product::{Panels, Tile};
pub use real::Real;
