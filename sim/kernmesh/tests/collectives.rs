//! Multicasts and reductions from end to end: what they compute is the same whoever carries them, what nothing orders
//! is found, and what cannot finish or makes no sense is refused in words.

use diagnostic::Code;
use kernmesh::{Options, Simulation, simulate};
use machine::spec::Collectives;
use machine::{Cycles, Machine, MachineSpec, Sync};
use program::op::OpIndex;
use program::tl::{Group, Recording, Rings, Tl, Way};
use program::{ComputeOp, DType, MoveOp, Op, Program, RecvOp, SendOp, SyncOp};
use verify::{auto_sync, verify};

const FLAT: &str = "heads=4 kv_heads=2 head_dim=8";

fn machine(by: Collectives, sync: Sync) -> Machine {
    let mut spec: MachineSpec = Machine::preset("sip").expect("a preset").spec().clone();
    (spec.noc.collectives, spec.sync) = (by, sync);
    spec.noc.reduce_cycles = Cycles(u64::from(by == Collectives::Fabric));
    Machine::new(spec).expect("a machine")
}

fn flat(given: &str) -> kernels::Recorded {
    kernels::record_words(&format!("mesh_flat {given}")).unwrap_or_else(|error| panic!("{error}"))
}

fn run(recorded: kernels::Recorded, machine: &Machine) -> Simulation {
    simulate(recorded, machine, &Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn findings(program: &Program, machine: &Machine) -> Vec<(Code, String)> {
    let recorded = kernels::Recorded { program: program.clone(), reference: None, machine: None };
    let run = run(recorded, machine);
    run.computed.findings.into_iter().map(|finding| (finding.code, finding.message())).collect()
}

#[test]
fn mesh_flat_is_right_whoever_carries_its_collectives() {
    for shape in [
        "ranks=1 kv_len=9 q_len=5 slice=4",
        "ranks=2 kv_len=13 q_len=9 slice=2",
        "ranks=4 kv_len=29 q_len=19 slice=3",
        "ranks=4 kv_len=29 q_len=19 slice=3 slots=1 wire_dtype=f16",
        "ranks=4 kv_len=1 q_len=1",
        "ranks=8 kv_len=17 q_len=9 slice=2",
        "ranks=9 kv_len=40 q_len=2 slice=3 dtype=bf16",
        "ranks=16 kv_len=37 q_len=41 slice=4 dtype=f32",
        "ranks=16 side=2 kv_len=12 q_len=12 slice=3 rank_axis=cube",
    ] {
        let words = format!("{FLAT} {shape}");
        let mut digests = Vec::new();
        for by in [Collectives::Software, Collectives::Fabric] {
            let done = run(flat(&words), &machine(by, Sync::Interlocked));
            assert!(
                done.passed(),
                "{words} {by:?}: {:?} {:?}",
                done.computed.verdict,
                done.computed.findings
            );
            digests.push(done.computed.data);
            for waits in ["", " waits=hand"] {
                let mut recorded = flat(&format!("{words}{waits}"));
                let explicit = machine(by, Sync::Explicit);
                if waits.is_empty() {
                    recorded.program = auto_sync(&recorded.program, &explicit).expect("it runs interlocked");
                }
                let done = run(recorded, &explicit);
                let found = &done.computed.findings;
                assert!(done.passed(), "{words}{waits} {by:?}: {:?} {found:?}", done.computed.verdict);
                digests.push(done.computed.data);
            }
        }
        assert!(digests.windows(2).all(|two| two[0] == two[1]), "{words}: {digests:?}");
    }
}

#[test]
fn the_fabric_is_faster_than_software() {
    let words = format!("{FLAT} ranks=16 kv_len=256 q_len=256 slice=16");
    let [software, fabric] = [Collectives::Software, Collectives::Fabric].map(|by| {
        let done = run(flat(&words), &machine(by, Sync::Interlocked));
        done.timed.log.makespan()
    });
    assert!(fabric < software, "{fabric:?} and {software:?}");
}

/// Four ranks: the first multicasts a tile, adds a half of each, and the sums come back to it.
fn there_and_back(n_slots: u32, mut edit: impl FnMut(&mut Tl, &str)) -> Program {
    let mut recording = Recording::new("there_and_back", 4);
    let x = recording.input("x", [8, 4], DType::F16);
    let y = recording.output("y", [8, 4], DType::F16);
    let x = recording.input_share(x, 0, [0, 0], [8, 4]);
    let y = recording.output_share(y, 0, [0, 0], [8, 4]);
    let like = Rings { queue: 0, n_slots, slot_bytes: 64 };
    let ranks = recording.row(0);
    let [out, back]: [Group; 2] = [Way::Out, Way::In].map(|way| recording.group(0, &ranks, way, like));
    let kernel = |tl: &mut Tl| {
        if tl.rank() == 0 {
            let tile = tl.load(tl.tensor(x));
            edit(tl, "loaded");
            tl.multicast(&out.rings, tile);
            edit(tl, "sent");
            let sum = tl.recv_sum(&back.rings, tile);
            edit(tl, "summed");
            tl.store(sum, tl.tensor(y));
            return;
        }
        let got = tl.recv_ring(out.ring(tl.rank()).expect("a member"), [8, 4], DType::F16);
        let half = tl.mul(got, 0.5);
        edit(tl, "halved");
        tl.release(got);
        tl.send_ring(back.ring(tl.rank()).expect("a member"), half);
    };
    recording.record(kernel).unwrap_or_else(|error| panic!("{error}"))
}

fn position(program: &Program, rank: usize, kind: &str) -> usize {
    program.ranks[rank].ops.iter().position(|op| op.kind() == kind).expect("it has one")
}

/// By software one copy may arrive, and be answered, while the tile is still read for the next.
#[test]
fn a_tile_that_is_overwritten_before_its_multicast_has_left_is_found() {
    for by in [Collectives::Software, Collectives::Fabric] {
        let explicit = machine(by, Sync::Explicit);
        let synced = auto_sync(&there_and_back(1, |_, _| ()), &explicit).expect("it runs interlocked");
        assert_eq!(findings(&synced, &explicit), []);
        let (multicast, last) = (position(&synced, 0, "multicast"), synced.ranks[0].ops.len());
        let Op::Send(SendOp::Multicast { from, .. }) = synced.ranks[0].ops[multicast] else {
            unreachable!("it is one")
        };
        // At the end all members have answered; that says nothing of the tile.
        let Op::Recv(RecvOp::RecvReduce { reduction }) =
            &synced.ranks[0].ops[position(&synced, 0, "recv_reduce")]
        else {
            unreachable!("it is one")
        };
        let (x, to) = (from, reduction.to);
        let over = Op::Move(MoveOp::Copy { from: to, to: x });
        let mut racy = synced.clone();
        racy.ranks[0].ops.push(over.clone());
        racy.ranks[0].sources.push(synced.ranks[0].sources[last - 1]);
        let found = findings(&racy, &explicit);
        let on_the_tile =
            |(kind, message): &(Code, String)| *kind == Code::RaceWar && message.contains("multicast");
        assert!(found.iter().any(on_the_tile), "{by:?}: {found:?}");
        let on = [OpIndex(multicast as u32), OpIndex(position(&synced, 0, "recv_reduce") as u32)];
        let mut mended = synced.clone();
        mended.ranks[0].ops.extend([Op::Sync(SyncOp::Wait { on: on.into() }), over]);
        mended.ranks[0].sources.extend([synced.ranks[0].sources[last - 1]; 2]);
        assert_eq!(findings(&mended, &explicit), [], "{by:?}");
    }
}

#[test]
fn a_member_that_overwrites_its_tile_or_gives_back_its_slot_early_is_found() {
    let explicit = machine(Collectives::Fabric, Sync::Explicit);
    let synced = auto_sync(&there_and_back(1, |_, _| ()), &explicit).expect("it runs interlocked");
    // The tile that a member sends is overwritten at its end.
    let mut racy = synced.clone();
    let send = position(&synced, 2, "send");
    let Op::Send(SendOp::Send { from, .. }) = synced.ranks[2].ops[send] else { unreachable!("it is one") };
    racy.ranks[2].ops.push(Op::Compute(ComputeOp::Fill { value: program::op::Constant::of(1.0), to: from }));
    let line = synced.ranks[2].sources[send];
    racy.ranks[2].sources.push(line);
    let found = findings(&racy, &explicit);
    assert!(found.iter().any(|(kind, _)| *kind == Code::RaceWar), "{found:?}");
    // The slot of a multicast is released before it has been read.
    let mut early = synced.clone();
    for op in &mut early.ranks[2].ops {
        if let Op::Sync(SyncOp::Release { after, .. }) = op {
            *after = [].into();
        }
    }
    let found = findings(&early, &explicit);
    assert!(found.iter().any(|(kind, _)| *kind == Code::UseAfterRelease), "{found:?}");
    // A slot is read before its message is known to have come.
    let mut unread = synced.clone();
    let (ops, receive) = (&mut unread.ranks[2].ops, position(&synced, 2, "recv"));
    if let Op::Recv(RecvOp::Recv { message, view }) = ops[receive] {
        ops[receive] = Op::Recv(RecvOp::RecvAsync { message, view });
    }
    let found = findings(&unread, &explicit);
    assert!(found.iter().any(|(kind, _)| *kind == Code::RaceRaw), "{found:?}");
}

/// Two multicasts into rings of one slot, of which one member takes the second first.
#[test]
fn a_deadlock_names_the_ring_that_has_no_credit() {
    let mut recording = Recording::new("stuck", 3);
    let like = Rings { queue: 0, n_slots: 1, slot_bytes: 16 };
    let ranks = recording.row(0);
    let out = recording.group(0, &ranks, Way::Out, like);
    let program = recording.record(|tl| {
        let Some(ring) = out.ring(tl.rank()) else {
            let tile = tl.full([4], DType::F32, 1.0);
            tl.multicast(&out.rings, tile);
            tl.multicast(&out.rings, tile);
            return;
        };
        let first = tl.recv_ring(ring, [4], DType::F32);
        if tl.rank() == 1 {
            tl.release(first);
        }
        let second = tl.recv_ring(ring, [4], DType::F32);
        tl.release(second);
        if tl.rank() == 2 {
            tl.release(first);
        }
    });
    for by in [Collectives::Software, Collectives::Fabric] {
        let refused = verify(program.clone().expect("it records"), &machine(by, Sync::Interlocked));
        let refusal = refused.map(|_| ()).expect_err("it cannot finish");
        let reason = &refusal.reasons[0];
        assert_eq!(reason.code, Code::SlotCount, "{refusal}");
        assert!(refusal.to_string().contains("multicast") && reason.message().contains("ring1"), "{refusal}");
    }
}

#[test]
fn programs_with_collectives_are_data() {
    let program = there_and_back(2, |_, _| ());
    assert_eq!(Program::from_json(&program.to_json()).as_ref(), Ok(&program));
    let json = program.to_json();
    let sip = machine(Collectives::Software, Sync::Interlocked);
    for (from, to, said) in [
        // A ring that another rank produces.
        (
            r#""multicast":{"messages":[{"ring":0,"#,
            r#""multicast":{"messages":[{"ring":3,"#,
            "the producer of ring3",
        ),
        (
            r#""multicast":{"messages":[{"ring":0,"#,
            r#""multicast":{"messages":[{"ring":1,"#,
            "two messages of one ring",
        ),
        (
            r#""multicast":{"messages":[{"ring":0,"number":0"#,
            r#""multicast":{"messages":[{"ring":0,"number":1"#,
            "the next message on ring0",
        ),
        (
            r#""recv_reduce":{"f":"sum","acc":"f32""#,
            r#""recv_reduce":{"f":"sum","acc":"i32""#,
            "a sum of f16 accumulates in i32",
        ),
    ] {
        let squeezed: String = json.split_whitespace().collect();
        assert!(squeezed.contains(from), "{from} is not in {squeezed}");
        let changed = Program::from_json(&squeezed.replacen(from, to, 1)).expect("it reads");
        let refusal = verify(changed, &sip).map(|_| ()).expect_err(said);
        assert!(refusal.reasons.iter().any(|reason| reason.message().contains(said)), "{said}: {refusal}");
    }
}

/// A mesh of 8 × 8 with one PE a cube, so that ranks are numbered row by row; every link is alike and idle.
fn square_mesh(reduce_cycles: u64) -> Machine {
    let mut spec = machine(Collectives::Fabric, Sync::Interlocked).spec().clone();
    (spec.grid.pe, spec.grid.cube) = ([1, 1], [8, 8]);
    spec.link.cube = spec.link.pe;
    spec.noc.reduce_cycles = Cycles(reduce_cycles);
    spec.noc.packet_bytes = machine::Bytes(256);
    (spec.ipcq.send_cycles, spec.ipcq.recv_cycles, spec.pe.issue_cycles) = (Cycles(0), Cycles(0), Cycles(0));
    Machine::new(spec).expect("a machine")
}

const BYTES: u32 = 1000;

/// A group over a rectangle of the mesh, and when each of its messages is there, in cycles.
fn over(
    (xs, ys): (std::ops::Range<u32>, std::ops::Range<u32>),
    root: u32,
    way: Way,
    machine: &Machine,
) -> (Group, Vec<u64>) {
    let mut recording = Recording::new("rectangle", 64);
    recording.grid([8, 8]).rank_axis(machine::RankAxis::Cube);
    let ranks = recording.rectangle(xs, ys);
    let like = Rings { queue: 0, n_slots: 1, slot_bytes: u64::from(BYTES) };
    let group = recording.group(root, &ranks, way, like);
    let program = recording.record(|tl| {
        let (ring, is_root) = (group.ring(tl.rank()), tl.rank() == root);
        if ring.is_none() && !is_root {
            return;
        }
        let tile = tl.tile([BYTES / 4], DType::F32);
        match (way, ring) {
            (Way::Out, None) => {
                tl.multicast(&group.rings, tile);
            }
            (Way::Out, Some(ring)) => {
                let got = tl.recv_ring(ring, [BYTES / 4], DType::F32);
                tl.release(got);
            }
            (Way::In, None) => {
                tl.recv_sum(&group.rings, tile);
            }
            (Way::In, Some(ring)) => {
                tl.send_ring(ring, tile);
            }
        }
    });
    let verified =
        verify(program.expect("it records"), machine).unwrap_or_else(|refusal| panic!("{refusal}"));
    let log = timing::run(&verified, oplog::RunId::default()).expect("a run");
    let filled = group.rings.iter().map(|ring| log.messages[ring.index()][0].filled.fs() / 1_000_000);
    let filled = filled.collect();
    (group, filled)
}

#[test]
fn a_fabric_multicast_reaches_each_member_of_a_rectangle_as_if_it_were_alone() {
    let machine = square_mesh(0);
    for ((xs, ys), root) in
        [((0..8, 0..8), 0), ((2..7, 1..6), 19), ((2..7, 1..6), 63), ((3..4, 0..8), 3), ((5..6, 5..6), 0)]
    {
        let (group, filled) = over((xs, ys), root, Way::Out, &machine);
        assert_eq!(group.members.len(), filled.len());
        for (member, filled) in group.members.iter().zip(filled) {
            let hops = (member % 8).abs_diff(root % 8) + (member / 8).abs_diff(root / 8);
            let alone = 8 + u64::from(4 * hops) + u64::from(BYTES).div_ceil(128);
            assert_eq!(filled, alone, "from {root} to {member}");
        }
    }
}

/// The farthest member is merged at every router on its way that another one's tile passes.
#[test]
fn a_fabric_reduction_over_a_rectangle_adds_where_streams_meet() {
    for (add, (xs, ys), root, farthest, adds) in [
        (0, (0..8, 0..8), 0, 14, 0),
        (5, (0..8, 0..8), 0, 14, 14),
        (5, (0..1, 0..8), 0, 7, 7),
        // A member alone meets only the root's own tile.
        (5, (7..8, 7..8), 0, 14, 1),
        // Of two in one row the farther one meets the other on its way, and then the root.
        (5, (6..8, 7..8), 0, 14, 2),
    ] {
        let (_, filled) = over((xs, ys), root, Way::In, &square_mesh(add));
        let expected = 8 + 4 * farthest + add * adds + u64::from(BYTES).div_ceil(128);
        assert!(filled.iter().all(|&filled| filled == expected), "{filled:?}, not {expected}");
    }
}

#[test]
fn no_run_is_faster_than_its_bounds() {
    for words in
        ["ranks=16 kv_len=64 q_len=64 slice=4", "ranks=4 side=1 kv_len=9", "ranks=9 kv_len=40 slice=3"]
    {
        for by in [Collectives::Software, Collectives::Fabric] {
            let machine = machine(by, Sync::Interlocked);
            let verified =
                verify(flat(&format!("{FLAT} {words}")).program, &machine).unwrap_or_else(|r| panic!("{r}"));
            let log = timing::run(&verified, oplog::RunId::default()).expect("a run");
            let bounds = analysis::Bounds::of(&log.program, &machine, &log.placement, &log.layout);
            let (bound, span) = bounds.binding();
            assert!(span.fs() <= log.makespan().fs(), "{words} {by:?}: {bound:?} of {span:?}");
            assert_eq!(oplog::check(&log).err(), None, "{words} {by:?}");
        }
    }
}
