//! Tensors in safetensors files.

use std::collections::BTreeMap;
use std::path::Path;

use kernels::FileShapes;
use machine::closest;
use program::program::HostTensor;
use program::{DType, Program};
use replay::{HostValue, HostValues};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use crate::error::Error;
use crate::expected::{EXPECTED, Expected, NAIVE};
use crate::source;

/// A whole file of tensors that is a safetensors file.
#[derive(Clone, Debug)]
pub struct TensorFile {
    name: String,
    bytes: Vec<u8>,
}

impl TensorFile {
    /// # Errors
    /// [`Error`] when the file cannot be read or is no safetensors file.
    pub fn open(path: &Path) -> Result<TensorFile, Error> {
        TensorFile::new(path.display().to_string(), source::read(path, "file of tensors")?)
    }

    /// `name` is used in messages.
    ///
    /// # Errors
    /// [`Error::Input`] when the bytes are no safetensors file.
    pub fn new(name: String, bytes: Vec<u8>) -> Result<TensorFile, Error> {
        if let Some(twice) = repeated_name(&bytes) {
            return Err(Error::input(
                format!("tensor `{twice}` is in the header twice"),
                name,
                "write the file again, with one tensor of each name",
            ));
        }
        match SafeTensors::deserialize(&bytes) {
            Ok(_) => Ok(TensorFile { name, bytes }),
            Err(error) => Err(Error::input(
                format!("not a complete safetensors file: {error}"),
                name,
                "write it again, for example with safetensors.numpy.save_file",
            )),
        }
    }

    /// The name of the file, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The shapes of all tensors by name.
    pub fn shapes(&self) -> FileShapes {
        self.file().iter().map(|(name, tensor)| (name.to_owned(), tensor.shape().to_vec())).collect()
    }

    /// Inputs of a program: each value rounded once, to the dtype of the program's input.
    ///
    /// # Errors
    /// [`Error::Input`] for an input that is missing, or has another shape or a dtype that does not convert.
    pub fn inputs(&self, program: &Program) -> Result<HostValues, Error> {
        program.inputs.iter().map(|input| Ok((input.name.clone(), self.input(input)?))).collect()
    }

    fn input(&self, input: &HostTensor) -> Result<HostValue, Error> {
        let file = self.file();
        let tensor = file.tensor(&input.name).map_err(|_| self.missing(&input.name))?;
        self.origin().input(input, &tensor)
    }

    fn missing(&self, name: &str) -> Error {
        let file = self.file();
        let mut names = file.names();
        names.sort_unstable();
        let near = closest(name, &names);
        let help = match near {
            Some(near) => format!("rename `{near}`, if that is it"),
            None if names.is_empty() => "the file has no tensors at all".to_owned(),
            None => format!("the file has {}", names.join(", ")),
        };
        self.origin().refuse(format!("there is no tensor `{name}`"), &help)
    }

    pub(crate) fn origin(&self) -> Origin<'_> {
        Origin(&self.name)
    }
    pub(crate) fn file(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).expect("the file was whole when it was opened")
    }
}

/// A name that the header of a file has twice: readers keep one of the two without a word. `None` also where the bytes
/// are no safetensors file.
fn repeated_name(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let header = rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    let mut names = serde_json::from_slice::<Names>(header).ok()?.0;
    names.sort_unstable();
    names.windows(2).find(|both| both[0] == both[1]).map(|both| both[0].clone())
}

/// The keys of a JSON object, all of them.
struct Names(Vec<String>);

