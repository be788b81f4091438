//! A pass as a GPU takes it: which shader, which buffers, and all else as parameters.

mod of;

pub use crate::shaders::Family;

use crate::device::DeviceError;
use crate::params::Params;
use crate::plan::{BufferId, Pass};

/// Binding of the parameters; the output is before them, inputs from 0 on.
pub const PARAMS_BINDING: u32 = 4;
/// Binding of the output.
pub const OUTPUT_BINDING: u32 = 3;
/// Threads of a workgroup, in one dimension.
pub const WORKGROUP: u32 = 64;
/// Workgroups in one dimension of a grid: what every WebGPU device has.
const GRID_MAX: u32 = 65535;

/// A pass, ready for a GPU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    pub family: Family,
    /// By binding, from 0, as many as the family's shader has. `None` is a constant: any buffer may be bound, which
    /// the shader then does not read.
    pub inputs: Vec<Option<BufferId>>,
    pub output: BufferId,
    /// A uniform buffer's contents.
    pub params: Vec<u32>,
    /// Workgroups; never none.
    pub groups: [u32; 3],
}

impl Launch {
    /// The launch of a pass.
    ///
    /// # Errors
    /// [`DeviceError::Unfit`] when its op is not one of a GPU, or its views are not what its op takes.
    pub fn of(pass: &Pass) -> Result<Launch, DeviceError> {
        of::launch(pass)
    }

    fn new(family: Family, inputs: Vec<Option<BufferId>>, output: BufferId, mut params: Params) -> Launch {
        assert_eq!(inputs.len(), family.n_inputs(), "a launch binds what its shader has");
        let groups = params.count.div_ceil(WORKGROUP).max(1);
        let wide = groups.min(GRID_MAX);
        params.row = wide * WORKGROUP;
        let params = bytemuck::cast_slice(bytemuck::bytes_of(&params)).to_vec();
        Launch { family, inputs, output, params, groups: [wide, groups.div_ceil(wide), 1] }
    }
}

#[cfg(test)]
#[path = "launch_tests.rs"]
mod tests;
