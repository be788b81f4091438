//! The tables of a program, before any op is looked at: counts, sizes, and what entries name.

use std::collections::BTreeSet;

use diagnostic::{Fault, Place};
use program::program::{FORMAT, NamedSpan, OLDEST_FORMAT, Ring};
use program::view::BufferId;
use program::{Base, Program, Rank, RankProgram, RingId, TensorId, View, ViewId};

use crate::checks::MOST_BYTES;
use crate::checks::host::tensor_place;
use crate::checks::refusal::Reasons;

/// More ops than this cannot be numbered.
const MOST_OPS: usize = u32::MAX as usize - 1;

/// More semaphores, or events, than this are a mistake: every phase keeps a counter for each.
const MOST_SEMAPHORES: u32 = 1 << 16;

pub(super) fn check(program: &Program, reasons: &mut Reasons<'_>) {
    if !(OLDEST_FORMAT..=FORMAT).contains(&program.format) {
        reasons.program(Fault::Format { found: program.format, known: FORMAT });
    }
    if program.ranks.is_empty() {
        reasons.program(Fault::NoRanks {});
    }
    if program.ranks.len() > MOST_OPS || program.n_ops() > MOST_OPS {
        reasons.program(Fault::TooManyOps {});
    }
    if program.n_events > MOST_SEMAPHORES {
        reasons.program(Fault::TooManyEvents { events: program.n_events, most: MOST_SEMAPHORES });
    }
    rings(program, reasons);
    tensors(program, reasons);
    for (index, rank_program) in program.ranks.iter().enumerate() {
        rank(program, Rank(index as u32), rank_program, reasons);
    }
}

fn rings(program: &Program, reasons: &mut Reasons<'_>) {
    let mut names = BTreeSet::new();
    for (index, ring) in program.rings.iter().enumerate() {
        let mut wrong = |fault| reasons.at(Place::Ring(RingId(index as u32)), fault);
        for rank in [ring.producer, ring.consumer] {
            if rank.0 >= program.n_ranks() {
                wrong(Fault::NoEndOfRing { rank });
            }
        }
        let Ring { producer, consumer, queue, .. } = *ring;
        if !names.insert((producer, consumer, queue)) {
            wrong(Fault::RingTwice { producer, consumer, queue });
        }
        if ring.n_slots == 0 || ring.slot_bytes == 0 {
            wrong(Fault::NoSlots {});
        }
        if u64::from(ring.n_slots).saturating_mul(ring.slot_bytes) > MOST_BYTES {
            wrong(Fault::SlotsTooLarge {});
        }
    }
}

fn tensors(program: &Program, reasons: &mut Reasons<'_>) {
    for (index, tensor) in program.tensors.iter().enumerate() {
        let mut wrong = |fault| reasons.at(tensor_place(TensorId(index as u32), tensor), fault);
        if tensor.home.0 >= program.n_ranks() {
            wrong(Fault::NoHome { rank: tensor.home });
        }
        if tensor.bytes() > MOST_BYTES {
            wrong(Fault::TensorTooLarge {});
        }
        let given = tensor.role.given().map(|(of, _)| (of, &program.inputs));
        let taken = tensor.role.taken().map(|(of, _)| (of, &program.outputs));
        for (of, list) in given.into_iter().chain(taken) {
            if of as usize >= list.len() {
                wrong(Fault::NoHostTensor { of });
            }
        }
    }
}

fn rank(program: &Program, rank: Rank, rank_program: &RankProgram, reasons: &mut Reasons<'_>) {
    let mut wrong = |fault| reasons.at(Place::Rank(rank), fault);
    if rank_program.n_semaphores > MOST_SEMAPHORES {
        wrong(Fault::TooManySemaphores { semaphores: rank_program.n_semaphores, most: MOST_SEMAPHORES });
    }
    for (buffer, index) in rank_program.buffers.iter().zip(0..) {
        if buffer.at.unwrap_or(0).saturating_add(buffer.bytes) > MOST_BYTES {
            wrong(Fault::BufferTooLarge { buffer: BufferId(index) });
        }
    }
    for (view, index) in rank_program.views.iter().zip(0..) {
        view_fault(program, rank, (ViewId(index), view)).into_iter().for_each(&mut wrong);
    }
    let (ops, sources) = (rank_program.ops.len(), rank_program.sources.len());
    if sources != 0 && sources != ops {
        wrong(Fault::SourceCount { sources, ops });
    }
    if let Some(source) = rank_program.sources.iter().find(|s| s.file as usize >= program.files.len()) {
        wrong(Fault::NoFile { file: source.file });
    }
    for NamedSpan { name, first, end } in &rank_program.spans {
        if first > end || end.index() > ops {
            wrong(Fault::Span { name: name.clone(), first: *first, end: *end, ops });
        }
    }
}

fn view_fault(program: &Program, rank: Rank, (id, view): (ViewId, &View)) -> Option<Fault> {
    let (extents, strides) = (view.shape.len(), view.strides.len());
    if extents != strides {
        return Some(Fault::Strides { view: id, extents, strides });
    }
    if view.shape.contains(&0) {
        return Some(Fault::EmptyView { view: id, shape: view.shape });
    }
    if view.elements() > u64::from(u32::MAX) {
        return Some(Fault::ViewTooLarge { view: id, shape: view.shape });
    }
    let (base, exists) = match view.base {
        Base::Buffer(buffer) => ("buffer", buffer.index() < program.rank(rank).buffers.len()),
        Base::Tensor(tensor) => ("tensor", tensor.index() < program.tensors.len()),
        Base::Message(message) => match program.rings.get(message.ring.index()) {
            Some(ring) if ring.consumer != rank => return Some(Fault::ViewOfOther { view: id, message }),
            ring => ("ring", ring.is_some()),
        },
    };
    (!exists).then_some(Fault::NoBase { view: id, base })
}
