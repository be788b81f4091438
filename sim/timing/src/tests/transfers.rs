//! Transfers: messages, loads, stores and copies on an idle machine, and the credit loop.

use program::DType;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Topology};

use super::{cycles, line, nth, simulate};

/// One message of `bytes` from the first PE of a line of `hops + 1` to the last, on an idle network.
fn message_cycles(bytes: u32, hops: u32, overrides: &str) -> u64 {
    let machine = line(hops + 1, overrides);
    let mut recording = Recording::new("message", hops + 1);
    let ring = recording.ring(program::program::Ring {
        producer: program::Rank(0),
        consumer: program::Rank(hops),
        queue: 0,
        n_slots: 1,
        slot_bytes: u64::from(bytes),
        place: SlotPlace::Tcm,
        flow: program::program::Flow::Credit,
    });
    let log = simulate(&machine, recording, |tl| {
        if tl.rank() == 0 {
            let tile = tl.full([bytes], DType::U8, 0.0);
            tl.send_ring(ring, tile);
        } else if tl.rank() == hops {
            let tile = tl.recv_ring(ring, [bytes], DType::U8);
            tl.release(tile);
        }
    });
    let [_, sent, _] = cycles(&log, 0, nth(&log, 0, "send", 0));
    let [_, _, received] = cycles(&log, hops, nth(&log, hops, "recv", 0));
    received - sent
}

/// `inject + hops × latency + eject + ⌈bytes / narrowest⌉`, whatever the packet size: only the last rounds.
#[test]
fn an_idle_message_takes_the_closed_form() {
    for packet in [64, 1000, 1024, 8192] {
        for (bytes, hops) in [(1, 1), (64, 1), (100, 3), (4097, 2), (16384, 5), (50_000, 7)] {
            for (port, link, narrowest) in [(16, 16, 16), (64, 16, 16), (16, 64, 16), (128, 100, 100)] {
                let overrides = format!(
                    "[noc]\npacket_bytes = {packet}\ninject_cycles = 5\neject_cycles = 4\nport_bytes_per_cycle = {port}\n\
                     [link.pe]\nbytes_per_cycle = {link}\nhop_cycles = 9\n"
                );
                let expected = 5 + u64::from(hops) * 9 + 4 + u64::from(bytes).div_ceil(narrowest);
                let ours = message_cycles(bytes, hops, &overrides);
                assert_eq!(
                    ours, expected,
                    "{bytes} B over {hops} hops, packets of {packet} B, port {port}, link {link}"
                );
            }
        }
    }
}

/// Widths are exact fractions: 11.8 B/cycle is not 11 and not 12.
#[test]
fn a_fractional_width_rounds_once() {
    let overrides = "[noc]\npacket_bytes = 512\ninject_cycles = 0\neject_cycles = 0\nport_bytes_per_cycle = 128\n\
                     [link.pe]\nbytes_per_cycle = \"11.8\"\nhop_cycles = 1\n";
    for (bytes, expected) in [(118, 10), (119, 11), (1180, 100), (11_800, 1000)] {
        assert_eq!(message_cycles(bytes, 1, overrides), 1 + expected, "{bytes} B");
    }
}

/// A ring of slots in steady state moves `min(width, n_slots × bytes / round trip)`, where the round trip is
/// send + hold + credit return.
#[test]
fn a_ring_is_as_fast_as_its_credits_return() {
    let (bytes, width, hop, messages) = (1024u32, 16u64, 40u64, 64);
    let overrides = format!(
        "[noc]\npacket_bytes = 1024\ninject_cycles = 0\neject_cycles = 0\nport_bytes_per_cycle = {width}\n\
         [link.pe]\nbytes_per_cycle = {width}\nhop_cycles = {hop}\n"
    );
    for slots in [1, 2, 3, 8] {
        let mut recording = Recording::new("stream", 2);
        recording.links(Topology::Line, slots, u64::from(bytes), SlotPlace::Tcm);
        let log = simulate(&line(2, &overrides), recording, |tl| {
            if tl.rank() == 0 {
                let tile = tl.full([bytes], DType::U8, 0.0);
                for _ in 0..messages {
                    tl.send(Direction::Right, tile);
                }
            } else {
                for _ in 0..messages {
                    let tile = tl.recv(Direction::Left, [bytes], DType::U8);
                    tl.release(tile);
                }
            }
        });
        let send = u64::from(bytes) / width;
        let round_trip = send + hop + hop;
        let arrival = |n: usize| cycles(&log, 1, nth(&log, 1, "recv", n))[2];
        // Cycles for `slots` messages once the ring has settled: whichever of width and credits is slower.
        let period = arrival(40 + slots as usize) - arrival(40);
        assert_eq!(period, round_trip.max(u64::from(slots) * send), "{slots} slots");
    }
}

/// HBM beside the PE: latency, then all channels together, in whole bursts.
#[test]
fn a_load_takes_latency_and_the_channels_time() {
    let overrides = "[hbm]\nchannels_per_pe = 4\nbytes_per_cycle = 8\nefficiency = \"0.5\"\nlatency_cycles = 100\nburst_bytes = 64\n\
                     [noc]\npacket_bytes = 65536\n";
    // Each channel moves 4 B/cycle: a burst takes 16 cycles, and four lie side by side.
    for (bytes, expected) in [(64, 16), (256, 16), (257, 32), (1024, 64), (100, 16)] {
        let mut recording = Recording::new("load", 1);
        let x = recording.input("x", [bytes], DType::U8);
        let x = recording.input_share(x, 0, [0], [bytes]);
        let log = simulate(&line(1, overrides), recording, |tl| {
            tl.load(tl.tensor(x));
        });
        let [_, start, done] = cycles(&log, 0, 0);
        let tcm = u64::from(bytes).div_ceil(512);
        assert_eq!(done - start, (100 + expected).max(tcm), "{bytes} B");
    }
}

/// A load from another PE's HBM: the request travels, then the data.
#[test]
fn a_remote_load_pays_the_request_and_the_way_back() {
    let overrides = "[hbm]\nchannels_per_pe = 1\nbytes_per_cycle = 8\nefficiency = 1\nlatency_cycles = 100\nburst_bytes = 64\n\
                     [noc]\npacket_bytes = 65536\ninject_cycles = 2\neject_cycles = 3\nport_bytes_per_cycle = 16\n\
                     [link.pe]\nbytes_per_cycle = 16\nhop_cycles = 7\n";
    let mut recording = Recording::new("remote", 3);
    let x = recording.input("x", [640], DType::U8);
    let x = recording.input_share(x, 2, [0], [640]);
    let log = simulate(&line(3, overrides), recording, |tl| {
        if tl.rank() == 0 {
            tl.load(tl.tensor(x));
        }
    });
    let way = 2 + 2 * 7 + 3;
    let [_, start, done] = cycles(&log, 0, 0);
    assert_eq!(done - start, way + (100 + 640 / 8) + (way + 640 / 16));
}

#[test]
fn a_copy_inside_the_tcm_takes_its_width() {
    let log = simulate(&line(1, ""), Recording::new("copy", 1), |tl| {
        let from = tl.full([5000], DType::U8, 0.0);
        let to = tl.tile([5000], DType::U8);
        tl.copy(from, to);
    });
    let [_, start, done] = cycles(&log, 0, 1);
    assert_eq!(done - start, 5000u64.div_ceil(512));
}
