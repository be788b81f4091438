//! Structural differences of two programs: ops that only one log has, moved ops, and matched ops that ask for something
//! else or read bytes of other ops.

use std::collections::BTreeMap;

use diagnostic::OpRef;
use oplog::structure;
use order::{Dataflow, Part, Writer};
use program::{Base, Message, Op, Program, Rank, RecvOp, SyncOp, View, ViewId};
use serde_json::Value;

use super::identity::{ops_of, waited_for};
use super::matching::{Turn, turns};
use super::pair::Pair;
use super::what::{self, Log, What};
use super::{FirstSpot, OpsChange, Side, Spot};

/// A difference of one op.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    OnlyA(usize),
    OnlyB(usize),
    /// Its numbers in `a` and in `b`.
    Moved([usize; 2]),
    /// It asks for something else.
    Asks([usize; 2]),
    /// It asks for the same, but reads or waits for other ops.
    Reads([usize; 2]),
}

impl Change {
    /// The op, when it asks for something else.
    pub fn asks(&self) -> Option<[usize; 2]> {
        match self {
            Change::Asks(ops) => Some(*ops),
            Change::OnlyA(_) | Change::OnlyB(_) | Change::Moved(_) | Change::Reads(_) => None,
        }
    }
}

/// All differences of the ops, in (rank, index) order.
pub struct Structure {
    pub changes: Vec<Change>,
    pub ops: OpsChange,
}

pub fn compare(pair: &Pair<'_>) -> Structure {
    let mut structure = Structure { changes: Vec::new(), ops: OpsChange::default() };
    let mut meaning = Meaning::of(pair);
    let [n_a, n_b] = [pair.a, pair.b].map(|side| side.log.program.n_ranks());
    for rank in (0..n_a.max(n_b)).map(Rank) {
        let [of_a, of_b] = [ops_of(&pair.firsts[0], rank), ops_of(&pair.firsts[1], rank)];
        for turn in turns(&pair.matching, of_a, of_b) {
            let ops = &mut structure.ops;
            let change = match turn {
                Turn::OnlyA(op) => (&mut ops.only_a, Change::OnlyA(op)),
                Turn::OnlyB(op) => (&mut ops.only_b, Change::OnlyB(op)),
                Turn::Both(op) => {
                    ops.both += 1;
                    match meaning.compare(op) {
                        Some(Differs::Asks) => (&mut ops.changed, Change::Asks(op)),
                        _ if pair.matching.is_moved(op[0]) => (&mut ops.moved, Change::Moved(op)),
                        Some(Differs::Reads) => (&mut ops.rewired, Change::Reads(op)),
                        None => continue,
                    }
                }
            };
            *change.0 += 1;
            structure.changes.push(change.1);
        }
    }
    structure
}

impl Structure {
    /// The first op that differs by itself; else the first with other inputs; else a difference outside the ops.
    pub fn first(&self, pair: &Pair<'_>) -> FirstSpot {
        let by_itself = self.changes.iter().find(|change| !matches!(change, Change::Reads(_)));
        let first = by_itself.or(self.changes.first());
        first.map(|&change| spot(pair, change)).or_else(|| {
            let around =
                around([pair.a.log, pair.b.log].map(|log| &*log.program), [pair.a.flow, pair.b.flow]);
            around.map(|what| Spot { op: None, only_b: false, what })
        })
    }
}

/// The place and the reason of a difference of one op.
pub fn spot(pair: &Pair<'_>, change: Change) -> Spot {
    let only = |log| What::Only { log, took_fs: None };
    match change {
        Change::OnlyA(op) => Spot { op: Some(pair.op_of_a(op)), only_b: false, what: only(Log::A) },
        Change::OnlyB(op) => Spot { op: Some(pair.op_of_b(op)), only_b: true, what: only(Log::B) },
        Change::Moved(op) => pair.spot(op, What::Moved([pair.ops_a[op[0]].1, pair.ops_b[op[1]].1])),
        Change::Asks(op) | Change::Reads(op) => pair.spot(op, explain(pair, op)),
    }
}

enum Differs {
    Asks,
    Reads,
}

/// Which message and which barrier of `b` those of `a` are.
struct Meaning<'a> {
    pair: &'a Pair<'a>,
    messages: BTreeMap<Message, Message>,
    barriers: BTreeMap<u32, u32>,
}

