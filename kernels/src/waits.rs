//! Waits written by hand. An interlocked machine needs none; on an explicit machine only waits order the units of a
//! rank. A kernel calls for a wait wherever an author would write one, and the parameter `waits` decides whether it is
//! recorded.

use program::tl::{Handle, Tile, Tl};

use crate::error::KernelError;
use crate::request::{Param, Request};

pub const WAITS: Param =
    Param { name: "waits", default: "none", doc: "hand: with the waits that an explicit machine needs" };

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    None,
    ByHand,
}

impl Waits {
    /// A parameter that is not given is not part of the program's parameters: it changes nothing.
    pub fn read(request: &mut Request) -> Result<Waits, KernelError> {
        Ok(match request.choice_if_given(WAITS.name, &["none", "hand"])? {
            Some("hand") => Waits::ByHand,
            Some(_) | None => Waits::None,
        })
    }
    /// Waits for these ops before an op on another unit uses their results.
    #[track_caller]
    pub fn on(self, tl: &mut Tl, made: &[Handle]) {
        match self {
            Waits::None => {}
            Waits::ByHand => tl.wait(made),
        }
    }
    /// Releases a slot once these ops, which read it, are done.
    #[track_caller]
    pub fn release(self, tl: &mut Tl, message: Tile, readers: &[Handle]) {
        match self {
            Waits::None => tl.release(message),
            Waits::ByHand => tl.release_after(message, readers),
        };
    }
}
