use machine::{Cycles, GemmSpec, Machine, Rate};
use probe::Fault;

use super::*;

fn bench(name: &str) -> Bench {
    Bench::of(&Machine::preset(name).expect("a preset")).expect("a machine of PEs")
}

/// Every boundary there is, widths and costs that differ, fractions, and three clocks of which none divides another.
const MIXED: &str = r#"
base = "sip"
[clock]
pe_fs = 740741
noc_fs = 1000003
hbm_fs = 468823
[grid]
pe = [3, 2]
cube = [2, 1]
sip = [1, 2]
[pe]
tcm_bytes_per_cycle = "11.8"
[noc]
packet_bytes = 512
port_bytes_per_cycle = 20
[link.pe]
bytes_per_cycle = 18
[link.cube]
bytes_per_cycle = "12.5"
[link.sip]
bytes_per_cycle = 7
"#;

/// Two tori that go one way round each.
const NETWORKS: &str = r#"
[noc.networks]
model = "opposite"
loads = "noc1"
stores = "noc0"
"#;

/// What a row says, with its numbers, where it misses.
fn missed(rows: &[Row]) -> Vec<String> {
    let row = |row: &Row| format!("{}: {:?}, ours {:?}", row.what, row.reference, row.ours);
    rows.iter().filter(|row| row.misses()).map(row).collect()
}

#[test]
fn no_held_row_misses() {
    let of = |text: &str| {
        let machine = Machine::from_toml(text, "mixed.toml").expect("a machine");
        Bench::of(&machine).expect("a machine of PEs")
    };
    let opposite = |messages| {
        let mixed = MIXED.replace("\"12.5\"", "\"12.5\"\ntopology = \"torus\"");
        of(&format!("{mixed}topology = \"torus\"\n{NETWORKS}messages = \"{messages}\"\n"))
    };
    for (name, bench) in [
        ("sip", bench("sip")),
        ("tiny", bench("tiny")),
        ("wormhole", bench("wormhole")),
        ("softhier32", bench("softhier32")),
        ("mixed", of(MIXED)),
        ("east and south", opposite("noc0")),
        ("north and west", opposite("noc1")),
    ] {
        let rows = of_small_programs(&bench).expect("every program runs");
        assert_eq!(missed(&rows), [""; 0], "{name}");
        let held = rows.iter().filter(|row| row.held).count();
        assert!(held > 80, "{name}: {held} rows are held");
    }
}

/// Machines that are not built as they are described: each fault is found by a row of its kind.
#[test]
fn a_wrong_number_makes_a_held_row_miss() {
    let faults: [(&str, &str, Fault); 13] = [
        ("rows of the array", "GEMM", |spec| {
            if let GemmSpec::Systolic { rows, .. } = &mut spec.gemm {
                *rows += 1;
            }
        }),
        ("hop", "to a neighbour", |spec| spec.link.pe.hop_cycles.0 += 1),
        ("hop between cubes", "to the next cube", |spec| spec.link.cube.hop_cycles.0 += 1),
        ("inject", "idle line", |spec| spec.noc.inject_cycles.0 += 1),
        ("width", "all-gather", |spec| spec.link.pe.bytes_per_cycle = Rate::whole(7)),
        ("credit", "slot ring, n = 1:", |spec| spec.ipcq.release_cycles.0 += 1),
        ("width of the fabric", "fabric multicast", |spec| spec.link.pe.bytes_per_cycle = Rate::whole(7)),
        ("adders", "fabric reduction", |spec| spec.noc.reduce_cycles = Cycles(0)),
        ("math unit", "software reduction", |spec| spec.math.simple_cycles.0 += 1),
        ("send", "causal ring", |spec| spec.ipcq.send_cycles = Cycles(1_000_000)),
        ("Ethernet", "all_gather, line of 4, 1 GiB", |spec| spec.link.sip.bytes_per_cycle = Rate::whole(9)),
        ("DRAM", "DRAM reads, 48 tiles, placed", |spec| spec.hbm.bytes_per_cycle = Rate::whole(22)),
        ("phases", "GEMM 2560×4992×4992", |spec| {
            if let GemmSpec::Phases { cycles_per_tile, .. } = &mut spec.gemm {
                *cycles_per_tile += 4;
            }
        }),
    ];
    for (name, row, fault) in faults {
        let rows = of_small_programs(&bench("sip").with_fault(fault)).expect("every program runs");
        let missed = missed(&rows);
        assert!(missed.iter().any(|said| said.contains(row)), "{name}: {missed:?}");
    }
}

