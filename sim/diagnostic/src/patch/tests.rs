use program::DType;
use program::op::SemaphoreId;
use program::tl::Recording;

use program::SyncOp;

use super::*;

const SHAPE: [u32; 2] = [4, 4];

/// Two ranks that load, compute and store, and meet at a barrier.
fn program() -> Program {
    let mut recording = Recording::new("patched", 2);
    let (x, y) = (recording.input("x", [8, 4], DType::F32), recording.output("y", [8, 4], DType::F32));
    let shares = |rank: u32| [4 * rank, 0];
    let x = [0, 1].map(|rank| recording.input_share(x, rank, shares(rank), SHAPE));
    let y = [0, 1].map(|rank| recording.output_share(y, rank, shares(rank), SHAPE));
    let recorded = recording.record(|tl| {
        let rank = tl.rank() as usize;
        let tile = tl.load(tl.tensor(x[rank]));
        let tile = tl.exp(tile);
        tl.wait(&[tile.handle()]);
        tl.store(tile, tl.tensor(y[rank]));
        tl.barrier();
    });
    recorded.expect("a program")
}

fn at(rank: u32, op: u32) -> (Rank, OpIndex) {
    (Rank(rank), OpIndex(op))
}

fn barrier(number: u32) -> Op {
    Op::Sync(SyncOp::Barrier { number })
}

#[test]
fn a_step_is_told_as_a_path_into_the_json_and_written_as_steps_of_an_edit() {
    let op = Op::Sync(SyncOp::Wait { on: [OpIndex(3)].into() });
    let rank = Rank(1);
    let cases = [
        (
            Step::Insert { rank, before: OpIndex(6), op: op.clone() },
            "in ranks[1].ops, before op 6, insert `{\"wait\":{\"on\":[3]}}`",
            json!({ "insert": { "rank": 1, "before": 6, "op": { "wait": { "on": [3] } } } }),
        ),
        (
            Step::Change { rank, index: OpIndex(2), op },
            "let ranks[1].ops[2] be `{\"wait\":{\"on\":[3]}}`",
            json!({ "change": { "rank": 1, "index": 2, "op": { "wait": { "on": [3] } } } }),
        ),
        (
            Step::Move { rank, ops: vec![OpIndex(2), OpIndex(4)], before: OpIndex(1) },
            "in ranks[1].ops, move op 2, 4 to before op 1",
            json!({ "move": { "rank": 1, "ops": [2, 4], "before": 1 } }),
        ),
        (
            Step::Set(Setting::Flow { ring: RingId(0), flow: Flow::Credit }),
            "let rings[0].flow be `\"credit\"`",
            json!({ "set": { "path": "rings[0].flow", "value": "credit" } }),
        ),
    ];
    for (step, said, written) in cases {
        assert_eq!(step.to_string(), said);
        assert_eq!(serde_json::to_value(&step).expect("JSON"), written);
    }
}

/// Every op of every rank, patched by one patch and then by another, wherever they insert and change.
#[test]
fn one_patch_after_another_is_one_patch() {
    let program = program();
    let n_ops = program.rank(Rank(0)).ops.len() as u32;
    let mut tried = 0;
    for first in 0..=n_ops {
        let mut draft = Draft::new(&program);
        draft.insert(at(0, first), barrier(7));
        draft.insert(at(0, first), Op::Sync(SyncOp::Wait { on: [OpIndex(0)].into() }));
        draft.change(at(0, 0), barrier(8));
        draft.signal(at(0, 1), at(1, 3));
        let first = draft.done();
        let between = first.apply(&program);
        let n_ops = between.rank(Rank(0)).ops.len() as u32;
        for second in 0..=n_ops {
            for changed in 0..n_ops {
                let mut draft = Draft::new(&between);
                draft.insert(at(0, second), barrier(9));
                draft.change(at(0, changed), barrier(10));
                draft.signal(at(1, 0), at(0, 3));
                let second = draft.done();
                let wanted = second.apply(&between);
                let Some(both) = first.then(&second, &program) else { continue };
                let got = both.apply(&program);
                assert_eq!(got.ranks[0].ops, wanted.ranks[0].ops, "{first:?} then {second:?}: {both:?}");
                assert_eq!(got.ranks[1].ops, wanted.ranks[1].ops, "{first:?} then {second:?}: {both:?}");
                assert_eq!(got.ranks[0].n_semaphores, wanted.ranks[0].n_semaphores);
                tried += 1;
            }
        }
    }
    assert!(tried > 200, "{tried} show too little");
}

