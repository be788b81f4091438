//! Faults of a refused program: one row each, with its code, values, sentence and repair.

use std::fmt::{Display, Write};
use std::mem::discriminant;

use program::op::{EventId, SemaphoreId};
use program::rules::Breach;
use program::{BufferId, DType, Dims, Location, Message, OpIndex, Rank, RingId, ViewId};

use crate::alike::{Address, Alike, Common};
use crate::{Code, OpRef};

macro_rules! faults {
    ($($code:ident $fault:ident { $($field:ident: $type:ty),* } $message:expr => $repair:expr;)*) => {
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            /// An op breaks a rule of its operands.
            Rule(Breach),
            $($fault { $($field: $type),* },)*
        }

        impl Fault {
            pub const fn code(&self) -> Code {
                match self {
                    Fault::Rule(breach) if breach.is_mismatch() => Code::Mismatch,
                    Fault::Rule(_) => Code::Malformed,
                    $(Fault::$fault { .. } => Code::$code,)*
                }
            }

            /// What is wrong, in one sentence; and what to do, in the words of `tl`.
            pub(crate) fn text(&self) -> [String; 2] {
                match self {
                    Fault::Rule(breach) => [breach.to_string(), breach.repair()],
                    $(Fault::$fault { $($field),* } => [$message.to_string(), $repair.to_string()],)*
                }
            }
        }

        impl Alike for Fault {
            fn common(&self) -> Common {
                match self {
                    Fault::Rule(breach) => Common::Text(breach.without_message().to_string()),
                    $(Fault::$fault { $($field),* } => Common::All(vec![$($field.common()),*]),)*
                }
            }
        }
    };
}

impl Fault {
    /// Whether two ranks have one reason.
    pub fn is_like(&self, other: &Fault) -> bool {
        discriminant(self) == discriminant(other) && self.common() == other.common()
    }
}

