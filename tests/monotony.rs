//! A better machine is no slower, and what is sent arrives: over random programs on random machines.
//!
//! Servers are first come, first served, so a wider link brings everything forward as long as it does not change who
//! comes first. Where transfers of several ranks meet it can: then somebody who was lucky before has to queue. That is
//! known of queueing, and `where_transfers_meet_a_better_machine_can_be_slower` says how often and by how much.

use machine::{Bytes, Cycles, Machine, MachineSpec, Rate};
use oplog::OpLog;
use program::program::{Flow, Ring, SlotPlace};
use program::tl::Recording;
use program::{DType, Message, Program, Rank};

use crate::random::{self, Random};

/// What a better machine has more of.
type Better = (&'static str, fn(&mut MachineSpec, &mut Program));

const BETTER: [Better; 12] = [
    ("a wider port", |spec, _| double(&mut spec.noc.port_bytes_per_cycle)),
    ("wider links", |spec, _| double(&mut spec.link.pe.bytes_per_cycle)),
    ("faster hops", |spec, _| spec.link.pe.hop_cycles = Cycles(spec.link.pe.hop_cycles.0 / 2)),
    ("a wider TCM", |spec, _| double(&mut spec.pe.tcm_bytes_per_cycle)),
    ("faster HBM", |spec, _| double(&mut spec.hbm.bytes_per_cycle)),
    ("HBM nearer by", |spec, _| spec.hbm.latency_cycles = Cycles(spec.hbm.latency_cycles.0 / 2)),
    ("one more HBM channel", |spec, _| spec.hbm.channels_per_pe += 1),
    ("faster sends", |spec, _| spec.ipcq.send_cycles = Cycles(spec.ipcq.send_cycles.0 / 2)),
    ("a deeper queue", |spec, _| spec.pe.fifo_depth += 1),
    ("more lanes", |spec, _| spec.math.lanes *= 2),
    ("one more slot", |_, program| program.rings.iter_mut().for_each(|ring| ring.n_slots += 1)),
    ("faster credits", |spec, _| spec.ipcq.release_cycles = Cycles(0)),
];

fn double(rate: &mut Rate) {
    *rate = rate.times(Rate::whole(2)).expect("a rate that can be doubled");
}

fn spec(random: &mut Random) -> MachineSpec {
    let mut spec =
        Machine::preset(["tiny", "sip"][random.below(2) as usize]).expect("a preset").spec().clone();
    let mut rate = |most| Rate::new(1 + u64::from(random.below(most)), 1 + u64::from(random.below(3)));
    spec.noc.port_bytes_per_cycle = rate(64).expect("a rate");
    spec.link.pe.bytes_per_cycle = rate(64).expect("a rate");
    spec.hbm.bytes_per_cycle = rate(32).expect("a rate");
    spec.noc.packet_bytes = Bytes(64 << random.below(5));
    spec.pe.dma_channels = 1;
    spec
}

fn time(spec: &MachineSpec, program: &Program, seed: u64) -> OpLog {
    let machine = Machine::new(spec.clone()).expect("a machine that works");
    kernmesh::time(program.clone(), &machine, seed).expect("a run that ends").log
}

#[test]
fn a_better_machine_is_no_slower() {
    let mut slower = Vec::new();
    for seed in 0..150 {
        println!("seed {seed}");
        let mut random = Random::seeded(seed);
        let (spec, program) = (spec(&mut random), random::program(seed));
        let before = time(&spec, &program, seed).makespan();
        for (what, improve) in BETTER {
            let (mut better, mut program) = (spec.clone(), program.clone());
            improve(&mut better, &mut program);
            let after = time(&better, &program, seed).makespan();
            if after > before {
                slower.push(format!("seed {seed}: {what}: {} → {} fs", before.fs(), after.fs()));
            }
        }
    }
    assert!(slower.is_empty(), "{} slower:\n{}", slower.len(), slower.join("\n"));
}

/// Every rank sends to some others, all at once, so that routes cross.
fn crossing(seed: u64) -> Program {
    let mut random = Random::seeded(seed);
    let ranks = 4;
    let ends: Vec<(u32, u32)> =
        (0..12).map(|_| (random.below(ranks), random.below(ranks))).filter(|(from, to)| from != to).collect();
    let mut recording = Recording::new("crossing", ranks);
    let rings: Vec<_> = ends
        .iter()
        .enumerate()
        .map(|(queue, &(from, to))| {
            recording.ring(Ring {
                producer: Rank(from),
                consumer: Rank(to),
                queue: queue as u32,
                n_slots: 1,
                slot_bytes: 4096,
                place: SlotPlace::Tcm,
                flow: Flow::Credit,
            })
        })
        .collect();
    let bytes: Vec<u32> = ends.iter().map(|_| 64 + random.below(4000)).collect();
    let recorded = recording.record(|tl| {
        for ((&(from, _), &ring), &bytes) in ends.iter().zip(&rings).zip(&bytes) {
            if from == tl.rank() {
                let tile = tl.tile([bytes], DType::U8);
                tl.send_ring(ring, tile);
            }
        }
        for ((&(_, to), &ring), &bytes) in ends.iter().zip(&rings).zip(&bytes) {
            if to == tl.rank() {
                let tile = tl.recv_ring(ring, [bytes], DType::U8);
                tl.release(tile);
            }
        }
    });
    recorded.expect("a program that is well formed")
}

/// The exceptions, counted: when the network changes so that there are none, or many more, this says so.
#[test]
fn where_transfers_meet_a_better_machine_can_be_slower() {
    let (mut slower, mut worst, mut runs) = (0, 0, 0);
    for seed in 0..150 {
        let mut random = Random::seeded(seed);
        let (spec, program) = (spec(&mut random), crossing(seed));
        let before = time(&spec, &program, seed).makespan().fs();
        for (what, improve) in BETTER {
            let (mut better, mut program) = (spec.clone(), program.clone());
            improve(&mut better, &mut program);
            let after = time(&better, &program, seed).makespan().fs();
            runs += 1;
            if after > before {
                println!("seed {seed}: {what}: {before} → {after} fs");
                slower += 1;
                worst = worst.max((after - before) * 1000 / before);
            }
        }
    }
    println!("{slower} of {runs} slower, by at most {worst} ‰");
    assert_eq!(
        (slower > 0, slower * 50 < runs, worst < 200),
        (true, true, true),
        "{slower} of {runs}, {worst} ‰"
    );
}

/// Every message is there after it was sent, and before it is received; that its bytes all arrive the engine asserts of
/// every run.
#[test]
fn what_is_sent_arrives() {
    for seed in 0..100 {
        println!("seed {seed}");
        let mut random = Random::seeded(seed);
        let log = time(&spec(&mut random), &random::program(seed), seed);
        let (mut sent, mut received) = (0, 0);
        for (global, (rank, index)) in log.ops().enumerate() {
            let op = log.program.op(rank, index);
            let filled = |it: &Message| log.messages[it.ring.index()][it.number as usize].filled;
            for message in op.sends() {
                assert!(log.entries.start[global] < filled(message), "seed {seed}: {rank} {index}");
                sent += 1;
            }
            for message in op.receives() {
                assert!(filled(message) <= log.entries.done[global], "seed {seed}: {rank} {index}");
                received += 1;
            }
        }
        assert_eq!(sent, received, "seed {seed}");
    }
}
