//! Machines that ship with the simulator.

use crate::machine::{Machine, MachineError};

struct Preset {
    name: &'static str,
    purpose: &'static str,
    toml: &'static str,
}

const PRESETS: &[Preset] = &[
    Preset {
        name: "tiny",
        purpose: "2 × 2 PEs in one cube, slow and easy to follow: for tests and documents",
        toml: include_str!("../presets/tiny.toml"),
    },
    Preset {
        name: "sip",
        purpose: "4 × 4 cubes of 8 PEs, each PE with its own slice of HBM: the default",
        toml: include_str!("../presets/sip.toml"),
    },
    Preset {
        name: "metal4",
        purpose: "four virtual devices on one GPU with shared memory, a command queue each: nothing else orders them",
        toml: include_str!("../presets/metal4.toml"),
    },
    Preset {
        name: "wormhole",
        purpose: "one Tenstorrent Wormhole: 8 × 10 tiles on two opposite networks",
        toml: include_str!("../presets/wormhole.toml"),
    },
    Preset {
        name: "blackhole",
        purpose: "one Tenstorrent Blackhole: 13 × 10 tiles on two opposite networks",
        toml: include_str!("../presets/blackhole.toml"),
    },
    Preset {
        name: "softhier32",
        purpose: "FlatAttention's 32 × 32 mesh: RedMulE, collectives in the routers, HBM2e on two sides",
        toml: include_str!("../presets/softhier32.toml"),
    },
    Preset {
        name: "wse2",
        purpose: "64 × 64 PEs of a Cerebras WSE-2: a word a cycle, 48 KiB each, reductions in the routers",
        toml: include_str!("../presets/wse2.toml"),
    },
];

impl Machine {
    /// A machine that ships with the simulator.
    ///
    /// # Errors
    /// [`MachineError::Unknown`] lists the names that exist.
    pub fn preset(name: &str) -> Result<Machine, MachineError> {
        let text = preset_toml(name).ok_or_else(|| MachineError::Unknown {
            name: name.to_owned(),
            known: preset_names().join(", "),
        })?;
        Machine::from_toml(text, &format!("{name}.toml"))
    }
}

pub fn preset_names() -> Vec<&'static str> {
    PRESETS.iter().map(|preset| preset.name).collect()
}

/// The file of a preset, with the source of every number in its comments.
pub fn preset_toml(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|preset| preset.name == name).map(|preset| preset.toml)
}

/// Purpose of a preset, in one line.
pub fn preset_purpose(name: &str) -> Option<&'static str> {
    PRESETS.iter().find(|preset| preset.name == name).map(|preset| preset.purpose)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_machine_of_its_name_and_survives_toml() {
        for name in preset_names() {
            let machine = Machine::preset(name).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(machine.spec().name, name);
            assert_eq!(
                Machine::from_toml(&machine.to_toml(), "printed.toml").as_ref(),
                Ok(&machine),
                "{name}"
            );
            assert!(preset_purpose(name).is_some_and(|purpose| !purpose.contains('\n')), "{name}");
        }
    }

    #[test]
    fn every_number_of_a_preset_has_its_source_beside_it() {
        for preset in PRESETS {
            for line in preset.toml.lines().filter(|line| line.contains(" = ")) {
                let source = line.split_once(" # ").map(|(_, source)| source.trim());
                assert!(
                    line.starts_with('#') || source.is_some_and(|s| !s.is_empty()),
                    "{}: {line}",
                    preset.name
                );
            }
        }
    }

    #[test]
    fn an_unknown_machine_is_answered_with_the_known_ones() {
        let error = Machine::preset("spi").unwrap_err().to_string();
        let known = "tiny, sip, metal4, wormhole, blackhole, softhier32, wse2";
        assert!(
            error.starts_with(&format!("no machine is called `spi`: the presets are {known};")),
            "{error}"
        );
    }
}
