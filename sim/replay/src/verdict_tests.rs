use ndarray::ArrayD;
use oplog::Elements;

use super::*;

/// Of f16 at 1.5.
const ULP: f64 = 1.0 / 1024.0;

fn array(values: &[f64]) -> ArrayD<f64> {
    ArrayD::from_shape_vec(vec![values.len()], values.to_vec()).expect("one axis")
}

fn question<'a>(
    output: &'a HostValue,
    oracle: &'a ArrayD<f64>,
    oracle_dtype: Option<DType>,
    measure: Measure<'a>,
) -> Question<'a> {
    let (name, shape, rows, against) = ("y", &output.shape[..], None, Against::Expected);
    Question { name, output, shape, rows, against, oracle, oracle_dtype, measure }
}

fn by_naive(output: &HostValue, oracle: &[f64], naive: &[f64]) -> Judgement {
    let [oracle, naive] = [oracle, naive].map(array);
    let measure = Measure::Naive { naive: &naive, oracle: &oracle };
    judge(&question(output, &oracle, None, measure)).expect("one shape")
}

fn check(output: &[f32], oracle: &[f64], naive: &[f64]) -> Judgement {
    by_naive(&HostValue::of(output, &[output.len() as u32], DType::F16), oracle, naive)
}

#[test]
fn an_error_is_measured_by_the_naive_one() {
    type Case = (&'static str, &'static [f32], &'static [f64], &'static [f64], bool);
    const NAN: f64 = f64::NAN;
    const INF: f64 = f64::INFINITY;
    let cases: &[Case] = &[
        ("exact", &[1.5, 0.5], &[1.5, 0.5], &[1.5, 0.5], true),
        ("one ulp off", &[1.5 + 1.0 / 1024.0, 0.5], &[1.5, 0.5], &[1.5, 0.5], true),
        ("two ulp off", &[1.5 + 2.0 / 1024.0, 0.5], &[1.5, 0.5], &[1.5, 0.5], false),
        ("two naive errors and one ulp", &[1.5, 0.5], &[1.5 + 3.0 * ULP, 0.5], &[1.5 + 2.0 * ULP, 0.5], true),
        ("more than that", &[1.5, 0.5], &[1.5 + 4.0 * ULP, 0.5], &[1.5 + 3.0 * ULP, 0.5], false),
        ("NaN", &[f32::NAN, 0.5], &[1.5, 0.5], &[1.5, 0.5], false),
        ("NaN in all three", &[f32::NAN, 0.5], &[NAN, 0.5], &[NAN, 0.5], true),
        ("NaN in the oracle alone", &[1.5, 0.5], &[NAN, 0.5], &[NAN, 0.5], false),
        ("NaN, and a wrong value", &[f32::NAN, 0.75], &[NAN, 0.5], &[NAN, 0.5], false),
        ("infinite", &[f32::INFINITY, 0.5], &[1.5, 0.5], &[1.5, 0.5], false),
        ("infinite as it should be", &[f32::INFINITY, 0.5], &[INF, 0.5], &[INF, 0.5], true),
        ("infinite of the other sign", &[f32::NEG_INFINITY, 0.5], &[INF, 0.5], &[INF, 0.5], false),
        ("NaN for infinity", &[f32::NAN, 0.5], &[INF, 0.5], &[INF, 0.5], false),
        ("all infinite", &[f32::INFINITY], &[INF], &[INF], true),
        ("no naive value, and the output right", &[1.5, 0.5], &[1.5, 0.5], &[NAN, 0.5], true),
        ("no naive value, and the output wrong", &[9.0, 0.5], &[1.5, 0.5], &[NAN, 0.5], false),
        ("a naive computation that is off by half", &[9.0, 0.5], &[1.5, 0.5], &[9.0, 0.5], false),
        ("one that is off, and the output right", &[1.5, 0.5], &[1.5, 0.5], &[9.0, 0.5], true),
        ("one so large that twice its error overflows", &[9.0, 0.5], &[1.5, 0.5], &[1e308, 0.5], false),
        ("no naive value anywhere, and the output wrong", &[1.5, 9.0], &[1.5, 0.5], &[NAN, INF], false),
    ];
    for (name, output, oracle, naive, pass) in cases {
        let found = check(output, oracle, naive);
        assert_eq!(found.pass, *pass, "{name}: {found:?}");
        assert!(found.max_abs.is_finite() && found.rel_l2.is_finite(), "{name}: {found:?}");
    }
}

