mod broken;
mod collectives;
mod finish;
mod queues;
mod stuck;
mod stuck_queues;

use crate::samples::{relay, tiny};
use machine::Machine;
use program::Program;

use crate::{Refused, verify};

/// The reasons against a program, at least one.
fn reasons(program: Program, machine: &Machine, case: &str) -> Vec<Refused> {
    let refusal = verify(program, machine).map(|_| ()).expect_err(case);
    assert!(!refusal.reasons.is_empty(), "{case}");
    assert!(refusal.reasons.is_sorted(), "{case}: {refusal}");
    refusal.reasons
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