impl<'a> Meaning<'a> {
    fn of(pair: &'a Pair<'a>) -> Meaning<'a> {
        let mut messages = BTreeMap::new();
        for ops in pair.matching.pairs() {
            let (a, b) = (pair.asked_in_a(ops[0]), pair.asked_in_b(ops[1]));
            messages.extend(a.sends().iter().copied().zip(b.sends().iter().copied()));
        }
        Meaning { pair, messages, barriers: BTreeMap::new() }
    }

    fn compare(&mut self, ops: [usize; 2]) -> Option<Differs> {
        let (a, b) = (self.pair.asked_in_a(ops[0]), self.pair.asked_in_b(ops[1]));
        if let (Op::Sync(SyncOp::Barrier { number }), Op::Sync(SyncOp::Barrier { number: other })) = (a, b)
            && *self.barriers.entry(*number).or_insert(*other) != *other
        {
            return Some(Differs::Reads);
        }
        let (views_a, views_b) = (self.pair.views(0, ops[0]), self.pair.views(1, ops[1]));
        if numbers(a) != numbers(b) || !views_a.clone().zip(views_b.clone()).all(|(a, b)| self.alike(a, b)) {
            return Some(Differs::Asks);
        }
        let mut messages = a.messages().iter().zip(b.messages());
        let views = views_a.zip(views_b).all(|(a, b)| self.is_same_base(a.base, b.base));
        let same = messages.all(|(&a, &b)| self.is_same_message(a, b))
            && views
            && self.waits_alike(ops)
            && self.reads_alike(ops);
        if same { None } else { Some(Differs::Reads) }
    }

    /// Whether two views have one form, in bases of one kind.
    fn alike(&self, a: &View, b: &View) -> bool {
        let bases = match (a.base, b.base) {
            (Base::Buffer(_), Base::Buffer(_)) => true,
            (Base::Tensor(a), Base::Tensor(b)) => self.pair.is_same_tensor(a, b),
            (Base::Message(a), Base::Message(b)) => self.pair.is_same_ring(a.ring, b.ring),
            (Base::Buffer(_) | Base::Tensor(_) | Base::Message(_), _) => false,
        };
        bases && (a.offset, a.shape, a.strides, a.dtype) == (b.offset, b.shape, b.strides, b.dtype)
    }

    fn is_same_base(&self, a: Base, b: Base) -> bool {
        match (a, b) {
            (Base::Message(a), Base::Message(b)) => self.is_same_message(a, b),
            (Base::Buffer(_) | Base::Tensor(_) | Base::Message(_), _) => true,
        }
    }

    /// Messages are the same when their sends are.
    fn is_same_message(&self, a: Message, b: Message) -> bool {
        match self.messages.get(&a) {
            Some(same) => *same == b,
            None => self.pair.is_same_ring(a.ring, b.ring),
        }
    }

    fn waits_alike(&self, [a, b]: [usize; 2]) -> bool {
        let (of_a, of_b) = (waited_for(self.pair.asked_in_a(a)), waited_for(self.pair.asked_in_b(b)));
        let (first_a, first_b) = (a - self.pair.ops_a[a].1.index(), b - self.pair.ops_b[b].1.index());
        let mut partners: Vec<Option<usize>> =
            of_a.iter().map(|op| self.pair.matching.to_b(first_a + op.index())).collect();
        let mut others: Vec<Option<usize>> = of_b.iter().map(|op| Some(first_b + op.index())).collect();
        partners.sort_unstable();
        others.sort_unstable();
        partners == others
    }

    fn reads_alike(&self, [a, b]: [usize; 2]) -> bool {
        let (reads_a, reads_b) =
            (self.pair.a.parts(self.pair.ops_a[a]), self.pair.b.parts(self.pair.ops_b[b]));
        let mut reads_b = reads_b.into_iter();
        reads_a.into_iter().all(|part| reads_b.next().is_some_and(|other| self.is_same_part(part, other)))
            && reads_b.next().is_none()
    }

    fn is_same_part(&self, a: &Part, b: &Part) -> bool {
        let candidates = (self.pair.a.flow.candidates(a.writer), self.pair.b.flow.candidates(b.writer));
        (a.start, a.end, a.from) == (b.start, b.end, b.from)
            && candidates.0.len() == candidates.1.len()
            && candidates
                .0
                .into_iter()
                .all(|of_a| candidates.1.iter().any(|&of_b| self.is_same_writer(of_a, of_b)))
    }

    fn is_same_writer(&self, a: Writer, b: Writer) -> bool {
        match (a, b) {
            (Writer::Host(a), Writer::Host(b)) => self.pair.is_same_tensor(a, b),
            (Writer::Op { rank, op }, Writer::Op { rank: of_b, op: other }) => {
                let in_b = self.pair.b.flow.global(of_b, other);
                self.pair.matching.to_b(self.pair.a.flow.global(rank, op)) == Some(in_b)
            }
            (Writer::Uninitialised | Writer::Ambiguous(_), _) => a == b,
            (Writer::Host(_) | Writer::Op { .. }, _) => false,
        }
    }
}