impl<'de> serde::Deserialize<'de> for Names {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Names, D::Error> {
        struct Keys;
        impl<'de> serde::de::Visitor<'de> for Keys {
            type Value = Names;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some((name, serde::de::IgnoredAny)) = map.next_entry()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        from.deserialize_map(Keys)
    }
}

pub(crate) fn conversion(wanted: DType) -> String {
    let (numpy, torch) = match wanted {
        DType::F32 => ("np.float32", "float32"),
        DType::F16 => ("np.float16", "float16"),
        DType::Bf16 => ("ml_dtypes.bfloat16", "bfloat16"),
        DType::F8e4m3 => ("ml_dtypes.float8_e4m3fn", "float8_e4m3fn"),
        DType::F8e5m2 => ("ml_dtypes.float8_e5m2", "float8_e5m2"),
        DType::U8 => ("np.uint8", "uint8"),
        DType::I32 => ("np.int32", "int32"),
        DType::I8 => ("np.int8", "int8"),
        DType::I16 => ("np.int16", "int16"),
        DType::U16 => ("np.uint16", "uint16"),
        DType::U32 => ("np.uint32", "uint32"),
        DType::Bool => ("np.bool_", "bool"),
        DType::I64 => ("np.int64", "int64"),
        DType::F64 => ("np.float64", "float64"),
    };
    format!("convert it: x.astype({numpy}) in numpy, x.to(torch.{torch}) in torch")
}

/// Where tensors come from, in messages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a>(&'a str);

impl<'a> Origin<'a> {
    /// An empty place is told by nobody.
    pub(crate) const fn of(place: &'a str) -> Origin<'a> {
        Origin(place)
    }
    /// The floats of a tensor in f64.
    pub(crate) fn wide(self, tensor: &TensorView<'_>) -> Vec<f64> {
        let dtype = dtype_of(tensor.dtype()).unwrap_or(DType::F32);
        let shape = tensor.shape().iter().map(|&n| n as u32).collect();
        HostValue { shape, dtype, bytes: tensor.data().to_vec() }.wide()
    }
    pub(crate) fn input(self, input: &HostTensor, tensor: &TensorView<'_>) -> Result<HostValue, Error> {
        self.same_shape(&input.name, tensor.shape(), input)?;
        let whole = given(input, tensor.data().to_vec());
        match dtype_of(tensor.dtype()) {
            // A byte of a file may be no truth value.
            Some(dtype) if dtype == input.dtype && dtype != DType::Bool => Ok(whole),
            Some(DType::F64) if input.dtype.is_float() => {
                Ok(rounded(&self.wide(tensor), &input.shape, input.dtype))
            }
            Some(dtype) if converts(dtype, input.dtype) => Ok(HostValue { dtype, ..whole }.cast(input.dtype)),
            Some(_) | None => self.exactly(&input.name, tensor, input),
        }
    }

    /// Integers and truth values as integers of another dtype, where it holds every one of them.
    fn exactly(self, name: &str, tensor: &TensorView<'_>, wanted: &HostTensor) -> Result<HostValue, Error> {
        let no_conversion = || self.no_conversion(name, tensor.dtype(), wanted.dtype);
        let [least, largest] = wanted.dtype.integers().ok_or_else(no_conversion)?;
        let mut bytes = Vec::new();
        for (at, value) in integers(tensor).ok_or_else(no_conversion)?.into_iter().enumerate() {
            if !(i128::from(least)..=i128::from(largest)).contains(&value) {
                let problem = format!(
                    "tensor `{name}` is {}, and its element {at} is {value}, which {} does not hold",
                    tensor.dtype(),
                    wanted.dtype
                );
                return Err(self.refuse(problem, "give numbers in its range"));
            }
            bytes.extend(&value.to_le_bytes()[..wanted.dtype.size() as usize]);
        }
        Ok(given(wanted, bytes))
    }

    pub(crate) fn same_shape(self, name: &str, given: &[usize], wanted: &HostTensor) -> Result<(), Error> {
        if given.iter().copied().eq(wanted.shape.iter().map(|&n| n as usize)) {
            return Ok(());
        }
        let problem =
            format!("tensor `{name}` has shape {given:?}, and `{}` has {:?}", wanted.name, wanted.shape);
        Err(self.refuse(problem, "give a tensor of that shape"))
    }
    fn no_conversion(self, name: &str, given: Dtype, wanted: DType) -> Error {
        let problem = format!("tensor `{name}` is {given}, and the program takes {wanted}");
        self.refuse(problem, &conversion(wanted))
    }

    pub(crate) fn refuse(self, problem: String, help: &str) -> Error {
        Error::input(problem, self.0, help)
    }
}

/// The bytes of a safetensors file with these tensors; the same tensors always give the same bytes.
pub fn to_bytes(tensors: &HostValues) -> Vec<u8> {
    let views = tensors.iter().map(|(name, value)| {
        let shape = value.shape.iter().map(|&n| n as usize).collect();
        (name, TensorView::new(name_of(value.dtype), shape, &value.bytes).expect("a host value is whole"))
    });
    safetensors::serialize(views, None).expect("tensors without metadata can always be written")
}

/// The bytes of a safetensors file with inputs, and beside them what outputs should be, in f64: a replay of a log reads
/// both.
///
/// # Panics
/// When a tensor has fewer elements than its shape says.
pub fn with_expected(inputs: &HostValues, expected: &BTreeMap<String, Expected>) -> Vec<u8> {
    let whole = |shape: &[u32]| shape.iter().map(|&n| n as usize).collect::<Vec<usize>>();
    let mut tensors: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = BTreeMap::new();
    for (name, value) in inputs {
        tensors.insert(name.clone(), (name_of(value.dtype), whole(&value.shape), value.bytes.clone()));
    }
    for (output, Expected { oracle, naive }) in expected {
        let known = [(EXPECTED, Some(oracle)), (NAIVE, naive.as_ref())];
        for (word, wide) in known.into_iter().filter_map(|(word, wide)| Some((word, wide?))) {
            let bytes = wide.values.iter().flat_map(|value| value.to_le_bytes()).collect();
            tensors.insert(format!("{word}.{output}"), (Dtype::F64, wide.values.shape().to_vec(), bytes));
        }
    }
    let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).expect("a tensor is whole"))
    });
    safetensors::serialize(views, None).expect("tensors without metadata can always be written")
}

