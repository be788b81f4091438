//! Fixed costs, ports and memories: each adds another time, so that none can hide behind another.

use machine::Sync;
use oplog::StallReason;
use program::op::BusyUnit;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Direction, Recording, Topology};
use program::{DType, Rank};

use super::{cycles, line, nth, simulate, stalls};

const NETWORK: &str = "[noc]\npacket_bytes = 4096\ninject_cycles = 2\neject_cycles = 3\nport_bytes_per_cycle = 16\n\
                       [link.pe]\nbytes_per_cycle = 16\nhop_cycles = 7\n";
/// One hop, without the payload.
const WAY: u64 = 2 + 7 + 3;

fn ring(producer: u32, consumer: u32, n_slots: u32, place: SlotPlace) -> Ring {
    let (producer, consumer) = (Rank(producer), Rank(consumer));
    Ring { producer, consumer, queue: 0, n_slots, slot_bytes: 640, place, flow: Flow::Credit }
}

#[test]
fn a_message_pays_every_fixed_cost_once() {
    let overrides =
        format!("{NETWORK}[ipcq]\nsend_cycles = 100\nrecv_cycles = 1000\nrelease_cycles = 10000\n");
    for asynchronous in [false, true] {
        let mut recording = Recording::new("message", 2);
        recording.links(Topology::Line, 1, 160, SlotPlace::Tcm);
        let log = simulate(&line(2, &overrides), recording, |tl| {
            if tl.rank() == 0 {
                let tile = tl.full([160], DType::U8, 0.0);
                tl.send(Direction::Right, tile);
            } else if asynchronous {
                let (got, arrived) = tl.recv_async(Direction::Left, [160], DType::U8);
                tl.wait(&[arrived]);
                tl.release(got);
            } else {
                let got = tl.recv(Direction::Left, [160], DType::U8);
                tl.release(got);
            }
        });
        let [_, start, left] = cycles(&log, 0, 1);
        assert_eq!(left - start, 100 + 160 / 16);
        let arrived = start + 100 + WAY + 160 / 16;
        assert_eq!(cycles(&log, 1, 0)[2], arrived + 1000, "asynchronous: {asynchronous}");
        let credit = log.messages[0][0].credit.expect("released").fs() / 1_000_000;
        assert_eq!(credit, arrived + 1000 + 10000 + WAY, "asynchronous: {asynchronous}");
    }
}

#[test]
fn a_move_pays_its_setup() {
    let overrides = "[pe]\ndma_setup_cycles = 100\n[hbm]\nchannels_per_pe = 1\nbytes_per_cycle = 8\nefficiency = 1\n\
                     latency_cycles = 1000\nburst_bytes = 64\n";
    let mut recording = Recording::new("moves", 1);
    let x = recording.input("x", [640], DType::U8);
    let x = recording.input_share(x, 0, [0], [640]);
    let log = simulate(&line(1, overrides), recording, |tl| {
        let tile = tl.load(tl.tensor(x));
        let copy = tl.tile([640], DType::U8);
        tl.copy(tile, copy);
    });
    let took = |op| cycles(&log, 0, op)[2] - cycles(&log, 0, op)[1];
    assert_eq!([took(0), took(1)], [100 + 1000 + 640 / 8, 100 + 2]);
}

/// A store to another PE's HBM: the data travels, is written, and the writer hears of it.
#[test]
fn a_remote_store_is_done_when_it_is_acknowledged() {
    let overrides = format!(
        "{NETWORK}[hbm]\nchannels_per_pe = 1\nbytes_per_cycle = 8\nefficiency = 1\nlatency_cycles = 100\nburst_bytes = 64\n"
    );
    let mut recording = Recording::new("store", 2);
    let y = recording.output("y", [640], DType::U8);
    let y = recording.output_share(y, 1, [0], [640]);
    let log = simulate(&line(2, &overrides), recording, |tl| {
        if tl.rank() == 0 {
            let tile = tl.full([640], DType::U8, 0.0);
            tl.store(tile, tl.tensor(y));
        }
    });
    let [_, start, done] = cycles(&log, 0, 1);
    assert_eq!(done - start, (WAY + 640 / 16) + (640 / 8 + 100) + WAY);
}