/// A factor of 1.001 is less than 1 ulp of the largest f16, and of no bf16 more than half an ulp.
#[test]
fn a_small_factor_is_seen_in_the_average() {
    // Values as a gate has them, of both signs and many sizes.
    let exact: Vec<f64> =
        (0..4096).map(|n| f64::from(n - 2048) / 512.0).map(|x| x * x.abs() / (1.0 + x.abs())).collect();
    for (name, dtype, factor, pass) in [
        ("right", DType::F16, 1.0, true),
        ("a thousandth too large", DType::F16, 1.001, false),
        ("less than the rounding", DType::F16, 1.0001, true),
        ("right", DType::F32, 1.0, true),
        ("a thousandth too large", DType::F32, 1.001, false),
        ("a millionth too large", DType::F32, 1.000_001, false),
        ("less than the rounding", DType::Bf16, 1.001, true),
        ("a hundredth too large", DType::Bf16, 1.01, false),
    ] {
        let rounded = |factor: f64| {
            let values: Vec<f32> = exact.iter().map(|x| (x * factor) as f32).collect();
            HostValue::of(&values, &[values.len() as u32], dtype)
        };
        let found = by_naive(&rounded(factor), &exact, &rounded(1.0).wide());
        assert_eq!(found.pass, pass, "{dtype} {name}: {found:?}");
    }
}

/// Which limit fails: the largest error, the norm, or the share beyond 1 ulp.
#[test]
fn each_limit_decides_alone() {
    let n = 4096;
    let base = vec![1.5; n];
    // Every element by 1 ulp: the norm of half an ulp is exceeded, and nothing else.
    let all: Vec<f32> = vec![1.5 + 1.0 / 1024.0; n];
    let by_norm = check(&all, &base, &base);
    assert_eq!((by_norm.pass, by_norm.wrong, by_norm.beyond()), (false, 0, 0), "{by_norm:?}");
    assert!(by_norm.rel_l2 > by_norm.rel_l2_limit.expect("it decides"));
    // Small elements by 2 of their ulps beside a large one: only their number says so.
    let (mut exact, mut made) = (vec![1.0 / 64.0; n], vec![1.0 / 64.0 + 2.0 / 65536.0; n]);
    (exact[0], made[0]) = (1024.0, 1024.0);
    let by_share = check(&made, &exact, &exact);
    assert_eq!((by_share.pass, by_share.wrong), (false, 0), "{by_share:?}");
    assert!(by_share.rel_l2 <= by_share.rel_l2_limit.expect("it decides"));
    assert!(by_share.beyond() > by_share.beyond_limit.expect("it decides"));
    // One element, by more than all allow.
    let mut one = vec![1.5; n];
    one[7] = 1.75;
    let by_largest = check(&one, &base, &base);
    assert_eq!((by_largest.pass, by_largest.wrong), (false, 1), "{by_largest:?}");
    assert_eq!(by_largest.worst.map(|worst| worst.index), Some(vec![7]));
}

/// Of few elements an average is chance; zeros and subnormals have the ulp of the least number.
#[test]
fn averages_do_not_judge_what_they_cannot() {
    let off = |n: usize| (vec![1.5 + 1.0 / 1024.0; n], vec![1.5; n]);
    for (n, pass) in [(1, true), (63, true), (64, false)] {
        let (made, exact) = off(n);
        let found = check(&made, &exact, &exact);
        assert_eq!((found.pass, found.rel_l2_limit.is_some()), (pass, !pass), "{n} elements");
    }
    let least = 2f32.powi(-24);
    for (name, made, exact, pass) in [
        ("zeros", 0.0, 0.0, true),
        ("the least number for zero", least, 0.0, false),
        ("zero for less than half the least number", 0.0, 0.4 * f64::from(least), true),
        ("a subnormal", 5.0 * least, 5.4 * f64::from(least), true),
        ("a subnormal a step off", 6.0 * least, 5.0 * f64::from(least), false),
    ] {
        let found = check(&[made; 4096], &[exact; 4096], &[exact; 4096]);
        assert_eq!(found.pass, pass, "{name}: {found:?}");
    }
}

