//! Random programs of semaphores: protocols of real kernels with a fault or two, and ops of any kind.

use program::op::{Asks, SemaphoreId};
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Recording, Semaphore, Tl};
use program::{DType, Op, Program, Rank, RingId, SyncOp};

use super::{counted_rounds, flag, record};
use crate::samples::Random;

/// One of the programs above with ops left out, repeated, exchanged or changed; or a few ops of any kind.
pub fn edited(random: &mut Random) -> Program {
    let mut program = match random.below(8) {
        0 | 1 => counted_rounds(true),
        2 | 3 => flag(true),
        4 => counted_rounds(false),
        5 => flag(false),
        _ => anything(random),
    };
    for _ in 0..random.below(4) {
        let rank = random.below(program.ranks.len() as u64) as usize;
        let ops = &mut program.ranks[rank].ops;
        if ops.is_empty() {
            continue;
        }
        let (at, other) = (random.below(ops.len() as u64) as usize, random.below(ops.len() as u64) as usize);
        match random.below(5) {
            0 => _ = ops.remove(at),
            1 => ops.insert(at, ops[other].clone()),
            2 => ops.swap(at, other),
            _ => change(&mut ops[at], random),
        }
    }
    program.ranks.iter_mut().for_each(|rank| {
        rank.sources.clear();
        let mut barriers = 0;
        for op in &mut rank.ops {
            if let Op::Sync(SyncOp::Barrier { number }) = op {
                (*number, barriers) = (barriers, barriers + 1);
            }
        }
    });
    program
}

fn change(op: &mut Op, random: &mut Random) {
    if let Op::Sync(
        SyncOp::Signal { amount: number, .. }
        | SyncOp::SemaphoreSet { value: number, .. }
        | SyncOp::WaitGe { value: number, .. },
    ) = op
    {
        *number = random.below(4) as u32;
    } else if let Op::Sync(SyncOp::SignalSet { set }) = op {
        set.value = random.below(4) as u32;
    } else if let Op::Sync(SyncOp::WaitUntil { is, value, .. }) = op {
        *is = [Asks::Ge, Asks::Eq, Asks::Take][random.below(3) as usize];
        *value = random.below(4) as u32;
    }
}

fn anything(random: &mut Random) -> Program {
    let n = 1 + random.below(3) as u32;
    record(n, |tl, semaphores| {
        for _ in 0..1 + random.below(6) {
            let (semaphore, value) = (semaphores[random.below(2) as usize], random.below(3) as u32);
            let to = random.below(u64::from(n)) as u32;
            match random.below(9) {
                0..3 => _ = tl.signal(semaphore, to, 1 + value, &[]),
                3 => _ = tl.signal_set(semaphore, to, value, &[]),
                4 => tl.set_semaphore(semaphore, 0),
                5 => tl.wait_ge(semaphore, value),
                6 => tl.wait_eq(semaphore, value),
                7 => tl.take(semaphore, value),
                _ => tl.barrier(),
            }
        }
    })
}

/// How the one that is told says that it has understood.
#[derive(Clone, Copy, PartialEq)]
enum Answer {
    Message,
    /// A slot that is free again.
    Credit,
    /// The n-th of a semaphore that only grows.
    Count(u32),
    Taken,
    Barrier,
    Nothing,
}

/// One rank tells another by a semaphore, which that one resets or takes from.
#[derive(Clone, Copy)]
struct Told {
    from: u32,
    to: u32,
    /// Which of the semaphores.
    by: usize,
    sets: bool,
    value: u32,
    is: Asks,
    answer: Answer,
}

/// Two by which ranks tell, then those of answers; the last has no use.
type Semaphores = [Semaphore; 5];

const SHAPE: [u32; 2] = [1, 4];

fn told(random: &mut Random, n: u32, counts: &mut [u32]) -> Told {
    let from = random.below(u64::from(n)) as u32;
    let to = (from + 1 + random.below(u64::from(n) - 1) as u32) % n;
    let answer = match random.below(8) {
        0 | 1 => Answer::Message,
        2 | 3 => Answer::Credit,
        4 | 5 => {
            counts[from as usize] += 1;
            Answer::Count(counts[from as usize])
        }
        6 => Answer::Taken,
        _ => [Answer::Barrier, Answer::Nothing][random.below(2) as usize],
    };
    Told {
        from,
        to,
        by: random.below(3) as usize / 2,
        sets: random.below(2) == 0,
        value: 1 + random.below(2) as u32,
        is: [Asks::Eq, Asks::Ge, Asks::Take][random.below(3) as usize],
        answer,
    }
}

