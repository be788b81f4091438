//! One message on an idle network, over machines drawn from seeds, in both models of the network.

use machine::Rate;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::Recording;
use program::{DType, Rank};

use super::{line, simulate};

/// Numbers that are the same everywhere.
struct Draw(u64);

impl Draw {
    fn from(&mut self, least: u64, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        least + (self.0 >> 33) % (most - least + 1)
    }
}

/// The numbers of a machine that have a part in it.
#[derive(Debug)]
struct Case {
    hops: u64,
    bytes: u64,
    flit: u64,
    packet: u64,
    rounds: u64,
    inject: u64,
    hop: u64,
    eject: u64,
    /// Of the port, the TCM and the links, as written and as a rate.
    widths: [(String, Rate); 3],
}

impl Case {
    fn drawn(draw: &mut Draw) -> Case {
        let rounds = draw.from(1, 4);
        let router = 2 / rounds;
        let flit = [16, 32, 64][draw.from(0, 2) as usize];
        let of = [1, 7][draw.from(0, 1) as usize];
        let mut width = || {
            let text = format!("{}/{of}", draw.from(1, flit * of));
            (text.clone(), text.parse().expect("a rate"))
        };
        let widths = [width(), width(), width()];
        Case {
            hops: draw.from(1, 6),
            bytes: draw.from(1, 5000),
            flit,
            packet: flit * draw.from(1, 20),
            rounds,
            inject: draw.from(0, 9),
            hop: router + draw.from(1, 30),
            eject: router + draw.from(0, 9),
            widths,
        }
    }

    fn machine(&self, flits: bool) -> machine::Machine {
        let Case { hops, flit, packet, rounds, inject, hop, eject, widths: [port, tcm, link], .. } = self;
        // As many flits as a link takes while one of them, and then its credit, is on its way.
        let buffer = 4 * hop + 16;
        let flits = if flits {
            format!(
                "[noc.flits]\nbytes = {flit}\nvirtual_channels = 2\nbuffer_flits = {buffer}\n\
                 rounds_per_cycle = {rounds}\n"
            )
        } else {
            String::new()
        };
        let any = format!("bytes_per_cycle = 1\nhop_cycles = {hop}\n");
        line(
            *hops as u32 + 1,
            &format!(
                "[pe]\ntcm_bytes_per_cycle = \"{}\"\n[noc]\npacket_bytes = {packet}\ninject_cycles = {inject}\n\
                 eject_cycles = {eject}\nport_bytes_per_cycle = \"{}\"\n{flits}[link.pe]\n\
                 bytes_per_cycle = \"{}\"\nhop_cycles = {hop}\n[link.cube]\n{any}[link.sip]\n{any}",
                tcm.0, port.0, link.0
            ),
        )
    }

    /// Routers of flits hand on what a cycle brings: where widths do not divide, a part of a cycle may be lost between
    /// the last two of them.
    fn may_lose(&self, flits: bool) -> u64 {
        u64::from(flits && self.widths.iter().any(|(_, rate)| rate.denominator > 1))
    }

    /// `inject + hops × latency + eject + ⌈bytes / narrowest⌉`.
    fn closed_form(&self) -> u64 {
        let narrowest = self.widths.iter().map(|(_, rate)| *rate).min().expect("three widths");
        let covering = narrowest.cycles_covering(machine::Bytes(self.bytes)).0;
        self.inject + self.hops * self.hop + self.eject + covering
    }
}

/// From the start of a send to the arrival of its last byte.
fn flight(machine: &machine::Machine, hops: u32, bytes: u32) -> u64 {
    let mut recording = Recording::new("message", hops + 1);
    let ring = recording.ring(Ring {
        producer: Rank(0),
        consumer: Rank(hops),
        queue: 0,
        n_slots: 1,
        slot_bytes: u64::from(bytes),
        place: SlotPlace::Tcm,
        flow: Flow::Credit,
    });
    let log = simulate(machine, recording, |tl| {
        if tl.rank() == 0 {
            let tile = tl.tile([bytes], DType::U8);
            tl.send_ring(ring, tile);
        } else if tl.rank() == hops {
            let tile = tl.recv_ring(ring, [bytes], DType::U8);
            tl.release(tile);
        }
    });
    log.messages[0][0].filled.fs() / 1_000_000
}

#[test]
fn an_idle_message_takes_the_closed_form_in_both_models() {
    for seed in 0..300 {
        let case = Case::drawn(&mut Draw(seed));
        for flits in [false, true] {
            let ours = flight(&case.machine(flits), case.hops as u32, case.bytes as u32);
            let least = case.closed_form();
            let range = least..=least + case.may_lose(flits);
            assert!(range.contains(&ours), "seed {seed}, flits {flits}: {ours}, not in {range:?}: {case:?}");
        }
    }
}
