//! Chips joined by Ethernet, and a collective on them that moves and adds every byte.
//!
//! A chip has three PEs: one for each direction, so that neither waits for the other, and one that adds what reaches
//! the chip from both. Its own data is in its memory, which is many times as fast as a link, and so costs nothing.

use machine::spec::{Grid, HbmPlacement, Topology};
use machine::{Bytes, Coord, Cycles, Machine, MachineSpec, RankAxis, SimTime, Span, place};
use probe::{Bench, BenchError, ring};
use program::DType;
use program::op::BusyUnit;
use program::tl::{Recording, Tile, Tl};
use program::view::RingId;

use super::streams::{Collective, Incoming, Streams, WAYS, Way, Wiring};

/// The PE that adds, between the two that send.
const ADDS: usize = 1;
/// A message is a packet of the fabric, or larger where a part would have more than `CHUNKS` messages.
const FABRIC_PACKET: u64 = 4096;
const CHUNKS: u64 = 64;
/// Buffers of outgoing sums: the next sum is begun while one is sent.
const SUMS: usize = 4;
/// Capacity of a TCM, which stands for a chip's DRAM here: more than any program uses.
const DRAM: Bytes = Bytes(1 << 33);

/// Cost of the smallest messages, fitted to measurements, in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latency {
    /// Once, to open and close connections.
    pub start_ns: u64,
    /// For each hop on the longest way: the fabric's own hop, which the machine has, and barriers that count chips.
    pub hop_ns: u64,
}

impl Latency {
    /// Cycles before and after the first byte is on its way.
    fn around(self, spec: &MachineSpec, wiring: Wiring, n: u32) -> Cycles {
        let hops = u64::from(if wiring == Wiring::Line { n - 1 } else { n / 2 });
        let fabric = spec.clock.noc_fs.span(spec.link.sip.hop_cycles).fs();
        let fs = (self.start_ns + hops * self.hop_ns) * 1_000_000 - hops * fabric;
        spec.clock.pe_fs.cycles_covering(Span::from_fs(fs))
    }
}

/// Microseconds of a collective whose parts have `part` bytes.
pub(super) fn time(
    bench: &Bench,
    chip: &MachineSpec,
    (collective, wiring, n): (Collective, Wiring, u32),
    part: u64,
    latency: Latency,
) -> Result<f64, BenchError> {
    let spec = joined(chip, wiring, n);
    let chunks = (part / FABRIC_PACKET).clamp(1, CHUNKS);
    let streams = Streams { collective, wiring, n, chunks: chunks as u32 };
    let around = latency.around(&spec, wiring, n);
    let program = Program { streams, chunk: part / chunks, around, ranks: ranks(&spec, n)? };
    let (recording, rings) = program.recording();
    let run = bench.run(&spec, recording, |tl| program.worker(tl, &rings))?;
    Ok((run.log.makespan() - SimTime::ZERO).fs() as f64 / 1e9)
}

/// The chip `n` times. The cost of a message is in [`Latency`], so nothing else is charged for it.
fn joined(chip: &MachineSpec, wiring: Wiring, n: u32) -> MachineSpec {
    let mut spec = chip.clone();
    spec.grid = Grid { pe: [1, 3], cube: [1, 1], sip: [n, 1] };
    (spec.link.pe.topology, spec.link.cube.topology) = (Topology::Mesh, Topology::Mesh);
    spec.link.sip.topology = match wiring {
        Wiring::Line => Topology::Mesh,
        Wiring::Ring => Topology::Torus,
    };
    (spec.noc.networks, spec.noc.transaction) = (None, None);
    (spec.hbm.placement, spec.hbm.controllers) = (HbmPlacement::PerPe, None);
    let none = Cycles(0);
    (spec.ipcq.send_cycles, spec.ipcq.recv_cycles, spec.ipcq.release_cycles) = (none, none, none);
    (spec.pe.issue_cycles, spec.noc.inject_cycles, spec.noc.eject_cycles) = (none, none, none);
    (spec.pe.tcm_bytes, spec.noc.packet_bytes) = (DRAM, DRAM);
    spec
}

/// The ranks of each chip, from north to south.
fn ranks(spec: &MachineSpec, n: u32) -> Result<Vec<[u32; 3]>, BenchError> {
    let machine = Machine::new(spec.clone())?;
    let (mesh, pes) = (machine.mesh(), place(&machine, 3 * n, RankAxis::Pe)?);
    let rank =
        |x, y| pes.iter().position(|&pe| mesh.coord(pe) == Coord { x, y }).expect("all PEs have ranks");
    Ok((0..n).map(|x| [0, 1, 2].map(|y| rank(x, y) as u32)).collect())
}

struct Program {
    streams: Streams,
    /// Bytes of a message.
    chunk: u64,
    /// Cycles of software.
    around: Cycles,
    /// Of each chip.
    ranks: Vec<[u32; 3]>,
}

