//! Random programs against the oracle.

use program::{NoteOp, Op, Program};

use super::found;
use super::oracle::{self, Wrong, looked_at};
use super::steps::{self, Random, Step};

/// Lets most steps expect what their first element holds.
fn expect_the_right_keys(n_ranks: u32, steps: &mut [(u32, Step)]) {
    for (at, elements) in looked_at(n_ranks, steps) {
        if let (Step::Expect(_, keys), true) = (&mut steps[at].1, at % 4 > 0) {
            *keys = elements[0].iter().filter(|(_, count)| count.0 > 0).map(|(key, _)| *key).collect();
        }
    }
}

fn ledger(program: &Program) -> Wrong {
    let expects = |rank: u32, index: u32| {
        let before = &program.ranks[rank as usize].ops[..index as usize];
        before.iter().filter(|op| matches!(op, Op::Note(NoteOp::Expect { .. }))).count()
    };
    let mut wrong = Wrong::new();
    for finding in found(program.clone()) {
        let op = &finding.ops[0];
        let keys = finding.message.split("contribution ").nth(1).and_then(|rest| rest.split(" in ").next());
        let keys =
            keys.expect("a finding names its keys").split(", ").map(|key| key.parse::<u32>().expect("a key"));
        let kind = usize::from(finding.kind == oplog::FindingKind::LedgerTwice);
        wrong.entry((op.rank, expects(op.rank, op.index))).or_default()[kind].extend(keys);
    }
    wrong
}

#[test]
fn random_programs_hold_what_an_oracle_of_single_elements_says() {
    let (mut right, mut wrong) = (0, 0);
    for seed in 0..1500 {
        println!("seed {seed}");
        let mut random = Random::seeded(seed);
        let n_ranks = 1 + random.below(3);
        let mut steps = steps::steps(&mut random, n_ranks);
        expect_the_right_keys(n_ranks, &mut steps);
        let expected = oracle::wrong(n_ranks, &steps);
        assert_eq!(ledger(&steps::program(n_ranks, &steps)), expected, "{steps:#?}");
        wrong += expected.len();
        right += steps.iter().filter(|(_, step)| matches!(step, Step::Expect(..))).count() - expected.len();
    }
    assert!(right > 500 && wrong > 500, "{right} expectations hold and {wrong} do not: nothing is tested");
}
