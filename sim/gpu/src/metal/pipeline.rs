//! Pipelines made from MSL.

use objc2::available;
use objc2::rc::Retained;
use objc2::runtime::ProtocolObject;
use objc2_foundation::NSString;
use objc2_metal::{
    MTLCompileOptions, MTLComputePipelineState, MTLDevice, MTLLibrary, MTLMathFloatingPointFunctions,
    MTLMathMode,
};

use crate::device::DeviceError;
use crate::launch::Family;
use crate::msl::Msl;

/// A compiled shader, and what it is bound to.
pub struct Pipeline {
    pub state: Retained<ProtocolObject<dyn MTLComputePipelineState>>,
    pub msl: Msl,
}

impl Pipeline {
    pub fn of(device: &ProtocolObject<dyn MTLDevice>, family: Family) -> Result<Pipeline, DeviceError> {
        let msl = Msl::of(family)?;
        let refused = |why: String| DeviceError::Shader { family: family.name().to_owned(), why };
        let source = NSString::from_str(&msl.text);
        let library = device
            .newLibraryWithSource_options_error(&source, Some(&options()))
            .map_err(|error| refused(error.localizedDescription().to_string()))?;
        let function = library
            .newFunctionWithName(&NSString::from_str(&msl.entry))
            .ok_or_else(|| refused(format!("its library has no function `{}`", msl.entry)))?;
        let state = device
            .newComputePipelineStateWithFunction_error(&function)
            .map_err(|error| refused(error.localizedDescription().to_string()))?;
        let threads: u32 = msl.workgroup.iter().product();
        let most = state.maxTotalThreadsPerThreadgroup();
        if threads as usize > most {
            return Err(refused(format!("it needs threadgroups of {threads} threads, and may have {most}")));
        }
        Ok(Pipeline { state, msl })
    }
}

/// Metal's default is fast maths. Safe maths leaves contraction on, so the text itself turns that off; the language
/// is the newest that the system has, since older ones ignore those pragmas.
fn options() -> Retained<MTLCompileOptions> {
    let options = MTLCompileOptions::new();
    if available!(macos = 15.0) {
        options.setMathMode(MTLMathMode::Safe);
        options.setMathFloatingPointFunctions(MTLMathFloatingPointFunctions::Precise);
    } else {
        #[expect(deprecated, reason = "before macOS 15 there is no other way")]
        options.setFastMathEnabled(false);
    }
    options
}

/// The math mode that [`options`] selects on this system, for reports.
pub fn math_mode() -> &'static str {
    if available!(macos = 15.0) { "safe, precise functions" } else { "fast math off" }
}
