use super::*;
use crate::machine::{Machine, MachineError};

/// Lays the keys over `sip` and expects `key` to be refused with text that contains `says`.
fn check_refused(keys: &str, key: &str, says: &str) {
    let error = Machine::from_toml(&format!("base = \"sip\"\n{keys}"), "probe.toml").unwrap_err();
    let MachineError::Syntax { file, at, message } = &error else {
        panic!("{keys}: {error}");
    };
    // Every case sets the key, or one that the problem names.
    assert_eq!((file.as_str(), at.is_some()), ("probe.toml", true), "{keys}: {error}");
    assert!(message.starts_with(&format!("`{key}` ")) && message.contains(says), "{keys}: {message}");
}

#[test]
fn values_that_cannot_work_are_refused_by_their_key() {
    for (keys, key, says) in [
        ("clock.pe_fs = 0", "clock.pe_fs", "is 0: a number from 1 to 1000000000 works"),
        ("clock.noc_fs = 0", "clock.noc_fs", "is 0"),
        ("clock.hbm_fs = 1_000_000_001", "clock.hbm_fs", "is 1000000001"),
        ("grid.pe = [0, 2]", "grid.pe", "is [0, 2]: both extents must be at least 1"),
        ("grid.cube = [4, 0]", "grid.cube", "is [4, 0]"),
        ("grid.sip = [0, 0]", "grid.sip", "is [0, 0]"),
        ("grid.pe = [1024, 1025]", "grid.pe", "at most 1048576 PEs"),
        ("grid.sip = [4294967295, 4294967295]", "grid.sip", "at most 1048576 PEs"),
        ("pe.tcm_bytes = 0", "pe.tcm_bytes", "is 0: a number from 1 to 1099511627776 works"),
        (
            "pe.tcm_bytes_per_cycle = 1000001",
            "pe.tcm_bytes_per_cycle",
            "whose terms lie between 1 and 1000000",
        ),
        ("pe.dma_channels = 0", "pe.dma_channels", "is 0: a number from 1 to 32 works"),
        ("pe.dma_channels = 33", "pe.dma_channels", "is 33"),
        ("pe.fifo_depth = 0", "pe.fifo_depth", "is 0"),
        ("pe.issue_cycles = 4294967297", "pe.issue_cycles", "from 0 to 4294967296"),
        ("pe.dma_setup_cycles = 4294967297", "pe.dma_setup_cycles", "is 4294967297"),
        ("gemm.rows = 0", "gemm.rows", "is 0"),
        ("gemm.cols = 65537", "gemm.cols", "is 65537"),
        ("gemm = { model = \"rate\", macs_per_cycle = \"1/1000001\" }", "gemm.macs_per_cycle", "1/1000001"),
        ("math.lanes = 0", "math.lanes", "is 0"),
        ("math.start_cycles = 4294967297", "math.start_cycles", "is 4294967297"),
        ("math.simple_cycles = 0", "math.simple_cycles", "is 0"),
        ("math.simple_cycles = 1048577", "math.simple_cycles", "is 1048577: a number from 1 to 1048576"),
        ("math.divide_cycles = 0", "math.divide_cycles", "is 0"),
        ("math.exp_cycles = 0", "math.exp_cycles", "is 0"),
        ("math.reduce_cycles = 0", "math.reduce_cycles", "is 0"),
        ("ipcq.send_cycles = 4294967297", "ipcq.send_cycles", "is 4294967297"),
        ("ipcq.recv_cycles = 4294967297", "ipcq.recv_cycles", "is 4294967297"),
        ("ipcq.release_cycles = 4294967297", "ipcq.release_cycles", "is 4294967297"),
        ("noc.packet_bytes = 0", "noc.packet_bytes", "is 0"),
        ("noc.reduce_cycles = 2", "noc.reduce_cycles", "is 2, and software adds at the root"),
        (
            "noc.collectives = \"fabric\"\nnoc.reduce_cycles = 4294967297",
            "noc.reduce_cycles",
            "a number from 0",
        ),
        ("noc.inject_cycles = 4294967297", "noc.inject_cycles", "is 4294967297"),
        ("noc.eject_cycles = 4294967297", "noc.eject_cycles", "is 4294967297"),
        ("noc.port_bytes_per_cycle = 1000001", "noc.port_bytes_per_cycle", "is 1000001"),
        ("link.pe.hop_cycles = 4294967297", "link.pe.hop_cycles", "is 4294967297"),
        ("link.cube.bytes_per_cycle = 1000001", "link.cube.bytes_per_cycle", "is 1000001"),
        ("link.sip.hop_cycles = 4294967297", "link.sip.hop_cycles", "is 4294967297"),
    ] {
        check_refused(keys, key, says);
    }
}

