//! Parameters of a launch, as `wgsl/view.wgsl` declares them.

use program::op::Constant;
use program::{Dims, Sign, View};

use crate::device::DeviceError;

/// Operand of a launch.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Operand {
    /// In elements, of the four axes of the result; 0 repeats.
    pub strides: [u32; 4],
    /// In bytes, a multiple of the element's size.
    pub offset: u32,
    /// Its place in [`program::DType::ALL`], or [`CONSTANT`].
    pub dtype: u32,
    /// Elements have 1, 2 or 4 bytes, of a copy also 8: 2 to the power of this.
    pub size_log2: u32,
    /// The value of a [`CONSTANT`].
    pub constant: u32,
}

/// `SIGNED` or `UNSIGNED` of `wgsl/view.wgsl`, or 0.
pub(crate) fn code_of(integer: Option<Sign>) -> u32 {
    match integer {
        None => 0,
        Some(Sign::Signed) => 1,
        Some(Sign::Unsigned) => 2,
    }
}

/// In place of a dtype: an operand without a buffer.
pub const CONSTANT: u32 = program::DType::ALL.len() as u32;

/// The contents of the uniform buffer.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Params {
    /// Of the result, with leading extents of 1.
    pub shape: [u32; 4],
    pub to: Operand,
    pub x: Operand,
    pub y: Operand,
    pub z: Operand,
    /// Elements of the result; one thread each.
    pub count: u32,
    /// Threads of a row of workgroups.
    pub row: u32,
    /// Which function of the family.
    pub f: u32,
    /// When the op is one on integers, the code of its sign; else 0.
    pub integer: u32,
    /// What is summed over: how many steps, and how far one goes in x and in y, in elements.
    pub steps: u32,
    pub x_step: u32,
    pub y_step: u32,
    /// The dtype that sums are rounded to.
    pub acc: u32,
}

impl Operand {
    /// A view with these strides.
    fn new(view: &View, strides: [u32; 4]) -> Result<Operand, DeviceError> {
        // Shaders read words; an element of two words may begin at any.
        let size = view.dtype.size().min(4);
        if !view.offset.is_multiple_of(size) {
            let (dtype, offset) = (view.dtype, view.offset);
            return Err(DeviceError::Unfit(format!(
                "a view of {dtype} begins at byte {offset}: begin at a multiple of {size}"
            )));
        }
        // Addresses are u32 in shaders. Beyond them lie only buffers that no device has in one piece.
        if view.end() > u64::from(u32::MAX) {
            return Err(DeviceError::Unfit(format!(
                "a view ends at byte {}: keep buffers below 4 GiB",
                view.end()
            )));
        }
        let (offset, dtype) = (view.offset as u32, view.dtype as u32);
        Ok(Operand { strides, offset, dtype, size_log2: view.dtype.size().trailing_zeros(), constant: 0 })
    }
    pub(crate) fn constant(constant: u32) -> Operand {
        Operand { dtype: CONSTANT, constant, ..Operand::default() }
    }
    /// A constant as the op takes it: 32 bits of an integer in an op on these, else an f32.
    pub(crate) fn of_constant(constant: Constant, integer: Option<Sign>) -> Operand {
        let whole = integer.and_then(|sign| constant.word(sign));
        Operand::constant(whole.map_or(constant.value().to_bits(), i32::cast_unsigned))
    }
    /// A view repeated to fill `shape`.
    pub(crate) fn broadcast(view: &View, shape: Dims) -> Result<Operand, DeviceError> {
        if !program::rules::broadcasts(view.shape, shape) {
            let from = view.shape;
            return Err(DeviceError::Unfit(format!("an operand of {from} does not broadcast to {shape}")));
        }
        let repeats = |axis: &usize| view.shape[*axis] == 1;
        let strides = (0..view.shape.len()).map(|axis| if repeats(&axis) { 0 } else { view.strides[axis] });
        Operand::new(view, padded(strides, 0))
    }
}

impl Params {
    /// Those of an op that writes `to`; what it reads is not in them yet.
    pub(crate) fn to(to: &View) -> Result<Params, DeviceError> {
        let operand = Operand::broadcast(to, to.shape)?;
        let count = u32::try_from(to.elements()).ok().filter(|&count| count <= ELEMENTS_MAX);
        let Some(count) = count else {
            return Err(DeviceError::Unfit(format!("a result of {} has more than 2^31 elements", to.shape)));
        };
        Ok(Params { shape: padded(to.shape.iter().copied(), 1), to: operand, count, ..Params::default() })
    }
}

/// Threads are numbered in u32, and there are up to a row of workgroups more of them than elements.
const ELEMENTS_MAX: u32 = 1 << 31;

/// The values of up to four axes, with `lead` in front of them.
pub(crate) fn padded(values: impl ExactSizeIterator<Item = u32>, lead: u32) -> [u32; 4] {
    let mut four = [lead; 4];
    let missing = 4 - values.len();
    for (to, value) in four[missing..].iter_mut().zip(values) {
        *to = value;
    }
    four
}
