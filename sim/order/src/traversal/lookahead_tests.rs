use machine::{Machine, Sync};
use program::op::BusyUnit;
use program::{Layout, Message, Program, RankProgram, SyncOp, TimeOp};

use super::super::{Start, Visitor};
use super::*;
use crate::{Dependencies, EdgeSet, EventGraph, sample};

/// By op: what it knows at its start.
#[derive(Default)]
struct Clocks(BTreeMap<u32, Clock>);

impl Visitor for Clocks {
    fn start(&mut self, at: &Start<'_>) {
        self.0.insert(at.op, at.clock.clone());
    }
    fn released(&mut self, _: &Start<'_>) {}
    fn overtakes(&mut self, _: &Start<'_>, _: Message, _: Message) {}
}

/// Three ranks that signal each other, wait for as many signals as each round has, and compute.
fn rounds(n: u32) -> Program {
    let signal =
        |to: u32| SyncOp::Signal { semaphore: SemaphoreId(0), to: Rank(to), amount: 1, after: [].into() };
    let round = |rank: u32, round: u32| {
        let wait = SyncOp::WaitGe { semaphore: SemaphoreId(0), value: 2 * round + 2 };
        let signals = [signal((rank + 1) % 3), signal((rank + 2) % 3), wait].map(Op::Sync);
        signals.into_iter().chain([Op::Time(TimeOp::Busy { unit: BusyUnit::Gemm, cycles: 1 })])
    };
    let ops = |rank| (0..n).flat_map(|number| round(rank, number)).collect();
    let rank = |rank| RankProgram { n_semaphores: 1, ops: ops(rank), ..RankProgram::default() };
    sample::program((0..3).map(rank).collect(), Vec::new())
}

fn clocks(program: &Program, is_spent: bool) -> Clocks {
    let machine = Machine::preset("tiny").and_then(|tiny| tiny.with_sync(Sync::Explicit)).expect("a machine");
    let (buffers, tensors) = (vec![Vec::new(); 3], vec![0, 64]);
    let layout = Layout { buffers, tensors, rings: Vec::new(), peaks: Vec::new() };
    let dependencies = Dependencies::find(program, &layout, &machine);
    let graph = EventGraph::of(program, &machine, &dependencies);
    let walk = Traversal::new(&graph, EdgeSet::ALL, &|_, _| true);
    if is_spent {
        walk.budget.spend(u64::MAX);
    }
    let mut clocks = Clocks::default();
    walk.run(&mut clocks);
    clocks
}

/// Without a look ahead an op knows less, and never more.
#[test]
fn a_spent_budget_orders_less_and_never_more() {
    let program = rounds(4);
    let (all, some) = (clocks(&program, false), clocks(&program, true));
    assert_eq!(all.0.keys().collect::<Vec<_>>(), some.0.keys().collect::<Vec<_>>(), "all ops are visited");
    assert_eq!(all.0.len(), 12, "every op of a unit is visited");
    let mut less = 0;
    for (op, clock) in &all.0 {
        assert!(clock.knows(&some.0[op]), "op {op}");
        less += u32::from(!some.0[op].knows(clock));
    }
    assert!(less > 0, "waits for all signals so far teach");
}