/// Ranks that tell each other, with every kind of answer, and up to two faults.
pub fn protocols(random: &mut Random) -> Program {
    let n = 2 + random.below(3) as u32;
    let mut counts = vec![0; n as usize];
    let all: Vec<Told> = (0..2 + random.below(2)).map(|_| told(random, n, &mut counts)).collect();
    let mut recording = Recording::new("protocols", n);
    let rings: Vec<RingId> = (0..).zip(&all).map(|(queue, told)| ring(&mut recording, told, queue)).collect();
    let recorded = recording.record(|tl| {
        let semaphores = [(); 5].map(|()| tl.semaphore());
        for (told, &ring) in all.iter().zip(&rings) {
            if tl.rank() == told.from {
                teller(tl, told, ring, &semaphores);
            } else if tl.rank() == told.to {
                listener(tl, told, ring, &semaphores);
            }
            if told.answer == Answer::Barrier {
                tl.barrier();
            }
        }
    });
    let mut program = recorded.unwrap_or_else(|error| panic!("{error}"));
    program.ranks.iter_mut().for_each(|rank| rank.sources.clear());
    for _ in 0..random.below(3) {
        fault(&mut program, random);
    }
    program
}

/// A ring of one slot, from the one that tells for credits, and to it for messages.
fn ring(recording: &mut Recording, told: &Told, queue: u32) -> RingId {
    let ends = if told.answer == Answer::Credit { [told.from, told.to] } else { [told.to, told.from] };
    let [producer, consumer] = ends.map(Rank);
    let (place, flow) = (SlotPlace::Tcm, Flow::Credit);
    recording.ring(Ring { producer, consumer, queue, n_slots: 1, slot_bytes: 64, place, flow })
}

fn send(tl: &mut Tl, ring: RingId) {
    let tile = tl.full(SHAPE, DType::F32, 1.0);
    let sent = tl.send_ring(ring, tile);
    tl.wait(&[sent]);
}

fn teller(tl: &mut Tl, told: &Told, ring: RingId, semaphores: &Semaphores) {
    let semaphore = semaphores[told.by];
    if told.answer == Answer::Credit {
        send(tl, ring);
    }
    if told.sets {
        tl.signal_set(semaphore, told.to, told.value, &[]);
    } else {
        tl.signal(semaphore, told.to, told.value, &[]);
    }
    match told.answer {
        Answer::Message => {
            let got = tl.recv_ring(ring, SHAPE, DType::F32);
            tl.release(got);
        }
        Answer::Credit => send(tl, ring),
        Answer::Count(n) => tl.wait_ge(semaphores[2], n),
        Answer::Taken => tl.take(semaphores[3], 1),
        Answer::Barrier | Answer::Nothing => {}
    }
}

fn listener(tl: &mut Tl, told: &Told, ring: RingId, semaphores: &Semaphores) {
    let semaphore = semaphores[told.by];
    let first = (told.answer == Answer::Credit).then(|| tl.recv_ring(ring, SHAPE, DType::F32));
    match told.is {
        Asks::Ge => tl.wait_ge(semaphore, told.value),
        Asks::Eq => tl.wait_eq(semaphore, told.value),
        Asks::Take => tl.take(semaphore, told.value),
    }
    if told.is != Asks::Take {
        tl.set_semaphore(semaphore, 0);
    }
    match told.answer {
        Answer::Message => send(tl, ring),
        Answer::Credit => {
            first.into_iter().for_each(|got| _ = tl.release(got));
            let second = tl.recv_ring(ring, SHAPE, DType::F32);
            tl.release(second);
        }
        Answer::Count(_) => _ = tl.signal(semaphores[2], told.from, 1, &[]),
        Answer::Taken => _ = tl.signal(semaphores[3], told.from, 1, &[]),
        Answer::Barrier | Answer::Nothing => {}
    }
}

/// An op of a semaphore is left out, changed, or exchanged with another of its rank. Places of ops stay, since others
/// name them.
fn fault(program: &mut Program, random: &mut Random) {
    let rank = random.below(program.ranks.len() as u64) as usize;
    let ops = &mut program.ranks[rank].ops;
    let is_of_semaphore =
        |op: &Op| op.growth().is_some() || op.count().is_some() || op.name() == "semaphore_set";
    let found: Vec<usize> = (0..ops.len()).filter(|&at| is_of_semaphore(&ops[at])).collect();
    if found.is_empty() {
        return;
    }
    let [at, other] = [(); 2].map(|()| found[random.below(found.len() as u64) as usize]);
    match random.below(4) {
        0 => ops[at] = Op::Sync(SyncOp::WaitGe { semaphore: SemaphoreId(4), value: 0 }),
        1 => ops.swap(at, other),
        _ => change(&mut ops[at], random),
    }
}
