//! Ops that move or make bytes without computing on them.

use program::op::Constant;
use program::{DType, Dims, Sign};

use super::convert::{encode, encode_integers, gather};
use super::error::CpuError;
use super::operand::{Packed, Strided};
use super::simd::SimdLevel;

/// The bytes of a view, row-major, with none changed: NaNs keep their bits.
pub fn pack(from: &Strided) -> Result<Vec<u8>, CpuError> {
    from.check()?;
    Ok(match from.dtype.size() {
        1 => gather::<[u8; 1], _>(from, [0; 1], |raw| raw).into_flattened(),
        2 => gather::<[u8; 2], _>(from, [0; 2], |raw| raw).into_flattened(),
        8 => gather::<[u8; 8], _>(from, [0; 8], |raw| raw).into_flattened(),
        _ => gather::<[u8; 4], _>(from, [0; 4], |raw| raw).into_flattened(),
    })
}

/// Writes packed bytes to the places of a view of `into`: the inverse of [`pack`]. Where a stride of 0 gives
/// one place several elements, the last stays.
pub fn unpack(
    packed: &[u8],
    into: &mut [u8],
    offset: u64,
    strides: Dims,
    to: Packed,
) -> Result<(), CpuError> {
    let view = Strided { bytes: into, offset, shape: to.shape, strides, dtype: to.dtype };
    view.check()?;
    Strided { bytes: packed, offset: 0, strides: to.shape.packed_strides(), ..view }.check()?;
    let size = to.dtype.size() as usize;
    let mut rest = packed;
    for run in view.runs() {
        let (row, after) = rest.split_at(run.len * size);
        rest = after;
        if run.stride == size {
            into[run.start..][..row.len()].copy_from_slice(row);
        } else {
            for (i, element) in row.chunks_exact(size).enumerate() {
                into[run.start + i * run.stride..][..size].copy_from_slice(element);
            }
        }
    }
    Ok(())
}

/// A tensor of one value, rounded to its dtype; an integer dtype keeps an integer.
pub fn fill(value: Constant, to: Packed) -> Vec<u8> {
    let one = match value {
        Constant::Float(_) => encode(&[value.value()], to.dtype, SimdLevel::Narrow),
        Constant::Integer(value) => encode_integers(&[value], Sign::Signed, to.dtype),
        Constant::Unsigned(value) => encode_integers(&[value.cast_signed()], Sign::Unsigned, to.dtype),
    };
    one.repeat(to.elements())
}

/// `start + i · step` along `axis`, wrapping, the same along all others.
pub fn iota(axis: u8, start: i32, step: i32, to: Packed) -> Result<Vec<u8>, CpuError> {
    let shape = to.shape;
    let Some(&extent) = shape.get(usize::from(axis)) else { return Err(CpuError::Axis { axis, shape }) };
    let line: Vec<u8> = (0..extent)
        .flat_map(|i| start.wrapping_add(step.wrapping_mul(i.cast_signed())).to_le_bytes())
        .collect();
    let mut strides = [0; program::view::MAX_DIMS];
    strides[usize::from(axis)] = 1;
    let strides = Dims::new(&strides[..shape.len()]);
    let line = Strided { bytes: &line, offset: 0, shape, strides, dtype: DType::I32 };
    Ok(encode_integers(&super::convert::whole(&line), Sign::Signed, to.dtype))
}