#[test]
fn memories_that_cannot_work_are_refused_by_their_key() {
    for (keys, key, says) in [
        ("hbm.bytes_per_pe = 0", "hbm.bytes_per_pe", "is 0"),
        (
            "hbm.bytes_per_pe = 1000",
            "hbm.bytes_per_pe",
            "is 1000, which is not a multiple of hbm.burst_bytes = 256: 1024 is one",
        ),
        ("hbm.channels_per_pe = 0", "hbm.channels_per_pe", "from 1 to 128"),
        ("hbm.burst_bytes = 0", "hbm.burst_bytes", "is 0"),
        ("hbm.latency_cycles = 4294967297", "hbm.latency_cycles", "is 4294967297"),
        ("hbm.bytes_per_cycle = 1000001", "hbm.bytes_per_cycle", "is 1000001"),
        ("hbm.efficiency = \"1.01\"", "hbm.efficiency", "is 101/100: a share of the peak"),
        (
            "hbm.bytes_per_cycle = \"999983/999979\"\nhbm.efficiency = \"0.8\"",
            "hbm.efficiency",
            "a rounder value works",
        ),
        ("hbm.write_efficiency = \"1.01\"", "hbm.write_efficiency", "is 101/100: a share of the peak"),
        ("hbm.turnaround_cycles = 4294967297", "hbm.turnaround_cycles", "is 4294967297"),
        ("hbm.placement = \"controllers\"", "hbm.placement", "there is no [hbm.controllers]"),
        ("hbm.controllers = { at = [[0, 0]], channels = 1, bytes = 1 }", "hbm.placement", "unused"),
        ("pe.tcm_shared_bytes_per_cycle = 1000001", "pe.tcm_shared_bytes_per_cycle", "is 1000001"),
        ("sram.bytes = 0", "sram.bytes", "is 0"),
        ("sram.bytes_per_cycle = 1000001", "sram.bytes_per_cycle", "is 1000001"),
        ("sram.latency_cycles = 4294967297", "sram.latency_cycles", "is 4294967297"),
    ] {
        check_refused(keys, key, says);
    }
}

#[test]
fn options_that_cannot_work_are_refused_by_their_key() {
    for (keys, key, says) in [
        (
            "gemm = { model = \"redmule\", height = 0, width = 16, pipe = 1, elements_per_cycle = 256 }",
            "gemm.height",
            "is 0",
        ),
        (
            "gemm = { model = \"redmule\", height = 32, width = 16, pipe = 65, elements_per_cycle = 256 }",
            "gemm.pipe",
            "is 65: a number from 0 to 64 works",
        ),
        (
            "gemm = { model = \"redmule\", height = 32, width = 16, pipe = 1, elements_per_cycle = 0 }",
            "gemm.elements_per_cycle",
            "is 0",
        ),
        ("math.lanes_16_bit = 0", "math.lanes_16_bit", "is 0"),
        ("math.lanes_8_bit = 65537", "math.lanes_8_bit", "is 65537"),
        ("math.functions.cast_cycles = 0", "math.functions.cast_cycles", "is 0"),
        (
            "noc.transaction = { cycles = 4294967297, bytes_per_cycle = 64 }",
            "noc.transaction.cycles",
            "is 4294967297",
        ),
        (
            "noc.transaction = { cycles = 1, bytes_per_cycle = 1000001 }",
            "noc.transaction.bytes_per_cycle",
            "is 1000001",
        ),
    ] {
        check_refused(keys, key, says);
    }
}

#[test]
fn a_torus_inside_a_wider_level_is_not_modelled() {
    let torus = |level: &str| format!("link.{level}.topology = \"torus\"\n");
    for (grid, level, key, says) in [
        ("", "pe", "link.pe.topology", "along x, which is not modelled: \"mesh\" works"),
        ("grid.cube = [1, 4]", "pe", "link.pe.topology", "along y"),
        ("grid.cube = [1, 1]\ngrid.sip = [2, 1]", "pe", "link.pe.topology", "along x"),
        ("grid.sip = [1, 2]", "cube", "link.cube.topology", "inside a wider grid.sip along y"),
    ] {
        check_refused(&(torus(level) + grid), key, says);
    }
    for (grid, level) in [
        ("", "cube"),
        ("", "sip"),
        ("grid.cube = [1, 1]", "pe"),
        ("grid.pe = [4, 1]\ngrid.cube = [1, 4]", "pe"),
        ("grid.cube = [4, 1]\ngrid.sip = [1, 2]", "cube"),
    ] {
        let text = format!("base = \"sip\"\n{}{grid}", torus(level));
        assert!(Machine::from_toml(&text, "ring.toml").is_ok(), "{text}");
    }
}