/// A memory is free for others until a packet that will write it has come.
#[test]
fn a_slow_remote_store_does_not_keep_an_idle_memory() {
    let overrides = "[noc]\npacket_bytes = 1024\n[link.pe]\nbytes_per_cycle = 1\n[hbm]\nchannels_per_pe = 1\n\
                     bytes_per_cycle = 64\nefficiency = 1\nlatency_cycles = 0\nburst_bytes = 64\n";
    let mut recording = Recording::new("store", 2);
    let x = recording.input("x", [64], DType::U8);
    let x = recording.input_share(x, 1, [0], [64]);
    let y = recording.output("y", [4096], DType::U8);
    let y = recording.output_share(y, 1, [0], [4096]);
    let log = simulate(&line(2, overrides), recording, |tl| {
        if tl.rank() == 0 {
            let tile = tl.tile([4096], DType::U8);
            tl.store(tile, tl.tensor(y));
        } else {
            let wait = tl.busy(BusyUnit::Math, 100);
            tl.wait(&[wait]);
            tl.load(tl.tensor(x));
        }
    });
    let load = nth(&log, 1, "load", 0);
    assert_eq!(cycles(&log, 1, load), [100, 100, 101]);
    assert_eq!(stalls(&log, 1, load), []);
}

/// A TCM port narrower than its memory sets the pace once the first byte has come.
#[test]
fn a_narrow_tcm_does_not_hide_the_latency_of_the_memory() {
    let overrides = "[pe]\ntcm_bytes_per_cycle = 1\n[hbm]\nchannels_per_pe = 1\nbytes_per_cycle = 64\nefficiency = 1\n\
                     latency_cycles = 1000\nburst_bytes = 64\n";
    let mut recording = Recording::new("narrow", 1);
    let x = recording.input("x", [4096], DType::U8);
    let x = recording.input_share(x, 0, [0], [4096]);
    let log = simulate(&line(1, overrides), recording, |tl| {
        tl.load(tl.tensor(x));
    });
    let [_, start, done] = cycles(&log, 0, 0);
    assert_eq!(done - start, 1000 + 4096);
}

/// Two senders, one receiver: its port takes one message after the other. From the right the way is as long.
#[test]
fn the_port_into_a_pe_is_shared() {
    let mut recording = Recording::new("port", 3);
    let rings = [ring(0, 1, 1, SlotPlace::Tcm), ring(2, 1, 1, SlotPlace::Tcm)].map(|r| recording.ring(r));
    let log = simulate(&line(3, NETWORK), recording, |tl| match tl.rank() {
        1 => {
            for ring in rings {
                let got = tl.recv_ring(ring, [640], DType::U8);
                tl.release(got);
            }
        }
        rank => {
            let tile = tl.tile([640], DType::U8);
            tl.send_ring(rings[rank as usize / 2], tile);
        }
    });
    let filled = |ring: usize| log.messages[ring][0].filled.fs() / 1_000_000;
    assert_eq!([filled(0), filled(1)], [WAY + 40, WAY + 80]);
}

/// A credit is for a slot: when the second slot is released first, the third message still waits for the first.
#[test]
fn a_credit_belongs_to_its_slot() {
    let mut recording = Recording::new("slots", 2);
    recording.links(Topology::Line, 2, 160, SlotPlace::Tcm);
    let log = simulate(&line(2, NETWORK), recording, |tl| {
        if tl.rank() == 0 {
            let tile = tl.tile([160], DType::U8);
            for _ in 0..3 {
                tl.send(Direction::Right, tile);
            }
        } else {
            let [first, second] = [0, 1].map(|_| tl.recv(Direction::Left, [160], DType::U8));
            tl.release(second);
            let slow = tl.busy(BusyUnit::Math, 500);
            tl.wait(&[slow]);
            tl.release(first);
            let third = tl.recv(Direction::Left, [160], DType::U8);
            tl.release(third);
        }
    });
    let released = cycles(&log, 1, nth(&log, 1, "release", 1))[2];
    assert_eq!(cycles(&log, 0, 2)[1], released + WAY);
    assert_eq!(stalls(&log, 0, 2)[0].0, StallReason::Credit);
}

/// Slots in HBM and SRAM: written when the message comes, read again by who forwards or copies it.
#[test]
fn slots_outside_the_tcm_are_written_and_read() {
    let overrides = format!(
        "{NETWORK}[hbm]\nchannels_per_pe = 1\nbytes_per_cycle = 8\nefficiency = 1\nlatency_cycles = 100\nburst_bytes = 64\n\
         [sram]\nbytes = 65536\nbytes_per_cycle = 32\nlatency_cycles = 50\n"
    );
    // Write and read: bytes at the memory's rate, and its latency. The SRAM of the one cube is at PE 0, a hop from
    // rank 1.
    let hbm = (640 / 8 + 100, 0);
    let sram = (640 / 32 + 50, WAY);
    for (place, (memory, away)) in [(SlotPlace::Hbm, hbm), (SlotPlace::Sram, sram)] {
        let mut recording = Recording::new("slots", 3);
        let rings = [ring(0, 1, 1, place), ring(1, 2, 1, SlotPlace::Tcm)].map(|r| recording.ring(r));
        let log = simulate(&line(3, &overrides), recording, |tl| match tl.rank() {
            0 => {
                let tile = tl.tile([640], DType::U8);
                tl.send_ring(rings[0], tile);
            }
            1 => {
                let got = tl.recv_ring(rings[0], [640], DType::U8);
                tl.forward_ring(rings[1], got);
                tl.release(got);
            }
            _ => {
                let got = tl.recv_ring(rings[1], [640], DType::U8);
                tl.release(got);
            }
        });
        let filled = |ring: usize| log.messages[ring][0].filled.fs() / 1_000_000;
        let to_memory = if place == SlotPlace::Hbm { WAY } else { 2 + 3 };
        assert_eq!(filled(0), to_memory + 40 + memory, "{place:?}");
        let start = cycles(&log, 1, nth(&log, 1, "forward", 0))[1];
        let to_rank_2 = if place == SlotPlace::Hbm { WAY } else { WAY + 7 };
        assert_eq!(filled(1) - start, away + memory + to_rank_2 + 40, "{place:?}");
    }
}