/// FlatAttention's example: 1148 cycles by software, 176 by the fabric.
#[test]
fn multicasts_and_reductions_take_the_cycles_of_their_formulas() {
    let rows = validate(&bench("sip")).expect("every program runs");
    for (what, ours) in [
        ("software multicast of 16 KiB to a chain of 7", 1148.0),
        ("fabric multicast of 16 KiB to a chain of 7", 176.0),
        ("fabric reduction of 16 KiB from a chain of 7", 197.0),
        ("fabric multicast of 16 KiB to a chain of 1", 152.0),
        ("WSE-2 chain, 256 words, 8 PEs", 298.0),
    ] {
        let row = rows.iter().find(|row| row.what == what).expect("a row");
        assert_eq!((row.ours, row.pass), (Some(ours), Some(true)), "{what}: {:?}", row.reference);
    }
}

/// The misses of sim/timing/DEVIATIONS.md that are known by a number: when one closes, its row there goes.
#[test]
fn known_misses_are_as_they_are_written_down() {
    let rows = of_small_programs(&bench("sip")).expect("every program runs");
    for (what, ours) in [
        ("credit loop: buffer 6, credit delay 1", 1.0),
        ("all-gather of 8, ring, both ways: time", 356.0),
        ("all-gather of 8, line: time", 608.0),
    ] {
        let row = rows.iter().find(|row| row.what == what).expect("a row");
        assert_eq!((row.ours, row.held), (Some(ours), false), "{what}: {:?}", row.reference);
    }
}

#[test]
fn loaded_networks_are_as_booksim_has_them() {
    let rows = traffic::rows(&bench("sip")).expect("every program runs");
    assert_eq!(missed(&rows), [""; 0]);
    assert!(rows.len() > 15 && rows.iter().all(|row| row.held));
}

/// Routers that are not built as they are described: buffers of one flit, and one round a cycle.
#[test]
fn wrong_routers_make_rows_of_traffic_miss() {
    let faults: [(&str, Fault); 2] = [
        ("buffers", |spec| {
            if let Some(flits) = &mut spec.noc.flits {
                flits.buffer_flits = 1;
            }
        }),
        ("hop", |spec| spec.link.cube.hop_cycles.0 += 1),
    ];
    for (name, fault) in faults {
        let rows = traffic::few(&bench("sip").with_fault(fault)).expect("every program runs");
        assert!(!missed(&rows).is_empty(), "{name}");
    }
}

/// The same of Tenstorrent's chips, in percent of what is printed.
#[test]
fn known_misses_of_chips_are_as_they_are_written_down() {
    let rows = tenstorrent::rows(&bench("sip")).expect("every program runs");
    for (what, percent) in [
        ("reduce_scatter, line of 4, 1 MiB", -21.0),
        ("reduce_scatter, line of 4, 1 GiB", -12.0),
        ("all_reduce, line of 4, 1 GiB", -7.0),
        ("all_to_all, line of 4, 64 KiB", -24.0),
        ("all_to_all, line of 4, 1 GiB", -4.0),
        ("all_gather, ring of 8, 1 GiB", -13.0),
        ("reduce_scatter, ring of 8, 1 MiB", -36.0),
        ("reduce_scatter, ring of 8, 1 GiB", -31.0),
        ("all_reduce, ring of 8, 1 GiB", -24.0),
        ("all_to_all, ring of 8, 1 GiB", -31.0),
        ("Blackhole all_reduce, ring of 8, 1 MiB", -25.0),
        ("Blackhole all_reduce, ring of 8, 1 GiB", -8.0),
        ("Wormhole: write of a flit, 20 hops", -8.0),
        ("Blackhole: write of a flit, 27 hops", -16.0),
        ("Wormhole: read of a flit, the same column", 16.0),
        ("Wormhole: transfers of 8192 B", -6.0),
        ("Wormhole DRAM reads, 12 tiles, random, noc0", -25.0),
        ("Wormhole DRAM reads, 12 tiles, random, noc1", -15.0),
        ("Wormhole DRAM writes, 48 tiles, random, noc0", 39.0),
        ("Wormhole DRAM writes, 48 tiles, random, noc1", 43.0),
        ("N150 GEMM 4096×4096×4096, bfp8 HiFi2", 15.0),
        ("N150 GEMM 512×512×512, bfp4 LoFi", -39.0),
    ] {
        let row = rows.iter().find(|row| row.what == what).unwrap_or_else(|| panic!("no row {what}"));
        assert_eq!((row.difference.map(f64::round), row.held), (Some(percent), false), "{row:?}");
    }
}

/// Randomly chosen tiles: the network whose columns of DRAM are not crowded is the faster one, as measured, by half.
#[test]
fn random_tiles_find_the_order_of_the_two_networks() {
    let rows = tenstorrent::rows(&bench("sip")).expect("every program runs");
    for tiles in [12, 48] {
        let speed = |verb: &str, noc: &str| {
            let what = format!("Wormhole DRAM {verb}, {tiles} tiles, random, {noc}");
            rows.iter().find(|row| row.what == what).and_then(|row| row.ours).expect("a measured row")
        };
        assert!(speed("reads", "noc0") > 1.5 * speed("reads", "noc1"), "{tiles}");
        assert!(speed("writes", "noc1") > 1.5 * speed("writes", "noc0"), "{tiles}");
    }
}