fn given(tensor: &HostTensor, bytes: Vec<u8>) -> HostValue {
    HostValue { shape: tensor.shape.clone(), dtype: tensor.dtype, bytes }
}

/// The elements of a tensor of integers or truth values.
pub(crate) fn integers(tensor: &TensorView<'_>) -> Option<Vec<i128>> {
    fn each<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> i128) -> Option<Vec<i128>> {
        Some(bytes.as_chunks::<N>().0.iter().map(|bytes| read(*bytes)).collect())
    }
    let bytes = tensor.data();
    // The dtypes of safetensors are an open list.
    if [Dtype::BOOL, Dtype::U8].contains(&tensor.dtype()) {
        each(bytes, |byte| u8::from_le_bytes(byte).into())
    } else if tensor.dtype() == Dtype::I8 {
        each(bytes, |byte| i8::from_le_bytes(byte).into())
    } else if tensor.dtype() == Dtype::I16 {
        each(bytes, |bytes| i16::from_le_bytes(bytes).into())
    } else if tensor.dtype() == Dtype::U16 {
        each(bytes, |bytes| u16::from_le_bytes(bytes).into())
    } else if tensor.dtype() == Dtype::I32 {
        each(bytes, |bytes| i32::from_le_bytes(bytes).into())
    } else if tensor.dtype() == Dtype::U32 {
        each(bytes, |bytes| u32::from_le_bytes(bytes).into())
    } else if tensor.dtype() == Dtype::I64 {
        each(bytes, |bytes| i64::from_le_bytes(bytes).into())
    } else if tensor.dtype() == Dtype::U64 {
        each(bytes, |bytes| u64::from_le_bytes(bytes).into())
    } else {
        None
    }
}

/// Numbers of the host, each rounded once to a float dtype.
pub(crate) fn rounded(numbers: &[f64], shape: &[u32], dtype: DType) -> HostValue {
    if dtype == DType::F64 {
        let bytes = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        return HostValue { shape: shape.to_vec(), dtype, bytes };
    }
    let near: Vec<f32> = numbers.iter().map(|&x| rounded_for(dtype, x)).collect();
    HostValue::of(&near, shape, dtype)
}

/// A number in f32 whose rounding to `dtype` is that of the number itself: what f32 leaves out is kept as an odd last
/// bit, which is no value of a narrower dtype.
fn rounded_for(dtype: DType, x: f64) -> f32 {
    let near = x as f32;
    if dtype == DType::F32 || f64::from(near) == x || x.is_nan() {
        return near;
    }
    let bits = near.to_bits();
    let below = if f64::from(near).abs() > x.abs() { bits - 1 } else { bits };
    f32::from_bits(below | 1)
}

/// Whether values may be rounded from one dtype to the other.
fn converts(from: DType, to: DType) -> bool {
    matches!(from, DType::F32 | DType::F16 | DType::Bf16) && to.is_float()
}

pub(crate) fn dtype_of(name: Dtype) -> Option<DType> {
    DType::ALL.into_iter().find(|dtype| name_of(*dtype) == name)
}

const fn name_of(dtype: DType) -> Dtype {
    match dtype {
        DType::F32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::Bf16 => Dtype::BF16,
        DType::F8e4m3 => Dtype::F8_E4M3,
        DType::F8e5m2 => Dtype::F8_E5M2,
        DType::U8 => Dtype::U8,
        DType::I32 => Dtype::I32,
        DType::I8 => Dtype::I8,
        DType::I16 => Dtype::I16,
        DType::U16 => Dtype::U16,
        DType::U32 => Dtype::U32,
        DType::Bool => Dtype::BOOL,
        DType::I64 => Dtype::I64,
        DType::F64 => Dtype::F64,
    }
}

#[cfg(test)]
#[path = "tensors_tests.rs"]
mod tests;