/// Two PEs' slices over all channels of the cube: the second load waits for the channel it shares with the first.
#[test]
fn striped_slices_meet_on_the_channels_of_the_cube() {
    let hbm = |placement| {
        format!(
            "[hbm]\nbytes_per_pe = 6400\nchannels_per_pe = 1\nbytes_per_cycle = 8\nefficiency = 1\nlatency_cycles = 0\n\
             burst_bytes = 64\nplacement = \"{placement}\"\n"
        )
    };
    let run = |placement| {
        let mut recording = Recording::new("striped", 2);
        let x = recording.input("x", [2, 64], DType::U8);
        let shares = [0, 1].map(|rank| recording.input_share(x, rank, [rank, 0], [1, 64]));
        let log = simulate(&line(2, &hbm(placement)), recording, |tl| {
            tl.load(tl.tensor(shares[tl.rank() as usize]));
        });
        [0, 1].map(|rank| cycles(&log, rank, 0)[2])
    };
    assert_eq!(run("per_pe"), [8, 8]);
    // 6400 bytes are 100 bursts: both slices begin on the first of two channels.
    assert_eq!(run("striped"), [8, 16]);
}

/// On an explicit machine a credit leaves at the release, whoever still reads the slot: that is the hazard.
#[test]
fn an_explicit_machine_gives_the_credit_back_at_once() {
    let kernel = |tl: &mut program::tl::Tl| {
        if tl.rank() == 0 {
            let tile = tl.tile([160], DType::U8);
            tl.send(Direction::Right, tile);
        } else {
            let kept = tl.tile([160], DType::U8);
            let got = tl.recv(Direction::Left, [160], DType::U8);
            tl.copy(got, kept);
            tl.release(got);
        }
    };
    for (sync, waits) in [(Sync::Interlocked, true), (Sync::Explicit, false)] {
        let name = if sync == Sync::Explicit { "explicit" } else { "interlocked" };
        let mut recording = Recording::new("release", 2);
        recording.links(Topology::Line, 1, 160, SlotPlace::Tcm);
        let overrides = format!("sync = \"{name}\"\n{NETWORK}[pe]\ntcm_bytes_per_cycle = 16\n");
        let log = simulate(&line(2, &overrides), recording, kernel);
        let copied = cycles(&log, 1, nth(&log, 1, "copy", 0))[2];
        let released = cycles(&log, 1, nth(&log, 1, "release", 0))[2];
        assert_eq!(released == copied, waits, "{name}: copied at {copied}, released at {released}");
    }
}

#[test]
fn a_run_past_2_to_the_53_femtoseconds_is_refused() {
    let recorded = Recording::new("long", 1).record(|tl| {
        // Five seconds each; the verifier only sees that each fits.
        for _ in 0..2 {
            tl.busy(BusyUnit::Math, 5_000_000_000);
        }
    });
    let verified =
        verify::verify(recorded.expect("a program"), &line(1, "")).expect("a program that can run");
    let error = crate::run(&verified, oplog::RunId::default()).expect_err("nine seconds and more");
    assert_eq!(error, crate::TimingError::TooLong { rank: 0 });
}

/// Signals that wait for signals: as many as a program likes.
#[test]
fn a_long_chain_of_signals_settles() {
    let log = simulate(&line(1, ""), Recording::new("chain", 1), |tl| {
        let semaphore = tl.semaphore();
        let mut last = tl.busy(BusyUnit::Math, 10);
        for _ in 0..50_000 {
            last = tl.signal(semaphore, 0, 1, &[last]);
        }
        tl.wait_ge(semaphore, 50_000);
    });
    assert_eq!(log.makespan().fs(), 10 * 1_000_000);
}
