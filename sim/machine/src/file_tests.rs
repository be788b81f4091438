use super::*;
use crate::quantity::{Bytes, Rate};
use crate::spec::{Dataflow, GemmSpec};

fn on_sip(keys: &str) -> Machine {
    Machine::from_toml(&format!("base = \"sip\"\n{keys}"), "probe.toml")
        .unwrap_or_else(|e| panic!("{keys}: {e}"))
}

#[test]
fn keys_of_a_file_override_those_of_its_base() {
    let sip = Machine::preset("sip").unwrap();
    let probe = on_sip("pe.tcm_bytes = 1024\n[link.cube]\nbytes_per_cycle = \"11.8\"\n");
    let mut expected = sip.spec().clone();
    expected.name = "probe".to_owned();
    expected.pe.tcm_bytes = Bytes(1024);
    expected.link.cube.bytes_per_cycle = Rate::new(59, 5).unwrap();
    assert_eq!(probe.spec(), &expected);
}

#[test]
fn a_machine_with_a_base_is_named_by_its_file_unless_it_names_itself() {
    for (file, keys, name) in [
        ("probe.toml", "", "probe"),
        ("some/where/wide-links.toml", "", "wide-links"),
        ("probe.toml", "name = \"mine\"", "mine"),
    ] {
        let machine = Machine::from_toml(&format!("base = \"tiny\"\n{keys}"), file).unwrap();
        assert_eq!(machine.spec().name, name, "{file}");
    }
}

#[test]
fn gemm_is_merged_within_a_model_and_replaced_by_another() {
    let systolic = |rows, cols, dataflow| GemmSpec::Systolic { rows, cols, dataflow };
    for (keys, gemm) in [
        ("gemm.rows = 16", systolic(16, 32, Dataflow::Ws)),
        ("gemm = { model = \"systolic\", dataflow = \"os\" }", systolic(32, 32, Dataflow::Os)),
        (
            "gemm = { model = \"rate\", macs_per_cycle = 512 }",
            GemmSpec::Rate { macs_per_cycle: Rate::whole(512) },
        ),
    ] {
        assert_eq!(on_sip(keys).spec().gemm, gemm, "{keys}");
    }
}

#[test]
fn a_machine_printed_as_toml_reads_back_equal() {
    for keys in [
        "",
        "link.pe.bytes_per_cycle = \"23.2\"",
        "gemm = { model = \"rate\", macs_per_cycle = \"1/3\" }",
        "name = \"with \\\"quotes\\\" and\\nlines\"",
        "pe.tcm_bytes = 1099511627776",
    ] {
        let machine = on_sip(keys);
        assert_eq!(Machine::from_toml(&machine.to_toml(), "printed.toml"), Ok(machine), "{keys}");
    }
}

#[test]
fn what_cannot_be_read_is_answered_with_its_place_and_a_repair() {
    let base = "base = \"sip\"\n";
    let known = preset_names().join(", ");
    let no_preset = &*format!("m.toml:1:8: `base` must name a preset in quotes; the presets are {known}");
    for (text, message) in [
        ("base = \"sip\"\npe = [", "m.toml:2:7: unclosed array, expected `]`"),
        ("base = \"spi\"", no_preset),
        ("base = 3", no_preset),
        (
            "name = \"x\"",
            "m.toml:1:1: the key `sync` is missing: add it, or start from a preset with base = \"sip\"",
        ),
        (
            &format!("{base}[pe]\ntcm_byte = 3"),
            "m.toml:3:1: unknown key `tcm_byte`: did you mean `tcm_bytes`?",
        ),
        (&format!("{base}pe.tcm_byte = 3"), "m.toml:2:4: unknown key `tcm_byte`: did you mean `tcm_bytes`?"),
        (
            &format!("{base}colour = 3"),
            "m.toml:2:1: unknown key `colour`: known are name, sync, clock, grid, pe, gemm, math, ipcq, noc, link, hbm, sram, queue, base",
        ),
        ("bas = \"sip\"", "m.toml:1:1: unknown key `bas`: did you mean `base`?"),
        (&format!("{base}[link.cub]\nhop_cycles = 3"), "m.toml:2:7: unknown key `cub`: did you mean `cube`?"),
        (&format!("{base}\n[gemm]\nrow = 3"), "m.toml:3:1: unknown key `row`: did you mean `rows`?"),
        (
            &format!("{base}[gemm]\nmodel = \"rate\""),
            "m.toml:2:1: the key `macs_per_cycle` is missing: add it",
        ),
        (
            &format!("{base}sync = \"interlock\""),
            "m.toml:2:8: unknown value `interlock`: did you mean `interlocked`?",
        ),
        (
            &format!("{base}link.pe.topology = \"tours\""),
            "m.toml:2:20: unknown value `tours`: did you mean `torus`?",
        ),
        (
            &format!("{base}pe.fifo_depth = -1"),
            "m.toml:2:17: integer `-1`, expected an integer from 0 to 4294967295",
        ),
        (
            &format!("{base}hbm.efficiency = 0.8"),
            "m.toml:2:18: write 0.8 in quotes (\"0.8\"), so that it stays exact",
        ),
        (
            &format!("{base}\n[pe]\ndma_channels = 0"),
            "m.toml:4:1: `pe.dma_channels` is 0: a number from 1 to 32 works",
        ),
        (
            &format!("{base}[grid]\npe = [4000, 4000]"),
            "m.toml:3:1: `grid.pe` is [4000, 4000]: the grid may have at most 1048576 PEs in all",
        ),
        (
            &format!("{base}hbm.burst_bytes = 7"),
            "m.toml:2:5: `hbm.bytes_per_pe` is 4294967296, which is not a multiple of hbm.burst_bytes = 7: 4294967299 is one",
        ),
        ("name = \"ä\" x", "m.toml:1:12: unexpected key or value, expected newline, `#`"),
    ] {
        is_refused(text, message);
    }
}

fn is_refused(text: &str, message: &str) {
    assert_eq!(Machine::from_toml(text, "m.toml").unwrap_err().to_string(), message, "{text}");
}

#[test]
fn a_list_has_as_many_elements_as_its_key_and_is_no_table() {
    let base = "base = \"sip\"\n";
    for (text, message) in [
        (&format!("{base}grid.pe = 4"), "m.toml:2:11: integer `4`, expected a list of 2"),
        (
            &format!("{base}grid.pe = [4, 4, 4]"),
            "m.toml:2:11: the list has an element too many: leave the last out",
        ),
        (&format!("{base}grid.pe = [4]"), "m.toml:2:11: invalid length 1, expected a list of 2"),
        (&format!("{base}clock = [1, 2, 3]"), "m.toml:2:9: a list, expected a table"),
        (
            &format!(
                "{base}hbm.placement = \"controllers\"\nhbm.controllers = {{ at = [[0, 0, 1]], channels = 1, bytes = 1 }}"
            ),
            "m.toml:3:27: the list has an element too many: leave the last out",
        ),
    ] {
        is_refused(text, message);
    }
}
