//! The contract of network models, held by each of them: packets are put in at their PEs, and the model is called until
//! nothing is due.

use std::collections::BTreeMap;

use machine::{Clock, Cycles, Machine, PeId, SimTime, Span, Traffic};

use super::{Arrival, Context, Noc, Observer, Packet, Routes, Way};
use crate::memory::Tcms;
use crate::turn::Turn;

const NS: Clock = Clock { period: Span::from_fs(1_000_000) };

/// Every model, as keys of a machine.
const MODELS: [(&str, &str); 2] = [
    ("packets", ""),
    ("flits", "[noc.flits]\nbytes = 16\nvirtual_channels = 4\nbuffer_flits = 8\nrounds_per_cycle = 2\n"),
];

/// A grid of PEs whose ports and links move 16 bytes a cycle.
pub fn grid(width: u32, height: u32, topology: &str, keys: &str) -> Machine {
    crate::tests::line(
        1,
        &format!(
            "[grid]\npe = [{width}, {height}]\n[link.pe]\ntopology = \"{topology}\"\n[noc]\npacket_bytes = 320\n{keys}"
        ),
    )
}

/// A packet: from, to, bytes, created in cycle.
pub type Sent = (u32, u32, u64, u64);

/// When the first byte of a packet left its PE, when its last did, and when that arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    entered: Option<SimTime>,
    left: Option<SimTime>,
    pub arrived: Option<SimTime>,
}

/// What a model reports, and the calls that it asks for in the order of their times.
struct Recorder {
    times: Vec<Times>,
    calls: BTreeMap<(SimTime, Turn, usize), u32>,
    n_calls: usize,
}

impl Observer for Recorder {
    fn entered(&mut self, packet: u32, at: SimTime) {
        let before = self.times[packet as usize].entered.replace(at);
        assert!(before.is_none(), "packet {packet} enters twice");
    }
    fn left(&mut self, packet: u32, at: SimTime) {
        let before = self.times[packet as usize].left.replace(at);
        assert!(before.is_none(), "packet {packet} leaves twice");
    }
    fn arrived(&mut self, arrival: Arrival, at: SimTime) {
        let Arrival::Packet { packet } = arrival else { panic!("{arrival:?} of a unicast") };
        let before = self.times[packet as usize].arrived.replace(at);
        assert!(before.is_none(), "packet {packet} arrives twice");
    }
    fn resume_at(&mut self, at: SimTime, turn: Turn, token: u32) {
        self.calls.insert((at, turn, self.n_calls), token);
        self.n_calls += 1;
    }
}

fn at_cycle(cycle: u64) -> SimTime {
    SimTime::ZERO + NS.span(Cycles(cycle))
}

/// Runs packets, in the order of their cycles, until nothing is due.
pub fn run(machine: &Machine, noc: &mut Noc, sent: &[Sent]) -> Vec<Times> {
    let (mut routes, mut tcms) = (Routes::new(machine), Tcms::new(machine));
    let mut recorder =
        Recorder { times: vec![Times::default(); sent.len()], calls: BTreeMap::new(), n_calls: 0 };
    let mut packets = sent.iter().zip(0..).peekable();
    loop {
        let created = packets.peek().map(|&(&(.., cycle), _)| at_cycle(cycle));
        let call = recorder.calls.first_key_value().map(|(&(at, ..), _)| at);
        let event = created.into_iter().chain(call).min();
        if let Some(cycle) = noc.next_cycle()
            && event.is_none_or(|event| cycle < event)
        {
            noc.cycle(&mut recorder);
            continue;
        }
        let Some(now) = event else { return recorder.times };
        let call = recorder.calls.first_entry().filter(|_| created != Some(now)).map(|call| call.remove());
        let created = if call.is_none() { packets.next() } else { None };
        let path = created.map(|(&(from, to, ..), _)| routes.path(Traffic::Message, PeId(from), PeId(to)));
        let context = &mut Context { now, routes: &routes, tcms: &mut tcms, observer: &mut recorder };
        if let Some(token) = call {
            noc.resume(token, context);
        }
        if let (Some((&(_, _, bytes, _), id)), Some(path)) = (created, path) {
            let (way, bytes) = (Way::Unicast, (0, bytes));
            let turn = Turn::into(id);
            noc.inject(&Packet { id, turn, path, way, bytes, from_tcm: false, to_tcm: false }, context);
            assert!(!noc.is_at_rest(), "packet {id} is under way");
        }
    }
}

/// Drawn packets, in the order of their cycles.
pub fn drawn(machine: &Machine, n: usize, every: u64, seed: u64) -> Vec<Sent> {
    println!("seed {seed}");
    let mut state = seed;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let pes = u64::from(machine.mesh().n_pes());
    (0..n as u64).map(|i| (draw(pes) as u32, draw(pes) as u32, 1 + draw(320), i * every / 8)).collect()
}

#[test]
fn every_model_delivers_each_packet_once_and_comes_to_rest() {
    for (model, keys) in MODELS {
        for (width, height, topology) in [(4, 4, "mesh"), (5, 3, "torus"), (1, 7, "torus"), (3, 1, "mesh")] {
            let machine = grid(width, height, topology, keys);
            let sent = drawn(&machine, 400, 3, 7);
            let mut noc = Noc::of(&machine);
            let times = run(&machine, &mut noc, &sent);
            assert!(noc.is_at_rest(), "{model}, {width}×{height} {topology}");
            for (packet, (times, &(.., created))) in times.iter().zip(&sent).enumerate() {
                let Times { entered: Some(entered), left: Some(left), arrived: Some(arrived) } = *times
                else {
                    panic!("{model}: packet {packet} has {times:?}")
                };
                let order = [at_cycle(created), entered, left, arrived];
                assert!(order.is_sorted(), "{model}: packet {packet} has {order:?}");
            }
            assert_eq!(run(&machine, &mut Noc::of(&machine), &sent), times, "{model} is not deterministic");
        }
    }
}

/// No port into a PE takes more than its width: what arrives at one within any stretch fits it.
#[test]
fn no_port_of_any_model_takes_more_than_its_width() {
    for (model, keys) in MODELS {
        let machine = grid(4, 4, "mesh", keys);
        let sent: Vec<Sent> = (0..400).map(|i| (i % 16, 5, 160, 0)).collect();
        let times = run(&machine, &mut Noc::of(&machine), &sent);
        let ends = times.iter().map(|times| times.arrived.expect("it arrives").fs() / 1_000_000);
        let mut ends: Vec<u64> = ends.collect();
        ends.sort_unstable();
        for (n, window) in ends.windows(20).enumerate() {
            // Nineteen packets of ten cycles end after the first of these did, but for those in turn with it.
            assert!(window[19] - window[0] >= 10 * 19 - 10 * 4, "{model} at {n}: {window:?}");
        }
        assert!(ends[399] - ends[0] >= 3990 - 40, "{model}: {} cycles for 4000", ends[399] - ends[0]);
    }
}
