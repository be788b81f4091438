//! Reads that the shape rule cannot resolve: where the original system stopped with a shape mismatch.

use diagnostic::fact::Observed;
use diagnostic::{Access, Advice, Code, Diagnostic, Does, Fact, Place, Repair};
use oplog::OpLog;
use program::{Base, Space, TensorId};

use crate::place::{op_ref, read};
use crate::reads::Reads;
use crate::rule;
use crate::version::{Version, Versions, Writer};

/// One finding for every reader that means a version and finds none of its place, shape and dtype.
pub fn find(log: &OpLog, versions: &Versions, identity: &Reads, shape: &Reads) -> Vec<Diagnostic> {
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

fn finding(log: &OpLog, versions: &Versions, reader: usize, meant: &Version) -> Diagnostic {
    let op = (reader < versions.n_ops()).then_some(reader as u32);
    let writer = match meant.writer {
        Writer::Op(writer) => Some(writer),
        Writer::Host(_) => None,
    };
    let (place, read_by) = match op {
        Some(op) => (first_read(log, versions, op), rule::reader(log, reader)),
        None => {
            let (id, tensors) = (reader - versions.n_ops(), &log.program.tensors);
            let space = Space::Hbm(tensors[id].home);
            (Some(Place::of(&log.program, space, Base::Tensor(TensorId(id as u32)))), rule::host(log))
        }
    };
    let accesses = op.map(|op| (op, Does::Reads)).into_iter().chain(writer.map(|op| (op, Does::Writes)));
    let (shape, dtype) = (meant.shape, meant.dtype);
    let observed = Observed::NoVersion { reader: read(log, versions, read_by), shape, dtype };
    Diagnostic {
        accesses: accesses.map(|(op, does)| Access::new(op_ref(log, versions, op), does)).collect(),
        place,
        bytes: Some([meant.address(), meant.address() + meant.bytes()]),
        repair: Repair::Fixed(Advice::ReadByIdentity),
        ..Diagnostic::new(Code::Mismatch, Fact::Observed(Box::new(observed)))
    }
}

/// The memory that an op reads first.
fn first_read(log: &OpLog, versions: &Versions, op: u32) -> Option<Place> {
    let (rank, index) = versions.op(op);
    let view = log.program.op(rank, index).access().reads().next()?;
    let view = &log.program.rank(rank).views[view.index()];
    Some(Place::of(&log.program, log.layout.locate(&log.program, rank, view).0, view.base))
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
            assert!(found.message().starts_with(message), "{found}");
        }
    }
}
