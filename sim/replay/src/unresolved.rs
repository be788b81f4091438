//! Reads that the shape rule cannot resolve: where the original system stopped with a shape mismatch.

use machine::SimTime;
use oplog::{Finding, FindingKind, OpLog};
use program::Space;

use crate::place::{finding_op, memory, ns, place, space_name};
use crate::reads::Reads;
use crate::rule::host;
use crate::version::{Version, Versions, Writer};

/// One finding for every reader that means a version and finds none of its place, shape and dtype.
pub fn find(log: &OpLog, versions: &Versions, identity: &Reads, shape: &Reads) -> Vec<Finding> {
    let mut findings = Vec::new();
    for at in 0..identity.n_readers() {
        let meant = identity.of(at).flatten();
        let pairs = meant.zip(shape.of(at).flatten());
        let lost = pairs.filter(|(_, found)| found.version.is_none()).find_map(|(meant, _)| meant.version);
        if let Some(meant) = lost {
            findings.push(finding(log, versions, at, versions.get(meant)));
        }
    }
    findings
}

fn finding(log: &OpLog, versions: &Versions, reader: usize, meant: &Version) -> Finding {
    let op = (reader < versions.n_ops()).then_some(reader as u32);
    let writer = match meant.writer {
        Writer::Op(writer) => Some(writer),
        Writer::Host(_) => None,
    };
    let (name, held, start) = match op {
        Some(op) => said(log, versions, op),
        None => {
            let tensor = &log.program.tensors[reader - versions.n_ops()];
            let held = format!("tensor `{}` in {}", tensor.name, space_name(Space::Hbm(tensor.home)));
            ("the host".to_owned(), held, host(log).start)
        }
    };
    Finding {
        kind: FindingKind::Mismatch,
        ops: op.into_iter().chain(writer).map(|op| finding_op(log, versions, op)).collect(),
        place: held,
        bytes: Some([meant.address(), meant.address() + meant.bytes()]),
        message: format!(
            "{name} finds no {} {} there at {}: the shape rule cannot resolve this read",
            meant.shape,
            meant.dtype,
            ns(start)
        ),
        missing: String::new(),
        repair: "replay with the identity rule; it names the version by its message number".to_owned(),
        value_differed: None,
        slack_fs: None,
    }
}

/// An op, the memory it reads first, and when it reads.
fn said(log: &OpLog, versions: &Versions, op: u32) -> (String, String, SimTime) {
    let (rank, index) = versions.op(op);
    let access = log.program.op(rank, index).access();
    let view = access.reads().next().map(|view| &log.program.rank(rank).views[view.index()]);
    let held =
        view.map(|view| memory(&log.program, log.layout.locate(&log.program, rank, view).0, view.base));
    (place(&log.program, rank, index), held.unwrap_or_default(), log.entries.start[op as usize])
}

#[cfg(test)]
mod tests {
    use order::Dataflow;
    use program::{MoveOp, Op};

    use super::*;
    use crate::history::Part;
    use crate::identity::Identity;
    use crate::tests::hand::Hand;

    #[test]
    fn a_reader_that_finds_nothing_is_named_be_it_the_host() {
        let mut hand = Hand::new(1);
        let (tile, output) = (hand.tile(0, &[4]), hand.output("y", 0, &[4]));
        let to = hand.whole(0, output);
        hand.fill(0, 0, 1.0, tile);
        hand.op(0, 2, 3, Op::Move(MoveOp::Store { from: tile, to }));
        let log = hand.log();
        let versions = Versions::of(&log).expect("it makes sense");
        let identity = Identity::of(&log, &Dataflow::of(&log.program), &versions).reads();
        for (lost, message) in [
            (1, "rank 0, op 1 (store) finds no 4 f16 there at 2 ns"),
            (2, "the host finds no 4 f16 there at 3 ns"),
        ] {
            let mut shape = Reads::new();
            for reader in 0..identity.n_readers() {
                for parts in identity.of(reader) {
                    let found = |part: &Part| part.version.filter(|_| reader != lost);
                    shape.read(parts.iter().map(|part| Part { version: found(part), ..*part }));
                }
                shape.next_reader();
            }
            let found = find(&log, &versions, &identity, &shape);
            let [found] = &found[..] else { panic!("{found:#?}") };
            assert!(found.message.starts_with(message), "{}", found.message);
        }
    }
}
