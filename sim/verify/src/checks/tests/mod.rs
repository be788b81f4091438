mod broken;
mod collectives;
mod finish;
mod queues;
mod stuck;
mod stuck_queues;

use diagnostic::{Diagnostic, Place};

use crate::samples::{relay, tiny};
use machine::Machine;
use program::Program;

use crate::verify;

/// The reasons against a program, at least one.
fn reasons(program: Program, machine: &Machine, case: &str) -> Vec<Diagnostic> {
    let refusal = verify(program, machine).map(|_| ()).expect_err(case);
    assert!(!refusal.reasons.is_empty(), "{case}");
    assert!(refusal.reasons.is_sorted_by_key(at), "{case}: {refusal}");
    refusal.reasons
}

/// The rank and op that a reason is about.
fn at(reason: &Diagnostic) -> (Option<u32>, Option<u32>) {
    let op = reason.ops().next();
    let rank = op.map(|op| op.rank).or_else(|| reason.place.as_ref().and_then(Place::rank));
    (rank.map(|rank| rank.0), op.map(|op| op.index.0))
}

#[test]
fn a_good_program_is_verified() {
    let program = relay();
    let verified = verify(program.clone(), &tiny()).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(*verified.program, program);
    assert_eq!(verified.placement.len(), 3);
    // Rank 1 has two slots of 32 bytes from the left, and two from the right.
    assert_eq!(verified.layout.peaks[1].slot_bytes.0, 128);
}