/// By direction, then chip.
struct Rings {
    onward: [Vec<Option<RingId>>; 2],
    /// To the PE that adds.
    inward: [Vec<RingId>; 2],
}

impl Program {
    /// Each message has a slot of its own, as it has its place in the memory of a chip, so no message waits for a slot.
    fn recording(&self) -> (Recording, Rings) {
        let mut recording = Recording::new("collective", 3 * self.streams.n);
        let (n, streams) = (self.streams.n, &self.streams);
        let onward = WAYS.map(|way| {
            let mut to_next = |chip: u32| {
                let next = streams.next(chip, way)?;
                let messages = streams.incoming(next, way).len() as u32;
                let (from, to) = (self.sender(chip, way), self.sender(next, way));
                Some(recording.ring(ring(from, to, messages, self.chunk)))
            };
            (0..n).map(&mut to_next).collect()
        });
        let inward = WAYS.map(|way| {
            let adder = |chip: u32| self.ranks[chip as usize][ADDS];
            (0..n)
                .map(|chip| {
                    recording.ring(ring(self.sender(chip, way), adder(chip), streams.chunks, self.chunk))
                })
                .collect()
        });
        (recording, Rings { onward, inward })
    }

    /// The northern PE of a chip sends east.
    fn sender(&self, chip: u32, way: Way) -> u32 {
        self.ranks[chip as usize][2 * way]
    }

    fn worker(&self, tl: &mut Tl, rings: &Rings) {
        let rank = tl.rank();
        let at = |ranks: &[u32; 3]| ranks.iter().position(|&other| other == rank);
        let found = self.ranks.iter().enumerate().find_map(|(chip, ranks)| Some((chip as u32, at(ranks)?)));
        let (chip, pe) = found.expect("every rank is on a chip");
        if pe != ADDS {
            self.forward(tl, rings, chip, pe / 2);
        } else if self.streams.collective == Collective::ReduceScatter {
            self.add(tl, rings, chip);
        }
    }

    /// Elements of a message: bf16.
    fn shape(&self) -> [u32; 1] {
        [(self.chunk / 2) as u32]
    }

    fn forward(&self, tl: &mut Tl, rings: &Rings, chip: u32, way: Way) {
        let started = tl.busy(BusyUnit::Gemm, self.around.0);
        tl.wait(&[started]);
        let own = tl.tile(self.shape(), DType::Bf16);
        let sums: Vec<Tile> = (0..SUMS).map(|_| tl.tile(self.shape(), DType::Bf16)).collect();
        let onward = rings.onward[way][chip as usize];
        for _ in self.streams.started(chip, way).into_iter().flat_map(|stream| stream.chunks) {
            tl.send_ring(onward.expect("a stream has a way to go"), own);
        }
        let Some(before) = self.streams.next(chip, 1 - way) else { return };
        let ring = rings.onward[way][before as usize].expect("what is behind leads here");
        for (number, incoming) in self.streams.incoming(chip, way).into_iter().enumerate() {
            let got = tl.recv_ring(ring, self.shape(), DType::Bf16);
            match (self.streams.collective, incoming.last, onward) {
                (Collective::ReduceScatter, true, _) => {
                    tl.forward_ring(rings.inward[way][chip as usize], got);
                }
                (Collective::ReduceScatter, false, Some(onward)) => {
                    let sum = sums[number % SUMS];
                    tl.to(sum).add(got, own);
                    tl.send_ring(onward, sum);
                }
                (_, false, Some(onward)) => {
                    tl.forward_ring(onward, got);
                }
                (_, true, _) | (_, false, None) => {}
            }
            tl.release(got);
        }
    }

    /// Adds what reaches the chip from either side to its own part, in the order of arrival.
    fn add(&self, tl: &mut Tl, rings: &Rings, chip: u32) {
        let last = |incoming: &Incoming| incoming.last;
        let come =
            WAYS.map(|way| self.streams.incoming(chip, way).into_iter().filter(last).collect::<Vec<_>>());
        let own = tl.tile(self.shape(), DType::Bf16);
        let chunks = 0..self.streams.chunks;
        let mut sums: Vec<(Tile, bool)> =
            chunks.map(|_| (tl.tile(self.shape(), DType::Bf16), false)).collect();
        for number in 0..self.streams.chunks as usize {
            for way in WAYS {
                let Some(incoming) = come[way].get(number) else { continue };
                let got = tl.recv_ring(rings.inward[way][chip as usize], self.shape(), DType::Bf16);
                let (sum, begun) = &mut sums[incoming.chunk as usize];
                tl.to(*sum).add(got, if *begun { *sum } else { own });
                *begun = true;
                tl.release(got);
            }
        }
    }
}
