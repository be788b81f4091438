use std::sync::Arc;

use machine::PeId;
use program::{BufferId, MoveOp, Op, ViewId};

use super::*;
use crate::digest::Digest;
use crate::log::{GivenInput, MessageTimes};
use crate::sample;

/// Lets a message of ring 0 arrive when its receive, the op of this number, was already done.
fn fill_after(log: &mut OpLog, message: usize, receive: usize) {
    let filled = SimTime::from_fs(log.entries.done[receive].fs() + 1);
    log.messages[0][message] = MessageTimes { filled, credit: None };
}

#[test]
fn logs_in_form_pass() {
    for seed in 0..50 {
        assert_eq!(check(&sample::log(sample::exchange(), seed)).err(), None, "seed {seed}");
    }
}

/// Buffers that no op names lie beyond the peak.
#[test]
fn unused_buffers_need_no_memory() {
    for bytes in [0, 8, 1 << 40] {
        let mut program = sample::exchange();
        program.ranks[1].buffers.push(program::program::Buffer { bytes, at: None });
        assert_eq!(check(&sample::log(program, 1)).err(), None, "{bytes} bytes");
    }
}

#[test]
fn logs_that_make_no_sense_are_refused() {
    type Spoil = fn(&mut OpLog);
    let cases: &[(&str, Spoil)] = &[
        ("program: ", |log| {
            Arc::make_mut(&mut log.program).ranks[0].ops[0] =
                Op::Move(MoveOp::Load { from: ViewId(9), to: ViewId(1) });
        }),
        ("(the first of 2 reasons)", |log| {
            for op in &mut Arc::make_mut(&mut log.program).ranks[0].ops[..2] {
                *op = Op::Move(MoveOp::Load { from: ViewId(9), to: ViewId(1) });
            }
        }),
        ("header: it was given the inputs x, and", |log| {
            log.id.inputs.push(GivenInput { name: "x".to_owned(), digest: Digest::default() });
        }),
        ("placement: 3 PEs for 2 ranks", |log| log.placement.push(PeId(3))),
        ("placement: pe9 is not one of the 4", |log| log.placement[1] = PeId(9)),
        ("layout: it does not have one address", |log| Arc::make_mut(&mut log.layout).buffers[1].push(0)),
        ("layout: an address is past", |log| Arc::make_mut(&mut log.layout).rings[0].address = u64::MAX),
        ("layout: the slots of a ring", |log| Arc::make_mut(&mut log.layout).rings[0].space = Space::Sram(9)),
        ("layout: something in TCM of rank 1 ends after", |log| {
            Arc::make_mut(&mut log.layout).buffers[1][0] = 1 << 53;
        }),
        ("layout: something in HBM of rank 0 ends after", |log| {
            Arc::make_mut(&mut log.layout).tensors[0] = 1 << 53;
        }),
        ("bytes live, a peak of", |log| Arc::make_mut(&mut log.layout).peaks[0].live_bound = Bytes(1 << 40)),
        ("layout: a peak is held", |log| Arc::make_mut(&mut log.layout).peaks[0].holders = vec![BufferId(2)]),
        ("the column unit has 11 rows", |log| log.entries.unit.truncate(11)),
        ("the column done has 13 rows", |log| log.entries.done.push(SimTime::ZERO)),
        ("rank 0, op 0 (load): a load cannot run on unit 200", |log| log.entries.unit[0] = UnitId(200)),
        ("rank 0, op 1 (send): issue", |log| log.entries.issue[1] = SimTime::MAX),
        ("rank 0, op 1 (send): issue", |log| log.entries.done[1] = SimTime::from_fs(1 << 60)),
        ("messages: by ring", |log| log.messages[1].clear()),
        ("ring1#0: filled", |log| log.messages[1][0].credit = Some(SimTime::ZERO)),
        ("rank 1, op 6 (send): it starts at", |log| {
            log.messages[1][0] = MessageTimes { filled: SimTime::ZERO, credit: None };
        }),
        ("rank 1, op 0 (recv): it is issued at", |log| fill_after(log, 0, 5)),
        ("rank 1, op 1 (recv_async): it is done at", |log| fill_after(log, 1, 6)),
        // An op before the op that writes what it reads, before the one before it, before its wait lets it go.
        ("rank 0, op 1 (send): it is issued at 0 fs, and waits for op 0 (load) of rank 0", |log| {
            log.entries.issue[1] = SimTime::ZERO;
            log.stalls.clear();
        }),
        ("rank 1, op 3 (add): it is issued at 0 fs, and waits for op 2 (wait) of rank 1", |log| {
            log.entries.issue[8] = SimTime::ZERO;
            log.stalls.clear();
        }),
        ("rank 1, op 2 (wait): it is issued at", |log| {
            let done = log.entries.done[6];
            log.entries.done[6] = SimTime::from_fs(done.fs() + (1 << 40));
        }),
        ("is not a reason that is recorded", |log| log.stalls[0].reason = crate::StallReason::Idle),
        ("its stalls are not in order", |log| log.stalls.swap(0, 3)),
        ("stalls: op number 99 of 12", |log| log.stalls.last_mut().unwrap().op = 99),
        ("is not within", |log| log.stalls[0].to = log.stalls[0].from),
    ];
    for (said, spoil) in cases {
        let mut log = sample::log(sample::exchange(), 1);
        spoil(&mut log);
        let error = check(&log).expect_err(said).to_string();
        assert!(error.contains(said) && !error.contains('\n'), "`{error}` does not say `{said}` in a line");
    }
}
