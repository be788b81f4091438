//! Synthetic traffic: every PE of a k × k mesh creates packets at random and sends them where the pattern says, as
//! network simulators do. It computes nothing. [`Traffic`] holds the parameters, [`Traffic::packets`] lists every packet
//! with its cycle; the program sends them, and the op log has the time of each arrival.

mod mesh;
mod pattern;

use machine::{Random, RankAxis, Rate};
use program::op::BusyUnit;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Recording, Tl};
use program::{DType, Program, Rank, RingId};

use std::collections::BTreeMap;

use self::pattern::Pattern;
use crate::case::Case;
use crate::error::KernelError;
use crate::kernel::{Kernel, Recorded};
use crate::request::{Param, Request, Texts};

const MAX_SIDE: u32 = 32;
const MAX_CYCLES: u32 = 1_000_000;
/// Packets of all PEs; each becomes five ops.
const MAX_PACKETS: usize = 1 << 20;
/// Packets of a PE, which wait in the queue of its send unit.
const MAX_QUEUED: usize = 1 << 16;
/// Cycles for which the network stays loaded after the window, so that packets of the window meet the same load: four
/// times the largest mean latency that does not count as saturated.
const AFTER: u32 = 2000;

pub const NAME: &str = "traffic";

pub const PARAMS: &[Param] = &[
    Param { name: "k", default: "8", doc: "the mesh has k × k PEs: 2 to 32" },
    Param {
        name: "pattern",
        default: "uniform",
        doc: "where packets go: uniform, neighbor, transpose, bitcomp or tornado",
    },
    Param { name: "packet_flits", default: "20", doc: "flits of a packet" },
    Param {
        name: "load",
        default: "0.1",
        doc: "flits that a PE creates in a cycle: a decimal or fraction, up to 1",
    },
    Param { name: "warmup", default: "3000", doc: "cycles before anything is measured" },
    Param { name: "window", default: "10000", doc: "cycles whose packets are measured" },
    Param { name: "traffic_seed", default: "1", doc: "of packets and destinations" },
    Param {
        name: "wiring",
        default: "mesh",
        doc: "mesh, or torus: closed along both axes, with longer links",
    },
    Param { name: "model", default: "flits", doc: "flits, or packets: links that serve whole packets" },
    Param { name: "virtual_channels", default: "8", doc: "of every input of a router" },
    Param { name: "buffer_flits", default: "32", doc: "of every virtual channel" },
];

pub const KERNELS: &[Kernel] = &[Kernel {
    name: NAME,
    purpose: "timing only: random packets on a k × k mesh of its own, as network simulators draw them",
    params: PARAMS,
    inputs: &[],
    record,
    reference: |_| Ok(None),
}];

pub const CASES: &[Case] = &[
    Case::run("traffic k=4 packet_flits=5 load=0.2 warmup=100 window=300"),
    Case::run("traffic k=4 packet_flits=20 load=0.4 warmup=100 window=300 pattern=tornado wiring=torus"),
    Case::run(
        "traffic k=5 packet_flits=3 load=0.1 warmup=50 window=200 pattern=neighbor traffic_seed=7 virtual_channels=2",
    ),
    Case::run("traffic k=4 packet_flits=20 load=0.3 warmup=100 window=300 pattern=transpose buffer_flits=4"),
    Case::run("traffic k=4 packet_flits=10 load=0.2 warmup=100 window=300 pattern=bitcomp model=packets"),
];

/// Parameters of the traffic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    pub k: u32,
    pub packet_flits: u32,
    /// Flits per PE per cycle.
    pub load: Rate,
    pub warmup: u32,
    pub window: u32,
    pattern: Pattern,
    seed: u32,
    network: mesh::Network,
}

/// A packet by where and when it was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    pub cycle: u32,
    pub from: u32,
    pub to: u32,
}

impl Traffic {
    /// The traffic of a program that this kernel has recorded.
    ///
    /// # Errors
    /// [`KernelError`] for parameters that do not work.
    pub fn of(params: &Texts) -> Result<Traffic, KernelError> {
        Traffic::read(&mut Request::new(NAME, PARAMS, &[], params)?)
    }

    fn read(request: &mut Request) -> Result<Traffic, KernelError> {
        let k = request.number("k", 2..=MAX_SIDE)?;
        let pattern = Pattern::read(request)?;
        let packet_flits = request.number("packet_flits", 1..=1024)?;
        let load = request.rate("load")?;
        if load > Rate::whole(1) {
            return Err(request.refuse("load", load, "a PE sends at most 1 flit a cycle"));
        }
        let warmup = request.number("warmup", 0..=MAX_CYCLES)?;
        let window = request.number("window", 1..=MAX_CYCLES)?;
        let seed = request.number("traffic_seed", 0..=u32::MAX)?;
        let network = mesh::Network::read(request)?;
        Ok(Traffic { k, packet_flits, load, warmup, window, pattern, seed, network })
    }