#[test]
fn a_tolerance_is_added_to_one_ulp() {
    let values = [3.0, 1.0, 0.0];
    for (name, output, oracle_dtype, rtol, atol, wrong) in [
        ("exact", [3.0, 1.0, 0.0], None, 0.0, 0.0, 0),
        ("1 ulp of the largest, everywhere", [3.0, 1.0, 1.0 / 512.0], None, 0.0, 0.0, 0),
        ("two", [3.0, 1.0, 2.0 / 512.0], None, 0.0, 0.0, 1),
        ("two, where atol allows it", [3.0, 1.0, 2.0 / 512.0], None, 0.0, 1.0 / 512.0, 0),
        ("rtol allows nothing at zero", [3.0, 1.0, 2.0 / 512.0], None, 0.1, 0.0, 1),
        ("rtol allows a share", [3.25, 1.0625, 0.0], None, 0.1, 0.0, 0),
        ("without it", [3.25, 1.0625, 0.0], None, 0.0, 0.0, 2),
        ("1 ulp of a coarser oracle", [3.0, 1.0 + 1.0 / 64.0, 0.0], Some(DType::Bf16), 0.0, 0.0, 0),
    ] {
        let output = HostValue::of(&output, &[3], DType::F16);
        let measure = Measure::Tolerance(Tolerance { rtol, atol });
        let found = judge(&question(&output, &array(&values), oracle_dtype, measure)).expect("one shape");
        assert_eq!((found.wrong, found.pass), (wrong, wrong == 0), "{name}: {found:?}");
    }
}

/// One element of 1e9 lets an ulp be 64: the norm and the share judge the others.
#[test]
fn averages_decide_without_a_naive_computation() {
    let n = 4096;
    let small: Vec<f64> = (0..n).map(|at| f64::from(at % 97 - 48) / 16.0 + 0.03).collect();
    let besides = |first: f64| {
        let mut exact = small.clone();
        exact[0] = first;
        exact
    };
    let none = Tolerance::default();
    let atol = Tolerance { atol: 3.0, ..none };
    let rtol = Tolerance { rtol: 1e-5, ..none };
    type Make = fn(f64) -> f64;
    let cases: &[(&str, DType, f64, Tolerance, Make, bool)] = &[
        ("rounded once", DType::F32, 1.0, none, |x| x, true),
        ("half an ulp more of each", DType::F32, 1.0, none, |x| x * (1.0 + 3e-8), true),
        ("a long sum", DType::F32, 1.0, none, |x| x * (1.0 + 5e-6), false),
        ("a long sum, and it is allowed", DType::F32, 1.0, rtol, |x| x * (1.0 + 5e-6), true),
        ("zeros beside one large element", DType::F32, 1e9, none, |x| if x == 1e9 { x } else { 0.0 }, false),
        ("they are allowed", DType::F32, 1e9, atol, |x| if x == 1e9 { x } else { 0.0 }, true),
        ("others beside it", DType::F32, 1e9, none, |x| if x == 1e9 { x } else { x * 1.3 }, false),
        ("rounded once to bf16", DType::Bf16, 512.0, none, |x| x, true),
        ("zeros in bf16", DType::Bf16, 512.0, none, |x| if x == 512.0 { x } else { 0.0 }, false),
        (
            "1.5 ulp of each in bf16",
            DType::Bf16,
            512.0,
            none,
            |x| if x == 512.0 { x } else { x * 1.012 },
            false,
        ),
        ("rounded once to 8 bits", DType::F8e4m3, 1.0, none, |x| x, true),
        ("zeros in 8 bits", DType::F8e4m3, 256.0, none, |x| if x == 256.0 { x } else { 0.0 }, false),
    ];
    for (name, dtype, first, tolerance, make, pass) in cases {
        let exact = besides(*first);
        let made: Vec<f32> = exact.iter().map(|&x| make(x) as f32).collect();
        let output = HostValue::of(&made, &[made.len() as u32], *dtype);
        let exact = array(&exact);
        let found =
            judge(&question(&output, &exact, None, Measure::Tolerance(*tolerance))).expect("one shape");
        assert_eq!(found.pass, *pass, "{name}: {found:?}");
    }
}

