use program::op::SemaphoreId;
use program::{BufferId, Location, Op, OpIndex, Rank, Space, SyncOp, UnitId};
use serde_json::json;

use super::*;
use crate::fact::Hazard;
use crate::{End, Repair, Step};

fn op(rank: u32, index: u32, kind: &'static str, line: Option<u32>) -> OpRef {
    let location = line.map(|line| Location { file: "kernels/k.rs".to_owned(), line, column: 9 });
    OpRef { rank: Rank(rank), index: OpIndex(index), kind, unit: Some(UnitId::dma(0)), location }
}

fn race() -> Diagnostic {
    let (load, exp) = (op(1, 2, "load", Some(40)), op(1, 3, "exp", None));
    let wait = Op::Sync(SyncOp::Wait { on: [OpIndex(2)].into() });
    Diagnostic {
        missing: Some(Edge::new(End::End(load.clone()), End::Start(exp.clone()))),
        repair: Repair::Wait { op: exp.clone(), on: load.clone() },
        accesses: vec![Access::new(exp, Does::Reads), Access::new(load, Does::Writes)],
        place: Some(Place::Buffer { buffer: BufferId(0), space: Space::Tcm(Rank(1)), made: None }),
        bytes: Some([64, 128]),
        patch: Some(Patch::of(vec![Step::Insert { rank: Rank(1), before: OpIndex(3), op: wait }])),
        slack: Some(Span::from_fs(5)),
        times: Times { count: 4, ranks: 2 },
        ..Diagnostic::new(Code::RaceRaw, Fact::Hazard(Hazard::Unordered))
    }
}

#[test]
fn json_has_the_facts_and_the_sentences_made_from_them() {
    assert_eq!(
        serde_json::to_value(race()).expect("JSON"),
        json!({
            "kind": "race_raw",
            "ops": [
                { "rank": 1, "index": 3, "op": "exp", "unit": "dma0", "source": "" },
                { "rank": 1, "index": 2, "op": "load", "unit": "dma0", "source": "kernels/k.rs:40:9" },
            ],
            "where": "b0 in TCM of rank 1",
            "bytes": [64, 128],
            "message": "rank 1, op 3 (exp) may read b0 before rank 1, op 2 (load) has written it (4 times, on 2 ranks)",
            "missing": "end of rank 1, op 2 (load) → start of rank 1, op 3 (exp)",
            "repair": "`tl.wait(&[h])` before rank 1, op 3 (exp), where h is the handle of rank 1, op 2 (load, k.rs:40)",
            "value_differed": null,
            "slack_fs": 5,
            "edit": [{ "insert": { "rank": 1, "before": 3, "op": { "wait": { "on": [2] } } } }],
            "other_edit": null,
        })
    );
}

#[test]
fn a_finding_is_told_in_one_line() {
    let place = Some(Place::Semaphore { semaphore: SemaphoreId(2), rank: Rank(0) });
    let surplus = Hazard::SurplusSignals { signalled: 3, waited: 2 };
    let accesses = [op(1, 5, "signal", Some(7)), op(0, 9, "wait_ge", None)];
    let finding = Diagnostic {
        accesses: accesses.map(|op| Access::new(op, Does::Names)).into(),
        place,
        ..Diagnostic::new(Code::Semaphore, Fact::Hazard(surplus))
    };
    assert_eq!(
        finding.to_string(),
        "semaphore: sem2 of rank 0 is signalled 3 in all, and rank 0, op 9 (wait_ge) waits for 2: a surplus signal \
         can let a wait return early (kernels/k.rs:7:9)"
    );
}
