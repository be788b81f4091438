//! The rules of semaphores and shared events stand twice. These tests compare the two on random programs.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use machine::{Machine, Random, Sync};
use program::tl::{Recording, Tl};
use program::{DType, Stage};

use super::*;
use crate::samples::tiny_with;
use crate::traversal::{Start, Visitor};
use crate::{Dependencies, EdgeSet, EventGraph, Traversal, sequencer};

const RANKS: u32 = 3;

/// Knowledge of an op when it starts: of each rank, how many of its ops were issued.
type Issued = BTreeMap<(Rank, OpIndex), Vec<u32>>;

struct Starts {
    known: Issued,
}

impl Visitor for Starts {
    fn start(&mut self, at: &Start<'_>) {
        let count = |rank| at.clock.get(sequencer(Rank(rank)));
        self.known.insert((at.rank, at.index), (0..RANKS).map(count).collect());
    }
    fn released(&mut self, _by: &Start<'_>) {}
    fn overtakes(&mut self, _send: &Start<'_>, _message: Message, _before: Message) {}
}

fn traversed(program: &Program, machine: &Machine) -> Option<Issued> {
    // Ranks may wait for each other.
    let verified = verify::verify(program.clone(), machine).ok()?;
    let dependencies = Dependencies::find(program, &verified.layout, machine);
    let graph = EventGraph::of(program, machine, &dependencies);
    let mut starts = Starts { known: Issued::new() };
    Traversal::new(&graph, EdgeSet::ALL, &|_, _| true).run(&mut starts);
    Some(starts.known)
}

/// Whatever data flow takes for ordered, the traversal does: it may know more, never less.
fn check(machine: &Machine, draw: fn(&mut Random) -> Option<Program>) {
    let mut n_known = 0;
    for seed in 0..3000 {
        let Some(program) = draw(&mut Random::seeded(seed)) else { continue };
        let Some(known) = traversed(&program, machine) else { continue };
        walk(&program, |stamp, op| {
            let at = (stamp.rank, stamp.op);
            if op.stage() != Stage::Pass || !known.contains_key(&at) {
                return;
            }
            for other in (0..RANKS).filter(|&other| Rank(other) != stamp.rank) {
                let (coarse, full) = (stamp.clock.get(other), known[&at][other as usize]);
                assert!(
                    coarse <= full,
                    "seed {seed}: at {at:?} data flow knows {coarse} ops of rank {other}, the traversal {full}"
                );
                n_known += u32::from(coarse > 0);
            }
        });
    }
    assert!(n_known > 500, "{n_known} orders compared");
}

/// Ranks signal each other's two semaphores and wait for their own. An op follows each wait.
fn semaphore_program(random: &mut Random) -> Option<Program> {
    let steps = [(); RANKS as usize].map(|()| [(); 6].map(|()| [(); 4].map(|()| random.below(6) as u32)));
    let recorded = Recording::new("semaphores", RANKS).record(|tl: &mut Tl| {
        let semaphores = [tl.semaphore(), tl.semaphore()];
        let mut waited = [0, 0];
        for [step, which, to, amount] in steps[tl.rank() as usize] {
            let which = (which % 2) as usize;
            if step < 4 {
                tl.signal(semaphores[which], to % RANKS, 1 + amount % 2, &[]);
            } else {
                waited[which] += 1 + amount % 2;
                tl.wait_ge(semaphores[which], waited[which]);
                tl.full([1, 4], DType::F16, 1.0);
            }
        }
    });
    recorded.ok()
}

/// One command buffer a rank, of signals of two events, waits for them, and a pass after each wait.
fn event_program(random: &mut Random) -> Option<Program> {
    let mut recording = Recording::new("events", RANKS);
    let events = [(); 2].map(|()| recording.event());
    let steps = [(); RANKS as usize].map(|()| [(); 6].map(|()| [(); 3].map(|()| random.below(6) as u32)));
    let recorded = recording.record(|tl: &mut Tl| {
        for [step, which, value] in steps[tl.rank() as usize] {
            let (event, value) = (events[(which % 2) as usize], NonZeroU32::MIN.saturating_add(value % 3));
            if step < 4 {
                tl.event_signal(event, value);
            } else {
                tl.event_wait(event, value);
                tl.full([1, 4], DType::F32, 1.0);
            }
        }
        tl.commit();
    });
    recorded.ok()
}

#[test]
fn semaphores_that_order_data_flow_order_the_traversal() {
    let explicit = tiny_with(|spec| spec.sync = Sync::Explicit);
    check(&explicit, semaphore_program);
}

#[test]
fn events_that_order_data_flow_order_the_traversal() {
    check(&Machine::preset("metal4").expect("a preset"), event_program);
}
