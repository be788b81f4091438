//! An input of a program that is no file: an array of another language, by NumPy's name of its dtype. Numbers are taken
//! where nothing is lost but one rounding.

use program::program::HostTensor;
use replay::HostValue;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::error::Error;
use crate::tensors::{Origin, conversion, dtype_of, integers, rounded};

/// NumPy's names, those of `ml_dtypes` among them.
const NUMPY: [(&str, Dtype); 15] = [
    ("bool", Dtype::BOOL),
    ("uint8", Dtype::U8),
    ("int8", Dtype::I8),
    ("uint16", Dtype::U16),
    ("int16", Dtype::I16),
    ("uint32", Dtype::U32),
    ("int32", Dtype::I32),
    ("uint64", Dtype::U64),
    ("int64", Dtype::I64),
    ("float16", Dtype::F16),
    ("bfloat16", Dtype::BF16),
    ("float32", Dtype::F32),
    ("float64", Dtype::F64),
    ("float8_e4m3fn", Dtype::F8_E4M3),
    ("float8_e5m2", Dtype::F8_E5M2),
];

/// The values of an array as an input takes them: floats of 16 bits or more rounded once to its dtype, integers and truth
/// values where the dtype holds each of them.
///
/// # Errors
/// [`Error::Input`] for another shape, a dtype that does not convert, an integer that the input does not hold, and a
/// number whose rounding is infinite.
pub fn given_input(
    input: &HostTensor,
    (dtype, shape): (&str, Vec<usize>),
    bytes: &[u8],
) -> Result<HostValue, Error> {
    let origin = Origin::of("");
    let known = NUMPY.iter().find(|(numpy, _)| *numpy == dtype).map(|(_, dtype)| *dtype);
    let tensor = known.and_then(|known| TensorView::new(known, shape, bytes).ok());
    let Some(tensor) = tensor else {
        let problem =
            format!("the argument `{}` is {dtype}, and the kernel takes {}", input.name, input.dtype);
        return Err(origin.refuse(problem, &conversion(input.dtype)));
    };
    origin.same_shape(&input.name, tensor.shape(), input)?;
    if input.dtype.is_float()
        && let Some(values) = integers(&tensor)
    {
        return exactly(origin, input, dtype, &values);
    }
    let made = origin.input(input, &tensor)?;
    let from = dtype_of(tensor.dtype()).filter(|from| from.is_float() && *from != input.dtype);
    match from.map(|_| origin.wide(&tensor)) {
        Some(given) => finite(origin, input, &given, made),
        None => Ok(made),
    }
}

/// The values, when what was given as a number still is one.
fn finite(
    origin: Origin<'_>,
    input: &HostTensor,
    given: &[f64],
    made: HostValue,
) -> Result<HostValue, Error> {
    let values = made.wide();
    match given.iter().zip(&values).position(|(given, made)| given.is_finite() && !made.is_finite()) {
        None => Ok(made),
        Some(at) => {
            let problem = format!(
                "element {at} of the argument `{}` is {:?}, which {} does not hold",
                input.name, given[at], input.dtype
            );
            Err(origin.refuse(problem, "scale the array, or give it infinities where they are meant"))
        }
    }
}

/// Integers as floats.
fn exactly(origin: Origin<'_>, input: &HostTensor, dtype: &str, values: &[i128]) -> Result<HostValue, Error> {
    let near: Vec<f64> = values.iter().map(|&value| value as f64).collect();
    let made = rounded(&near, &input.shape, input.dtype);
    let kept = made.wide();
    match values.iter().zip(&kept).position(|(&value, &kept)| !kept.is_finite() || kept as i128 != value) {
        None => Ok(made),
        Some(at) => {
            let problem = format!(
                "the argument `{}` is {dtype}, and its element {at} is {}, which {} does not hold",
                input.name, values[at], input.dtype
            );
            Err(origin.refuse(problem, &conversion(input.dtype)))
        }
    }
}

#[cfg(test)]
#[path = "given_input_tests.rs"]
mod tests;
