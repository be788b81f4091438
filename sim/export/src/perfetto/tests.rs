//! Traces, decoded with a small reader that shares nothing with the writer.

mod reader;

use machine::SimTime;
use program::Rank;
use reader::{Decoded, decode};

use super::perfetto;
use crate::samples::{empty, exchange, one_op};
use crate::{Chosen, Window};

fn traced(log: &oplog::OpLog, window: &Window) -> Decoded {
    decode(&perfetto(&Chosen::of(log, window)).bytes)
}

#[test]
fn every_op_and_wait_is_a_slice_on_the_track_of_its_unit() {
    let trace = traced(&exchange(), &Window::ALL);
    let slices: Vec<String> = trace.slices.iter().map(ToString::to_string).collect();
    assert_eq!(
        slices,
        [
            "rank 0 sequencer waits: wait operand 2..6 op=1",
            "rank 0 send: op send 6..8 op=1 shapes=4×4 f16 source=sample.rs:11:5 span=inner ring=0 message=0 \
             done_fs=8250001 leaves 1",
            "rank 0 send: op send 8..10 op=2 shapes=4×4 f16 source=sample.rs:12:5 span=all ring=0 message=1 \
             start_fs=8250001 leaves 2",
            "rank 0 send waits: wait link 8..9 op=2 start_fs=8250001",
            "rank 0 dma0: op load 1..5 op=0 shapes=4×4 f16 → 4×4 f16 source=sample.rs:10:5 span=all \
             done_fs=5500000",
            "rank 1 sequencer: op recv_async 0..13 op=0 source=sample.rs:10:5 span=all ring=0 message=1 \
             arrives 2",
            "rank 1 sequencer 2: op recv 10..10 op=1 source=sample.rs:11:5 span=inner ring=0 message=0 \
             start_fs=10999999 done_fs=10999999 arrives 1",
            "rank 1 sequencer 2: op release 11..11 op=2 source=sample.rs:12:5 span=all ring=0 message=0",
            "rank 1 sequencer waits: wait message 1..10 op=1 done_fs=10999999",
        ]
    );
}

#[test]
fn tracks_stand_in_the_order_of_the_mesh() {
    let mut log = exchange();
    // Rank 1 stands before rank 0 now.
    log.placement.reverse();
    let trace = traced(&log, &Window::ALL);
    assert_eq!(
        trace.tree(),
        "sample on tiny\n  SIP 0\n    cube 0\n      rank 1 on pe0 (0, 0)\n        rank 1 sequencer\n          \
         rank 1 sequencer 2\n          rank 1 sequencer waits\n        rank 1 TCM live [bytes]\n      rank 0 on pe1 \
         (1, 0)\n        rank 0 sequencer\n          rank 0 sequencer waits\n        rank 0 send\n          rank 0 \
         send waits\n        rank 0 dma0\n        rank 0 TCM live [bytes]\n        rank 0 HBM live [bytes]\n  rings\n    ring0 rank 0 to rank 1 \
         filled [slots]\n    ring0 rank 0 to rank 1 credits [slots]\n  links\n    pe1 west to pe0 [bytes]\n"
    );
}

#[test]
fn counters_say_every_level_once() {
    let trace = traced(&exchange(), &Window::ALL);
    for (name, levels) in [
        ("rank 0 TCM live", &[(0, 0), (1, 32), (10, 0)][..]),
        ("rank 1 TCM live", &[(0, 64)]),
        ("rank 0 HBM live", &[(0, 0), (1, 32), (5, 0)]),
        ("ring0 rank 0 to rank 1 filled", &[(0, 0), (10, 1), (11, 0), (12, 1)]),
        ("ring0 rank 0 to rank 1 credits", &[(0, 2), (6, 1), (8, 0), (14, 1)]),
        ("pe0 east to pe1", &[(0, 0), (6, 32), (8, 64), (10, 32), (12, 0)]),
    ] {
        assert_eq!(trace.levels(name), levels, "{name}");
    }
}

#[test]
fn a_window_leaves_out_ops_and_cuts_none() {
    let at = SimTime::from_fs;
    let log = exchange();
    let window = Window { from: at(8_000_000), to: at(8_200_000), ranks: Some([Rank(0)].into()) };
    let chosen = Chosen::of(&log, &window);
    assert_eq!((chosen.left_out().ops, chosen.left_out().messages), ([4, 6], [1, 2]));
    let trace = decode(&perfetto(&chosen).bytes);
    let kinds: Vec<(&str, u64, u64)> =
        trace.slices.iter().map(|slice| (&*slice.name, slice.begin, slice.end)).collect();
    assert_eq!(kinds, [("operand", 2, 6), ("send", 6, 8), ("send", 8, 10), ("link", 8, 9)]);
    // Their receives are left out, so no arrow leads anywhere.
    assert!(trace.slices.iter().all(|slice| slice.leaves.is_none()));
    assert_eq!(trace.levels("rank 0 TCM live"), [(8, 32)]);
}

#[test]
fn logs_with_one_op_and_with_none_are_traces() {
    let none = traced(&empty(), &Window::ALL);
    assert_eq!((none.slices.len(), none.levels("rank 0 TCM live")), (0, vec![(0, 0)]));
    let one = traced(&one_op(), &Window::ALL);
    assert_eq!(one.slices.len(), 1);
    assert_eq!((one.slices[0].begin, one.slices[0].end), (0, 0));
}

#[test]
fn any_name_arrives_as_it_is() {
    let hostile = "</script>\u{0}\u{202e}\"\n, a\u{2028}b 𝄞";
    let mut log = exchange();
    let program = std::sync::Arc::make_mut(&mut log.program);
    program.kernel = hostile.to_owned();
    program.files[0] = hostile.to_owned();
    program.ranks[0].spans[0].name = hostile.repeat(1000);
    let trace = traced(&log, &Window::ALL);
    assert!(trace.tree().starts_with(&format!("{hostile} on tiny\n")));
    let load = trace.slices.iter().find(|slice| slice.name == "load").unwrap().to_string();
    let file = machine::printable(hostile);
    assert!(load.contains(&format!("source={file}:10:5 span={}", hostile.repeat(1000))));
}

#[test]
fn one_log_gives_the_same_bytes() {
    let bytes = || perfetto(&Chosen::of(&exchange(), &Window::ALL)).bytes;
    assert_eq!(bytes(), bytes());
}
