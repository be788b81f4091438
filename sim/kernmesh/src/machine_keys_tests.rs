//! The reference of keys is that of the types; `make bless` writes it anew.

use std::env;
use std::fs;
use std::path::Path;

use machine::{Machine, preset_names};

use super::*;
use crate::cli::machine_schema;
use crate::render::{Paint, keys, keys_markdown};

fn listed() -> Vec<MachineKey> {
    machine_keys(machine_schema(), &Machine::preset("sip").expect("a preset").values())
}

#[test]
fn the_reference_of_keys_is_that_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/machine-keys.md");
    let text = keys_markdown(&listed());
    if env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        fs::write(&path, &text).expect("the page is written");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "docs/machine-keys.md is not that of the types: `make bless` writes it");
}

#[test]
fn every_key_of_every_preset_is_listed_with_a_meaning() {
    let all = listed();
    for preset in preset_names() {
        for (key, value) in Machine::preset(preset).expect("a preset").values() {
            let found = all.iter().find(|it| it.key == key);
            let found = found.unwrap_or_else(|| panic!("{preset}: {key} = {value} is not listed"));
            assert!(!found.values.is_empty(), "{key}");
        }
    }
    let key = |name: &str| all.iter().find(|it| it.key == name).expect(name);
    assert_eq!((key("pe.tcm_bytes").unit, &key("pe.tcm_bytes").default), ("B", &None));
    assert_eq!(key("clock.ghz").unit, "GHz");
    assert_eq!(key("clock.ghz").default.as_deref(), Some("none"));
    assert_eq!(key("gemm.macs_per_cycle").model.as_deref(), Some("rate"));
    assert_eq!(key("noc.collectives").values, "software, fabric");
    assert_eq!(key("link.pe.hop_cycles").in_sip.as_deref(), Some("4"));
}

#[test]
fn every_key_says_what_it_means() {
    let silent: Vec<String> =
        listed().into_iter().filter(|it| it.meaning.is_empty()).map(|it| it.key).collect();
    assert_eq!(silent, Vec::<String>::new(), "say it in spec.rs");
    let text = keys(&listed(), Paint::default());
    assert!(text.lines().all(|line| line.chars().count() <= crate::render::WIDTH), "{text}");
}