/// A kernel and a naive computation with one common mistake do not excuse each other.
#[test]
fn a_naive_computation_that_is_far_off_measures_nothing() {
    let exact: Vec<f64> = (0..4096).map(|at| f64::from(at % 97 - 48) / 16.0 + 0.03).collect();
    for (dtype, factor, counts) in [
        (DType::F32, 1.05, true),
        (DType::F32, 1.07, false),
        (DType::F32, 1.45, false),
        (DType::Bf16, 1.07, false),
        (DType::F8e4m3, 1.07, true),
        (DType::F8e4m3, 1.25, false),
        (DType::F8e5m2, 1.15, true),
        (DType::F8e5m2, 1.45, false),
    ] {
        let naive: Vec<f64> = exact.iter().map(|x| x * factor).collect();
        let made: Vec<f32> = naive.iter().map(|&x| x as f32).collect();
        let output = HostValue::of(&made, &[made.len() as u32], dtype);
        let found = by_naive(&output, &exact, &naive);
        assert_eq!(
            (found.pass, !found.rule.contains("does not count")),
            (counts, counts),
            "{dtype} {factor}"
        );
    }
}

#[test]
fn what_is_not_finite_is_counted_and_placed() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let output = HostValue::of(&[f32::NAN, 1.0, f32::INFINITY, 1.0, f32::NAN, 1.0], &[2, 3], DType::F32);
    let oracle = ArrayD::from_shape_vec(vec![2, 3], vec![nan, 1.0, inf, nan, 1.0, 1.0]).expect("six");
    let naive = ArrayD::from_shape_vec(vec![2, 3], vec![nan, 1.0, inf, nan, 1.0, -inf]).expect("six");
    let of = |elements, first: &[u64]| Elements { elements, first: Some(first.to_vec()) };
    for (rows, shape, [first, unequal]) in
        [(None, [2, 3], [[0, 0], [1, 0]]), (Some(&[4, 9][..]), [12, 3], [[4, 0], [9, 0]])]
    {
        let measure = Measure::Naive { naive: &naive, oracle: &oracle };
        let question = Question { shape: &shape, rows, ..question(&output, &oracle, None, measure) };
        let found = judge(&question).expect("one shape");
        let expected = NotFinite {
            output: of(3, &first),
            oracle: of(3, &first),
            naive: of(4, &first),
            unequal: of(2, &unequal),
        };
        assert_eq!((found.pass, found.wrong, found.not_finite), (false, 2, expected), "{rows:?}");
    }
}

#[test]
fn errors_are_sorted_by_size() {
    let oracle: Vec<f64> = [0.0, 0.5, 0.75, 1.5, 3.0, 7.0, 9.0].iter().map(|n| 1.5 - n * ULP).collect();
    let found = check(&[1.5; 7], &oracle, &oracle);
    assert_eq!((found.ulp_histogram, found.beyond(), found.elements()), ([1; 7], 4, 7));
    assert_eq!(found.max_ulp, 9.0);
}

#[test]
fn an_ulp_is_the_gap_at_its_own_value() {
    let cases = [
        (DType::F16, 1.0, 2f64.powi(-10)),
        (DType::F16, 0.0, 2f64.powi(-24)),
        (DType::F16, 65504.0, 32.0),
        (DType::Bf16, 3.0, 2f64.powi(-6)),
        (DType::F32, -1.0, 2f64.powi(-23)),
        (DType::F32, 1e-44, 2f64.powi(-149)),
        (DType::F8e4m3, 448.0, 32.0),
        (DType::F8e5m2, 1.0, 0.25),
        (DType::U8, 200.0, 1.0),
    ];
    for (dtype, x, gap) in cases {
        assert_eq!(ulp(dtype, x), gap, "{dtype} at {x}");
    }
}

