//! Buffers, credits and datelines of the flit model, with and without the faults that they prevent.

use machine::Machine;

use super::Flits;
use crate::noc::Noc;
use crate::noc::tests::{Sent, drawn, grid, run};

/// Something that a router does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Any packet may take any virtual channel of a ring.
    NoDateline,
    /// Flits leave without asking for room.
    NoCredits,
}

fn routers(width: u32, height: u32, topology: &str, channels: u32, buffer: u32) -> Machine {
    let keys = format!(
        "[noc.flits]\nbytes = 16\nvirtual_channels = {channels}\nbuffer_flits = {buffer}\nrounds_per_cycle = 2\n"
    );
    grid(width, height, topology, &keys)
}

/// Whether all packets arrive, and whether the network then rests.
fn outcome(machine: &Machine, sent: &[Sent], fault: Option<Fault>) -> (bool, bool) {
    let flits = machine.spec().noc.flits.expect("flits");
    let mut noc = Noc::Flits(Box::new(Flits { fault, ..Flits::new(machine, &flits) }));
    let times = run(machine, &mut noc, sent);
    (times.iter().all(|times| times.arrived.is_some()), noc.is_at_rest())
}

#[test]
fn everything_that_is_sent_arrives_and_every_credit_comes_back() {
    for (width, height, topology, channels, buffer) in [
        (4, 4, "mesh", 1, 1),
        (4, 4, "mesh", 8, 32),
        (5, 3, "torus", 2, 2),
        (1, 7, "torus", 2, 1),
        (6, 6, "torus", 5, 3),
        (3, 1, "mesh", 12, 1),
    ] {
        let machine = routers(width, height, topology, channels, buffer);
        for seed in 0..4 {
            let sent = drawn(&machine, 600, seed, seed);
            let case = format!("{width}×{height} {topology}, {channels} of {buffer}");
            assert_eq!(outcome(&machine, &sent, None), (true, true), "{case}");
        }
    }
}

/// Everybody sends three further round a ring, more than its buffers hold.
#[test]
fn without_a_dateline_a_ring_locks_and_with_it_not() {
    let machine = routers(8, 1, "torus", 2, 2);
    let sent: Vec<Sent> = (0..400).map(|i| (i % 8, (i % 8 + 3) % 8, 320, 0)).collect();
    assert_eq!(outcome(&machine, &sent, None), (true, true));
    assert_eq!(outcome(&machine, &sent, Some(Fault::NoDateline)), (false, false), "it should have locked");
}

/// Without credits a buffer is given more than it holds, which is noticed.
#[test]
fn without_credits_a_buffer_overflows() {
    let machine = routers(4, 4, "mesh", 1, 1);
    let sent: Vec<Sent> = (0..100).map(|i| (i % 16, 5, 160, 0)).collect();
    let overflow = std::panic::catch_unwind(|| outcome(&machine, &sent, Some(Fault::NoCredits)));
    assert!(overflow.is_err());
}
