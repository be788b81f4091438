//! Channels that turn round, controllers at routers, TCMs that are shared, and transfers that have to be issued.

use program::DType;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Topology};

use super::{cycles, line, nth, simulate};

const CHANNEL: &str =
    "[hbm]\nchannels_per_pe = 1\nbytes_per_cycle = 8\nlatency_cycles = 0\nburst_bytes = 64\n";

/// Loads and stores of 640 bytes beside one PE, one at a time.
fn moves(keys: &str, ops: &str) -> u64 {
    let machine = line(1, &format!("[pe]\ndma_channels = 1\n{CHANNEL}{keys}"));
    let mut recording = Recording::new("moves", 1);
    let x = recording.input("x", [640], DType::U8);
    let x = recording.input_share(x, 0, [0], [640]);
    let y = recording.output("y", [640], DType::U8);
    let y = recording.output_share(y, 0, [0], [640]);
    let log = simulate(&machine, recording, |tl| {
        let tile = tl.tile([640], DType::U8);
        for op in ops.chars() {
            if op == 'r' {
                tl.load(tl.tensor(x));
            } else {
                tl.store(tile, tl.tensor(y));
            }
        }
    });
    log.makespan().fs() / 1_000_000
}

#[test]
fn a_channel_turns_round_between_reads_and_writes() {
    for (keys, ops, expected) in [
        ("efficiency = 1\n", "rwrw", 4 * 80),
        ("efficiency = 1\nturnaround_cycles = 7\n", "r", 80),
        ("efficiency = 1\nturnaround_cycles = 7\n", "rr", 2 * 80),
        ("efficiency = 1\nturnaround_cycles = 7\n", "ww", 2 * 80),
        ("efficiency = 1\nturnaround_cycles = 7\n", "rw", 2 * 80 + 7),
        ("efficiency = 1\nturnaround_cycles = 7\n", "rwrw", 4 * 80 + 3 * 7),
        ("efficiency = 1\nturnaround_cycles = 7\n", "rrww", 4 * 80 + 7),
        ("efficiency = 1\nwrite_efficiency = \"0.5\"\n", "rw", 80 + 160),
        ("efficiency = \"0.5\"\nwrite_efficiency = 1\n", "rw", 160 + 80),
    ] {
        assert_eq!(moves(keys, ops), expected, "{ops} with {keys}");
    }
}

/// A row of 64 bytes, repeated ten times: the memory gives it once, whatever is in between.
#[test]
fn a_broadcast_is_read_once() {
    let whole = "[noc]\npacket_bytes = 65536\n";
    let cut = "[noc]\npacket_bytes = 64\n";
    for (keys, repeats, expected) in [(whole, 1, 8), (whole, 10, 8), (cut, 1, 8), (cut, 10, 10 * 8)] {
        let machine = line(1, &format!("[pe]\ndma_channels = 1\n{CHANNEL}efficiency = 1\n{keys}"));
        let mut recording = Recording::new("bias", 1);
        let x = recording.input("x", [1, 64], DType::U8);
        let x = recording.input_share(x, 0, [0, 0], [1, 64]);
        let log = simulate(&machine, recording, |tl| {
            tl.load(tl.tensor(x).broadcast([repeats, 64]));
        });
        // A packet takes whole bursts, also of the part of a row that it stands for.
        assert_eq!(log.makespan().fs() / 1_000_000, expected, "{repeats} with {keys}");
    }
}

/// Four PEs in a row, one controller of one channel at the last. The slice of PE 0 lies there, three hops away; loads of
/// two PEs share its channel, and the PE at the controller has no way to go.
#[test]
fn a_load_travels_from_the_controller_of_its_slice() {
    let keys = format!(
        "[noc]\npacket_bytes = 65536\ninject_cycles = 2\neject_cycles = 3\nport_bytes_per_cycle = 16\n\
         [link.pe]\nbytes_per_cycle = 16\nhop_cycles = 7\n{CHANNEL}efficiency = 1\nplacement = \"controllers\"\n\
         [hbm.controllers]\nat = [[3, 0]]\nchannels = 1\nbytes = 1073741824\n"
    );
    let way = |hops: u64| if hops == 0 { 0 } else { 2 + 7 * hops + 3 };
    let run = |loads: &[u32]| {
        let mut recording = Recording::new("controllers", 4);
        let x = recording.input("x", [4, 640], DType::U8);
        let shares = [0, 1, 2, 3].map(|rank| recording.input_share(x, rank, [rank, 0], [1, 640]));
        let log = simulate(&line(4, &keys), recording, |tl| {
            if loads.contains(&tl.rank()) {
                tl.load(tl.tensor(shares[tl.rank() as usize]));
            }
        });
        let took = |&rank: &u32| cycles(&log, rank, 0)[2] - cycles(&log, rank, 0)[1];
        loads.iter().map(took).collect::<Vec<_>>()
    };
    let (memory, port) = (640 / 8, 640 / 16);
    assert_eq!(run(&[0]), [way(3) + memory + way(3) + port]);
    assert_eq!(run(&[2]), [way(1) + memory + way(1) + port]);
    assert_eq!(run(&[3]), [memory]);
    // The nearer request comes first, and the other waits until the channel is free.
    assert_eq!(run(&[0, 2]), [way(1) + 2 * memory + way(3) + port, way(1) + memory + way(1) + port]);
}

