//! The ledger on a real kernel whose partials travel packed, m and l and o in one message: clean as it is, and each
//! way to lose or repeat a partial is a finding.

use machine::Machine;
use oplog::FindingKind::{self, LedgerMissing, LedgerTwice};
use program::{NoteOp, Op, Program, Rank, RecvOp, SendOp};

use crate::harness::record;

/// The end of a line of three ranks: it gets the partials of ranks 1 and 0 from rank 1.
const LAST: usize = 2;

/// Changes a decode; then the ledger must say just this of the last rank, and to do this about it.
fn check(name: &str, change: impl Fn(&mut Program), expected: &[(FindingKind, &str, &str)]) {
    let words = "mesh_mlo ranks=3 heads=4 kv_heads=2 head_dim=8 kv_len=20 slots=4 packed=true";
    let mut program = record(words).program;
    program.ranks.iter_mut().for_each(|rank| rank.sources.clear());
    change(&mut program);
    let sip = Machine::preset("sip").expect("a preset");
    let timed = kernmesh::time(program, &sip, 0).expect("a run that ends");
    let computed = kernmesh::compute(&timed, None, &kernmesh::Tensors::default(), replay::Options::default());
    let mut found = computed.expect("values").findings;
    found.retain(|found| matches!(found.kind, LedgerMissing | LedgerTwice));
    assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
    for (found, (kind, said, repair)) in found.iter().zip(expected) {
        assert_eq!((found.kind, found.ops[0].rank as usize), (*kind, LAST), "{name}");
        assert!(found.message.contains(said), "{name}: {}", found.message);
        assert!(found.repair.contains(repair), "{name}: {}", found.repair);
    }
}

/// The places of a rank's ops that `is` chooses.
fn places(program: &Program, rank: usize, is: impl Fn(&Op) -> bool) -> Vec<usize> {
    let ops = program.ranks[rank].ops.iter().enumerate();
    ops.filter(|(_, op)| is(op)).map(|(at, _)| at).collect()
}

/// Rank 1 passes its own partial on in place of rank 0's.
fn pass_on_the_wrong_one(program: &mut Program) {
    let sends = places(program, 1, |op| matches!(op, Op::Send(SendOp::Send { .. })));
    let Op::Send(SendOp::Send { from, .. }) = program.ranks[1].ops[sends[0]] else {
        unreachable!("a send was looked for")
    };
    let consumer = |ring: program::RingId| program.rings[ring.index()].consumer;
    let leads_to_last = |op: &Op| matches!(op, Op::Send(SendOp::Forward { message, .. }) if consumer(message.ring) == Rank(LAST as u32));
    for at in places(program, 1, leads_to_last) {
        let message = program.ranks[1].ops[at].messages()[0];
        program.ranks[1].ops[at] = Op::Send(SendOp::Send { message, from });
    }
}

/// The last rank copies the partial of rank 0 over that of rank 1.
fn copy_over_another(program: &mut Program) {
    let copies = places(program, LAST, |op| matches!(op, Op::Recv(RecvOp::RecvCopy { .. })));
    let ops = &mut program.ranks[LAST].ops;
    let first = ops[copies[0]].access().write.expect("a copy writes");
    if let Op::Recv(RecvOp::RecvCopy { to, .. }) = &mut ops[copies[1]] {
        *to = first;
    }
}

/// The last rank adds a weight to its sum of weights twice.
fn fold_twice(program: &mut Program) {
    let expect = places(program, LAST, |op| matches!(op, Op::Note(NoteOp::Expect { .. })))[0];
    let weights = program.ranks[LAST].ops[expect].views().next();
    let adds = places(program, LAST, |op| op.kind() == "add" && op.access().write == weights);
    let again = program.ranks[LAST].ops[adds[0]].clone();
    program.ranks[LAST].ops.insert(adds[0], again);
}

#[test]
fn a_packed_partial_is_counted_where_its_l_lies() {
    check("as it is", |_| {}, &[]);
    let wrong_one = [
        (LedgerMissing, "lacks contribution 0 ", "merge contribution 0, marked by rank 0's contribute (op "),
        (LedgerTwice, "often contribution 1 ", ", marked by rank 1's contribute (op "),
    ];
    check("another's partial is passed on", pass_on_the_wrong_one, &wrong_one);
    let lost = [(LedgerMissing, "lacks contribution 1 ", "; the last op made from it is rank 2's ")];
    check("one is copied over another", copy_over_another, &lost);
    let doubled = [(LedgerTwice, "often contribution 0 ", ", is merged again by rank 2's add (op ")];
    check("one is folded twice", fold_twice, &doubled);
}
