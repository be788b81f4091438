use half::{bf16, f16};

use super::*;

fn file(tensors: &[(&str, Dtype, &[usize], Vec<u8>)]) -> TensorFile {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (*name, TensorView::new(*dtype, shape.to_vec(), bytes).expect("a whole tensor"))
    });
    TensorFile::new("in.safetensors".to_owned(), safetensors::serialize(views, None).unwrap()).unwrap()
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A program that takes `x` and gives `y`, both of two elements.
fn program(dtype: DType) -> Program {
    let tensor = |name: &str| HostTensor { name: name.to_owned(), shape: vec![2], dtype };
    Program {
        format: program::program::FORMAT,
        kernel: "test".to_owned(),
        params: [].into(),
        rank_axis: machine::RankAxis::Pe,
        inputs: vec![tensor("x")],
        outputs: vec![tensor("y")],
        tensors: Vec::new(),
        rings: Vec::new(),
        n_events: 0,
        ranks: Vec::new(),
        files: Vec::new(),
    }
}

#[test]
fn inputs_are_rounded_once_to_the_dtype_of_the_program() {
    // Halfway between two f16, and below that by what only an f32 can hold.
    let values = [1.0 + 1.0 / 2048.0, 1.0 + 1.0 / 2048.0 + 1.0 / 4_194_304.0];
    let given = file(&[("x", Dtype::F32, &[2], f32s(&values))]);
    let rounded = given.inputs(&program(DType::F16)).unwrap()["x"].bytes.clone();
    let wanted: Vec<u8> = values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes()).collect();
    assert_eq!(rounded, wanted);

    // An f64 is not rounded to f32 on the way, which would lose what is above the half.
    let wide = [1.0 + 1.0 / 2048.0, 1.0 + 1.0 / 2048.0 + 2f64.powi(-40)];
    let bytes = || wide.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let given = file(&[("x", Dtype::F64, &[2], bytes())]);
    assert_eq!(given.inputs(&program(DType::F16)).unwrap()["x"].values(), [1.0, 1.0 + 1.0 / 1024.0]);
    assert_eq!(given.inputs(&program(DType::F64)).unwrap()["x"].bytes, bytes());

    let halves: Vec<u8> =
        [1.5f32, -2.0].iter().flat_map(|&value| bf16::from_f32(value).to_le_bytes()).collect();
    let given = file(&[("x", Dtype::BF16, &[2], halves.clone())]);
    assert_eq!(given.inputs(&program(DType::Bf16)).unwrap()["x"].bytes, halves);
    assert_eq!(given.inputs(&program(DType::F32)).unwrap()["x"].values(), [1.5, -2.0]);
}

#[test]
fn tensors_that_do_not_fit_are_refused() {
    let two = || f32s(&[1.0, 2.0]);
    let check = |tensors: &[(&str, Dtype, &[usize], Vec<u8>)], dtype, problem: &str| {
        let error = file(tensors).inputs(&program(dtype)).unwrap_err();
        assert!(error.to_string().contains(problem), "{error}");
        assert_eq!(error.place(), "in.safetensors");
    };
    check(&[("X", Dtype::F32, &[2], two())], DType::F16, "no tensor `x`");
    check(&[], DType::F16, "no tensor `x`");
    check(&[("x", Dtype::F32, &[1, 2], two())], DType::F16, "shape [1, 2], and `x` has [2]");
    check(&[("x", Dtype::F32, &[2], two())], DType::I32, "F32, and the program takes i32");
    check(&[("x", Dtype::F8_E4M3, &[2], vec![0; 2])], DType::F16, "F8_E4M3, and the program takes f16");
}

