//! Waits written by hand. An interlocked machine holds ops by itself and a kernel needs none; on an explicit machine
//! only they order the units of a rank. Where an author would write one, a kernel says so whatever the machine, and
//! `waits` decides whether it is recorded.

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
    /// What is not given is not part of the program's parameters either: it changes nothing.
    pub fn read(request: &mut Request) -> Result<Waits, KernelError> {
        Ok(match request.choice_if_given(WAITS.name, &["none", "hand"])? {
            Some("hand") => Waits::ByHand,
            Some(_) | None => Waits::None,
        })
    }
    /// Before an op that uses what these ops make on another unit.
    #[track_caller]
    pub fn on(self, tl: &mut Tl, made: &[Handle]) {
        match self {
            Waits::None => {}
            Waits::ByHand => tl.wait(made),
        }
    }
    /// Gives a slot back once these ops, which read it, are done.
    #[track_caller]
    pub fn release(self, tl: &mut Tl, message: Tile, readers: &[Handle]) {
        match self {
            Waits::None => tl.release(message),
            Waits::ByHand => tl.release_after(message, readers),
        };
    }
}
