//! Tensors as the host gives and takes them.

use std::collections::BTreeMap;

use oplog::OpLog;
use program::program::HostTensor;
use program::view::MAX_DIMS;
use program::{DType, Dims, Program, TensorId};

use crate::cpu::{CpuError, SimdLevel, Strided, decode, encode, pack, widen};
use crate::error::ReplayError;
use crate::normal;
use crate::operands::is_packed;
use crate::values::{Produced, Values};
use crate::version::Versions;

/// A row-major tensor, little-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostValue {
    pub shape: Vec<u32>,
    pub dtype: DType,
    pub bytes: Vec<u8>,
}

/// Tensors by name.
pub type HostValues = BTreeMap<String, HostValue>;

impl HostValue {
    /// Rounds f32 values to `dtype`, once.
    pub fn of(values: &[f32], shape: &[u32], dtype: DType) -> HostValue {
        HostValue { shape: shape.to_vec(), dtype, bytes: encode(values, dtype, SimdLevel::detect()) }
    }
    /// The values as f32; exact for every float dtype.
    pub fn values(&self) -> Vec<f32> {
        self.read(decode)
    }
    /// The values as f64; exact for every dtype.
    pub fn wide(&self) -> Vec<f64> {
        self.read(widen)
    }
    /// As [`HostValue::wide`], of the elements from `first` on that fill `into`.
    pub fn read_wide(&self, first: usize, into: &mut [f64]) {
        let size = self.dtype.size() as usize;
        let bytes = &self.bytes[first * size..][..into.len() * size];
        for (piece, into) in bytes.chunks(size << 20).zip(into.chunks_mut(1 << 20)) {
            let view = Strided::packed(piece, &[into.len() as u32], self.dtype);
            let values = widen(&view, SimdLevel::detect()).expect("a packed view lies within its own bytes");
            into.copy_from_slice(&values);
        }
    }
    fn read<T>(&self, read: fn(&Strided<'_>, SimdLevel) -> Result<Vec<T>, CpuError>) -> Vec<T> {
        // In pieces, for a view's extents have 32 bits and a tensor may have more elements.
        let pieces = self.bytes.chunks((self.dtype.size() as usize) << 20);
        let elements = pieces.flat_map(|piece| {
            let n = (piece.len() as u64 / self.dtype.size()) as u32;
            let view = Strided::packed(piece, &[n], self.dtype);
            read(&view, SimdLevel::detect()).expect("a packed view lies within its own bytes")
        });
        elements.collect()
    }
    /// The same values in another dtype, rounded once.
    #[must_use]
    pub fn cast(&self, dtype: DType) -> HostValue {
        HostValue::of(&self.values(), &self.shape, dtype)
    }
    fn describe(&self) -> String {
        describe(&self.shape, self.dtype)
    }
}

pub fn describe(shape: &[u32], dtype: DType) -> String {
    format!("{} {dtype}", extents(shape))
}

pub fn extents(shape: &[u32]) -> String {
    let extents: Vec<String> = shape.iter().map(u32::to_string).collect();
    if extents.is_empty() { "scalar".to_owned() } else { extents.join("×") }
}

/// Normal values for every float input of a program, and bytes 0..256 for every integer one. A tensor's values
/// depend on the seed, its name and its shape alone.
pub fn seeded(program: &Program, seed: u64) -> HostValues {
    let input = |tensor: &HostTensor| {
        let bytes = normal::bytes(seed, &tensor.name, tensor.elements() as usize, tensor.dtype);
        (tensor.name.clone(), HostValue { shape: tensor.shape.clone(), dtype: tensor.dtype, bytes })
    };
    program.inputs.iter().map(input).collect()
}

/// Refuses inputs that are missing or not what the program takes.
pub fn check(program: &Program, inputs: &HostValues) -> Result<(), ReplayError> {
    for tensor in &program.inputs {
        let name = tensor.name.clone();
        let needed = describe(&tensor.shape, tensor.dtype);
        let Some(given) = inputs.get(&name) else {
            let names: Vec<&str> = inputs.keys().map(String::as_str).collect();
            let given = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            return Err(ReplayError::MissingInput { name, needed, given });
        };
        if given.shape != tensor.shape || given.dtype != tensor.dtype {
            return Err(ReplayError::WrongInput { name, given: given.describe(), needed });
        }
        if given.bytes.len() as u64 != tensor.bytes() {
            return Err(ReplayError::Bytes { name, bytes: given.bytes.len(), needed });
        }
    }
    Ok(())
}

/// Puts every rank's share of the inputs into its HBM: in place where the share lies in one piece.
///
/// # Errors
/// [`ReplayError::Log`] when a share reaches beyond its input.
pub fn scatter<'h>(
    log: &OpLog,
    versions: &Versions,
    inputs: &'h HostValues,
    values: &mut Values<'h>,
) -> Result<(), ReplayError> {
    for (index, tensor) in log.program.tensors.iter().enumerate() {
        let Some((of, start)) = tensor.role.given() else { continue };
        let id = versions.of_tensor(TensorId(index as u32));
        let share = log.program.inputs.get(of as usize).and_then(|input| {
            share(&inputs.get(&input.name)?.bytes, &input.shape, start, &tensor.shape, tensor.dtype)
        });
        let beyond = || ReplayError::Log(format!("tensor `{}` reaches beyond its input", tensor.name));
        let share = share.ok_or_else(beyond)?;
        if is_packed(&share) {
            let length = share.shape.product() * tensor.dtype.size();
            let end = share.offset + length;
            values.lend(id, share.bytes.get(share.offset as usize..end as usize).ok_or_else(beyond)?);
        } else if !values.is_unused(id) {
            values.insert(id, Produced::Bytes(pack(&share).map_err(|_| beyond())?), 0);
        }
    }
    Ok(())
}

/// The box of a host tensor that begins at `start`.
pub fn share<'a>(
    bytes: &'a [u8],
    host: &[u32],
    start: &[u32],
    shape: &[u32],
    dtype: DType,
) -> Option<Strided<'a>> {
    let inside = host.len() == shape.len() && host.len() == start.len() && host.len() <= MAX_DIMS;
    let axes = || start.iter().zip(shape).zip(host);
    if !inside || axes().any(|((&start, &n), &host)| u64::from(start) + u64::from(n) > u64::from(host)) {
        return None;
    }
    let strides = Dims::new(host).packed_strides();
    let first: u64 =
        start.iter().zip(strides.iter()).map(|(&i, &stride)| u64::from(i) * u64::from(stride)).sum();
    Some(Strided { bytes, offset: first * dtype.size(), shape: Dims::new(shape), strides, dtype })
}
