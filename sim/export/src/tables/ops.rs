//! A row for each op.

use program::{Effect, Op, Rank, Target};

use super::about;
use super::busy::Busy;
use crate::chosen::{Chosen, ChosenOp};
use crate::shapes::Shapes;
use crate::spans::innermost;
use crate::table::{Column, Table};

/// The ops of a window, in (rank, program index) order.
pub fn ops(chosen: &Chosen<'_>) -> Table {
    let columns = [places(chosen), kinds(chosen), times(chosen), sources(chosen)].concat();
    Table { name: "ops", columns, about: about(chosen.log) }
}

fn op<'a>(chosen: &Chosen<'a>, at: &ChosenOp) -> &'a Op {
    chosen.log.program.op(at.rank, at.index)
}

/// Which op, and where on the machine.
fn places(chosen: &Chosen<'_>) -> Vec<Column> {
    let (log, mesh) = (chosen.log, chosen.log.machine.mesh());
    let grid = mesh.grid();
    let sip = |at: &ChosenOp| {
        let place = mesh.coord(log.placement[at.rank.index()]);
        let [x, y] = [place.x / (grid.pe[0] * grid.cube[0]), place.y / (grid.pe[1] * grid.cube[1])];
        u64::from(y * grid.sip[0] + x)
    };
    let pe = |at: &ChosenOp| log.placement[at.rank.index()];
    let whole = |name, value: &dyn Fn(&ChosenOp) -> u64| Column::whole(name, chosen.ops.iter().map(value));
    vec![
        whole("rank", &|at| at.rank.0.into()),
        whole("op", &|at| at.index.0.into()),
        whole("sip", &sip),
        whole("cube", &|at| mesh.cube_of(pe(at)).into()),
        whole("pe", &|at| pe(at).0.into()),
        whole("x", &|at| mesh.coord(pe(at)).x.into()),
        whole("y", &|at| mesh.coord(pe(at)).y.into()),
    ]
}

/// What it does, and to how much.
fn kinds(chosen: &Chosen<'_>) -> Vec<Column> {
    let ops = || chosen.ops.iter().map(|at| (at.rank, op(chosen, at)));
    let rank = |rank: Rank| chosen.log.program.rank(rank);
    let unit = chosen.ops.iter().map(|at| Some(chosen.log.entries.unit[at.global]));
    let shapes =
        ops().map(|(r, op)| Some(Shapes::of(rank(r), &op.access())).filter(|shapes| !shapes.is_empty()));
    let message = |name, value: &dyn Fn(program::Message) -> u32| {
        // Those of an op with several are in the table of messages.
        let only = |op: &Op| if let [message] = op.messages() { Some(*message) } else { None };
        Column::maybe_whole(name, ops().map(|(_, op)| only(op).map(|message| value(message).into())))
    };
    vec![
        Column::text("unit", unit, ToString::to_string),
        Column::text("kind", ops().map(|(_, op)| Some(op.kind())), |kind| (*kind).to_owned()),
        Column::text("shapes", shapes, Shapes::text),
        message("ring", &|message| message.ring.0),
        message("message", &|message| message.number),
        Column::whole("bytes_read", ops().map(|(r, op)| bytes_read(rank(r), op))),
        Column::whole("bytes_written", ops().map(|(r, op)| bytes_written(rank(r), op))),
    ]
}

fn bytes_read(rank: &program::RankProgram, op: &Op) -> u64 {
    op.access().reads().map(|view| rank.views[view.index()].bytes()).fold(0, u64::saturating_add)
}

/// What is sent is written, to its slot.
fn bytes_written(rank: &program::RankProgram, op: &Op) -> u64 {
    let written = match op.effect() {
        Effect::Move { from, to: Target::Slots(messages) } => {
            return rank.views[from.index()].bytes().saturating_mul(messages.len() as u64);
        }
        Effect::Move { to: Target::View(_), .. } | Effect::Compute(_) | Effect::Fold(_) | Effect::Nothing => {
            op.access().write
        }
    };
    written.map_or(0, |view| rank.views[view.index()].bytes())
}

fn times(chosen: &Chosen<'_>) -> Vec<Column> {
    let (log, entries) = (chosen.log, &chosen.log.entries);
    let ranks = (0..log.program.n_ranks()).map(Rank);
    let busy = Busy::of(log, ranks.filter(|&rank| chosen.window.has_rank(rank)));
    let mut waited = vec![0; entries.done.len()];
    for stall in &chosen.stalls {
        waited[stall.op as usize] += (stall.to - stall.from).fs();
    }
    let whole = |name, value: &dyn Fn(usize) -> u64| {
        Column::whole(name, chosen.ops.iter().map(|at| value(at.global)))
    };
    vec![
        whole("issue_fs", &|op| entries.issue[op].fs()),
        whole("start_fs", &|op| entries.start[op].fs()),
        whole("done_fs", &|op| entries.done[op].fs()),
        whole("busy_fs", &|op| busy.unit[op]),
        whole("issuing_fs", &|op| busy.sequencer[op]),
        whole("stalled_fs", &|op| waited[op]),
    ]
}

/// Where the author wrote it.
fn sources(chosen: &Chosen<'_>) -> Vec<Column> {
    let program = &chosen.log.program;
    let source = |at: &ChosenOp| program.rank(at.rank).sources.get(at.index.index());
    let spans: Vec<_> = program.ranks.iter().map(innermost).collect();
    let span = |at: &ChosenOp| Some((at.rank, spans[at.rank.index()][at.index.index()]?));
    let file = |at: &ChosenOp| source(at).map(|source| source.file);
    vec![
        Column::text("file", chosen.ops.iter().map(file), |&file| program.files[file as usize].clone()),
        Column::maybe_whole("line", chosen.ops.iter().map(|at| source(at).map(|source| source.line.into()))),
        Column::maybe_whole(
            "column",
            chosen.ops.iter().map(|at| source(at).map(|source| source.column.into())),
        ),
        Column::text("span", chosen.ops.iter().map(span), |&(rank, span)| {
            program.rank(rank).spans[span as usize].name.clone()
        }),
    ]
}
