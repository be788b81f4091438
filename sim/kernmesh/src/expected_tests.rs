use program::program::HostTensor;
use safetensors::tensor::TensorView;

use super::*;

type Tensor = (&'static str, Dtype, &'static [usize], Vec<u8>);

fn file(tensors: &[Tensor]) -> TensorFile {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (*name, TensorView::new(*dtype, shape.to_vec(), bytes).expect("a whole tensor"))
    });
    TensorFile::new("in.safetensors".to_owned(), safetensors::serialize(views, None).unwrap()).unwrap()
}

/// A program that takes `x` and gives these outputs, all of two elements.
fn program(outputs: &[&str], dtype: DType) -> Program {
    let tensor = |name: &&str| HostTensor { name: (*name).to_owned(), shape: vec![2], dtype };
    Program {
        format: program::program::FORMAT,
        kernel: "test".to_owned(),
        params: [].into(),
        rank_axis: machine::RankAxis::Pe,
        inputs: vec![tensor(&"x")],
        outputs: outputs.iter().map(tensor).collect(),
        tensors: Vec::new(),
        rings: Vec::new(),
        n_events: 0,
        ranks: Vec::new(),
        files: Vec::new(),
    }
}

#[test]
fn every_dtype_is_compared_with() {
    let halves = || [1.5f32, -2.0].iter().flat_map(|x| half::f16::from_f32(*x).to_le_bytes()).collect();
    let f32s = || [1.5f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    // Between two f32.
    let fine = 1.0 + f64::EPSILON;
    let f64s = || [fine, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let i64s = || [7i64, -2].iter().flat_map(|x| x.to_le_bytes()).collect();
    for (dtype, bytes, first, rounded) in [
        (Dtype::F16, halves(), 1.5, Some(DType::F16)),
        (Dtype::F32, f32s(), 1.5, Some(DType::F32)),
        (Dtype::F64, f64s(), fine, None),
        (Dtype::I64, i64s(), 7.0, None),
    ] {
        for output in [DType::F16, DType::I32] {
            let found =
                file(&[("expected", dtype, &[2], Vec::clone(&bytes))]).expected(&program(&["y"], output));
            let oracle = &found.unwrap()["y"].oracle;
            assert_eq!(
                (oracle.values.as_slice(), oracle.dtype),
                (Some(&[first, -2.0][..]), rounded),
                "{dtype}"
            );
        }
    }
    for beyond in [(1i64 << 53) + 1, i64::MAX] {
        let bytes = [beyond, 0].iter().flat_map(|x| x.to_le_bytes()).collect();
        let found = file(&[("expected", Dtype::I64, &[2], bytes)]).expected(&program(&["y"], DType::I64));
        assert!(
            found.unwrap_err().to_string().contains(&format!("has {beyond}, and values are compared as f64"))
        );
    }
    let complex = file(&[("expected", Dtype::C64, &[2], vec![0; 16])]).expected(&program(&["y"], DType::F32));
    assert!(complex.unwrap_err().help().starts_with("give it as f64"));
}

#[test]
fn a_name_says_which_output_is_meant() {
    let named = |names: &[&'static str]| -> Vec<Tensor> {
        names.iter().map(|&name| (name, Dtype::F32, &[2usize][..], vec![0; 8])).collect()
    };
    type Case<'a> = (&'a [&'static str], &'a [&'a str], Result<&'a [&'a str], &'a str>);
    let cases: &[Case<'_>] = &[
        (&["x"], &["y"], Ok(&[])),
        (&["expected"], &["y"], Ok(&["y"])),
        (&["expected.y", "naive.y"], &["y"], Ok(&["y"])),
        (&["expected", "naive.y"], &["y"], Ok(&["y"])),
        (&["expected.a"], &["a", "b"], Ok(&["a"])),
        (&["expected.a", "expected.b"], &["a", "b"], Ok(&["a", "b"])),
        (&["expected", "expected.y"], &["y"], Err("output `y` has `expected` twice")),
        (&["expected"], &["a", "b"], Err("the program has 2")),
        (&["naive"], &["a", "b"], Err("`naive` is compared with one output")),
        (&["expected.z"], &["y"], Err("`expected.z` names no output")),
        (&["naive.y"], &["y"], Err("a naive computation of output `y`")),
        (&["Expected"], &["y"], Err("`Expected` is no input")),
        (&["expectd"], &["y"], Err("`expectd` is no input")),
        (&["expected", "Naive"], &["y"], Err("`Naive` is no input")),
        (&["expected", "naiv.y"], &["y"], Err("`naiv.y` is no input")),
        (&["expected.y "], &["y"], Err("`expected.y ` names no output")),
        // What is not alike is another tensor, which is told and not refused.
        (&["unexpected_tokens", "unexpected", "respected", "native"], &["y"], Ok(&[])),
    ];
    for (names, outputs, expected) in cases {
        let found = file(&named(names)).expected(&program(outputs, DType::F32));
        match (found, expected) {
            (Ok(found), Ok(known)) => assert!(found.keys().eq(known.iter()), "{names:?}: {found:?}"),
            (Err(error), Err(said)) => assert!(error.to_string().contains(said), "{names:?}: {error}"),
            (found, _) => panic!("{names:?}: {found:?}"),
        }
    }
}

#[test]
fn an_input_may_have_the_name() {
    let mut takes_expected = program(&["y"], DType::F32);
    takes_expected.inputs[0].name = "expected".to_owned();
    let given = file(&[("expected", Dtype::F32, &[2], vec![0; 8]), ("w", Dtype::F32, &[1], vec![0; 4])]);
    assert!(given.expected(&takes_expected).unwrap().is_empty());
    assert_eq!(given.unused(&takes_expected), ["w"]);
}
