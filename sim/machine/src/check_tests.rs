use super::*;
use crate::machine::{Machine, MachineError};

/// Lays the keys over `sip` and expects `key` to be refused with text that contains `says`.
fn check_refused(keys: &str, key: &str, says: &str) {
    let error = Machine::from_toml(&format!("base = \"sip\"\n{keys}"), "probe.toml").unwrap_err();
    let MachineError::Value { machine, key: found, problem } = &error else {
        panic!("{keys}: {error}");
    };
    assert_eq!((machine.as_str(), *found), ("probe", key), "{keys}");
    assert!(problem.contains(says), "{keys}: {problem}");
    assert_eq!(error.to_string(), format!("machine `probe`: `{key}` {problem}"));
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
        ("noc.inject_cycles = 4294967297", "noc.inject_cycles", "is 4294967297"),
        ("noc.eject_cycles = 4294967297", "noc.eject_cycles", "is 4294967297"),
        ("noc.port_bytes_per_cycle = 1000001", "noc.port_bytes_per_cycle", "is 1000001"),
        ("link.pe.hop_cycles = 4294967297", "link.pe.hop_cycles", "is 4294967297"),
        ("link.cube.bytes_per_cycle = 1000001", "link.cube.bytes_per_cycle", "is 1000001"),
        ("link.sip.hop_cycles = 4294967297", "link.sip.hop_cycles", "is 4294967297"),
        ("hbm.bytes_per_pe = 0", "hbm.bytes_per_pe", "is 0"),
        (
            "hbm.bytes_per_pe = 1000",
            "hbm.bytes_per_pe",
            "is 1000, which is no multiple of hbm.burst_bytes = 256: 1024 is one",
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
        ("sram.bytes = 0", "sram.bytes", "is 0"),
        ("sram.bytes_per_cycle = 1000001", "sram.bytes_per_cycle", "is 1000001"),
        ("sram.latency_cycles = 4294967297", "sram.latency_cycles", "is 4294967297"),
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