// Tables of the program.
faults! {
    Malformed Format { found: u32, known: u32 }
        format!("program format {found}, this version reads {known}") => "record the program again";
    Malformed NoRanks {}
        "a program without ranks" => "record at least one rank";
    Malformed TooManyOps {}
        "more than 2^32 - 2 ranks or ops" => "split the program";
    Malformed TooManyEvents { events: u32, most: u32 }
        format!("{events} events, more than {most}") => "use fewer: one for each producer is enough";
    Malformed NoEndOfRing { rank: Rank }
        format!("rank {} does not exist", rank.0) => "join two ranks of the program";
    Malformed RingTwice { producer: Rank, consumer: Rank, queue: u32 }
        format!("the ring rank {} → rank {}, queue {queue}, is declared twice", producer.0, consumer.0)
        => "give each ring of two ranks its own queue";
    Malformed NoSlots {}
        "the ring has no slots" => "declare at least one slot of at least one byte";
    Malformed SlotsTooLarge {}
        "the slots take more than 2^53 bytes" => "declare fewer or smaller slots";
    Malformed NoHome { rank: Rank }
        format!("its home, rank {}, does not exist", rank.0) => "put it in the HBM of a rank of the program";
    Malformed TensorTooLarge {}
        "it takes more than 2^53 bytes" => "make it smaller";
    Malformed NoHostTensor { of: u32 }
        format!("host tensor {of} does not exist") => "declare it with `input` or `output`";
    Malformed TooManySemaphores { semaphores: u32, most: u32 }
        format!("{semaphores} semaphores, more than {most}") => "use fewer";
    Malformed BufferTooLarge { buffer: BufferId }
        format!("buffer {buffer} ends beyond 2^53 bytes") => "make it smaller";
    Malformed Strides { view: ViewId, extents: usize, strides: usize }
        format!("view {view}: {extents} extents and {strides} strides") => "give one stride for each axis";
    Malformed EmptyView { view: ViewId, shape: Dims }
        format!("view {view}: the extents are {shape:?}") => "leave out ops on empty views";
    Malformed ViewTooLarge { view: ViewId, shape: Dims }
        format!("view {view}: {shape} is more than 2^32 - 1 elements") => "use smaller tiles";
    Malformed ViewOfOther { view: ViewId, message: Message }
        format!("view {view}: message {message} goes to another rank") => "view messages of this rank";
    Malformed NoBase { view: ViewId, base: &'static str }
        format!("view {view}: its {base} does not exist") => "declare it first";
    Malformed SourceCount { sources: usize, ops: usize }
        format!("{sources} sources for {ops} ops") => "give one source for each op, or none";
    Malformed NoFile { file: u32 }
        format!("source file {file} does not exist") => "list it in `files`";
    Malformed Span { name: String, first: OpIndex, end: OpIndex, ops: usize }
        format!("span `{name}` is {first}..{end} of {ops} ops")
        => "end it where it begins or later, within the program";

    Malformed SameName { name: String }
        format!("two host tensors are called `{name}`") => "give each its own name";
    Mismatch ShareDType { share: DType, name: String, host: DType }
        format!("it is {share}, and host tensor `{name}` is {host}") => "give both the same dtype";
    Mismatch ShareAxes { shape: Vec<u32>, start: Vec<u32>, name: String, host: Vec<u32> }
        format!("box {shape:?} from {start:?} has other axes than host tensor `{name}`, {host:?}")
        => "give the box as many axes as the host tensor";
    OutOfBounds ShareOutside { shape: Vec<u32>, start: Vec<u32>, name: String, host: Vec<u32> }
        format!("box {shape:?} from {start:?} lies outside host tensor `{name}`, {host:?}")
        => "keep the box inside";

    Malformed NoView { view: ViewId }
        format!("view {view} does not exist") => "name a view of this rank's table";
    Malformed NoRing { ring: RingId }
        format!("{ring} does not exist") => "declare it with `ring` or `links`";
    Malformed OtherEnd { end: &'static str, ring: RingId, rank: Rank }
        format!("the {end} of {ring} is rank {}", rank.0) => "use a ring of which this rank is an end";
    Malformed WaitsForLater {}
        "it waits for itself or a later op" => "wait for ops already recorded";
    Malformed NoRank { rank: Rank }
        format!("rank {} does not exist", rank.0) => "signal a rank of the program";
    Malformed NoSemaphoreOf { rank: Rank, semaphore: SemaphoreId }
        format!("rank {} has no {semaphore}", rank.0) => "call `semaphore` on every rank";
    Malformed NoSemaphore { semaphore: SemaphoreId }
        format!("this rank has no {semaphore}") => "call `semaphore` first";
    Malformed NoEvent { event: EventId }
        format!("{event} does not exist") => "declare it with `event`";

    OutOfBounds ViewEnd { shape: Dims, dtype: DType, offset: Address, end: Address, bytes: u64 }
        format!(
            "a view of {shape} {dtype} from byte {} on ends at byte {}, and there are {bytes}",
            offset.0, end.0
        )
        => "keep slices and views inside";
    Malformed MessageNumber { ring: RingId, expected: usize, number: u32 }
        format!("the next message on {ring} is number {expected}, not {number}")
        => "number the messages of a ring 0, 1, 2, …";
    UnmatchedRecv ReceivedTwice {}
        "the message is received twice" => "receive each message once";
    UnmatchedRecv NotSent { producer: Rank, ring: RingId, count: usize, number: u32 }
        format!("rank {} sends {count} messages on {ring}, none of number {number}", producer.0)
        => format!("receive fewer, or `send` more on rank {}", producer.0);
    Mismatch ReceivedAs { sent: Dims, sent_dtype: DType, taken: Dims, taken_dtype: DType, by: OpRef }
        format!(
            "the message is {sent} {sent_dtype} and is received as {taken} {taken_dtype}; it is sent by {by:#}"
        )
        => "receive it as it is sent, and use `view` on it";
    DoubleRelease ReleasedTwice { by: OpRef }
        format!("the slot was already released by {by:#}")
        => "release each received message once; `recv_into` (`recv_copy` in JSON) releases by itself";
    Malformed ReleasedFirst {}
        "the message is released before it is received"
        => "release each received message once; `recv_into` (`recv_copy` in JSON) releases by itself";
    UseAfterRelease ReadAfterRelease { by: OpRef }
        format!("the slot was released by {by:#}") => "`release` after the last use";
    Malformed ReadFirst {}
        "the message is read before it is received" => "`recv` it first";
    Malformed NotFromTile { by: OpRef }
        format!("a member's tile is sent by {by:#}, which is not a `send`") => "`send` the tile of a member";
    OutOfBounds SlotTooSmall { bytes: u64, slot: u64 }
        format!("a message of {bytes} bytes does not fit a slot of {slot}")
        => format!("declare slot_bytes = {bytes} or more");
    UnmatchedSend NotReceived { consumer: Rank }
        format!("rank {} never receives the message", consumer.0)
        => format!("`recv` it on rank {}, or send fewer", consumer.0);

    Malformed BarrierNumber { expected: usize, number: u32 }
        format!("the next barrier of this rank is number {expected}, not {number}")
        => "number the barriers of every rank 0, 1, 2, …";
    Deadlock NoBarrier { rank: Rank, number: u32 }
        format!("rank {} never reaches barrier {number}", rank.0) => "call `barrier` as often on every rank";
    Semaphore TooFewSignals { value: u32, total: u64 }
        format!("it waits for {value}, and all signals together give {total}")
        => "`signal` more, or wait for less";
    Semaphore SetUnordered { by: OpRef }
        format!("it sets the semaphore, and nothing orders it before or after its use by {by:#}")
        => "let the semaphore's rank wait for all signals before the set, and signal again only once that rank has \
            told of it; or let the semaphore grow, and wait for a larger value every round";
    Semaphore MayPass { over: u64, by: OpRef }
        format!("the semaphore may be {over} above the value before the wait looks at it: nothing orders the signal by {by:#} after the wait")
        => "order later signals after the wait, or `wait_ge`";
    Semaphore SignalLowers { now: u64, value: u32 }
        format!("it sets the semaphore from {now} to {value}, and nothing can wait for that")
        => "let the semaphore's own rank lower it, by `set_semaphore`";
    Semaphore SetRaises { now: u64, value: u32 }
        format!("it sets the semaphore from {now} to {value}")
        => "raise it by `signal` or `signal_set`; `set_semaphore` lowers";
    Semaphore CountTooLarge {}
        "more than 2^32 - 1 is signalled to the semaphore before the wait" => "use another semaphore";
    Malformed CountsOfOther {}
        "its counts of signals are not those of this program" => "record the program again";
    Malformed NoRings { machine: String }
        format!("machine `{machine}` has command queues and no rings")
        => "pass tensors through shared memory, ordered by `event_signal` and `event_wait`";
    Malformed NoQueues { machine: String }
        format!("machine `{machine}` has no command queues")
        => "choose a machine with command queues, such as `metal4`";
    Malformed NeverCommitted {}
        "it is never committed, so it never runs" => "`commit` after the last pass";
    Deadlock WaitBeforeCommit { op: OpIndex }
        format!("it waits for op {}, whose command buffer is not committed yet", op.0)
        => "`commit` before the wait";
    Deadlock EventNotSignalled { value: u32 }
        format!("it waits for {value}, and no op signals the event")
        => "`event_signal` that value, or wait for less";
    Deadlock EventTooSmall { value: u32, largest: u32 }
        format!("it waits for {value}, and the largest value signalled is {largest}")
        => "`event_signal` that value, or wait for less";

    Malformed Pieces { pieces: u64, most: u64 }
        format!("its operands lie in {pieces} separate pieces, more than {most}")
        => "use smaller tiles, or packed ones";
    Malformed AllPieces { pieces: u64, most: u64 }
        format!("the operands of all ops lie in {pieces} separate pieces, more than {most}")
        => "use packed tiles";
    Malformed Operations { operations: u64, most: u64 }
        format!("it does {operations} operations, more than {most}") => "use smaller tiles, or packed ones";
    Malformed Packets { packets: u64, most: u64 }
        format!("it moves {packets} packets, more than {most}")
        => "use smaller tiles, or a larger noc.packet_bytes";
    Malformed BusyTooLong { cycles: u64 }
        format!("{cycles} cycles are more than 2^53 fs") => "give it fewer cycles";

    Capacity Ranks { ranks: u32, machine: String, axis: &'static str, room: u32, repair: &'static str }
        format!("{ranks} ranks do not fit machine `{machine}`, which has {room} at rank_axis = {axis}")
        => repair;
    Capacity Memory {
        needs: u64, machine: String, has: u64, key: &'static str, holders: Vec<(String, u64, Option<Location>)>,
        span: Option<String>
    }
        format!(
            "the program needs {needs} bytes, machine `{machine}` has {has}; held by {}{}",
            listed(holders), within(span, "what does not fit is first used")
        )
        => format!("make tensors or slots smaller, or choose a machine with {key} = {needs}");
    Malformed TileOnSlots { at: Address, end: Address }
        format!("the tile at {} lies on slots, which end at {}", at.0, end.0)
        => format!("give `tile_at` an address from {} on", end.0);
    Capacity Tcm {
        needs: u64, machine: String, has: u64, in_slots: u64, live: u64,
        holders: Vec<(BufferId, u64, Option<Location>)>, span: Option<String>
    }
        format!(
            "the program needs {needs} bytes, machine `{machine}` has {has}; {live} live at once, {in_slots} of them in slots, held by {}{}",
            listed(holders), within(span, "most is needed")
        )
        => format!("use smaller tiles or fewer slots, or a machine with pe.tcm_bytes = {needs}");
}

/// Holders with their lines and bytes.
fn listed<N: Display>(holders: &[(N, u64, Option<Location>)]) -> String {
    let mut text = String::new();
    for (at, (name, bytes, made)) in holders.iter().enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        let line = made.as_ref().map_or_else(String::new, |line| format!("{}, ", line.in_short()));
        write!(text, "{comma}{name} ({line}{bytes} bytes)").expect("a string takes any text");
    }
    if text.is_empty() { "slots alone".to_owned() } else { text }
}

/// `; most is needed in span `layer 3/attention``.
fn within(span: &Option<String>, what: &str) -> String {
    span.as_ref().map_or_else(String::new, |span| format!("; {what} in span `{span}`"))
}
