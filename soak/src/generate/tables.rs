//! Tables of a random program: ranks, tensors, rings, semaphores and events.

use std::collections::BTreeMap;

use machine::{Random, RankAxis};
use program::program::{Buffer, FORMAT, Flow, HostTensor, RankProgram, Ring, Role, SlotPlace, Tensor};
use program::{DType, Program, Rank};

use crate::Target;

/// Elements of every tensor.
pub const TENSOR_ELEMENTS: u32 = 16;

pub fn any_dtype(random: &mut Random) -> DType {
    // Floats of 16 and 32 bits are what most ops take.
    let all: Vec<DType> = DType::ALL.into_iter().filter(|dtype| !dtype.is_host_only()).collect();
    if random.below(2) == 0 { DType::F32 } else { all[random.below(all.len() as u64) as usize] }
}

pub fn tables(random: &mut Random, target: &Target) -> Program {
    let n_ranks = [1, 2, 2, 3, 3, 4][random.below(6) as usize];
    let mut program = Program {
        format: FORMAT,
        kernel: "random".to_owned(),
        params: BTreeMap::new(),
        rank_axis: RankAxis::default(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        tensors: Vec::new(),
        rings: Vec::new(),
        n_events: if target.is_queued() { n_ranks + random.below(2) as u32 } else { 0 },
        ranks: (0..n_ranks).map(|_| rank(random)).collect(),
        files: Vec::new(),
    };
    host(random, &mut program);
    if !target.is_queued() {
        rings(random, target, &mut program);
    }
    program
}

fn rank(random: &mut Random) -> RankProgram {
    // Some tiles are laid over each other by hand.
    let fixed = if random.below(8) == 0 { vec![(0, 64), (32, 64)] } else { Vec::new() };
    RankProgram {
        buffers: fixed.into_iter().map(|(at, bytes)| Buffer { bytes, at: Some(at) }).collect(),
        n_semaphores: 1 + random.below(2) as u32,
        ..RankProgram::default()
    }
}

/// A host tensor of each rank's shares, row by row; now and then two ranks have the same row.
fn host(random: &mut Random, program: &mut Program) {
    let n = program.n_ranks();
    let shape = vec![n, TENSOR_ELEMENTS];
    let share = vec![1, TENSOR_ELEMENTS];
    let (given, made) = (any_dtype(random), any_dtype(random));
    program.inputs.push(HostTensor { name: "x".to_owned(), shape: shape.clone(), dtype: given });
    program.outputs.push(HostTensor { name: "y".to_owned(), shape, dtype: made });
    for rank in 0..n {
        let row = |random: &mut Random| if random.below(12) == 0 { 0 } else { rank };
        let start = vec![row(random), 0];
        let name = format!("x{rank}");
        let role = Role::Input { of: 0, start };
        program.tensors.push(Tensor { name, home: Rank(rank), shape: share.clone(), dtype: given, role });
        let role = Role::Output { of: 0, start: vec![row(random), 0] };
        let name = format!("y{rank}");
        program.tensors.push(Tensor { name, home: Rank(rank), shape: share.clone(), dtype: made, role });
    }
    for nth in 0..random.below(3) {
        let home = Rank(random.below(n.into()) as u32);
        let (name, dtype) = (format!("s{nth}"), any_dtype(random));
        program.tensors.push(Tensor { name, home, shape: share.clone(), dtype, role: Role::Scratch });
    }
    // A tensor that is given and taken.
    if random.below(3) == 0 {
        let (name, home, dtype) = ("c".to_owned(), Rank(random.below(n.into()) as u32), any_dtype(random));
        let both = HostTensor { name: name.clone(), shape: share.clone(), dtype };
        program.inputs.push(both.clone());
        program.outputs.push(both);
        let role = Role::InOut { input: 1, output: 1, start: vec![0, 0] };
        program.tensors.push(Tensor { name, home, shape: share, dtype, role });
    }
}

fn rings(random: &mut Random, target: &Target, program: &mut Program) {
    let n = u64::from(program.n_ranks());
    // Several producers of one consumer, one producer of several, and a rank that sends to itself.
    let hub = Rank(random.below(n) as u32);
    let way = random.below(4);
    for queue in 0..1 + random.below(4) as u32 {
        let mut end = |of: u64| if way == of { hub } else { Rank(random.below(n) as u32) };
        let (producer, mut consumer) = (end(0), end(1));
        if producer == consumer && random.below(4) > 0 {
            consumer = Rank((consumer.0 + 1) % program.n_ranks());
        }
        let place = match random.below(10) {
            0..7 => SlotPlace::Tcm,
            7 | 8 if target.has_sram => SlotPlace::Sram,
            _ => SlotPlace::Hbm,
        };
        let flow = if random.below(5) == 0 { Flow::None } else { Flow::Credit };
        let n_slots = 1 + random.below(3) as u32;
        let slot_bytes = [16, 32, 64][random.below(3) as usize];
        program.rings.push(Ring { producer, consumer, queue, n_slots, slot_bytes, place, flow });
    }
}