#[test]
fn a_reference_of_another_shape_is_refused() {
    let refused = |reference: &str| {
        let (output, reference) = ("2×3".to_owned(), reference.to_owned());
        Some(ReplayError::Reference { output, reference })
    };
    let output = HostValue::of(&[1.0; 6], &[2, 3], DType::F32);
    let right = ArrayD::from_elem(vec![2, 3], 1.0);
    let ask = |oracle: &ArrayD<f64>, naive: &ArrayD<f64>| {
        let measure = Measure::Naive { naive, oracle: &right };
        judge(&question(&output, oracle, None, measure))
    };
    for (shape, said) in [(vec![2, 2], "2×2"), (vec![3, 2], "3×2"), (vec![6], "6"), (vec![], "scalar")] {
        let other = ArrayD::from_elem(shape, 1.0);
        assert_eq!(ask(&other, &right).err(), refused(said));
        assert_eq!(ask(&right, &other).err(), refused(said));
    }
    assert!(ask(&right, &right).is_ok_and(|found| found.pass));
}

/// A naive computation that moved one of 1 000 labels excuses at most twelve: twice its own, and 1 %.
#[test]
fn few_unequal_integers_excuse_few() {
    let exact: Vec<f64> = (0..1_000).map(|at| f64::from(at % 7)).collect();
    let moved = |n: usize, by: f64| {
        let value = |(at, exact): (usize, &f64)| if at < n { exact + by } else { *exact };
        exact.iter().enumerate().map(value).collect::<Vec<f64>>()
    };
    let oracle = array(&exact);
    let naive = array(&moved(1, 1.0));
    for (n, by, pass) in
        [(12, 2.0, true), (13, 2.0, false), (13, 1.0, false), (1, 3.0, false), (0, 0.0, true)]
    {
        let values = moved(n, by);
        let bytes = values.iter().flat_map(|x| (*x as i32).to_le_bytes()).collect();
        let made = HostValue { shape: vec![1_000], dtype: DType::I32, bytes };
        let measure = Measure::Naive { naive: &naive, oracle: &oracle };
        let found = judge(&question(&made, &oracle, None, measure)).expect("one shape");
        assert_eq!(found.pass, pass, "{n} off by {by}: {}", found.rule);
    }
}

#[test]
fn integers_are_compared_exactly() {
    let of = |x: i32| HostValue { shape: vec![1], dtype: DType::I32, bytes: x.to_le_bytes().to_vec() };
    // 16 777 216 and its neighbour are one value in f32.
    for (made, exact, max_abs) in [
        (16_777_217, 16_777_217.0, 0.0),
        (16_777_217, 16_777_216.0, 1.0),
        (i32::MIN, f64::from(i32::MAX), 4_294_967_295.0),
    ] {
        let (made, oracle) = (of(made), array(&[exact]));
        for measure in
            [Measure::Tolerance(Tolerance::default()), Measure::Naive { naive: &oracle, oracle: &oracle }]
        {
            let found = judge(&question(&made, &oracle, None, measure)).expect("one shape");
            assert_eq!((found.pass, found.max_abs), (max_abs == 0.0, max_abs), "{made:?} for {exact}");
        }
    }
}

/// 2^53 + 1 is no f64: as one it would be equal to 2^53.
#[test]
fn a_whole_number_beyond_f64_is_not_compared() {
    let judged = |values: [i64; 2]| {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let output = HostValue { shape: vec![2], dtype: DType::I64, bytes };
        let oracle = array(&values.map(|value| value as f64));
        judge(&question(&output, &oracle, None, Measure::Naive { naive: &oracle, oracle: &oracle }))
    };
    for values in [[7, 1 << 53], [-(1 << 53), 1 << 62], [i64::MIN, 0]] {
        assert!(judged(values).expect("numbers of f64").pass, "{values:?}");
    }
    for value in [(1 << 53) + 1, -(1 << 53) - 1, i64::MAX] {
        let error = judged([7, value]).unwrap_err();
        assert_eq!(error, ReplayError::NotComparable { output: "y".to_owned(), value });
    }
}
