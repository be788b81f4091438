use std::collections::VecDeque;

use program::dtype::DType::F32;
use program::program::{Flow, SlotPlace};
use program::tl::{Direction, Handle, Recording, Semaphore, Tile, Tl, Topology};
use program::{Op, RecvOp, SyncOp};

use super::*;
use crate::plan::{SentTiles, plan};
use crate::samples::{Random, tiny};

use Direction::{Left, Right};

const DMA_CHANNELS: usize = 2;

/// The machine's rules, literally: every unit has a queue whose ops finish one at a time, and anything that may
/// happen happens in a random order, until nothing can.
struct Naive<'a> {
    program: &'a Program,
    dependencies: &'a Dependencies,
    depth: usize,
    next: Vec<usize>,
    queues: Vec<Vec<VecDeque<usize>>>,
    transfers: Vec<usize>,
    done: Vec<Vec<bool>>,
    semaphores: Vec<Vec<u64>>,
    arrived: Vec<Message>,
    released: Vec<Message>,
}

impl<'a> Naive<'a> {
    fn of(program: &'a Program, dependencies: &'a Dependencies, depth: u32) -> Naive<'a> {
        let n = program.ranks.len();
        Naive {
            program,
            dependencies,
            depth: depth as usize,
            next: vec![0; n],
            queues: vec![vec![VecDeque::new(); 5 + DMA_CHANNELS]; n],
            transfers: vec![0; n],
            done: program.ranks.iter().map(|rank| vec![false; rank.ops.len()]).collect(),
            semaphores: program.ranks.iter().map(|rank| vec![0; rank.n_semaphores as usize]).collect(),
            arrived: Vec::new(),
            released: Vec::new(),
        }
    }

    fn held(&self, rank: usize, op: usize) -> bool {
        let first: usize = self.program.ranks[..rank].iter().map(|rank| rank.ops.len()).sum();
        self.waits_for(rank, self.dependencies.of(first + op))
    }
    fn waits_for(&self, rank: usize, list: &[OpIndex]) -> bool {
        list.iter().any(|op| !self.done[rank][op.index()])
    }
    fn queue_of(&self, rank: usize, op: &Op) -> usize {
        match op.unit() {
            program::UnitKind::Sequencer => 0,
            program::UnitKind::Gemm => 1,
            program::UnitKind::Math => 2,
            program::UnitKind::Send => 3,
            program::UnitKind::Recv => 4,
            program::UnitKind::Dma => 5 + self.transfers[rank] % DMA_CHANNELS,
        }
    }

    /// The sequencer takes its next op, if it may.
    fn sequence(&mut self, rank: usize) -> bool {
        let program = self.program;
        let at = self.next[rank];
        let Some(op) = program.ranks[rank].ops.get(at) else { return false };
        let passes_barrier = |other: usize, number: u32| {
            let passed =
                program.ranks[other].ops[..self.next[other]].contains(&Op::Sync(SyncOp::Barrier { number }));
            passed
                || program.ranks[other].ops.get(self.next[other])
                    == Some(&Op::Sync(SyncOp::Barrier { number }))
        };
        let held = match op {
            Op::Sync(
                SyncOp::Release { .. }
                | SyncOp::Signal { .. }
                | SyncOp::SignalSet { .. }
                | SyncOp::SemaphoreSet { .. },
            ) => false,
            Op::Recv(RecvOp::Recv { message, .. }) => !self.arrived.contains(message),
            Op::Recv(RecvOp::RecvCopy { .. } | RecvOp::RecvReduce { .. }) => {
                let arrived = |message| self.arrived.contains(message);
                self.held(rank, at) || !op.consumes().iter().all(arrived)
            }
            Op::Sync(SyncOp::Wait { on }) => self.waits_for(rank, on),
            Op::Sync(
                SyncOp::WaitGe { semaphore, value: count } | SyncOp::WaitUntil { semaphore, count, .. },
            ) => self.semaphores[rank][semaphore.index()] < u64::from(*count),
            Op::Sync(SyncOp::Barrier { number }) => {
                !(0..program.ranks.len()).all(|other| passes_barrier(other, *number))
            }
            Op::Recv(RecvOp::RecvAsync { .. }) | Op::Note(_) => false,
            Op::Queue(_) => {
                unreachable!("command queues have their own tests")
            }
            Op::Move(_) | Op::Compute(_) | Op::Send(_) | Op::Time(_) => self.held(rank, at),
        };
        let queue = self.queue_of(rank, op);
        if held || (queue > 0 && self.queues[rank][queue].len() > self.depth) {
            return false;
        }
        self.next[rank] += 1;
        if queue > 0 {
            self.transfers[rank] += usize::from(queue >= 5);
            self.queues[rank][queue].push_back(at);
        } else {
            let pending = matches!(
                op,
                Op::Sync(SyncOp::Release { .. } | SyncOp::Signal { .. } | SyncOp::SignalSet { .. })
                    | Op::Recv(RecvOp::RecvAsync { .. })
            );
            self.done[rank][at] = !pending;
        }
        true
    }

    /// The op at the head of a queue ends, if it may.
    fn serve(&mut self, rank: usize, queue: usize) -> bool {
        let program = self.program;
        let Some(&at) = self.queues[rank][queue].front() else { return false };
        let op = &program.ranks[rank].ops[at];
        for message in op.sends() {
            let ring = &program.rings[message.ring.index()];
            let holder =
                message.number.checked_sub(ring.n_slots).map(|number| Message { number, ..*message });
            if ring.flow == Flow::Credit && holder.is_some_and(|holder| !self.released.contains(&holder)) {
                return false;
            }
        }
        self.arrived.extend(op.sends());
        self.released.extend(op.consumes());
        self.queues[rank][queue].pop_front();
        self.done[rank][at] = true;
        true
    }

    /// Releases, signals and receives that did not hold the sequencer.
    fn settle(&mut self, rank: usize) -> bool {
        let program = self.program;
        let mut moved = false;
        for at in 0..self.next[rank] {
            if self.done[rank][at] {
                continue;
            }
            let op = &program.ranks[rank].ops[at];
            if let Op::Sync(SyncOp::Signal { semaphore, to, amount, after }) = op
                && !self.waits_for(rank, after)
            {
                self.semaphores[to.index()][semaphore.index()] += u64::from(*amount);
            } else if let Op::Sync(SyncOp::SignalSet { set }) = op
                && !self.waits_for(rank, &set.after)
            {
                self.semaphores[set.to.index()][set.semaphore.index()] += u64::from(set.amount);
            } else if let Op::Sync(SyncOp::Release { message, .. }) = op
                && !self.held(rank, at)
            {
                self.released.push(*message);
            } else if !matches!(op, Op::Recv(RecvOp::RecvAsync { message, .. }) if self.arrived.contains(message))
            {
                continue;
            }
            (self.done[rank][at], moved) = (true, true);
        }
        moved
    }

    /// The op each rank's sequencer, and its send unit, is left with.
    fn run(mut self, random: &mut Random) -> Vec<(usize, usize)> {
        let n = self.program.ranks.len();
        let mut idle = 0;
        // Long enough that whatever can move has been tried.
        while idle < 40 * n {
            let (rank, what) = (random.below(n as u64) as usize, random.below(9) as usize);
            let moved = match what {
                0 | 7 => self.sequence(rank),
                8 => self.settle(rank),
                queue => self.serve(rank, queue),
            };
            idle = if moved || self.anything() { 0 } else { idle + 1 };
        }
        let waiting = |rank: usize| {
            let sequencer = Some(self.next[rank]).filter(|&at| at < self.program.ranks[rank].ops.len());
            let send = self.queues[rank][3].front().copied();
            sequencer.into_iter().chain(send).map(move |at| (rank, at)).collect::<Vec<_>>()
        };
        (0..n).flat_map(waiting).collect()
    }
    /// Tries everything once, so that no luck is needed to end.
    fn anything(&mut self) -> bool {
        (0..self.program.ranks.len()).any(|rank| {
            self.sequence(rank)
                || self.settle(rank)
                || (1..5 + DMA_CHANNELS).any(|queue| self.serve(rank, queue))
        })
    }
}

