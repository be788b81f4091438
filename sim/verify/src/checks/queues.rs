//! Command queues: a machine has them or rings, events that are waited for are signalled, and whatever is encoded
//! is committed before anybody waits for it.

use machine::Machine;
use program::{
    Breach, EventId, Op, OpIndex, Program, QueueOp, Rank, RefusalKind, Stage, SyncOp, buffer_of,
    command_buffers,
};

use crate::checks::ops;
use crate::checks::refusal::Reasons;

pub(super) fn check(program: &Program, machine: &Machine, reasons: &mut Reasons<'_>) {
    let queues = machine.queue().is_some();
    let name = &machine.spec().name;
    for (rank, rank_program) in program.ranks.iter().enumerate() {
        let rank = Rank(rank as u32);
        let mut ops = rank_program.ops.iter().zip(0..);
        // One reason a rank: the same is wrong with all that follow.
        if let Some((op, index)) = ops.find(|(op, _)| if queues { needs_rings(op) } else { needs_queues(op) })
        {
            reasons.op(rank, OpIndex(index), misplaced(op, name));
        } else if queues {
            commits(program, rank, reasons);
        }
    }
    if queues {
        events(program, reasons);
    }
}

fn needs_queues(op: &Op) -> bool {
    matches!(op, Op::Queue(QueueOp::HostCopy { .. })) || matches!(op.stage(), Stage::Event | Stage::Commit)
}

fn needs_rings(op: &Op) -> bool {
    !op.messages().is_empty()
}

fn misplaced(op: &Op, machine: &str) -> Breach {
    if needs_rings(op) {
        let message = format!("machine `{machine}` has command queues and no rings");
        let repair = "pass tensors through shared memory, ordered by `event_signal` and `event_wait`";
        return Breach::new(RefusalKind::Malformed, message, repair);
    }
    let message = format!("machine `{machine}` has no command queues");
    let repair = "choose a machine with command queues, such as `metal4`";
    Breach::new(RefusalKind::Malformed, message, repair)
}

/// What is encoded is committed, and before the host waits for it.
fn commits(program: &Program, rank: Rank, reasons: &mut Reasons<'_>) {
    let rank_program = program.rank(rank);
    let buffers = command_buffers(rank_program);
    if let Some(first) = buffers.last().filter(|last| last.commit.is_none()).and_then(|last| last.ops.first())
    {
        let message = "it is never committed, so it never runs";
        let breach = Breach::new(RefusalKind::Malformed, message, "`commit` after the last pass");
        reasons.op(rank, *first, breach.at("command buffer"));
    }
    for (index, op) in rank_program.ops.iter().enumerate() {
        let (index, Op::Sync(SyncOp::Wait { on })) = (OpIndex(index as u32), op) else { continue };
        let late = on.iter().find(|&&waited| {
            let encoded = matches!(rank_program.ops[waited.index()].stage(), Stage::Pass | Stage::Event);
            encoded && buffers[buffer_of(&buffers, waited)].commit.is_none_or(|commit| commit > index)
        });
        if let Some(waited) = late {
            let message = format!("it waits for {waited}, whose command buffer is not committed yet");
            let breach = Breach::new(RefusalKind::Deadlock, message, "`commit` before the wait");
            reasons.op(rank, index, breach.at("command buffer"));
        }
    }
}

/// No wait asks for more than is signalled.
fn events(program: &Program, reasons: &mut Reasons<'_>) {
    let mut largest = vec![0; program.n_events as usize];
    for (_, _, op) in ops(program) {
        if let Op::Queue(QueueOp::EventSignal { event, value }) = op {
            largest[event.index()] = value.max(&largest[event.index()]).to_owned();
        }
    }
    for (rank, index, op) in ops(program) {
        let Op::Queue(QueueOp::EventWait { event, value }) = *op else { continue };
        if value > largest[event.index()] {
            reasons.op(rank, index, too_large(event, value, largest[event.index()]));
        }
    }
}

fn too_large(event: EventId, value: u32, largest: u32) -> Breach {
    let message = match largest {
        0 => format!("it waits for {value}, and nobody signals the event"),
        _ => format!("it waits for {value}, and the largest value signalled is {largest}"),
    };
    Breach::new(RefusalKind::Deadlock, message, "`event_signal` that value, or wait for less").at(event)
}
