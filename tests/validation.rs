//! The timing model against numbers that others print, and that a wrong machine is noticed.

use kernmesh::measure::Fault;
use machine::{GemmSpec, Rate};

use crate::harness::validated;

#[test]
fn every_held_row_is_as_it_must_be() {
    for machine in ["sip", "tiny"] {
        let rows = validated(machine, |_| ());
        let missed: Vec<&str> = rows.iter().filter(|row| row.misses()).map(|row| &row.what[..]).collect();
        assert_eq!(missed, [""; 0], "{machine}");
        assert!(rows.iter().filter(|row| row.held).count() >= 90, "{machine}");
    }
}

/// Canaries: a machine that is not built as it is described.
#[test]
fn a_wrong_machine_makes_a_held_row_miss() {
    let faults: [(Fault, &str); 4] = [
        (|spec| spec.link.pe.hop_cycles.0 += 1, "1 B to a neighbour, idle"),
        (|spec| spec.link.pe.bytes_per_cycle = Rate::whole(100), "65537 B to a neighbour, idle"),
        (|spec| spec.ipcq.release_cycles.0 += 1, "slot ring, n = 1: n messages of 1024 B"),
        (
            |spec| {
                if let GemmSpec::Systolic { rows, .. } = &mut spec.gemm {
                    *rows += 1;
                }
            },
            "GEMM 64×64×64, ws 32×32",
        ),
    ];
    for (fault, what) in faults {
        let rows = validated("sip", fault);
        assert!(rows.iter().any(|row| row.what == what && row.misses()), "{what}");
    }
}
