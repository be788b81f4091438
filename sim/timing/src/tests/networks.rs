//! Two opposite networks: which way round everything goes, and that neither is in the other's way.

use machine::Machine;
use program::DType;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Topology};

use super::{cycles, line, nth, simulate};

const MESH: &str = "[noc]\npacket_bytes = 65536\ninject_cycles = 2\neject_cycles = 3\nport_bytes_per_cycle = 16\n\
                    [link.pe]\nbytes_per_cycle = 16\nhop_cycles = 7\ntopology = \"torus\"\n\
                    [hbm]\nchannels_per_pe = 1\nbytes_per_cycle = 8\nefficiency = 1\nlatency_cycles = 100\n\
                    burst_bytes = 64\n";

/// A ring of `n`; what goes east goes over `noc0`.
fn ring(n: u32, loads: &str, stores: &str, messages: &str) -> Machine {
    let networks = format!(
        "[noc.networks]\nmodel = \"opposite\"\nloads = \"{loads}\"\nstores = \"{stores}\"\nmessages = \"{messages}\"\n"
    );
    line(n, &(MESH.to_owned() + &networks))
}

const fn way(hops: u64) -> u64 {
    2 + 7 * hops + 3
}

/// From rank 0 of five to rank 2: two hops east, three hops west, and what answers goes on the same way round.
#[test]
fn requests_bytes_and_acknowledgements_go_one_way_round() {
    for (network, there, back) in [("noc0", 2, 3), ("noc1", 3, 2)] {
        let mut recording = Recording::new("both", 5);
        let x = recording.input("x", [640], DType::U8);
        let x = recording.input_share(x, 2, [0], [640]);
        let y = recording.output("y", [640], DType::U8);
        let y = recording.output_share(y, 2, [0], [640]);
        let log = simulate(&ring(5, network, network, "noc0"), recording, |tl| {
            if tl.rank() == 0 {
                let tile = tl.load(tl.tensor(x));
                tl.store(tile, tl.tensor(y));
            }
        });
        let took = |op: &str| {
            let [_, start, done] = cycles(&log, 0, nth(&log, 0, op, 0));
            done - start
        };
        let memory = 100 + 640 / 8;
        assert_eq!(took("load"), way(there) + memory + way(back) + 640 / 16, "{network}");
        assert_eq!(took("store"), way(there) + 640 / 16 + memory + way(back), "{network}");
    }
}

#[test]
fn messages_and_their_credits_go_one_way_round() {
    for (network, there, back) in [("noc0", 1, 4), ("noc1", 4, 1)] {
        let mut recording = Recording::new("message", 5);
        recording.links(Topology::Line, 1, 160, SlotPlace::Tcm);
        let log = simulate(&ring(5, "noc0", "noc1", network), recording, |tl| match tl.rank() {
            0 => {
                let tile = tl.full([160], DType::U8, 0.0);
                tl.send(Direction::Right, tile);
            }
            1 => {
                let got = tl.recv(Direction::Left, [160], DType::U8);
                tl.release(got);
            }
            _ => {}
        });
        let [_, start, _] = cycles(&log, 0, nth(&log, 0, "send", 0));
        let arrived = start + way(there) + 160 / 16;
        assert_eq!(cycles(&log, 1, 0)[2], arrived, "{network}");
        let credit = log.messages[0][0].credit.expect("released").fs() / 1_000_000;
        assert_eq!(credit, arrived + way(back), "{network}");
    }
}

/// A store and a message leave one PE for the other of two at once. Over one network the second waits for the port;
/// over two neither does, and a ring of two has a link each way.
#[test]
fn each_network_has_links_and_ports_of_its_own() {
    for (stores, waits) in [("noc0", 40), ("noc1", 0)] {
        let mut recording = Recording::new("both", 2);
        recording.links(Topology::Line, 1, 640, SlotPlace::Tcm);
        let y = recording.output("y", [640], DType::U8);
        let y = recording.output_share(y, 1, [0], [640]);
        let log = simulate(&ring(2, "noc0", stores, "noc0"), recording, |tl| {
            if tl.rank() == 0 {
                let tile = tl.tile([640], DType::U8);
                tl.store(tile, tl.tensor(y));
                tl.send(Direction::Right, tile);
            } else {
                let got = tl.recv(Direction::Left, [640], DType::U8);
                tl.release(got);
            }
        });
        let arrived = log.messages[0][0].filled.fs() / 1_000_000;
        assert_eq!(arrived, waits + way(1) + 640 / 16, "stores over {stores}");
    }
}
