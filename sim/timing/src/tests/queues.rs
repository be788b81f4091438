//! Sequencer and unit queues: what holds an op, for how long, and what is recorded of it.

use oplog::StallReason;
use program::DType;
use program::op::BusyUnit;
use program::tl::Recording;

use super::{cycles, line, simulate, stalls, unit};

#[test]
fn a_unit_runs_its_queue_in_order_and_others_run_beside_it() {
    let log = simulate(&line(1, ""), Recording::new("queues", 1), |tl| {
        tl.busy(BusyUnit::Math, 10);
        tl.busy(BusyUnit::Math, 20);
        tl.busy(BusyUnit::Gemm, 5);
    });
    assert_eq!([0, 1, 2].map(|op| cycles(&log, 0, op)), [[0, 0, 10], [0, 10, 30], [0, 0, 5]]);
    assert_eq!(log.stalls, []);
}

#[test]
fn a_full_queue_holds_the_sequencer() {
    let machine = line(1, "[pe]\nfifo_depth = 1\n");
    let log = simulate(&machine, Recording::new("full", 1), |tl| {
        for _ in 0..3 {
            tl.busy(BusyUnit::Math, 10);
        }
        tl.busy(BusyUnit::Gemm, 1);
    });
    // One runs, one waits, the third holds the sequencer, and with it the GEMM behind.
    assert_eq!(cycles(&log, 0, 2), [10, 20, 30]);
    assert_eq!(cycles(&log, 0, 3), [10, 10, 11]);
    assert_eq!(stalls(&log, 0, 2), [(StallReason::QueueFull, 0, 10)]);
}

#[test]
fn issuing_takes_the_sequencers_time() {
    let log = simulate(&line(1, "[pe]\nissue_cycles = 3\n"), Recording::new("issue", 1), |tl| {
        tl.busy(BusyUnit::Math, 1);
        tl.busy(BusyUnit::Gemm, 1);
        tl.busy(BusyUnit::Math, 1);
    });
    assert_eq!([0, 1, 2].map(|op| cycles(&log, 0, op)[0]), [0, 3, 6]);
}

#[test]
fn an_op_is_held_until_what_it_reads_is_written_and_what_it_overwrites_has_been_read() {
    let log = simulate(&line(1, "[math]\nlanes = 1\n"), Recording::new("holds", 1), |tl| {
        let x = tl.tile([8], DType::F32);
        let y = tl.tile([8], DType::F32);
        tl.to(x).fill(1.0); // 0: writes x, 8 cycles
        tl.copy(x, y); // 1: RAW on 0
        tl.to(x).fill(2.0); // 2: WAR on 1
        tl.to(y).fill(3.0); // 3: WAW on 1, which is done by then
    });
    assert_eq!([0, 1, 2, 3].map(|op| cycles(&log, 0, op)), [[0, 0, 8], [8, 8, 9], [9, 9, 17], [9, 17, 25]]);
    assert_eq!(stalls(&log, 0, 1), [(StallReason::Operand, 0, 8)]);
    assert_eq!(stalls(&log, 0, 2), [(StallReason::Operand, 8, 9)]);
    assert_eq!(stalls(&log, 0, 3), []);
}

#[test]
fn dma_ops_are_dealt_to_the_channels_in_turn() {
    let log = simulate(&line(1, "[pe]\ndma_channels = 2\n"), Recording::new("dma", 1), |tl| {
        let from = tl.full([64], DType::U8, 0.0);
        let to: Vec<_> = (0..3).map(|_| tl.tile([64], DType::U8)).collect();
        for to in to {
            tl.copy(from, to);
        }
    });
    assert_eq!([1, 2, 3].map(|op| unit(&log, 0, op).to_string()), ["dma0", "dma1", "dma0"]);
}

#[test]
fn two_loads_of_one_memory_are_served_one_after_the_other() {
    let overrides = "[hbm]\nchannels_per_pe = 1\nbytes_per_cycle = 8\nefficiency = 1\nlatency_cycles = 10\nburst_bytes = 64\n";
    let mut recording = Recording::new("loads", 1);
    let x = recording.input("x", [2, 640], DType::U8);
    let x = recording.input_share(x, 0, [0, 0], [2, 640]);
    let log = simulate(&line(1, overrides), recording, |tl| {
        let both = tl.tensor(x);
        let first = tl.load(both.slice(0, 0, 1));
        let second = tl.load(both.slice(0, 1, 1));
        tl.copy(first, second);
    });
    assert_eq!(cycles(&log, 0, 0), [0, 0, 90]);
    assert_eq!(cycles(&log, 0, 1), [0, 0, 170]);
    assert_eq!(stalls(&log, 0, 1), [(StallReason::Memory, 0, 80)]);
}