/// Both simulators leave the same ops waiting; returns whether none.
fn check(program: &Program, depth: u32, random: &mut Random) -> bool {
    let machine = tiny();
    let placement = machine::place(&machine, program.n_ranks(), program.rank_axis).unwrap();
    let layout = plan(program, &machine, &placement, SentTiles::Reused).unwrap();
    let dependencies = Dependencies::find(program, &layout, &machine);
    let outcome = run(program, &dependencies, depth, None);
    let waiting: Vec<_> = match &outcome {
        Outcome::Finished => Vec::new(),
        Outcome::Stuck(stop) => {
            stop.waits.iter().map(|waits| (waits.rank.index(), waits.op.index())).collect()
        }
    };
    assert_eq!(waiting, Naive::of(program, &dependencies, depth).run(random), "{program:?}");
    outcome == Outcome::Finished
}

/// All sequences of `length` numbers below 3.
fn sequences(length: u32) -> impl Iterator<Item = Vec<u64>> {
    (0..3u64.pow(length)).map(move |code| (0..length).map(|at| code / 3u64.pow(at) % 3).collect())
}

/// Sends, receives and releases by number, on the one link of a pair; `None` when a release has nothing to give.
fn play(tl: &mut Tl, moves: &[u64]) -> Option<()> {
    let side = if tl.rank() == 0 { Right } else { Left };
    let own = tl.tile([1], F32);
    let mut held = VecDeque::new();
    for what in moves {
        match what {
            0 => _ = tl.send(side, own),
            1 => held.push_back(tl.recv(side, [1], F32)),
            _ => _ = tl.release(held.pop_front()?),
        }
    }
    Some(())
}

