use std::mem::{offset_of, size_of};

use naga::{AddressSpace, TypeInner};

use super::*;
use crate::params::{Operand, Params};

fn every() -> impl Iterator<Item = Msl> {
    Family::ALL.into_iter().map(|family| Msl::of(family).unwrap_or_else(|error| panic!("{error}")))
}

/// What a Mac compiles, to the letter: another version of naga shows here as a diff.
#[test]
fn golden_text_of_every_family() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for msl in every() {
        settings.bind(|| insta::assert_snapshot!(format!("{}.metal", msl.family.name()), msl.text));
    }
}

#[test]
fn maths_is_safe_and_not_contracted_in_every_text() {
    for msl in every() {
        assert!(msl.text.starts_with(PRAGMAS), "{}", msl.entry);
        assert!(msl.text.contains("// language: metal2.4"), "{}", msl.entry);
        assert_eq!(msl.hash().len(), 64);
    }
}

#[test]
fn a_host_binds_what_the_text_declares() {
    for msl in every() {
        let declared = |what: &str| msl.text.matches(what).count();
        let entry = format!("kernel void {}(", msl.entry);
        assert_eq!(declared(&entry), 1, "{}", msl.text);
        let inputs = 0..msl.family.n_inputs() as u32;
        let slots: Vec<u32> = inputs.chain([OUTPUT_BINDING, PARAMS_BINDING, msl.sizes_slot]).collect();
        assert!(
            slots.iter().all(|slot| declared(&format!("[[buffer({slot})]]")) == 1),
            "{slots:?} of {entry}"
        );
        assert_eq!(declared("[[buffer("), slots.len(), "{entry}");
        let sizes = (0..).take_while(|size| declared(&format!("    uint size{size};")) == 1).count();
        assert_eq!(sizes, msl.n_sizes, "{entry}");
    }
}

/// Offset and name of each member of a struct, and its size.
fn layout(module: &naga::Module, name: &str) -> (Vec<(String, u32)>, u32) {
    let found = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name));
    let Some((_, naga::Type { inner: TypeInner::Struct { members, span }, .. })) = found else {
        panic!("{name} is no struct of the shader")
    };
    let members = members.iter().map(|member| (member.name.clone().unwrap_or_default(), member.offset));
    (members.collect(), *span)
}

macro_rules! layout_here {
    ($struct:ident, $($field:ident)*) => {
        (vec![$((stringify!($field).to_owned(), offset_of!($struct, $field) as u32)),*], size_of::<$struct>() as u32)
    };
}

#[test]
fn params_lie_as_shaders_read_them() {
    let operand = layout_here!(Operand, strides offset dtype size_log2 constant);
    let params = layout_here!(Params, shape to x y z count row f integer steps x_step y_step acc);
    for family in Family::ALL {
        let (module, _) = module(family).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(layout(&module, "Operand"), operand, "{}", family.name());
        assert_eq!(layout(&module, "Params"), params, "{}", family.name());
    }
}

/// So that threads may run one after the other, and results do not depend on how many run together.
#[test]
fn no_shader_has_memory_of_a_workgroup_or_a_barrier() {
    for family in Family::ALL {
        let (module, _) = module(family).unwrap_or_else(|error| panic!("{error}"));
        let spaces: Vec<AddressSpace> =
            module.global_variables.iter().map(|(_, global)| global.space).collect();
        assert!(!spaces.contains(&AddressSpace::WorkGroup), "{}", family.name());
        let text = family.wgsl();
        for banned in ["Barrier", "subgroup", "enable "] {
            assert!(!text.contains(banned), "{} has `{banned}`", family.name());
        }
    }
}

#[test]
fn shaders_and_hosts_agree_on_dtypes_and_workgroups() {
    let text = Family::Binary.wgsl();
    for dtype in program::DType::ALL {
        let line = format!("const {}: u32 = {}u;", dtype.name().to_uppercase(), dtype as u32);
        assert!(text.contains(&line), "no `{line}`");
    }
    let constant = format!("const CONSTANT: u32 = {}u;", crate::params::CONSTANT);
    assert!(text.contains(&constant), "no `{constant}`");
    for msl in every() {
        assert_eq!(msl.workgroup, [WORKGROUP, 1, 1]);
        assert!(
            msl.text.contains(&format!("[[max_total_threads_per_threadgroup({WORKGROUP})]]")),
            "{}",
            msl.entry
        );
    }
}
