use super::*;

/// An integer stays, a float is rounded, and nothing becomes an infinity or 0.
#[test]
fn a_number_is_kept_or_refused() {
    for (number, kept) in [
        (0.0, Some(0.0)),
        (0.1, Some(f64::from(0.1f32))),
        (16_777_217.0, Some(16_777_217.0)),
        (-16_777_217.0, Some(-16_777_217.0)),
        (2_147_483_647.0, Some(2_147_483_647.0)),
        (-2_147_483_648.0, Some(-2_147_483_648.0)),
        (2_147_483_649.0, Some(2_147_483_649.0)),
        (4_294_967_295.0, Some(4_294_967_295.0)),
        (4_294_967_297.0, Some(4_294_967_296.0)),
        (-2_147_483_649.0, Some(-2_147_483_648.0)),
        (-1e30, Some(f64::from(-1e30f32))),
        (f64::INFINITY, Some(f64::INFINITY)),
        (1e39, None),
        (-1e300, None),
        (1e-46, None),
    ] {
        let constant = Constant::of_number(number);
        assert_eq!(constant.map(Constant::exact), kept, "{number:e}");
        if let Some(constant) = constant {
            assert_eq!(Constant::of_bits(constant.bits()), Ok(constant), "{number:e}");
        }
    }
    assert!(Constant::of_number(f64::NAN).is_some_and(|nan| nan.value().is_nan()));
}

#[test]
fn each_constant_has_one_form() {
    let unsigned = [UNSIGNED, UNSIGNED + 16_777_217, UNSIGNED + (1 << 31), 3 * INTEGER];
    for bits in [INTEGER, INTEGER + 5, INTEGER + (1 << 24), u64::MAX].into_iter().chain(unsigned) {
        assert_eq!(Constant::of_bits(bits), Err(NumberError::TooLarge(bits)));
    }
    assert_eq!(Constant::of_bits(INTEGER + 16_777_217), Ok(Constant::Integer(16_777_217)));
    assert_eq!(Constant::of_bits(UNSIGNED + u64::from(u32::MAX)), Ok(Constant::Unsigned(u32::MAX)));
}

#[test]
fn a_dtype_holds_what_rounding_leaves_a_number() {
    use DType::{Bf16, F8e4m3, F8e5m2, F16, F32, F64, I8, I16, I32, I64, U8, U16, U32};
    for (number, holding) in [
        (0.0, &DType::ALL[..]),
        (1.0, &DType::ALL[..]),
        (255.0, &[F32, F16, Bf16, F8e4m3, F8e5m2, U8, I32, I16, U16, U32, I64, F64]),
        (256.0, &[F32, F16, Bf16, F8e4m3, F8e5m2, I32, I16, U16, U32, I64, F64]),
        (-1.0, &[F32, F16, Bf16, F8e4m3, F8e5m2, I32, I8, I16, I64, F64]),
        (0.5, &[F32, F16, Bf16, F8e4m3, F8e5m2, F64]),
        (449.0, &[F32, F16, Bf16, F8e5m2, I32, I16, U16, U32, I64, F64]),
        (57_345.0, &[F32, F16, Bf16, I32, U16, U32, I64, F64]),
        (70_000.0, &[F32, Bf16, I32, U32, I64, F64]),
        (16_777_217.0, &[I32, U32, I64, F64]),
        (4_294_967_295.0, &[U32, I64, F64]),
        (4e9, &[F32, Bf16, U32, I64, F64]),
        (3.4e38, &[F32, F64]),
        (1e-6, &[F32, F16, Bf16, F64]),
        (1e-40, &[F32, Bf16, F64]),
        (1e-45, &[F32, F64]),
        (f64::NEG_INFINITY, &[F32, F16, Bf16, F8e5m2, F64]),
        (f64::NAN, &[F32, F16, Bf16, F8e4m3, F8e5m2, F64]),
    ] {
        let constant = Constant::of_number(number).expect("a constant");
        let held: Vec<DType> = DType::ALL.into_iter().filter(|&dtype| constant.fits(dtype)).collect();
        assert_eq!(held, holding, "{number:e}");
    }
}

#[test]
fn an_integer_of_json_is_never_rounded() {
    for (text, read) in [
        ("1", Ok(1.0)),
        ("16777217", Ok(16_777_217.0)),
        ("-2147483648", Ok(-2_147_483_648.0)),
        ("4294967296", Ok(4_294_967_296.0)),
        ("16777217.0", Ok(16_777_217.0)),
        ("2147483648.0", Ok(2_147_483_648.0)),
        ("0.1", Ok(f64::from(0.1f32))),
        ("-0.0", Ok(-0.0)),
        ("1e10", Ok(1e10)),
        ("\"-inf\"", Ok(f64::NEG_INFINITY)),
        ("4294967297", Err("the integer 4294967297 is no i32, u32 or f32: write 4294967300.0")),
        ("18446744073709551615", Err("the integer 18446744073709551615 is no i32, u32 or f32")),
        ("1e39", Err("1e39 does not fit an f32")),
        ("1e-46", Err("1e-46 does not fit an f32")),
        ("\"Infinity\"", Err("expected a number, \"inf\", \"-inf\" or \"nan\"")),
        ("true", Err("expected a number, \"inf\", \"-inf\" or \"nan\"")),
    ] {
        match (serde_json::from_str::<Constant>(text), read) {
            (Ok(constant), Ok(read)) => {
                assert_eq!(constant.exact(), read, "{text}");
                let again = serde_json::to_string(&constant).expect("a constant has a JSON form");
                let again = serde_json::from_str::<Constant>(&again).expect("what is written is read");
                assert!([again, again.settled()].contains(&constant), "{text}: {again}");
            }
            (Err(error), Err(read)) => assert!(error.to_string().contains(read), "{text}: {error}"),
            (got, read) => panic!("{text}: {got:?}, not {read:?}"),
        }
    }
}

/// Digits of an f32 are that f32 where a float holds them; all others stay.
#[test]
fn shortest_digits_settle_as_their_f32() {
    for (text, settled) in [
        ("123456790.0", 123_456_792.0),
        ("2147483500.0", 2_147_483_520.0),
        ("-2147483600.0", -2_147_483_648.0),
        ("123456791.0", 123_456_791.0),
        ("16777217", 16_777_217.0),
    ] {
        let constant: Constant = serde_json::from_str(text).expect("a constant");
        assert_eq!(constant.settled().exact(), settled, "{text}");
    }
}
