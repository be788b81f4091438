//! The network alone: packets are put in at their PEs, and cycles are stepped until nothing is due.

use machine::{Clock, Machine, PeId, SimTime, Span, Traffic};

use super::{Flits, Happened};
use crate::network::Network;

/// Something that a router does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Any packet may take any virtual channel of a ring.
    NoDateline,
    /// Flits leave without asking for room.
    NoCredits,
}

const NS: Clock = Clock { period: Span::from_fs(1_000_000) };

fn machine(overrides: &str) -> Machine {
    crate::tests::line(1, overrides)
}

fn grid(width: u32, height: u32, topology: &str, channels: u32, buffer: u32) -> Machine {
    machine(&format!(
        "[grid]\npe = [{width}, {height}]\n[link.pe]\ntopology = \"{topology}\"\n[noc]\npacket_bytes = 320\n\
         [noc.flits]\nbytes = 16\nvirtual_channels = {channels}\nbuffer_flits = {buffer}\nrounds_per_cycle = 2\n"
    ))
}

/// A packet: from, to, bytes, created in cycle.
type Sent = (u32, u32, u64, u64);

/// When each packet arrived, in the order of the packets; `None` where it never did.
fn run(machine: &Machine, sent: &[Sent], fault: Option<Fault>) -> (Vec<Option<SimTime>>, bool) {
    let (mut flits, mut network) = (Flits::of(machine).expect("flits"), Network::new(machine));
    flits.fault = fault;
    let mut arrived = vec![None; sent.len()];
    let (mut happened, mut next) = (Vec::new(), 0);
    loop {
        let due = flits.due();
        if let Some(&(from, to, bytes, cycle)) = sent.get(next)
            && due.is_none_or(|due| NS.span(machine::Cycles(cycle)) <= due - SimTime::ZERO)
        {
            let route = network.route(Traffic::Message, PeId(from), PeId(to));
            flits.enqueue(next as u32, (PeId(from), PeId(to)), network.links_of(route), bytes, false);
            flits.wake(SimTime::ZERO + NS.span(machine::Cycles(cycle)));
            next += 1;
            continue;
        }
        if due.is_none() {
            return (arrived, flits.is_at_rest());
        }
        flits.step(&mut happened);
        for happened in happened.drain(..) {
            if let Happened::Arrived { packet, at } = happened {
                assert!(arrived[packet as usize].replace(at).is_none(), "packet {packet} arrives twice");
            }
        }
    }
}

/// Drawn packets, in the order of their cycles.
fn drawn(machine: &Machine, n: usize, every: u64, seed: u64) -> Vec<Sent> {
    println!("seed {seed}");
    let mut state = seed;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let pes = u64::from(machine.mesh().n_pes());
    (0..n as u64).map(|i| (draw(pes) as u32, draw(pes) as u32, 1 + draw(640), i * every / 8)).collect()
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
        let machine = grid(width, height, topology, channels, buffer);
        for seed in 0..4 {
            let sent = drawn(&machine, 600, seed, seed);
            let (arrived, rests) = run(&machine, &sent, None);
            assert!(rests, "{width}×{height} {topology}, {channels} of {buffer}");
            assert!(arrived.iter().all(Option::is_some));
        }
    }
}

/// No port into a PE takes more than its width: what arrives at one within any stretch fits it.
#[test]
fn no_port_takes_more_than_a_flit_a_cycle() {
    let machine = grid(4, 4, "mesh", 4, 8);
    let sent: Vec<Sent> = (0..400).map(|i| (i % 16, 5, 160, 0)).collect();
    let (arrived, _) = run(&machine, &sent, None);
    let mut ends: Vec<u64> = arrived.iter().map(|at| at.expect("it arrives").fs() / 1_000_000).collect();
    ends.sort_unstable();
    for (n, window) in ends.windows(20).enumerate() {
        // Nineteen packets of ten flits end after the first of these did, but for what was in turn with it.
        assert!(window[19] - window[0] >= 10 * 19 - 10 * 4, "at {n}: {window:?}");
    }
    assert!(ends[399] - ends[0] >= 3990 - 40, "{} cycles for 4000 flits", ends[399] - ends[0]);
}

#[test]
fn equal_packets_arrive_at_equal_times() {
    let machine = grid(5, 5, "torus", 4, 4);
    let sent = drawn(&machine, 500, 3, 11);
    assert_eq!(run(&machine, &sent, None), run(&machine, &sent, None));
}

/// Everybody sends two further round a ring, more than its buffers hold.
fn round_a_ring() -> (Machine, Vec<Sent>) {
    let machine = grid(8, 1, "torus", 2, 2);
    let sent = (0..400).map(|i| (i % 8, (i % 8 + 3) % 8, 320, 0)).collect();
    (machine, sent)
}

#[test]
fn without_a_dateline_a_ring_locks_and_with_it_not() {
    let (machine, sent) = round_a_ring();
    let (arrived, rests) = run(&machine, &sent, None);
    assert!(rests && arrived.iter().all(Option::is_some));
    let (arrived, rests) = run(&machine, &sent, Some(Fault::NoDateline));
    assert!(!rests && arrived.iter().any(Option::is_none), "it should have locked");
}

/// Without credits a buffer is given more than it holds, which is noticed.
#[test]
fn without_credits_a_buffer_overflows() {
    let machine = grid(4, 4, "mesh", 1, 1);
    let sent: Vec<Sent> = (0..100).map(|i| (i % 16, 5, 160, 0)).collect();
    let overflow = std::panic::catch_unwind(|| run(&machine, &sent, Some(Fault::NoCredits)));
    assert!(overflow.is_err());
}