/// 64 × 64 by 64 × 64 of f16 at a rate: 32 KiB of operands. Beside it a load, which an explicit machine does not
/// hold until the operands are no longer needed.
#[test]
fn units_and_transfers_share_a_tcm_that_says_so() {
    let run = |shared: &str, macs: u32| {
        let keys = format!(
            "sync = \"explicit\"\n[pe]\ntcm_bytes_per_cycle = 512\n{shared}[gemm]\nmodel = \"rate\"\nmacs_per_cycle = {macs}\n\
             {CHANNEL}efficiency = 1\n"
        );
        let mut recording = Recording::new("shared", 1);
        let x = recording.input("x", [640], DType::U8);
        let x = recording.input_share(x, 0, [0], [640]);
        let log = simulate(&line(1, &keys), recording, |tl| {
            let [a, b] = [0, 1].map(|_| tl.tile([64, 64], DType::F16));
            tl.dot(a, b);
            tl.load(tl.tensor(x));
        });
        ["dot", "load"].map(|op| {
            let [_, start, done] = cycles(&log, 0, nth(&log, 0, op, 0));
            assert_eq!(start, 0);
            done
        })
    };
    let shared = |rate: u32| format!("tcm_shared_bytes_per_cycle = {rate}\n");
    let macs = 64 * 64 * 64;
    let operands = 2 * 64 * 64 * 2 + 64 * 64 * 4;
    assert_eq!(run("", 1024), [macs / 1024, 80]);
    // Wide enough for both: nothing waits for long enough to show.
    assert_eq!(run(&shared(512), 1024), [macs / 1024, 80]);
    // The port, and not the array, sets the pace of the dot; the bytes of the load go after its own.
    assert_eq!(run(&shared(64), 2048), [operands / 64, operands / 64 + 640 / 64]);
}

/// Tenstorrent's estimator tt-npe on Wormhole: bytes a cycle by transfer size. What it prints is 21 cycles to issue and
/// 64 bytes a cycle, or 30 bytes a cycle of the port, whichever is slower: within 2 % of each.
#[test]
fn small_transfers_go_as_fast_as_they_are_issued() {
    let keys = "[noc]\npacket_bytes = 8192\nport_bytes_per_cycle = 30\ninject_cycles = 5\neject_cycles = 5\n\
                [noc.transaction]\ncycles = 21\nbytes_per_cycle = 64\n[link.pe]\nbytes_per_cycle = 32\nhop_cycles = 9\n";
    for (bytes, tenths_a_cycle) in
        [(128u32, 55), (256, 101), (512, 180), (1024, 274), (2048, 300), (8192, 300)]
    {
        let mut recording = Recording::new("issue", 2);
        recording.links(Topology::Line, 20, u64::from(bytes), SlotPlace::Tcm);
        let log = simulate(&line(2, keys), recording, |tl| {
            for _ in 0..20 {
                if tl.rank() == 0 {
                    let tile = tl.tile([bytes], DType::U8);
                    tl.send(Direction::Right, tile);
                } else {
                    let got = tl.recv(Direction::Left, [bytes], DType::U8);
                    tl.release(got);
                }
            }
        });
        let arrival = |n: usize| cycles(&log, 1, nth(&log, 1, "recv", n))[2];
        let ten = arrival(15) - arrival(5);
        let (ours, printed) = (u64::from(bytes) * 1000 / ten, tenths_a_cycle * 10);
        let miss = ours.abs_diff(printed) * 1000 / printed;
        assert!(miss <= 20, "{bytes} B: {ours} hundredths of a byte a cycle, printed {printed}");
    }
}