#[test]
fn fidelity_is_one_to_four_phases() {
    let gemm = |tile: u32, cycles: u32, f16: u32| {
        format!(
            "gemm = {{ model = \"phases\", tile = {tile}, cycles_per_tile = {cycles}, \
             phases = {{ f32 = 4, f16 = {f16}, bf16 = 4, f8 = 1 }} }}"
        )
    };
    check_refused(&gemm(0, 16, 2), "gemm.tile", "is 0");
    check_refused(&gemm(32, 0, 2), "gemm.cycles_per_tile", "is 0");
    for phases in [0, 5] {
        check_refused(&gemm(32, 16, phases), "gemm.phases.f16", "a number from 1 to 4 works");
    }
}

#[test]
fn controllers_lie_on_the_mesh_and_have_room_for_their_slices() {
    let controllers = |at: &str, channels: u32, bytes: u64| {
        format!(
            "grid.cube = [1, 1]\nhbm.placement = \"controllers\"\nhbm.bytes_per_pe = 1024\n\
             hbm.controllers = {{ at = {at}, channels = {channels}, bytes = {bytes} }}"
        )
    };
    for (at, channels, bytes, key, says) in [
        ("[]", 1, 8192, "hbm.controllers.at", "lists 0 routers: 1 to 256 work"),
        ("[[4, 0]]", 1, 8192, "hbm.controllers.at", "has [4, 0], outside the mesh: [0, 0] to [3, 1] work"),
        ("[[0, 0], [0, 2]]", 1, 8192, "hbm.controllers.at", "has [0, 2], outside the mesh"),
        ("[[0, 0], [0, 0]]", 1, 8192, "hbm.controllers.at", "has [0, 0] twice"),
        ("[[0, 0]]", 0, 8192, "hbm.controllers.channels", "from 1 to 128"),
        ("[[0, 0]]", 1, 0, "hbm.controllers.bytes", "is 0"),
        // All eight slices in one; five and three in two, as the two PEs between are as near to both.
        (
            "[[0, 0]]",
            1,
            8191,
            "hbm.bytes_per_pe",
            "at [0, 0] has 8 slices and hbm.controllers.bytes = 8191: up to 768",
        ),
        ("[[0, 0], [3, 1]]", 1, 5119, "hbm.bytes_per_pe", "at [0, 0] has 5 slices"),
    ] {
        check_refused(&controllers(at, channels, bytes), key, says);
    }
    for (at, bytes) in [("[[0, 0]]", 8192), ("[[0, 0], [3, 1]]", 5120)] {
        let text = format!("base = \"sip\"\n{}", controllers(at, 1, bytes));
        let machine = Machine::from_toml(&text, "room.toml").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(Machine::from_toml(&machine.to_toml(), "printed.toml").as_ref(), Ok(&machine));
    }
}

#[test]
fn opposite_networks_want_a_torus() {
    let networks =
        "[noc.networks]\nmodel = \"opposite\"\nloads = \"noc0\"\nstores = \"noc1\"\nmessages = \"noc0\"\n";
    let torus = |level: &str| format!("[link.{level}]\ntopology = \"torus\"\n");
    for (grid, link, key, says) in [
        ("", String::new(), "link.cube.topology", "is \"mesh\" along x, and [noc.networks] is \"opposite\""),
        ("[grid]\ncube = [1, 4]\n", torus("cube"), "link.pe.topology", "along x"),
        ("[grid]\ncube = [1, 1]\n", String::new(), "link.pe.topology", "so \"torus\" works"),
    ] {
        check_refused(&(networks.to_owned() + grid + &link), key, says);
    }
    for (grid, link) in [("", torus("cube")), ("[grid]\ncube = [1, 1]\n", torus("pe"))] {
        let text = format!("base = \"sip\"\n{networks}{grid}{link}");
        let machine = Machine::from_toml(&text, "two.toml").unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(Machine::from_toml(&machine.to_toml(), "printed.toml").as_ref(), Ok(&machine));
    }
}

#[test]
fn a_spec_built_in_code_is_checked_like_a_file() {
    let whole = Machine::preset("sip").unwrap().spec().clone();
    type Spoil = fn(&mut MachineSpec);
    let cases: [(&str, Spoil); 4] = [
        ("name", |spec| spec.name = " ".to_owned()),
        ("link.pe.bytes_per_cycle", |spec| spec.link.pe.bytes_per_cycle = Rate::whole(0)),
        ("hbm.efficiency", |spec| spec.hbm.efficiency = Rate { numerator: 1, denominator: 0 }),
        ("gemm.macs_per_cycle", |spec| spec.gemm = GemmSpec::Rate { macs_per_cycle: Rate::whole(0) }),
    ];
    for (key, spoil) in cases {
        let mut spec = whole.clone();
        spoil(&mut spec);
        let error = Machine::new(spec).unwrap_err();
        assert!(matches!(&error, MachineError::Value { key: found, .. } if *found == key), "{key}: {error}");
    }
}

#[test]
fn the_channel_rate_is_peak_times_efficiency() {
    let sip = Machine::preset("sip").unwrap();
    assert_eq!(sip.hbm_channel_rate(), "25.6".parse().unwrap());
}
