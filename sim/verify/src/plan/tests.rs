use crate::samples::{Random, relay, tiny, tiny_with};
use diagnostic::Code;
use machine::Sync;
use program::dtype::DType::{F16, F32, U8};
use program::program::{Flow, Ring, SlotPlace};
use program::tl::{Direction, Recording, Tl, Topology};
use program::{Base, Layout, Op, Program, Rank, Space};

use crate::plan::{SentTiles, plan};
use crate::verify;

/// First and last op of each tile of rank 0, in program order.
fn lives(program: &Program) -> Vec<Option<(usize, usize)>> {
    let rank = &program.ranks[0];
    let uses = |buffer: usize| {
        let named = |op: &Op| {
            op.views().any(|view| match rank.views[view.index()].base {
                Base::Buffer(it) => it.index() == buffer,
                Base::Tensor(_) | Base::Message(_) => false,
            })
        };
        let first = rank.ops.iter().position(named)?;
        rank.ops.iter().rposition(named).map(|last| (first, last))
    };
    (0..rank.buffers.len()).map(uses).collect()
}

fn meet(a: (u64, u64), b: (u64, u64)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// First fit as one would do it by hand: for each tile in the order of first use, try every multiple of 64.
fn by_hand(program: &Program, lives: &[Option<(usize, usize)>], slots: u64) -> Vec<Option<u64>> {
    let buffers = &program.ranks[0].buffers;
    let mut addresses: Vec<Option<u64>> =
        buffers.iter().zip(lives).map(|(buffer, life)| life.and(buffer.at)).collect();
    let mut order: Vec<usize> =
        (0..buffers.len()).filter(|&b| lives[b].is_some() && buffers[b].at.is_none()).collect();
    order.sort_by_key(|&b| (lives[b], b).0.map(|(first, _)| (first, b)));
    // Fixed tiles that lie on one another live as long as all of them.
    let mut kept = lives.to_vec();
    for _ in 0..buffers.len() {
        for (a, b) in (0..buffers.len()).flat_map(|a| (0..buffers.len()).map(move |b| (a, b))) {
            let (Some(x), Some(y), Some((first, last)), Some((f, l))) =
                (buffers[a].at, buffers[b].at, kept[a], kept[b])
            else {
                continue;
            };
            if meet((x, x + buffers[a].bytes), (y, y + buffers[b].bytes)) {
                kept[a] = Some((first.min(f), last.max(l)));
            }
        }
    }
    for b in order {
        let (first, last) = lives[b].expect("a tile in use");
        let taken = |at: u64| {
            (0..buffers.len()).any(|other| {
                let (Some(start), Some((f, l))) = (addresses[other], kept[other]) else { return false };
                f <= last
                    && first <= l
                    && meet((at, at + buffers[b].bytes), (start, start + buffers[other].bytes))
            })
        };
        addresses[b] = (slots.div_ceil(64)..).map(|n| n * 64).find(|&at| !taken(at));
    }
    addresses
}

fn random_program(random: &mut Random) -> Program {
    Recording::new("case", 1)
        .record(|tl| {
            let mut tiles: Vec<_> = (0..12).map(|_| tl.tile([1 + random.below(300) as u32], U8)).collect();
            tiles.extend((0..3).map(|_| tl.tile_at(random.below(900), [1 + random.below(200) as u32], U8)));
            let (mut from, n) = (0, tiles.len() as u64);
            for _ in 0..30 {
                // A window that moves on, so that lives begin and end.
                from = (from + random.below(2)) % n;
                let tile = tiles[((from + random.below(4)) % n) as usize];
                tl.to(tile).fill(1.0);
            }
        })
        .expect("a kernel without mistakes")
}

#[test]
fn a_value_that_passes_between_fixed_tiles_is_not_laid_over() {
    // The second tile has bytes of the first that the first filled; the third is used between them.
    let program = Recording::new("passes", 1)
        .record(|tl| {
            let filled = tl.tile_at(0, [64], U8);
            let read = tl.tile_at(32, [64], U8);
            let between = tl.tile([64], U8);
            tl.to(filled).fill(5.0);
            tl.to(between).fill(3.0);
            tl.maximum(read, read);
        })
        .expect("a kernel without mistakes");
    let layout = verify(program, &tiny()).expect("a program that can run").layout;
    assert_eq!(layout.buffers[0][..3], [0, 32, 128]);
}

#[test]
fn random_programs_are_laid_out_as_by_hand() {
    let mut random = Random::seeded(4);
    for _ in 0..300 {
        let program = random_program(&mut random);
        let lives = lives(&program);
        let verified = verify(program.clone(), &tiny()).unwrap_or_else(|refusal| panic!("{refusal}"));
        let peak = &verified.layout.peaks[0];
        let mut highest = 0;
        for (b, address) in by_hand(&program, &lives, 0).into_iter().enumerate() {
            let Some(address) = address else { continue };
            assert_eq!(verified.layout.buffers[0][b], address, "b{b} of {program:?}");
            highest = highest.max(address + program.ranks[0].buffers[b].bytes);
        }
        assert_eq!(peak.bytes.0, highest);
        assert_eq!(peak.live_bound.0, live_bound(&program, &lives, &verified.layout));
        check_tight(program, &verified.layout);
    }
}

/// Most distinct bytes in use at one op.
fn live_bound(program: &Program, lives: &[Option<(usize, usize)>], layout: &Layout) -> u64 {
    let at = |op: usize| {
        let mut bytes = std::collections::BTreeSet::new();
        for (b, life) in lives.iter().enumerate() {
            if life.is_some_and(|(first, last)| first <= op && op <= last) {
                let start = layout.buffers[0][b];
                bytes.extend(start..start + program.ranks[0].buffers[b].bytes);
            }
        }
        bytes.len() as u64
    };
    (0..program.ranks[0].ops.len()).map(at).max().unwrap_or(0)
}

/// The program runs with exactly its peak, laid out the same, and is refused with one byte less.
fn check_tight(program: Program, layout: &Layout) {
    let peak = layout.peaks.iter().map(|peak| peak.bytes.0).max().expect("a rank");
    let exact =
        verify(program.clone(), &tiny_with(|spec| spec.pe.tcm_bytes.0 = peak)).expect("its peak is enough");
    assert_eq!(*exact.layout, *layout);
    let less = tiny_with(|spec| spec.pe.tcm_bytes.0 = peak - 1);
    let refusal = verify(program, &less).map(|_| ()).expect_err("one byte less");
    assert!(refusal.reasons.iter().all(|reason| reason.code == Code::Capacity), "{refusal}");
    assert!(refusal.reasons[0].repair_text().contains(&format!("pe.tcm_bytes = {peak}")), "{refusal}");
}

#[test]
fn a_program_with_messages_runs_with_exactly_its_peak() {
    let verified = verify(relay(), &tiny()).unwrap();
    check_tight(relay(), &verified.layout);
    let peak = &verified.layout.peaks[1];
    assert!(peak.live_bound.0 <= peak.bytes.0 && peak.slot_bytes.0 == 128);
    // When the result is written, sum, mask and result are in use; the mask lies where the row was.
    let addresses: Vec<_> =
        peak.holders.iter().map(|b| (b.0, verified.layout.buffers[1][b.index()])).collect();
    assert_eq!(addresses, [(3, 256), (1, 192), (2, 128)]);
}

#[test]
fn slots_come_first_in_the_memory_of_their_ring() {
    let mut recording = Recording::new("case", 3);
    let ring = |queue, place| Ring {
        producer: Rank(1),
        consumer: Rank(0),
        queue,
        n_slots: 3,
        slot_bytes: 40,
        place,
        flow: Flow::Credit,
    };
    let places = [SlotPlace::Tcm, SlotPlace::Tcm, SlotPlace::Hbm, SlotPlace::Sram, SlotPlace::Sram];
    places.into_iter().enumerate().for_each(|(queue, place)| _ = recording.ring(ring(queue as u32, place)));
    recording.scratch("a", 0, [10], F32);
    recording.scratch("b", 0, [10], F32);
    let program = recording.record(|tl| _ = tl.full([3], F16, 0.0)).unwrap();
    let sram = machine::spec::SramSpec {
        bytes: machine::Bytes(4096),
        bytes_per_cycle: machine::Rate::whole(64),
        latency_cycles: machine::Cycles(1),
    };
    let machine = tiny_with(|spec| spec.sram = Some(sram));
    let layout = verify(program, &machine).unwrap().layout;
    let rings: Vec<_> = layout.rings.iter().map(|slots| (slots.space, slots.address)).collect();
    let (tcm, hbm, cube) = (Space::Tcm(Rank(0)), Space::Hbm(Rank(0)), Space::Sram(0));
    assert_eq!(rings, [(tcm, 0), (tcm, 128), (hbm, 0), (cube, 0), (cube, 128)]);
    assert_eq!(layout.tensors, [256, 512]);
    assert_eq!(layout.buffers, [[256], [0], [0]]);
}

#[test]
fn on_an_explicit_machine_bytes_are_reused_after_a_wait() {
    type Kernel = fn(&mut Tl);
    let cases: [(&str, Kernel, [u64; 2]); 5] = [
        (
            "never waited for",
            |tl| {
                tl.full([16], F32, 1.0);
                tl.full([16], F32, 1.0);
            },
            [0, 64],
        ),
        (
            "waited for",
            |tl| {
                let x = tl.full([16], F32, 1.0);
                tl.wait(&[x.handle()]);
                tl.full([16], F32, 1.0);
            },
            [0, 0],
        ),
        (
            "a later op of the same queue waited for",
            |tl| {
                let x = tl.full([16], F32, 1.0);
                let last = tl.to(x).fill(2.0);
                tl.wait(&[last]);
                tl.full([16], F32, 1.0);
            },
            [0, 0],
        ),
        (
            "another queue's use not waited for",
            |tl| {
                let x = tl.full([16], F32, 1.0);
                tl.send(Direction::Right, x);
                tl.wait(&[x.handle()]);
                tl.full([16], F32, 1.0);
            },
            [0, 64],
        ),
        (
            "used again after the wait",
            |tl| {
                let x = tl.full([16], F32, 1.0);
                tl.wait(&[x.handle()]);
                tl.to(x).fill(1.0);
                tl.full([16], F32, 1.0);
            },
            [0, 64],
        ),
    ];
    let machine = tiny_with(|spec| spec.sync = Sync::Explicit);
    for (case, kernel, expected) in cases {
        let mut recording = Recording::new("case", 2);
        recording.links(Topology::Line, 1, 64, SlotPlace::Hbm);
        let program = recording
            .record(|tl| {
                if tl.rank() == 0 {
                    kernel(tl)
                }
            })
            .unwrap();
        let placement = machine::place(&machine, 2, program.rank_axis).unwrap();
        let layout = plan(&program, &machine, &placement, SentTiles::Reused).unwrap();
        assert_eq!(layout.buffers[0], expected, "{case}");
    }
}

#[test]
fn a_tile_may_not_lie_on_slots() {
    let mut recording = Recording::new("case", 2);
    recording.links(Topology::Line, 2, 64, SlotPlace::Tcm);
    let program = recording
        .record(|tl| {
            let x = tl.tile_at(127, [1], U8);
            tl.to(x).fill(0.0);
        })
        .unwrap();
    let refusal = verify(program, &tiny()).map(|_| ()).unwrap_err();
    assert!(refusal.to_string().contains("the tile at 127 lies on slots, which end at 128"), "{refusal}");
}

#[test]
fn sizes_that_no_address_holds_are_refused() {
    let mut program = tiles_at_once(4000);
    program.ranks[0].buffers.iter_mut().for_each(|buffer| buffer.bytes = 1 << 53);
    let refusal = verify(program, &tiny()).map(|_| ()).unwrap_err();
    assert_eq!(refusal.reasons[0].code, Code::Capacity, "{refusal}");
}

/// Many tiles that are all in use at once.
fn tiles_at_once(n: usize) -> Program {
    let kernel = |tl: &mut Tl| {
        let tiles: Vec<_> = (0..n).map(|_| tl.tile([1], U8)).collect();
        tiles.iter().chain(&tiles).for_each(|&tile| _ = tl.to(tile).fill(0.0));
    };
    Recording::new("case", 1).record(kernel).expect("a kernel without mistakes")
}
