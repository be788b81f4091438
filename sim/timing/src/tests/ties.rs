//! Ties: the order of several that want one thing at one time.

use oplog::OpLog;
use program::DType;
use program::op::BusyUnit;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};

use super::{line, simulate};
use crate::{Ties, makespan};

const NETWORK: &str = "[noc]\npacket_bytes = 1024\ninject_cycles = 0\neject_cycles = 0\nport_bytes_per_cycle = 16\n\
                       [link.pe]\nbytes_per_cycle = 16\nhop_cycles = 4\n";

fn recording() -> Recording {
    let mut recording = Recording::new("two into one", 3);
    recording.links(Topology::Line, 1, 320, SlotPlace::Tcm);
    recording
}

/// Ranks 0 and 2 send to rank 1 so that both first bytes are at its port in cycle 84; what rank 0 does until then is in
/// as many parts as `parts` says. Rank 1 goes on with the long message.
fn kernel(parts: u64) -> impl FnMut(&mut Tl) {
    move |tl| match tl.rank() {
        0 => {
            (0..parts).for_each(|_| _ = tl.busy(BusyUnit::Math, 60 / parts));
            let tile = tl.full([160], DType::U8, 0.0);
            tl.send(Direction::Right, tile);
        }
        1 => {
            let long = tl.recv(Direction::Right, [320], DType::U8);
            tl.busy(BusyUnit::Math, 100);
            tl.release(long);
            let short = tl.recv(Direction::Left, [160], DType::U8);
            tl.release(short);
        }
        _ => {
            tl.busy(BusyUnit::Math, 40);
            let tile = tl.full([320], DType::U8, 0.0);
            tl.send(Direction::Left, tile);
        }
    }
}

/// When each message has come, in cycles: from rank 0, from rank 2.
fn come(log: &OpLog) -> Vec<u64> {
    let from = |rank: u32| {
        let ring = log.program.rings.iter().position(|ring| ring.producer.0 == rank && ring.consumer.0 == 1);
        log.messages[ring.expect("a ring")][0].filled.fs() / 1_000_000
    };
    vec![from(0), from(2)]
}

/// The end of the last part is scheduled later the more parts there are; that is not seen.
#[test]
fn the_lower_rank_goes_first_whenever_it_was_scheduled() {
    let logs = [1, 2, 3, 6].map(|parts| simulate(&line(3, NETWORK), recording(), kernel(parts)));
    let first = come(&logs[0]);
    for log in &logs {
        assert_eq!(come(log), first);
    }
    // The port takes ten cycles for the one and twenty for the other.
    assert_eq!(first[1] - first[0], 20);
}

#[test]
fn drawn_ties_are_another_arbiter() {
    let machine = line(3, NETWORK);
    let program = recording().record(kernel(1)).expect("a program");
    let verified = verify::verify(program, &machine).expect("a program that can run");
    let drawn = |seed| makespan(&verified, Ties::Drawn(seed)).expect("a run that ends");
    let canonical = makespan(&verified, Ties::Canonical).expect("a run that ends");
    let all: std::collections::BTreeSet<_> = (0..16).map(drawn).collect();
    assert_eq!(all.len(), 2, "either goes first");
    // Rank 2 has the longer way to go, so that it loses by coming second.
    assert_eq!(all.last(), Some(&canonical));
    assert_eq!(drawn(3), drawn(3));
}
