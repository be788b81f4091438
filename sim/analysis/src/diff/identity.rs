//! Keys that identify an op across logs, from the most exact to the coarsest. No key contains a position: no index,
//! time, source line, address or message number, and no id of a buffer, tensor or ring.

use machine::random::mix;
use oplog::OpLog;
use order::{Dataflow, MessageIndex, Writer};
use program::{Base, Message, Op, OpIndex, Program, QueueOp, Rank, RecvOp, SyncOp, View};

/// How many kinds of key there are.
pub const LEVELS: usize = 6;

/// By level, then by global op.
pub type Keys = [Vec<u64>; LEVELS];

/// The level at which two ops ask for the same, wherever they are.
pub const OWN: usize = 3;

/// In turn: by all that has gone into what it reads, and with those that read what it writes; by all that has gone
/// into it; with those that write what it reads; by itself; without its span, constants and offsets; and by its kind.
pub fn keys(log: &OpLog, flow: &Dataflow) -> Keys {
    let program = &*log.program;
    let names = Names::of(program);
    let (mut kind, mut form, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for rank in &program.ranks {
        let spans = spans(rank);
        for (op, span) in rank.ops.iter().zip(spans) {
            let views = || op.views().map(|view| &rank.views[view.index()]);
            let of_kind = names.kind(op);
            let of_form = views().fold(of_kind, |key, view| join(key, shape(view)));
            kind.push(of_kind);
            form.push(of_form);
            let own_key = views().fold(join(of_form, span), |key, view| join(key, names.place(view)));
            own.push(constants(op).into_iter().fold(own_key, join));
        }
    }
    let neighbours = Neighbours { log, flow, names: &names };
    let (fed, read) = neighbours.fed_and_read(&own, false);
    let (grown, _) = neighbours.fed_and_read(&own, true);
    let wide = neighbours.with_senders(&grown, &read);
    [wide, grown, fed, own, form, kind]
}

/// Tensors and rings by what they are.
struct Names {
    tensors: Vec<u64>,
    rings: Vec<u64>,
}

impl Names {
    fn of(program: &Program) -> Names {
        let tensor = |tensor: &program::program::Tensor| {
            let name = text(&tensor.name);
            tensor.shape.iter().fold(join(name, u64::from(tensor.home.0)), |key, &n| join(key, u64::from(n)))
        };
        let ring = |ring: &program::program::Ring| {
            let ends = join(u64::from(ring.producer.0), u64::from(ring.consumer.0));
            join(ends, u64::from(ring.queue))
        };
        Names {
            tensors: program.tensors.iter().map(tensor).collect(),
            rings: program.rings.iter().map(ring).collect(),
        }
    }

    fn kind(&self, op: &Op) -> u64 {
        let kind = text(op.kind());
        op.messages().iter().fold(kind, |key, message| join(key, self.rings[message.ring.index()]))
    }

    fn base(&self, base: Base) -> u64 {
        match base {
            Base::Buffer(_) => 0,
            Base::Tensor(tensor) => self.tensors[tensor.index()],
            Base::Message(message) => self.rings[message.ring.index()],
        }
    }

    fn place(&self, view: &View) -> u64 {
        view.strides.iter().fold(join(self.base(view.base), view.offset), |key, &n| join(key, u64::from(n)))
    }
}

fn shape(view: &View) -> u64 {
    let dtype = join(1, u64::from(view.dtype.code()));
    view.shape.iter().fold(dtype, |key, &n| join(key, u64::from(n)))
}

/// What an op says in numbers that are not places: neither messages, ops, nor counts of what came before.
fn constants(op: &Op) -> Vec<u64> {
    let mut scalars = Vec::new();
    if let Op::Sync(SyncOp::Wait { on }) = op {
        scalars.push(on.len() as u64);
    } else if let Op::Sync(SyncOp::WaitGe { semaphore, .. }) = op {
        scalars.push(u64::from(semaphore.0));
    } else if let Op::Sync(SyncOp::Signal { semaphore, to, amount, .. }) = op {
        scalars.extend([semaphore.0, to.0, *amount].map(u64::from));
    } else if let Op::Sync(SyncOp::SignalSet { set }) = op {
        scalars.extend([set.semaphore.0, set.to.0, set.value].map(u64::from));
    } else if let Op::Sync(SyncOp::WaitUntil { semaphore, is, value, .. }) = op {
        scalars.extend([semaphore.0, *is as u32, *value].map(u64::from));
    } else if let Op::Recv(RecvOp::RecvReduce { reduction }) = op {
        scalars.extend([reduction.f as u64, reduction.acc as u64]);
    } else if let Op::Queue(QueueOp::EventSignal { event, .. } | QueueOp::EventWait { event, .. }) = op {
        scalars.push(u64::from(event.0));
    } else if op.messages().is_empty() && !matches!(op, Op::Sync(SyncOp::Barrier { .. })) {
        op.put_scalars(&mut scalars);
    }
    scalars
}

/// Of each op of a rank, its innermost named span.
fn spans(rank: &program::RankProgram) -> Vec<u64> {
    let mut order: Vec<_> = rank.spans.iter().collect();
    order.sort_by_key(|span| (span.first, std::cmp::Reverse(span.end)));
    let mut order = order.into_iter().peekable();
    let mut open: Vec<&program::program::NamedSpan> = Vec::new();
    let innermost = (0..rank.ops.len() as u32).map(OpIndex).map(|op| {
        open.extend(std::iter::from_fn(|| order.next_if(|span| span.first <= op)));
        while open.last().is_some_and(|span| span.end <= op) {
            open.pop();
        }
        open.last().map_or(0, |span| text(&span.name))
    });
    innermost.collect()
}

/// Ops that touch the same bytes.
struct Neighbours<'a> {
    log: &'a OpLog,
    flow: &'a Dataflow,
    names: &'a Names,
}

