use std::collections::BTreeSet;

use super::*;
use crate::preset::preset_names;

fn preset(name: &str) -> Machine {
    Machine::preset(name).expect("a preset")
}

const FLITS: &str = "base = \"tiny\"\n[noc.flits]\nbytes = 16\nvirtual_channels = 2\nbuffer_flits = 4\n\
                     rounds_per_cycle = 1\n";

/// As on a command line.
fn said(machine: &Machine) -> Vec<String> {
    let one = |keys: &Keys| keys.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>();
    machine.neighbours().iter().map(|keys| one(keys).join(" ")).collect()
}

#[test]
fn a_machine_has_the_changes_of_its_own_keys() {
    for (name, has, has_not) in [
        (
            "sip",
            &[
                "gemm.dataflow=os",
                "gemm.dataflow=is",
                "gemm.cols=64 gemm.rows=64",
                "link.cube.topology=torus",
                "link.cube.bytes_per_cycle=256 link.pe.bytes_per_cycle=256 noc.port_bytes_per_cycle=256",
                "noc.packet_bytes=2048",
                "noc.collectives=fabric",
                "hbm.channels_per_pe=16",
                "hbm.placement=striped",
                "sram.bytes_per_cycle=256",
            ][..],
            &["gemm.dataflow=ws", "link.sip", "link.pe.topology", "flits", "controllers", "queue"][..],
        ),
        (
            "wormhole",
            &["gemm.cycles_per_tile=8", "hbm.controllers.channels", "hbm.controllers.at=[["],
            &["dataflow", "hbm.channels_per_pe", "hbm.placement", "sram"],
        ),
        (
            "softhier32",
            &["gemm.height=64", "math.lanes=64 math.lanes_16_bit=128"],
            &["dataflow", "gemm.rows"],
        ),
        (
            "metal4",
            &["queue.model=serial", "gemm.macs_per_cycle=512"],
            &["queue.model=overlap", "controllers"],
        ),
        ("wse2", &[], &["controllers", "link.cube"]),
    ] {
        let said = said(&preset(name));
        for wanted in has {
            assert!(said.iter().any(|change| change.contains(wanted)), "{name}: {wanted} in {said:#?}");
        }
        for other in has_not {
            assert!(!said.iter().any(|change| change.contains(other)), "{name}: {other} in {said:#?}");
        }
    }
}

#[test]
fn flits_grow_with_the_links_that_carry_them() {
    let said = said(&Machine::from_toml(FLITS, "flits.toml").expect("a machine that works"));
    for wanted in [
        "link.pe.bytes_per_cycle=32 noc.flits.bytes=32",
        "noc.flits.virtual_channels=4",
        "noc.flits.buffer_flits=8",
    ] {
        assert!(said.iter().any(|change| change == wanted), "{wanted} in {said:#?}");
    }
}

/// No change is one twice, none leaves the machine as it is, and those that are refused say why.
#[test]
fn every_change_of_a_preset_is_another_machine() {
    for name in preset_names() {
        let machine = preset(name);
        let changes = machine.neighbours();
        assert_eq!(changes.iter().collect::<BTreeSet<_>>().len(), changes.len(), "{name}");
        for keys in changes {
            if let Ok(changed) = machine.changed(&keys) {
                assert_ne!(changed, machine, "{name}: {keys:?}");
            }
        }
    }
}

/// A row whose key no machine has would never be offered.
#[test]
fn every_key_of_the_table_is_one_of_some_machine() {
    let presets = preset_names().into_iter().map(|name| preset(name).to_toml());
    let rate = "base = \"tiny\"\n[gemm]\nmodel = \"rate\"\nmacs_per_cycle = 4\n[math]\nlanes_8_bit = 8\n[pe]\n\
                tcm_shared_bytes_per_cycle = 64\n";
    let known: BTreeSet<String> = presets
        .chain([rate, FLITS].map(str::to_owned))
        .flat_map(|text| Machine::from_toml(&text, "a.toml").expect("a machine that works").values())
        .map(|(key, _)| key)
        .collect();
    for key in RESOURCES.iter().flat_map(|resource| resource.keys) {
        assert!(known.contains(*key), "{key}");
    }
}

#[test]
fn controllers_are_mirrored_once() {
    let value =
        |text: &str| toml::from_str::<toml::Table>(&format!("it = {text}")).expect("TOML")["it"].clone();
    for (places, width, both) in [
        ("[[0, 1], [0, 3]]", 4, Some("[[0,1],[0,3],[3,1],[3,3]]")),
        ("[[0, 1], [3, 1]]", 4, None),
        ("[[1, 0]]", 3, None),
    ] {
        assert_eq!(mirrored(&value(places), width).as_deref(), both, "{places}");
    }
}