#[test]
fn integers_are_taken_where_they_fit() {
    let bytes = |values: [i64; 2]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    for (given, bytes, wanted, values) in [
        (Dtype::I64, bytes([-5, i64::from(i32::MAX)]), DType::I32, Ok([-5.0, 2_147_483_648.0])),
        (Dtype::I64, bytes([0, 255]), DType::U8, Ok([0.0, 255.0])),
        (Dtype::BOOL, vec![1, 0], DType::U8, Ok([1.0, 0.0])),
        (Dtype::BOOL, vec![1, 0], DType::Bool, Ok([1.0, 0.0])),
        (Dtype::BOOL, vec![1, 2], DType::Bool, Err("element 1 is 2, which bool does not hold")),
        (Dtype::U8, vec![1, 0], DType::Bool, Ok([1.0, 0.0])),
        (Dtype::U8, vec![127, 1], DType::I8, Ok([127.0, 1.0])),
        (Dtype::U8, vec![128, 1], DType::I8, Err("element 0 is 128, which i8 does not hold")),
        (Dtype::I8, vec![0xff, 1], DType::I16, Ok([-1.0, 1.0])),
        (Dtype::I8, vec![0xff, 1], DType::U16, Err("element 0 is -1, which u16 does not hold")),
        (Dtype::I64, bytes([1, u32::MAX.into()]), DType::U32, Ok([1.0, 4_294_967_296.0])),
        (Dtype::I64, bytes([1, 1 << 32]), DType::U32, Err("element 1 is 4294967296, which u32")),
        (Dtype::I8, vec![0xff, 1], DType::I64, Ok([-1.0, 1.0])),
        (Dtype::BOOL, vec![1, 0], DType::I32, Ok([1.0, 0.0])),
        (
            Dtype::I64,
            bytes([7, 1 << 31]),
            DType::I32,
            Err("`x` is I64, and its element 1 is 2147483648, which i32 does"),
        ),
        (Dtype::I64, bytes([-1, 0]), DType::U8, Err("element 0 is -1, which u8 does not hold")),
        (Dtype::I64, bytes([1, 2]), DType::F32, Err("`x` is I64, and the program takes f32")),
        (Dtype::BOOL, vec![1, 0], DType::F16, Err("`x` is BOOL, and the program takes f16")),
        (Dtype::F64, vec![0; 16], DType::I32, Err("`x` is F64, and the program takes i32")),
    ] {
        let read = file(&[("x", given, &[2], bytes)]).inputs(&program(wanted));
        match (read, values) {
            (Ok(read), Ok(values)) => assert_eq!(read["x"].values(), values, "{given} to {wanted}"),
            (Err(error), Err(said)) => {
                assert!(error.to_string().contains(said), "{given} to {wanted}: {error}")
            }
            (read, _) => panic!("{given} to {wanted}: {read:?}"),
        }
    }
    let error = file(&[("x", Dtype::I64, &[2], vec![0; 16])]).inputs(&program(DType::Bf16)).unwrap_err();
    assert_eq!(
        error.help(),
        "convert it: x.astype(ml_dtypes.bfloat16) in numpy, x.to(torch.bfloat16) in torch"
    );
}

#[test]
fn every_dtype_survives_a_file() {
    for dtype in DType::ALL {
        let value = HostValue::of(&[1.0, 0.0], &[2], dtype);
        let bytes = to_bytes(&[("x".to_owned(), value.clone())].into());
        let read = TensorFile::new("out.safetensors".to_owned(), bytes).unwrap();
        assert_eq!(read.inputs(&program(dtype)).unwrap()["x"], value, "{dtype}");
    }
}

#[test]
fn damaged_files_are_refused_and_never_panic() {
    let good = to_bytes(&[("x".to_owned(), HostValue::of(&[1.0, 2.0], &[2], DType::F32))].into());
    let mut huge = good.clone();
    huge[7] = 0x40;
    for bytes in [vec![], vec![0; 7], good[..good.len() - 1].to_vec(), [&good[..], &[0]].concat(), huge] {
        let error = TensorFile::new("in.safetensors".to_owned(), bytes).unwrap_err().to_string();
        assert!(error.starts_with("not a complete safetensors file"), "{error}");
    }
}
