//! Order between ranks: messages in place, asynchronous and copied, releases, semaphores and barriers.

use oplog::StallReason;
use program::DType;
use program::op::BusyUnit;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Topology};

use super::{cycles, line, nth, simulate, stalls};

const NETWORK: &str = "[noc]\npacket_bytes = 1024\ninject_cycles = 0\neject_cycles = 0\nport_bytes_per_cycle = 16\n\
                       [link.pe]\nbytes_per_cycle = 16\nhop_cycles = 4\n";

fn pair(slots: u32) -> Recording {
    let mut recording = Recording::new("pair", 2);
    recording.links(Topology::Line, slots, 160, SlotPlace::Tcm);
    recording
}

#[test]
fn a_send_is_done_when_its_last_byte_leaves_and_a_receive_when_it_has_come() {
    let log = simulate(&line(2, NETWORK), pair(1), |tl| {
        if tl.rank() == 0 {
            let tile = tl.full([160], DType::U8, 0.0);
            tl.send(Direction::Right, tile);
        } else {
            let got = tl.recv(Direction::Left, [160], DType::U8);
            tl.release(got);
        }
    });
    let [_, start, done] = cycles(&log, 0, 1);
    assert_eq!(done - start, 10);
    assert_eq!(cycles(&log, 1, 0), [0, 0, start + 14]);
    assert_eq!(stalls(&log, 1, 0), [(StallReason::Message, 0, start + 14)]);
    // The credit is back four cycles after the release.
    let filled_and_credit = (log.messages[0][0].filled.fs(), log.messages[0][0].credit.map(|at| at.fs()));
    assert_eq!(filled_and_credit, ((start + 14) * 1_000_000, Some((start + 18) * 1_000_000)));
}

#[test]
fn the_credit_of_a_slot_waits_for_its_readers_but_the_sequencer_does_not() {
    let log = simulate(&line(2, NETWORK), pair(1), |tl| {
        let tile = tl.tile([160], DType::U8);
        if tl.rank() == 0 {
            tl.to(tile).fill(0.0);
            tl.send(Direction::Right, tile);
            tl.send(Direction::Right, tile);
        } else {
            let first = tl.recv(Direction::Left, [160], DType::U8);
            tl.copy(first, tile);
            tl.release(first);
            tl.busy(BusyUnit::Math, 1);
            let second = tl.recv(Direction::Left, [160], DType::U8);
            tl.release(second);
        }
    });
    let copy = cycles(&log, 1, nth(&log, 1, "copy", 0));
    let release = cycles(&log, 1, nth(&log, 1, "release", 0));
    assert!(release[0] < copy[2], "the sequencer went on while the copy ran");
    assert_eq!(release[2], copy[2], "the credit left when the slot had been read");
    assert_eq!(cycles(&log, 1, nth(&log, 1, "busy", 0))[0], release[0]);
    let [issue, start, _] = cycles(&log, 0, nth(&log, 0, "send", 1));
    assert_eq!(start, copy[2] + 4, "the second send had its slot when the credit was back");
    assert_eq!(
        stalls(&log, 0, nth(&log, 0, "send", 1)),
        [(StallReason::Credit, issue.max(cycles(&log, 0, 1)[2]), start)]
    );
}

#[test]
fn on_an_explicit_machine_a_credit_waits_only_for_the_ops_that_its_release_names() {
    for named in [false, true] {
        let machine = line(2, NETWORK).with_sync(machine::Sync::Explicit).expect("no queues");
        let log = simulate(&machine, pair(1), |tl| {
            let tile = tl.tile([160], DType::U8);
            if tl.rank() == 0 {
                tl.send(Direction::Right, tile);
            } else {
                let got = tl.recv(Direction::Left, [160], DType::U8);
                let copied = tl.copy(got, tile);
                if named {
                    tl.release_after(got, &[copied])
                } else {
                    tl.release(got)
                };
                tl.busy(BusyUnit::Math, 1);
            }
        });
        let copy = cycles(&log, 1, nth(&log, 1, "copy", 0));
        let release = cycles(&log, 1, nth(&log, 1, "release", 0));
        assert_eq!(release[2], if named { copy[2] } else { release[0] });
        assert!(cycles(&log, 1, nth(&log, 1, "busy", 0))[0] < copy[2], "the sequencer goes on");
    }
}

