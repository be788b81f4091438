use machine::MachineSpec;
use machine::spec::HbmPlacement;
use program::DType;
use program::op::BusyUnit;
use program::program::SlotPlace;
use program::tl::{Direction, Recording, Tl, Topology};
use verify::verify;

use super::*;

/// Bounds in cycles of `tiny`, whose clocks are the same, with easy numbers: 32 bytes a cycle on every link and port,
/// four channels of 16 bytes a cycle, and nothing else takes time but what a case says.
fn bounds(change: impl FnOnce(&mut MachineSpec), kernel: impl Fn(&mut Tl)) -> [u64; 5] {
    let mut spec = Machine::preset("tiny").expect("a preset").spec().clone();
    spec.clock.noc_fs = spec.clock.pe_fs;
    spec.clock.hbm_fs = spec.clock.pe_fs;
    spec.noc.port_bytes_per_cycle = machine::Rate::whole(32);
    for link in [&mut spec.link.pe, &mut spec.link.cube, &mut spec.link.sip] {
        (link.bytes_per_cycle, link.hop_cycles) = (machine::Rate::whole(32), machine::Cycles(1));
    }
    (spec.noc.inject_cycles, spec.noc.eject_cycles) = (machine::Cycles(2), machine::Cycles(3));
    (spec.ipcq.send_cycles, spec.ipcq.recv_cycles) = (machine::Cycles(10), machine::Cycles(20));
    spec.hbm.placement = HbmPlacement::PerPe;
    (spec.hbm.channels_per_pe, spec.hbm.burst_bytes) = (4, machine::Bytes(64));
    (spec.hbm.bytes_per_cycle, spec.hbm.efficiency) = (machine::Rate::whole(16), machine::Rate::whole(1));
    change(&mut spec);
    let machine = Machine::new(spec).expect("a machine that works");
    let mut recording = Recording::new("bounds", 2);
    let x = recording.input("x", [2, 16, 32], DType::F16);
    let xs: Vec<_> = (0..2).map(|r| recording.input_share(x, r, [r, 0, 0], [1, 16, 32])).collect();
    recording.links(Topology::Ring, 2, 1024, SlotPlace::Tcm);
    let program = recording.record(|tl: &mut Tl| {
        if tl.rank() == 0 {
            let share = tl.tensor(xs[0]).reshape([16, 32]);
            tl.load(share);
        }
        kernel(tl);
    });
    let verified = verify(program.expect("a program"), &machine).expect("a program that can run");
    let Bounds { gemm, math, memory, link, latency } =
        Bounds::of(&verified.program, &machine, &verified.placement, &verified.layout);
    [gemm, math, memory, link, latency].map(|span| machine.spec().clock.pe_fs.cycles_covering(span).0)
}

fn ping(tl: &mut Tl) {
    if tl.rank() == 0 {
        let tile = tl.full([16, 32], DType::F16, 0.0);
        tl.send(Direction::Right, tile);
    } else {
        let got = tl.recv(Direction::Left, [16, 32], DType::F16);
        tl.release(got);
    }
}

#[test]
fn each_resource_is_bounded_by_its_busiest_member() {
    let quiet = |_: &mut Tl| {};
    // Every case loads 1024 bytes: 16 bursts on 4 channels, each 4 cycles.
    for (name, ours, expected) in [
        ("a load", bounds(|_| {}, quiet), [0, 0, 16, 0, 0]),
        (
            "half the rate",
            bounds(|s| s.hbm.efficiency = "0.5".parse().expect("a rate"), quiet),
            [0, 0, 32, 0, 0],
        ),
        (
            "five busy units, the busiest counts",
            bounds(
                |_| {},
                |tl| {
                    tl.busy(BusyUnit::Gemm, 100 * u64::from(tl.rank()));
                    tl.busy(BusyUnit::Gemm, 7);
                    tl.busy(BusyUnit::Math, 5);
                },
            ),
            [107, 5, 16, 0, 0],
        ),
    ] {
        assert_eq!(ours, expected, "{name}");
    }
}

#[test]
fn a_chain_of_messages_takes_the_least_time_of_each() {
    // 10 to send, 2 in, 1 hop, 3 out, 32 for the bytes, 20 to receive.
    let one = 68;
    let [_, _, _, link, latency] = bounds(|_| {}, ping);
    assert_eq!((link, latency), (32, one));
    let [_, _, _, link, latency] = bounds(
        |_| {},
        |tl| {
            ping(tl);
            if tl.rank() == 1 {
                let tile = tl.full([16, 32], DType::F16, 0.0);
                tl.send(Direction::Right, tile);
            } else {
                let got = tl.recv(Direction::Left, [16, 32], DType::F16);
                tl.release(got);
            }
        },
    );
    assert_eq!((link, latency), (32, 2 * one), "there and back: two links, one chain");
    let [.., latency] = bounds(
        |_| {},
        |tl| {
            ping(tl);
            tl.barrier();
        },
    );
    assert_eq!(latency, one + 6 + 6, "a barrier hears of the receiver and tells it");
}