impl Neighbours<'_> {
    /// The key of each op with those of the ops that it reads from or waits for; and a sum over those that read it,
    /// in which their order does not show. `all` is whether the keys of writers of the same rank, which come before,
    /// hold their own writers.
    fn fed_and_read(&self, own: &[u64], all: bool) -> (Vec<u64>, Vec<u64>) {
        let (mut fed, mut read) = (own.to_vec(), vec![0u64; own.len()]);
        for (at, (rank, index)) in self.log.ops().enumerate() {
            for (operand, parts) in self.flow.reads(rank, index).enumerate() {
                for part in parts {
                    let writer = match part.writer {
                        Writer::Uninitialised => 1,
                        Writer::Ambiguous(_) => 2,
                        Writer::Host(tensor) => self.names.tensors[tensor.index()],
                        Writer::Op { rank: of, op } => {
                            let writer = self.flow.global(of, op);
                            read[writer] = read[writer].wrapping_add(join(own[at], operand as u64));
                            if all && of == rank { fed[writer] } else { own[writer] }
                        }
                    };
                    fed[at] = join(fed[at], writer);
                }
            }
            for &before in waited_for(self.log.program.op(rank, index)) {
                let before = self.flow.global(rank, before);
                fed[at] = join(fed[at], if all { fed[before] } else { own[before] });
            }
        }
        (fed, read)
    }

    /// A receive or a release with the send of its message, and any op with its readers.
    fn with_senders(&self, fed: &[u64], read: &[u64]) -> Vec<u64> {
        let messages_of = MessageIndex::of(&self.log.program);
        let ops = self.log.ops().zip(fed).zip(read);
        let wide = ops.map(|(((rank, index), &fed_key), &readers)| {
            let messages = self.log.program.op(rank, index).messages().iter();
            let of = |it: &Message| messages_of.sender(*it).map_or(0, |sender| fed[sender as usize]);
            let key = join(fed_key, readers);
            if messages.len() == 0 { join(key, 0) } else { messages.fold(key, |key, it| join(key, of(it))) }
        });
        wide.collect()
    }
}

/// The ops of its own rank that an op names.
pub fn waited_for(op: &Op) -> &[OpIndex] {
    if let Op::Sync(SyncOp::Wait { on }) = op {
        on
    } else if let Op::Sync(SyncOp::Release { after, .. }) = op {
        after
    } else {
        op.signals_after().unwrap_or_default()
    }
}

/// The ops of a rank by their global numbers.
pub fn ops_of(firsts: &[usize], rank: Rank) -> std::ops::Range<usize> {
    firsts.get(rank.index() + 1).map_or(0..0, |&end| firsts[rank.index()]..end)
}

fn text(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |key, byte| join(key, u64::from(byte)))
}

/// One key of two. Keys only choose whom to compare: what is told of a pair comes from the ops themselves.
fn join(key: u64, more: u64) -> u64 {
    mix(key.rotate_left(23) ^ more.wrapping_add(0x9e37_79b9_7f4a_7c15))
}