/// What an op says in numbers, but for those that name messages, barriers and ops.
fn numbers(op: &Op) -> Vec<u64> {
    let mut scalars = Vec::new();
    if let Op::Sync(SyncOp::Signal { semaphore, to, amount, .. }) = op {
        scalars.extend([semaphore.0, to.0, *amount].map(u64::from));
    } else if let Op::Sync(SyncOp::SignalSet { set }) = op {
        scalars.extend([set.semaphore.0, set.to.0, set.value, set.amount].map(u64::from));
    } else if let Op::Recv(RecvOp::RecvReduce { reduction }) = op {
        scalars.extend([reduction.f as u64, reduction.acc as u64]);
    } else if op.messages().is_empty()
        && !matches!(op, Op::Sync(SyncOp::Wait { .. } | SyncOp::Barrier { .. }))
    {
        op.put_scalars(&mut scalars);
    }
    scalars
}

/// How two ops of one kind differ.
fn explain(pair: &Pair<'_>, ops: [usize; 2]) -> What {
    let (a, b) = (pair.asked_in_a(ops[0]), pair.asked_in_b(ops[1]));
    if numbers(a) != numbers(b) {
        return What::Constants(different([a, b].map(fields)));
    }
    let forms =
        [0, 1].map(|side| pair.views(side, ops[side]).map(|view| pair.form(side, view)).collect::<Vec<_>>());
    if let Some((a, b)) = forms[0].iter().zip(&forms[1]).find(|(a, b)| a != b) {
        return What::Views(Box::new([a.clone(), b.clone()]));
    }
    let sides = [(pair.a, pair.ops_a[ops[0]]), (pair.b, pair.ops_b[ops[1]])];
    let parts = sides.map(|(side, op)| side.parts(op));
    let meaning = Meaning::of(pair);
    let marks = !pair.a.flow.marked(pair.ops_a[ops[0]].0, pair.ops_a[ops[0]].1).is_empty();
    let mut same_place = parts[0].iter().zip(&parts[1]).filter(|(a, b)| (a.start, a.end) == (b.start, b.end));
    if let Some((a, b)) = same_place.find(|(a, b)| !meaning.is_same_part(a, b)) {
        return What::Bytes { marks, of: Box::new([written(pair.a, a), written(pair.b, b)]) };
    }
    let mut messages = a.messages().iter().zip(b.messages());
    match messages.find(|&(&a, &b)| !meaning.is_same_message(a, b)) {
        Some((&a, &b)) => What::Message([a, b]),
        None if !pair.views(0, ops[0]).zip(pair.views(1, ops[1])).all(|(a, b)| meaning.alike(a, b)) => {
            What::TensorShare
        }
        None if !meaning.waits_alike(ops) => What::WaitsForOthers,
        None => What::OtherBytes { marks },
    }
}

/// Fields of an op in Program JSON, but for its views, which are another difference.
fn fields(op: &Op) -> Vec<(String, Value)> {
    let op = match op {
        Op::Compute(op) => op.with_views(|_| ViewId(0)),
        Op::Move(_) | Op::Send(_) | Op::Recv(_) | Op::Sync(_) | Op::Queue(_) | Op::Note(_) | Op::Time(_) => {
            op.clone()
        }
    };
    let json = serde_json::to_value(op).expect("an op has a JSON form");
    let fields = json.as_object().and_then(|op| op.values().next()?.as_object()).into_iter().flatten();
    fields.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What only one of two lists has, each in its own.
fn different<T: PartialEq + Clone>(lists: [Vec<T>; 2]) -> [Vec<T>; 2] {
    let [a, b] = &lists;
    [(a, b), (b, a)].map(|(of, other)| of.iter().filter(|it| !other.contains(it)).cloned().collect())
}

fn written(side: Side<'_>, part: &Part) -> what::Written {
    let by = side.flow.candidates(part.writer).into_iter().map(|writer| match writer {
        Writer::Uninitialised | Writer::Ambiguous(_) => what::Writer::Nothing,
        Writer::Host(tensor) => what::Writer::Host(tensor),
        Writer::Op { rank, op } => what::Writer::Op(OpRef::of(&side.log.program, rank, op)),
    });
    what::Written { from: part.from, to: part.from + (part.end - part.start), by: by.collect() }
}

/// A difference outside the ops.
fn around([a, b]: [&Program; 2], flows: [&Dataflow; 2]) -> Option<What> {
    let surroundings = [a, b].map(structure::surroundings);
    let outputs = [(a, flows[0]), (b, flows[1])].map(|(program, flow)| structure::outputs(program, flow));
    if a.ranks.len() != b.ranks.len() {
        Some(What::Ranks([a.ranks.len(), b.ranks.len()]))
    } else if (&a.inputs, &a.outputs) != (&b.inputs, &b.outputs) {
        Some(What::HostTensors)
    } else if surroundings[0] != surroundings[1] {
        Some(What::Surroundings)
    } else if outputs[0] != outputs[1] {
        Some(What::OutputWriters)
    } else {
        None
    }
}
