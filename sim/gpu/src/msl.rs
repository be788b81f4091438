//! Shaders as Metal takes them: MSL, made from the WGSL by naga.

use naga::back::msl;
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

use crate::device::DeviceError;
use crate::launch::{Family, OUTPUT_BINDING, PARAMS_BINDING, WORKGROUP};

/// Metal would otherwise reassociate and assume that there is no infinity (safe maths forbids both), and contract
/// `a * b + c`, which safe maths allows.
const PRAGMAS: &str = "#pragma METAL fp math_mode(safe)\n#pragma METAL fp contract(off)\n";
const VERSION: (u8, u8) = (2, 4);

/// The shader of a family, and what its host must bind. Buffer slots are the bindings of the WGSL. No family has
/// memory of a workgroup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Msl {
    pub family: Family,
    pub text: String,
    /// The name of its kernel function.
    pub entry: String,
    /// Where the sizes of the storage buffers are bound: one u32 each, in bytes, the inputs and then the output.
    pub sizes_slot: u32,
    pub n_sizes: usize,
    /// Threads of a workgroup.
    pub workgroup: [u32; 3],
}

/// Where the sizes are bound.
const SIZES_BINDING: u32 = PARAMS_BINDING + 1;

impl Msl {
    /// # Errors
    /// [`DeviceError::Shader`] when naga refuses the shader.
    pub fn of(family: Family) -> Result<Msl, DeviceError> {
        let (module, checked) = module(family)?;
        let pipeline = msl::PipelineOptions {
            entry_point: None,
            allow_and_force_point_size: false,
            vertex_pulling_transform: false,
            vertex_buffer_mappings: Vec::new(),
            binding_array_length_map: Default::default(),
        };
        let options = options(family);
        let (text, made) = msl::write_string(&module, &checked, &options, &pipeline)
            .map_err(|error| refused(family, error.to_string()))?;
        let entry = made.entry_point_names.into_iter().next();
        let entry = entry.ok_or_else(|| refused(family, "it has no entry point".to_owned()))?;
        let entry = entry.map_err(|error| refused(family, error.to_string()))?;
        let (text, n_sizes) = (format!("{PRAGMAS}{text}"), family.n_inputs() + 1);
        let workgroup = [WORKGROUP, 1, 1];
        Ok(Msl { family, text, entry, sizes_slot: SIZES_BINDING, n_sizes, workgroup })
    }

    /// BLAKE3 of the text, in hex: which shader a report is about.
    pub fn hash(&self) -> String {
        blake3::hash(self.text.as_bytes()).to_hex().to_string()
    }
}

/// The shader as naga sees it, checked, without what it does not use.
pub(crate) fn module(family: Family) -> Result<(naga::Module, ModuleInfo), DeviceError> {
    let wgsl = family.wgsl();
    let mut module =
        naga::front::wgsl::parse_str(&wgsl).map_err(|error| refused(family, error.emit_to_string(&wgsl)))?;
    let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
    let refuse = |error: naga::WithSpan<_>| refused(family, error.emit_to_string(&wgsl));
    validator.validate(&module).map_err(refuse)?;
    naga::compact::compact(&mut module, naga::compact::KeepUnused::No);
    let checked = validator.validate(&module).map_err(refuse)?;
    Ok((module, checked))
}

fn options(family: Family) -> msl::Options {
    // Every view is checked against its buffer before a launch. A check here would hide a wrong address, which
    // validation on a Mac and the address sanitizer under `msl-cpu` report.
    let unchecked = BoundsCheckPolicy::Unchecked;
    let mut entry =
        msl::EntryPointResources { sizes_buffer: Some(SIZES_BINDING as u8), ..Default::default() };
    let inputs = 0..family.n_inputs() as u32;
    for binding in inputs.chain([OUTPUT_BINDING, PARAMS_BINDING]) {
        let buffer = Some(binding as u8);
        let target = msl::BindTarget { buffer, mutable: binding == OUTPUT_BINDING, ..Default::default() };
        entry.resources.insert(naga::ResourceBinding { group: 0, binding }, target);
    }
    msl::Options {
        lang_version: VERSION,
        per_entry_point_map: [(family.entry(), entry)].into_iter().collect(),
        fake_missing_bindings: false,
        bounds_check_policies: BoundsCheckPolicies {
            index: unchecked,
            buffer: unchecked,
            image_load: unchecked,
            binding_array: unchecked,
        },
        // Every loop counts up to a bound.
        force_loop_bounding: false,
        ..Default::default()
    }
}

fn refused(family: Family, why: String) -> DeviceError {
    DeviceError::Shader { family: family.name().to_owned(), why }
}

#[cfg(test)]
#[path = "msl_tests.rs"]
mod tests;