#[test]
fn a_move_is_a_patch_of_its_own() {
    let program = program();
    let mut draft = Draft::new(&program);
    draft.move_before(Rank(0), vec![OpIndex(3)], OpIndex(1));
    let moved = draft.done();
    let ops =
        |program: &Program| -> Vec<&'static str> { program.ranks[0].ops.iter().map(Op::kind).collect() };
    let kinds = ops(&program);
    let patched = moved.apply(&program);
    assert_eq!(ops(&patched), [kinds[0], kinds[3], kinds[1], kinds[2], kinds[4]]);
    let wait = patched.ranks[0].ops.iter().find(|op| matches!(op, Op::Sync(SyncOp::Wait { .. })));
    assert_eq!(
        wait,
        Some(&Op::Sync(SyncOp::Wait { on: [OpIndex(2)].into() })),
        "the op that it names has moved"
    );
    let mut draft = Draft::new(&patched);
    draft.insert(at(0, 0), barrier(7));
    assert_eq!(moved.then(&draft.done(), &program), None, "what moves has no numbers for two");
}

/// Two findings, each mended by a signal of its own: together they share nothing, and the same wait is put in once.
#[test]
fn patches_taken_together_do_not_meet() {
    let program = program();
    let patch = |to: u32| {
        let mut draft = Draft::new(&program);
        draft.signal(at(0, 1), at(1, to));
        draft.wait(at(0, 3), OpIndex(0));
        draft.done()
    };
    let mut draft = Draft::new(&program);
    [patch(2), patch(4)].iter().for_each(|patch| draft.add(patch));
    let patched = draft.done().apply(&program);
    assert_eq!(patched.ranks[1].n_semaphores, 2);
    let waited: Vec<SemaphoreId> = patched.ranks[1].ops.iter().filter_map(semaphore).collect();
    assert_eq!(waited, [SemaphoreId(0), SemaphoreId(1)]);
    let waits = patched.ranks[0].ops.iter().filter(|op| matches!(op, Op::Sync(SyncOp::Wait { .. }))).count();
    assert_eq!(waits, 2, "its own, and one for both");
}

#[test]
fn patches_told_side_by_side_have_semaphores_of_their_own() {
    let (program, mut ids) = (program(), Ids::of(&program()));
    for number in 0..3 {
        let mut draft = Draft::new(&program);
        draft.signal(at(0, 1), at(1, 2));
        let patched = ids.next(&draft.done(), &program).apply(&program);
        let waited: Vec<SemaphoreId> = patched.ranks[1].ops.iter().filter_map(semaphore).collect();
        assert_eq!((waited, patched.ranks[1].n_semaphores), (vec![SemaphoreId(number)], number + 1));
    }
}

#[test]
fn an_op_of_a_patched_program_is_known_by_what_it_was() {
    let program = program();
    let mut draft = Draft::new(&program);
    draft.insert(at(0, 1), barrier(7));
    draft.change(at(0, 2), barrier(8));
    draft.move_before(Rank(1), vec![OpIndex(3)], OpIndex(1));
    let origins = draft.done().origins(&program);
    let old = |ops: &[i64]| -> Vec<Option<OpIndex>> {
        ops.iter().map(|&op| u32::try_from(op).ok().map(OpIndex)).collect()
    };
    assert_eq!(origins, [old(&[0, -1, 1, 2, 3, 4]), old(&[0, 3, 1, 2, 4])]);
}

fn semaphore(op: &Op) -> Option<SemaphoreId> {
    if let Op::Sync(SyncOp::WaitGe { semaphore, .. }) = op { Some(*semaphore) } else { None }
}