    pub const fn nodes(&self) -> u32 {
        self.k * self.k
    }

    /// Every packet, by cycle and then by PE: in each cycle each PE creates one with probability
    /// load / flits (Bernoulli). `None` when there are more than a run can have.
    pub fn packets(&self) -> Option<Vec<Packet>> {
        let mut random = Random::seeded(u64::from(self.seed));
        let (chance, of) = (self.load.numerator, self.load.denominator * u64::from(self.packet_flits));
        let mut packets = Vec::new();
        for cycle in 0..self.warmup + self.window + AFTER {
            for from in 0..self.nodes() {
                if random.below(of) < chance {
                    let to = self.pattern.destination(from, self.k, &mut random);
                    packets.push(Packet { cycle, from, to });
                }
            }
            if packets.len() > MAX_PACKETS {
                return None;
            }
        }
        Some(packets)
    }

    /// Whether a packet created in this cycle is measured.
    pub const fn measures(&self, cycle: u32) -> bool {
        self.warmup <= cycle && cycle < self.warmup + self.window
    }
}

fn record(request: &mut Request) -> Result<Recorded, KernelError> {
    let traffic = Traffic::read(request)?;
    let too_many = || {
        let fewer = format!(
            "that makes too many packets: {MAX_PACKETS} in all and {MAX_QUEUED} of one PE work, with a shorter \
             window or longer packets"
        );
        request.refuse("window", traffic.window, fewer)
    };
    let mut of_rank = vec![Vec::new(); traffic.nodes() as usize];
    for packet in traffic.packets().ok_or_else(too_many)? {
        of_rank[packet.from as usize].push(packet);
    }
    if of_rank.iter().any(|packets| packets.len() > MAX_QUEUED) {
        return Err(too_many());
    }
    if !of_rank.iter().flatten().any(|packet| traffic.measures(packet.cycle)) {
        let none = "no packet is created in that window: a longer one, or a higher load, works";
        return Err(request.refuse("window", traffic.window, none));
    }
    let program = program(request, &traffic, &of_rank)?;
    Ok(Recorded { program, reference: None, machine: Some(mesh::machine(&traffic)) })
}

fn program(request: &Request, traffic: &Traffic, of_rank: &[Vec<Packet>]) -> Result<Program, KernelError> {
    let mut recording = Recording::new(request.kernel, traffic.nodes());
    recording.params(request.resolved()).rank_axis(RankAxis::Cube);
    let mut counts: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for packet in of_rank.iter().flatten() {
        *counts.entry((packet.from, packet.to)).or_default() += 1;
    }
    let bytes = traffic.packet_flits;
    // A slot for every message: no packet waits for room at its destination.
    let mut ring = |(&(from, to), &n_slots): (&(u32, u32), &u32)| {
        let ring = Ring {
            producer: Rank(from),
            consumer: Rank(to),
            queue: 0,
            n_slots,
            slot_bytes: u64::from(bytes),
            place: SlotPlace::Tcm,
            flow: Flow::Credit,
        };
        ((from, to), recording.ring(ring))
    };
    let rings: BTreeMap<(u32, u32), RingId> = counts.iter().map(&mut ring).collect();
    let recorded = recording.record(|tl| {
        let rank = tl.rank();
        send_all(tl, &of_rank[rank as usize], &rings, bytes);
        receive_all(tl, rank, &counts, &rings, bytes);
    });
    recorded.map_err(|error| KernelError::Record { kernel: request.kernel, error })
}

/// Each packet is sent in its cycle: the math unit is busy until then, and nothing else takes time.
fn send_all(tl: &mut Tl, packets: &[Packet], rings: &BTreeMap<(u32, u32), RingId>, bytes: u32) {
    let tile = tl.tile([bytes], DType::U8);
    let mut now = 0;
    for packet in packets {
        if packet.cycle > now {
            let until = tl.busy(BusyUnit::Math, u64::from(packet.cycle - now));
            tl.wait(&[until]);
            now = packet.cycle;
        }
        tl.send_ring(rings[&(packet.from, packet.to)], tile);
    }
}

/// When it has sent all packets, a rank receives its own: no packet waits for that.
fn receive_all(
    tl: &mut Tl,
    rank: u32,
    counts: &BTreeMap<(u32, u32), u32>,
    rings: &BTreeMap<(u32, u32), RingId>,
    bytes: u32,
) {
    for (ends, &count) in counts.iter().filter(|((_, to), _)| *to == rank) {
        for _ in 0..count {
            let tile = tl.recv_ring(rings[ends], [bytes], DType::U8);
            tl.release(tile);
        }
    }
}

#[cfg(test)]
mod tests;