#[test]
fn an_asynchronous_receive_holds_only_its_wait() {
    let log = simulate(&line(2, NETWORK), pair(2), |tl| {
        if tl.rank() == 0 {
            let tile = tl.full([160], DType::U8, 0.0);
            tl.send(Direction::Right, tile);
        } else {
            let (got, handle) = tl.recv_async(Direction::Left, [160], DType::U8);
            tl.busy(BusyUnit::Math, 3);
            tl.wait(&[handle]);
            tl.release(got);
        }
    });
    let [issue, _, arrived] = cycles(&log, 1, 0);
    assert_eq!(issue, 0);
    assert_eq!(cycles(&log, 1, 1), [0, 0, 3]);
    assert_eq!(cycles(&log, 1, 2), [0, 0, arrived]);
    assert_eq!(stalls(&log, 1, 2), [(StallReason::Wait, 0, arrived)]);
}

#[test]
fn a_copying_receive_gives_the_slot_back_when_the_copy_is_done() {
    let log = simulate(&line(2, NETWORK), pair(1), |tl| {
        let tile = tl.tile([160], DType::U8);
        if tl.rank() == 0 {
            tl.to(tile).fill(0.0);
            tl.send(Direction::Right, tile);
        } else {
            tl.recv_into(Direction::Left, tile);
        }
    });
    let [_, start, done] = cycles(&log, 1, 0);
    assert_eq!(done - start, 1);
    assert_eq!(log.messages[0][0].credit.map(|at| at.fs()), Some((done + 4) * 1_000_000));
}

#[test]
fn a_semaphore_opens_when_enough_signals_have_travelled() {
    let log = simulate(&line(2, NETWORK), Recording::new("semaphore", 2), |tl| {
        let ready = tl.semaphore();
        if tl.rank() == 0 {
            let slow = tl.busy(BusyUnit::Math, 30);
            tl.signal(ready, 1, 1, &[slow]);
            tl.signal(ready, 1, 1, &[]);
        } else {
            tl.wait_ge(ready, 1);
            tl.wait_ge(ready, 2);
        }
    });
    assert_eq!(cycles(&log, 1, 0), [0, 0, 4]);
    assert_eq!(cycles(&log, 1, 1), [4, 4, 34]);
    assert_eq!(stalls(&log, 1, 1), [(StallReason::Semaphore, 4, 34)]);
}

#[test]
fn a_barrier_opens_when_the_last_rank_is_there_and_all_have_heard_of_it() {
    let log = simulate(&line(3, NETWORK), Recording::new("barrier", 3), |tl| {
        if tl.rank() == 2 {
            let slow = tl.busy(BusyUnit::Math, 50);
            tl.wait(&[slow]);
        }
        tl.barrier();
    });
    // Rank 2 is two hops from rank 0, where the ranks are counted.
    assert_eq!([0, 1, 2].map(|r| cycles(&log, r, nth(&log, r, "barrier", 0))[2]), [58, 62, 66]);
    assert_eq!(stalls(&log, 0, 0), [(StallReason::Barrier, 0, 58)]);
}

#[test]
fn a_signal_may_wait_for_a_release() {
    let log = simulate(&line(2, NETWORK), pair(1), |tl| {
        let done = tl.semaphore();
        if tl.rank() == 0 {
            let tile = tl.full([160], DType::U8, 0.0);
            tl.send(Direction::Right, tile);
            tl.wait_ge(done, 1);
        } else {
            let kept = tl.tile([160], DType::U8);
            let got = tl.recv(Direction::Left, [160], DType::U8);
            tl.copy(got, kept);
            let released = tl.release(got);
            tl.signal(done, 0, 1, &[released]);
        }
    });
    let copied = cycles(&log, 1, nth(&log, 1, "copy", 0))[2];
    assert_eq!(cycles(&log, 0, nth(&log, 0, "wait_ge", 0))[2], copied + 4);
}
