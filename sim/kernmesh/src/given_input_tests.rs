use program::DType;

use super::*;

fn given(dtype: &str, bytes: &[u8], to: DType) -> Result<Vec<f64>, String> {
    let size = NUMPY.iter().position(|(name, _)| *name == dtype).map_or(4, |at| match NUMPY[at].0 {
        "bool" => 1,
        "int64" | "float64" => 8,
        _ => 4,
    });
    let input = HostTensor { name: "x".to_owned(), shape: vec![(bytes.len() / size) as u32], dtype: to };
    let made = given_input(&input, (dtype, vec![bytes.len() / size]), bytes);
    made.map(|made| made.wide()).map_err(|error| error.to_string())
}

fn floats(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// 1 + 2^-8 + 2^-40 lies above the middle of two bf16; rounded to f32 first it would lie on it.
#[test]
fn a_number_is_rounded_once() {
    let above = 1.0 + 1.0 / 256.0 + 2f64.powi(-40);
    let ulp = 1.0 / 128.0;
    for (to, x, rounded) in [
        (DType::Bf16, above, 1.0 + ulp),
        (DType::Bf16, -above, -1.0 - ulp),
        (DType::Bf16, 1.0 + 1.0 / 256.0, 1.0),
        (DType::F16, 1.0 + 1.0 / 2048.0 + 2f64.powi(-50), 1.0 + 1.0 / 1024.0),
        (DType::F8e4m3, 1.0 + 1.0 / 16.0 + 2f64.powi(-50), 1.125),
        (DType::F8e5m2, 1e-300, 0.0),
        (DType::F32, 0.1, f64::from(0.1f32)),
        (DType::F16, f64::INFINITY, f64::INFINITY),
    ] {
        assert_eq!(given("float64", &floats(&[x]), to), Ok(vec![rounded]), "{x} to {to}");
    }
}

#[test]
fn what_an_input_does_not_hold_is_refused() {
    let f32s = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let i64s = |values: &[i64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    for (dtype, bytes, to, said) in [
        ("float64", floats(&[0.0, 1e300]), DType::F32, "element 1 of the argument `x` is 1e300"),
        ("float64", floats(&[1e6]), DType::F16, "which f16 does not hold"),
        ("float32", f32s(&[1.0, -1e6]), DType::F16, "element 1 of the argument `x` is -1000000"),
        ("int64", i64s(&[2, 2049]), DType::F16, "its element 1 is 2049, which f16 does not hold"),
        ("int64", i64s(&[i64::MAX]), DType::F32, "does not hold"),
        ("complex64", f32s(&[1.0]), DType::F32, "is complex64, and the kernel takes f32"),
        ("float32", f32s(&[1.0]), DType::I32, "the program takes i32"),
    ] {
        let told = given(dtype, &bytes, to).expect_err(said);
        assert!(told.contains(said), "{told}");
    }
    assert_eq!(given("int64", &i64s(&[-3, 2048]), DType::F16), Ok(vec![-3.0, 2048.0]));
    assert_eq!(given("bool", &[1, 0], DType::Bf16), Ok(vec![1.0, 0.0]));
}