fn pair(slots: u32, moves: [&[u64]; 2]) -> Option<Program> {
    let count = |rank: usize, what: u64| moves[rank].iter().filter(|&&it| it == what).count();
    if count(0, 0) != count(1, 1) || count(1, 0) != count(0, 1) {
        return None;
    }
    let mut recording = Recording::new("pair", 2);
    recording.links(Topology::Line, slots, 64, SlotPlace::Tcm);
    let mut legal = true;
    let program = recording.record(|tl| legal &= play(tl, moves[tl.rank() as usize]).is_some());
    program.ok().filter(|_| legal)
}

#[test]
fn every_short_exchange_of_a_pair_ends_as_the_rules_say() {
    let mut random = Random::seeded(5);
    let mut outcomes = [0, 0];
    for (a, b) in (0..=4).flat_map(|n| (0..=4).map(move |m| (n, m))) {
        for first in sequences(a) {
            for second in sequences(b) {
                for slots in 1..=4 {
                    let Some(program) = pair(slots, [&first, &second]) else { break };
                    for depth in [0, 1] {
                        outcomes[usize::from(check(&program, depth, &mut random))] += 1;
                    }
                }
            }
        }
    }
    let [stuck, finished] = outcomes;
    assert!(stuck > 500 && finished > 500, "{outcomes:?} shows too little");
}

/// What a rank of a random program has recorded so far.
struct Moves {
    tiles: Vec<Tile>,
    held: Vec<Tile>,
    handles: Vec<Handle>,
    semaphore: Semaphore,
}

impl Moves {
    /// One op that needs no partner.
    fn alone(&mut self, tl: &mut Tl, random: &mut Random) {
        let tile = self.tiles[random.below(4) as usize];
        let other = self.tiles[random.below(4) as usize];
        match random.below(6) {
            0 => self.handles.push(tl.to(tile).exp(other)),
            1 => self.handles.push(tl.copy(tile, other)),
            2 => self.handles.push(tl.dot_acc(tile, other, other)),
            3 if !self.held.is_empty() => {
                let at = random.below(self.held.len() as u64) as usize;
                self.handles.push(tl.release(self.held.swap_remove(at)));
            }
            4 if !self.held.is_empty() => self.handles.push(tl.to(tile).exp(self.held[0])),
            _ => {
                let from = random.below(self.handles.len() as u64 + 1) as usize;
                tl.wait(&self.handles[from..]);
            }
        }
    }
    fn send(&mut self, tl: &mut Tl, random: &mut Random) {
        let sent = match self.held.first() {
            Some(&message) if random.below(2) == 0 => tl.forward(Right, message),
            _ => tl.send(Right, self.tiles[random.below(4) as usize]),
        };
        self.handles.push(sent);
    }
    fn receive(&mut self, tl: &mut Tl, random: &mut Random) {
        match random.below(3) {
            0 => self.handles.push(tl.recv_into(Left, self.tiles[random.below(4) as usize])),
            1 => self.held.push(tl.recv(Left, [2, 2], F32)),
            _ => {
                let (tile, arrived) = tl.recv_async(Left, [2, 2], F32);
                self.held.push(tile);
                self.handles.push(arrived);
            }
        }
    }
}

pub(crate) fn ring_of_three(random: &mut Random) -> Program {
    let mut recording = Recording::new("ring", 3);
    recording.links(Topology::Ring, 1 + random.below(6) as u32, 16, SlotPlace::Tcm);
    let kernel = |tl: &mut Tl| {
        let tiles = (0..4).map(|_| tl.tile([2, 2], F32)).collect();
        let semaphore = tl.semaphore();
        let mut moves = Moves { tiles, held: Vec::new(), handles: Vec::new(), semaphore };
        // Every rank sends and receives as many, so that all messages have two ends.
        let (mut sends, mut receives) = (5, 5);
        while sends + receives > 0 {
            match random.below(4) {
                0 if sends > 0 => {
                    sends -= 1;
                    moves.send(tl, random);
                }
                // Mostly in step with the sends, or hardly any program would finish.
                1 if receives > 0 && (receives >= sends || random.below(8) == 0) => {
                    receives -= 1;
                    moves.receive(tl, random);
                }
                _ => moves.alone(tl, random),
            }
            if sends == 3 && receives == 3 && random.below(4) == 0 {
                tl.signal(moves.semaphore, (tl.rank() + 1) % 3, 1, &moves.handles);
            }
        }
        tl.wait_ge(moves.semaphore, random.below(8).saturating_sub(6) as u32);
        tl.barrier();
        moves.alone(tl, random);
    };
    recording.record(kernel).expect("a kernel without mistakes")
}

#[test]
fn random_programs_end_as_the_rules_say() {
    let mut random = Random::seeded(6);
    let mut outcomes = [0, 0];
    for _ in 0..1500 {
        let program = ring_of_three(&mut random);
        let depth = random.below(3) as u32;
        outcomes[usize::from(check(&program, depth, &mut random))] += 1;
    }
    let [stuck, finished] = outcomes;
    assert!(stuck > 100 && finished > 100, "{outcomes:?} shows too little");
}
