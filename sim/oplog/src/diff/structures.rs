//! Where two programs ask for different things. Two ops are the same when they are in the structure digest.

use program::{Base, OpIndex, Program, Rank, View};

use super::{Spot, describe};
use crate::canonical::Canonical;
use crate::dataflow::{Dataflow, Part, Writer};
use crate::log::OpLog;
use crate::op_code;
use crate::structure::{self, OpWriter};

/// The first difference, and by rank how many ops at its start are the same.
pub fn compare(a: &OpLog, b: &OpLog) -> (Option<Spot>, Vec<usize>) {
    let (flow_a, flow_b) = (Dataflow::of(&a.program), Dataflow::of(&b.program));
    let mut ops = [OpWriter::new(&a.program, &flow_a), OpWriter::new(&b.program, &flow_b)];
    let mut outs = [Canonical::new(""), Canonical::new("")];
    let mut first = None;
    let mut common = Vec::new();
    for rank in (0..a.program.n_ranks().min(b.program.n_ranks())).map(Rank) {
        let n = [a, b].map(|log| log.program.rank(rank).ops.len());
        let same = (0..n[0].min(n[1])).map(|index| OpIndex(index as u32)).take_while(|&index| {
            outs.iter_mut().zip(&mut ops).for_each(|(out, op)| op.put(rank, index, out));
            outs[0].take() == outs[1].take()
        });
        let same = same.count();
        common.push(same);
        if first.is_none() && (same < n[0] || same < n[1]) {
            let index = OpIndex(same as u32);
            first = Some(op_spot([a, b], [&flow_a, &flow_b], rank, index));
        }
    }
    let around = around(&a.program, &b.program, &flow_a, &flow_b);
    (first.or(around.map(|what| Spot { op: None, what })), common)
}

/// How the ops at one place differ.
fn op_spot(logs: [&OpLog; 2], flows: [&Dataflow; 2], rank: Rank, index: OpIndex) -> Spot {
    let ops = logs.map(|log| log.program.rank(rank).ops.get(index.index()));
    let (log, what) = match ops {
        [Some(a), Some(b)] => (
            logs[0],
            explain(logs, flows, rank, index)
                .unwrap_or_else(|| format!("{} in a, {} in b", a.kind(), b.kind())),
        ),
        [Some(_), None] => (logs[0], "only a has this op".to_owned()),
        [None, _] => (logs[1], "only b has this op".to_owned()),
    };
    Spot { op: Some(describe(log, rank, index)), what }
}

/// The difference between two ops of one kind; `None` when their kinds differ.
fn explain(logs: [&OpLog; 2], flows: [&Dataflow; 2], rank: Rank, index: OpIndex) -> Option<String> {
    let [a, b] = logs.map(|log| log.program.op(rank, index));
    if a.kind() != b.kind() {
        return None;
    }
    let scalars = [a, b].map(|op| {
        let mut scalars = Vec::new();
        op_code::scalars(op, &mut scalars);
        scalars
    });
    if scalars[0] != scalars[1] {
        return Some(format!("its constants differ: {a:?} in a, {b:?} in b"));
    }
    let views = logs.map(|log| {
        let rank = log.program.rank(rank);
        op_code::views(&rank.ops[index.index()]).map(|view| rank.views[view.index()]).collect::<Vec<View>>()
    });
    if let Some((a, b)) = views[0].iter().zip(&views[1]).find(|(a, b)| form(a) != form(b)) {
        return Some(format!("its views differ: {} in a, {} in b", form(a), form(b)));
    }
    let [reads_a, reads_b] = flows.map(|flow| {
        flow.reads(rank, index).flatten().chain(flow.marked(rank, index)).collect::<Vec<&Part>>()
    });
    let verb = if flows[0].marked(rank, index).is_empty() { "reads" } else { "marks" };
    let same_place = reads_a.iter().zip(&reads_b).filter(|(a, b)| (a.start, a.end) == (b.start, b.end));
    let sources = same_place.map(|(a, b)| (source(flows[0], a), source(flows[1], b)));
    Some(match { sources }.find(|(a, b)| a != b) {
        Some((a, b)) => format!("it {verb} {a} in a, {b} in b"),
        None => format!("it {verb} other bytes"),
    })
}

fn form(view: &View) -> String {
    let base = match view.base {
        Base::Buffer(_) => "a buffer".to_owned(),
        Base::Tensor(tensor) => tensor.to_string(),
        Base::Message(message) => message.to_string(),
    };
    format!(
        "{} {} of {base} from byte {} with strides {:?}",
        view.shape, view.dtype, view.offset, view.strides
    )
}

fn source(flow: &Dataflow, part: &Part) -> String {
    let writers = flow.candidates(part.writer).into_iter().map(|writer| match writer {
        Writer::Uninitialised | Writer::Ambiguous(_) => "nothing".to_owned(),
        Writer::Host(tensor) => format!("the host's {tensor}"),
        Writer::Op { rank, op } => format!("{rank} {op}"),
    });
    let writers = writers.collect::<Vec<_>>().join(" or ");
    format!("bytes {} to {} of {writers}", part.from, part.from + (part.end - part.start))
}

/// What differs around the ops.
fn around(a: &Program, b: &Program, flow_a: &Dataflow, flow_b: &Dataflow) -> Option<String> {
    let surroundings = [a, b].map(|program| {
        let mut out = Canonical::new("");
        structure::put_surroundings(program, &mut out);
        out.take()
    });
    let outputs = [(a, flow_a), (b, flow_b)].map(|(program, flow)| {
        let mut out = Canonical::new("");
        structure::put_outputs(program, flow, &mut out);
        out.take()
    });
    if a.ranks.len() != b.ranks.len() {
        Some(format!("{} ranks in a, {} in b", a.ranks.len(), b.ranks.len()))
    } else if (&a.inputs, &a.outputs) != (&b.inputs, &b.outputs) {
        Some("the host's inputs or outputs differ".to_owned())
    } else if surroundings[0] != surroundings[1] {
        Some("the tensors in HBM, or the ends of the rings, differ".to_owned())
    } else if outputs[0] != outputs[1] {
        Some("the outputs are written by other ops".to_owned())
    } else {
        None
    }
}
