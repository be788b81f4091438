//! The tables of a program, before any op is looked at: counts, sizes, and what entries name.

use std::collections::BTreeSet;

use crate::checks::MOST_BYTES;
use crate::checks::refusal::Reasons;
use program::program::{FORMAT, Role};
use program::{Base, Breach, Program, Rank, RankProgram, RefusalKind, RingId, TensorId, View, ViewId};

/// More ops than this cannot be numbered.
const MOST_OPS: usize = u32::MAX as usize - 1;

/// More semaphores, or events, than this are a mistake: every phase keeps a counter for each.
const MOST_SEMAPHORES: u32 = 1 << 16;

pub(super) fn check(program: &Program, reasons: &mut Reasons<'_>) {
    if program.format != FORMAT {
        let message = format!("program format {}, this version reads {FORMAT}", program.format);
        reasons.program(malformed(message, "record the program again"));
    }
    if program.ranks.is_empty() {
        reasons.program(malformed("a program without ranks", "record at least one rank"));
    }
    if program.ranks.len() > MOST_OPS || program.n_ops() > MOST_OPS {
        reasons.program(malformed("more than 2^32 - 2 ranks or ops", "split the program"));
    }
    if program.n_events > MOST_SEMAPHORES {
        let message = format!("{} events, more than {MOST_SEMAPHORES}", program.n_events);
        reasons.program(malformed(message, "use fewer: one for each producer is enough"));
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
        let mut wrong = |message: String, repair| {
            reasons.program(malformed(message, repair).at(RingId(index as u32)));
        };
        for end in [ring.producer, ring.consumer] {
            if end.0 >= program.n_ranks() {
                wrong(format!("{end} does not exist"), "join two ranks of the program");
            }
        }
        if !names.insert((ring.producer, ring.consumer, ring.queue)) {
            let ends = format!("{} → {} queue {}", ring.producer, ring.consumer, ring.queue);
            wrong(format!("{ends} is declared twice"), "give each ring of two ranks its own queue");
        }
        if ring.n_slots == 0 || ring.slot_bytes == 0 {
            wrong("the ring has no slots".to_owned(), "declare at least one slot of at least one byte");
        }
        if u64::from(ring.n_slots).saturating_mul(ring.slot_bytes) > MOST_BYTES {
            wrong("the slots take more than 2^53 bytes".to_owned(), "declare fewer or smaller slots");
        }
    }
}

fn tensors(program: &Program, reasons: &mut Reasons<'_>) {
    for (index, tensor) in program.tensors.iter().enumerate() {
        let mut wrong = |message: String, repair| {
            let place = format!("{} `{}`", TensorId(index as u32), tensor.name);
            reasons.program(malformed(message, repair).at(place));
        };
        if tensor.home.0 >= program.n_ranks() {
            wrong(
                format!("its home {} does not exist", tensor.home),
                "put it in the HBM of a rank of the program",
            );
        }
        if tensor.bytes() > MOST_BYTES {
            wrong("it takes more than 2^53 bytes".to_owned(), "make it smaller");
        }
        let (of, list) = match &tensor.role {
            Role::Input { of, .. } => (*of, &program.inputs),
            Role::Output { of, .. } => (*of, &program.outputs),
            Role::Scratch => continue,
        };
        if of as usize >= list.len() {
            wrong(format!("host tensor {of} does not exist"), "declare it with `input` or `output`");
        }
    }
}

fn rank(program: &Program, rank: Rank, rank_program: &RankProgram, reasons: &mut Reasons<'_>) {
    let mut wrong = |message: String, repair: &str| reasons.rank(rank, malformed(message, repair));
    if rank_program.n_semaphores > MOST_SEMAPHORES {
        wrong(format!("{} semaphores, more than {MOST_SEMAPHORES}", rank_program.n_semaphores), "use fewer");
    }
    for (index, buffer) in rank_program.buffers.iter().enumerate() {
        if buffer.at.unwrap_or(0).saturating_add(buffer.bytes) > MOST_BYTES {
            wrong(format!("buffer b{index} ends beyond 2^53 bytes"), "make it smaller");
        }
    }
    for (index, view) in rank_program.views.iter().enumerate() {
        if let Some((message, repair)) = view_fault(program, rank, rank_program, view) {
            wrong(format!("view {}: {message}", ViewId(index as u32)), repair);
        }
    }
    let ops = rank_program.ops.len();
    if !rank_program.sources.is_empty() && rank_program.sources.len() != ops {
        let message = format!("{} sources for {ops} ops", rank_program.sources.len());
        wrong(message, "give one source an op, or none at all");
    }
    if let Some(source) = rank_program.sources.iter().find(|s| s.file as usize >= program.files.len()) {
        wrong(format!("source file {} does not exist", source.file), "list it in `files`");
    }
    for span in &rank_program.spans {
        if span.first > span.end || span.end.index() > ops {
            let message = format!("span `{}` is {}..{} of {ops} ops", span.name, span.first, span.end);
            wrong(message, "end it where it begins or later, within the program");
        }
    }
}

fn view_fault(
    program: &Program,
    rank: Rank,
    rank_program: &RankProgram,
    view: &View,
) -> Option<(String, &'static str)> {
    if view.shape.len() != view.strides.len() {
        let message = format!("{} extents and {} strides", view.shape.len(), view.strides.len());
        return Some((message, "give one stride an axis"));
    }
    if view.shape.contains(&0) {
        return Some((format!("the extents are {:?}", &*view.shape), "leave out ops on nothing"));
    }
    if view.elements() > u64::from(u32::MAX) {
        return Some((format!("{} is more than 2^32 - 1 elements", view.shape), "use smaller tiles"));
    }
    let exists = match view.base {
        Base::Buffer(buffer) => buffer.index() < rank_program.buffers.len(),
        Base::Tensor(tensor) => tensor.index() < program.tensors.len(),
        Base::Message(message) => {
            let ring = program.rings.get(message.ring.index());
            if ring.is_some_and(|ring| ring.consumer != rank) {
                return Some((
                    format!("message {message} goes to another rank"),
                    "view messages of this rank",
                ));
            }
            ring.is_some()
        }
    };
    (!exists).then(|| (format!("its base {:?} does not exist", view.base), "declare it first"))
}

fn malformed(message: impl Into<String>, repair: &str) -> Breach {
    Breach::new(RefusalKind::Malformed, message, repair)
}
