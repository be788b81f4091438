//! Integers against the same rules in i128, which holds every intermediate.

use program::op::{BinaryFn, CompareFn, ReduceFn, UnaryFn};
use program::{DType, Dims};

use super::{Random, at_every_level, bytes_of, packed, room, view};
use crate::cpu::{
    Dot, Input, Reduce, SimdLevel, Strided, binary, compare, dot, fma, reduce, scan, select, unary,
};

const ALL: [DType; 7] = [DType::U8, DType::I32, DType::I8, DType::I16, DType::U16, DType::U32, DType::Bool];

/// The numbers of a dtype at which something happens.
fn numbers(dtype: DType) -> Vec<i128> {
    let [least, most] = range(dtype);
    let near = [0, 1, 2, 3, 7, 31, 32, 33, 100, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536];
    let all = near.into_iter().flat_map(|x| [x, -x]).chain([least, least + 1, most / 2, most - 1, most]);
    let mut all: Vec<i128> = all.filter(|x| (least..=most).contains(x)).collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn range(dtype: DType) -> [i128; 2] {
    dtype.integers().expect("an integer dtype").map(i128::from)
}

/// Its low bits as a number of the dtype; of a bool, whether it is not 0.
fn wrapped(x: i128, dtype: DType) -> i128 {
    let [least, most] = range(dtype);
    if dtype == DType::Bool { i128::from(x != 0) } else { (x - least).rem_euclid(most - least + 1) + least }
}

fn stored(x: &[i128], dtype: DType) -> Vec<u8> {
    let size = dtype.size() as usize;
    if dtype.is_float() {
        // f32 is wide enough to be told from anything else; the narrower ones have tests of their own.
        assert_eq!(dtype, DType::F32);
        return x.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect();
    }
    x.iter().flat_map(|&x| wrapped(x, dtype).to_le_bytes()[..size].to_vec()).collect()
}

fn word(dtypes: &[DType]) -> DType {
    if dtypes.contains(&DType::U32) { DType::U32 } else { DType::I32 }
}

/// Beside a u32 none is below 0.
fn goes_with(x: DType, y: DType) -> bool {
    !([x, y].contains(&DType::U32) && (x.is_signed() || y.is_signed()))
}

fn slow_binary(f: BinaryFn, x: i128, y: i128, word: DType) -> i128 {
    // A shift that takes all bits away.
    let far = !(0..32).contains(&y);
    match f {
        BinaryFn::Add => x + y,
        BinaryFn::Sub => x - y,
        BinaryFn::Mul => x * y,
        BinaryFn::Div => x / y,
        BinaryFn::Rem => x % y,
        BinaryFn::Maxnum | BinaryFn::Maximum => x.max(y),
        BinaryFn::Minnum | BinaryFn::Minimum => x.min(y),
        BinaryFn::Shl if far => 0,
        BinaryFn::Shl => x << y,
        BinaryFn::Shr if far => -i128::from(x < 0),
        BinaryFn::Shr => x >> y,
        BinaryFn::And => x & y,
        BinaryFn::Or => x | y,
        BinaryFn::Xor => x ^ y,
        BinaryFn::Pow => (0..y).fold(1, |power, _| wrapped(power * x, word)),
    }
}

#[test]
fn functions_of_two_are_those_of_whole_numbers() {
    for (x, y) in ALL.into_iter().flat_map(|x| ALL.map(|y| (x, y))).filter(|&(x, y)| goes_with(x, y)) {
        let word = word(&[x, y]);
        for f in BinaryFn::ALL.into_iter().filter(|f| *f != BinaryFn::Pow) {
            let divides = matches!(f, BinaryFn::Div | BinaryFn::Rem);
            let (left, mut right) = (numbers(x), numbers(y));
            right.retain(|&y| y != 0 || !divides);
            let shape = [left.len() as u32, right.len() as u32];
            let (xs, ys) = (stored(&left, x), stored(&right, y));
            let (a, b) = (view(&xs, &[shape[0], 1], x), view(&ys, &[shape[1]], y));
            let exact: Vec<i128> = left
                .iter()
                .flat_map(|&x| right.iter().map(move |&y| wrapped(slow_binary(f, x, y, word), word)))
                .collect();
            for to in ALL.into_iter().chain([DType::F32]) {
                let ours = at_every_level(|simd| binary(f, &a, &b, packed(&shape, to), room(), simd));
                assert!(ours == Ok(stored(&exact, to)), "{} of {x} and {y} to {to}", f.name());
            }
        }
        let (left, right) = (numbers(x), numbers(y));
        let shape = Dims::new(&[left.len() as u32, right.len() as u32]);
        let (xs, ys) = (stored(&left, x), stored(&right, y));
        let (a, b) = (view(&xs, &[shape[0], 1], x), view(&ys, &[shape[1]], y));
        for f in CompareFn::ALL {
            let holds = |x: i128, y: i128| match f {
                CompareFn::Eq => x == y,
                CompareFn::Ne => x != y,
                CompareFn::Lt => x < y,
                CompareFn::Le => x <= y,
                CompareFn::Gt => x > y,
                CompareFn::Ge => x >= y,
            };
            let exact: Vec<u8> =
                left.iter().flat_map(|&x| right.iter().map(move |&y| u8::from(holds(x, y)))).collect();
            let ours = at_every_level(|simd| compare(f, &a, &b, shape, room(), simd));
            assert!(ours == Ok(exact), "{x} {} {y}", f.name());
        }
    }
}

#[test]
fn functions_of_one_are_those_of_whole_numbers() {
    for from in ALL {
        let (x, word) = (numbers(from), word(&[from]));
        let bytes = stored(&x, from);
        let shape = [x.len() as u32];
        for f in UnaryFn::ALL.into_iter().filter(|f| f.of_integers().is_some()) {
            for to in ALL {
                let [least, most] = range(to);
                let is_bool = from == DType::Bool;
                let exact = x.iter().map(|&x| {
                    if f == UnaryFn::Neg {
                        wrapped(-x, word)
                    } else if f == UnaryFn::Abs {
                        wrapped(x.abs(), word)
                    } else if f == UnaryFn::Sign {
                        x.signum()
                    } else if f == UnaryFn::Not {
                        if is_bool { 1 - x } else { wrapped(!x, word) }
                    } else if f == UnaryFn::CastSaturate && to != DType::Bool {
                        x.clamp(least, most)
                    } else {
                        x
                    }
                });
                let exact: Vec<i128> = exact.collect();
                let from = Strided::packed(&bytes, &shape, from);
                let ours = at_every_level(|simd| unary(f, &from, to, room(), simd));
                assert!(ours == Ok(stored(&exact, to)), "{} of {} to {to}", f.name(), from.dtype);
            }
        }
    }
}

/// Whole and broken numbers around every bound.
#[test]
fn casts_of_floats_go_where_their_names_say() {
    let bounds = ALL.into_iter().flat_map(range).map(|bound| bound as f32);
    let near = bounds.flat_map(|x| [x - 1.5, x - 0.5, x, x + 0.5, x + 1.5, x * 2.0, x * 3.0 + 1.0]);
    let own = [0.0, -0.0, 0.3, 0.5, 1.5, 2.5, -0.3, -0.5, -1.5, -2.5, 1e10, -1e10, 1e38, f32::NAN];
    let infinite = [f32::INFINITY, f32::NEG_INFINITY];
    let x: Vec<f32> = near.chain(own).chain(infinite).collect();
    let (bytes, shape) = (bytes_of(&x, DType::F32), [x.len() as u32]);
    for f in UnaryFn::CASTS {
        for to in ALL {
            let [least, most] = range(to);
            let exact = x.iter().map(|&x| {
                if to == DType::Bool {
                    return i128::from(x != 0.0);
                }
                let whole = if f == UnaryFn::CastTrunc {
                    x.trunc()
                } else if f == UnaryFn::CastFloor {
                    x.floor()
                } else {
                    x.round_ties_even()
                };
                if f == UnaryFn::CastWrap {
                    return if x.is_finite() { wrapped(whole as i128, to) } else { 0 };
                }
                // NaN becomes 0, and so does it in Rust.
                (whole as i128).clamp(least, most)
            });
            let exact = stored(&exact.collect::<Vec<_>>(), to);
            let from = Strided::packed(&bytes, &shape, DType::F32);
            let ours = at_every_level(|simd| unary(f, &from, to, room(), simd));
            assert!(ours == Ok(exact), "{} to {to}", f.name());
        }
    }
}

#[test]
fn every_byte_but_0_is_true() {
    let bytes: Vec<u8> = (0..=255).collect();
    let truths: Vec<u8> = bytes.iter().map(|&byte| byte.min(1)).collect();
    let x = Strided::packed(&bytes, &[256], DType::Bool);
    let ours = at_every_level(|simd| unary(UnaryFn::Cast, &x, DType::U8, room(), simd));
    assert_eq!(ours, Ok(truths.clone()));
    let (one, two) = (stored(&[1], DType::U8), stored(&[0], DType::U8));
    let [one, two] = [&one, &two].map(|bytes| view(bytes, &[1], DType::U8));
    let chosen = at_every_level(|simd| select(&x, &one, &two, packed(&[256], DType::U8), room(), simd));
    assert_eq!(chosen, Ok(truths.clone()));
    let sum = Reduce { f: ReduceFn::Sum, axis: 0, acc: DType::I32, wrap: false, to: DType::I32 };
    assert_eq!(reduce(sum, &x, room(), SimdLevel::detect()), Ok(stored(&[255], DType::I32)));
}

fn first(x: &[i128], best: Option<&i128>) -> i128 {
    x.iter().position(|x| Some(x) == best).expect("it is one of them") as i128
}

#[test]
fn reductions_and_scans_are_those_of_whole_numbers() {
    let mut random = Random::seeded(41);
    for dtype in ALL {
        let all = numbers(dtype);
        for _ in 0..8 {
            let x: Vec<i128> = (0..12).map(|_| all[random.below(all.len() as u32) as usize]).collect();
            let bytes = stored(&x, dtype);
            let view = Strided::packed(&bytes, &[12], dtype);
            for (f, acc) in ReduceFn::ALL.into_iter().flat_map(|f| ALL.map(|acc| (f, acc))) {
                if acc == DType::Bool && f.accumulates() {
                    continue;
                }
                let slow = |x: &[i128]| match f {
                    ReduceFn::Sum => x.iter().fold(0, |sum, x| wrapped(sum + x, acc)),
                    ReduceFn::Prod => x.iter().fold(1, |product, x| wrapped(product * x, acc)),
                    ReduceFn::Maxnum | ReduceFn::Max => x.iter().copied().max().expect("some"),
                    ReduceFn::Minnum | ReduceFn::Min => x.iter().copied().min().expect("some"),
                    ReduceFn::Any => x.iter().any(|&x| x != 0).into(),
                    ReduceFn::All => x.iter().all(|&x| x != 0).into(),
                    ReduceFn::Argmax => first(x, x.iter().max()),
                    ReduceFn::Argmin => first(x, x.iter().min()),
                };
                for to in [DType::U32, DType::I32, DType::I8, DType::F32] {
                    let how = Reduce { f, axis: 0, acc, wrap: true, to };
                    let ours = at_every_level(|simd| reduce(how, &view, room(), simd));
                    assert!(ours == Ok(stored(&[slow(&x)], to)), "{} of {dtype} in {acc} to {to}", f.name());
                    if f.of_two().is_some() {
                        let beginnings: Vec<i128> = (1..=x.len()).map(|n| slow(&x[..n])).collect();
                        let ours = at_every_level(|simd| scan(how, &view, room(), simd));
                        assert!(ours == Ok(stored(&beginnings, to)), "scan {} of {dtype} in {acc}", f.name());
                    }
                }
            }
        }
    }
}

#[test]
fn fma_wraps_in_the_word_of_its_operands() {
    for (dtypes, word) in [
        ([DType::I8, DType::I16, DType::I32], DType::I32),
        ([DType::U32, DType::U16, DType::U8], DType::U32),
        ([DType::Bool, DType::U32, DType::U32], DType::U32),
    ] {
        let values =
            dtypes.map(|dtype| numbers(dtype).into_iter().rev().cycle().take(40).collect::<Vec<_>>());
        let bytes: Vec<Vec<u8>> =
            values.iter().zip(dtypes).map(|(values, dtype)| stored(values, dtype)).collect();
        let views: Vec<Input<'_>> =
            bytes.iter().zip(dtypes).map(|(bytes, dtype)| view(bytes, &[40], dtype)).collect();
        let exact: Vec<i128> =
            (0..40).map(|i| wrapped(values[0][i] * values[1][i] + values[2][i], word)).collect();
        for to in [DType::I32, DType::U32, DType::F32] {
            let operands = [&views[0], &views[1], &views[2]];
            let ours = at_every_level(|simd| fma(operands, packed(&[40], to), room(), simd));
            assert!(ours == Ok(stored(&exact, to)), "{dtypes:?} to {to}");
        }
    }
}

/// Of depths below, at and beyond what f32 sums exactly, from the largest products on.
#[test]
fn dots_of_bytes_are_exact_sums_that_wrap() {
    let mut random = Random::seeded(43);
    let bytes = [DType::I8, DType::U8];
    for (a, b) in bytes.into_iter().flat_map(|a| bytes.map(|b| (a, b))) {
        for (k, is_extreme) in [(1, true), (255, true), (256, true), (257, true), (1030, true), (600, false)]
        {
            let [m, n] = [5, 19];
            let mut draw = |dtype: DType, n: usize| -> Vec<i128> {
                let [least, most] = range(dtype);
                let edge = if least < 0 { least } else { most };
                (0..n).map(|_| if is_extreme { edge } else { wrapped(random.bits().into(), dtype) }).collect()
            };
            let (x, y) = (draw(a, m * k), draw(b, k * n));
            let c: Vec<i128> = (0..m * n).map(|at| i128::from(i32::MAX) - at as i128).collect();
            let exact: Vec<i128> = (0..m * n)
                .map(|at| (0..k).map(|l| x[at / n * k + l] * y[l * n + at % n]).sum::<i128>() + c[at])
                .collect();
            let [xs, ys, cs] =
                [stored(&x, a), stored(&y, b), stored(&c, DType::I32)].map(|bytes| bytes.into_boxed_slice());
            let ours = at_every_level(|simd| {
                let a = Strided::packed(&xs, &[m as u32, k as u32], a);
                let b = Strided::packed(&ys, &[k as u32, n as u32], b);
                let c = Some(Strided::packed(&cs, &[m as u32, n as u32], DType::I32));
                dot(&Dot { a, b, c, acc: DType::I32, to: DType::I32 }, room(), simd)
            });
            assert!(ours == Ok(stored(&exact, DType::I32)), "{a} · {b}, {k} deep");
        }
    }
}

/// A product along leading axes is each of them alone, whatever the strides.
#[test]
fn leading_axes_are_one_product_each() {
    let mut random = Random::seeded(47);
    let (a, b) = (
        bytes_of(&random.values(2 * 3 * 4 * 5), DType::F16),
        bytes_of(&random.values(2 * 5 * 6), DType::F16),
    );
    let c = bytes_of(&random.values(2 * 3 * 4 * 6), DType::F32);
    let whole = Strided::packed(&a, &[2, 3, 4, 5], DType::F16);
    // b is the same for all of the second axis, and its last two axes lie turned.
    let turned = Strided {
        shape: Dims::new(&[2, 3, 5, 6]),
        strides: Dims::new(&[30, 0, 1, 5]),
        ..Strided::packed(&b, &[60], DType::F16)
    };
    let sums = Strided::packed(&c, &[2, 3, 4, 6], DType::F32);
    for (c, acc, to) in [
        (None, DType::F32, DType::F16),
        (Some(sums), DType::F32, DType::F32),
        (None, DType::Bf16, DType::F32),
    ] {
        let ours = at_every_level(|simd| dot(&Dot { a: whole, b: turned, c, acc, to }, room(), simd));
        let (mut one_by_one, size) = (Vec::new(), DType::F16.size());
        for at in 0..6u64 {
            let a = Strided { offset: at * 20 * size, ..Strided::packed(&a, &[4, 5], DType::F16) };
            let b = Strided {
                offset: at / 3 * 30 * size,
                ..Strided { strides: Dims::new(&[1, 5]), ..Strided::packed(&b, &[5, 6], DType::F16) }
            };
            let c =
                c.map(|c| Strided { offset: at * 24 * 4, ..Strided::packed(c.bytes, &[4, 6], DType::F32) });
            one_by_one.extend(dot(&Dot { a, b, c, acc, to }, room(), SimdLevel::detect()).expect("it fits"));
        }
        assert!(ours == Ok(one_by_one), "in {acc} to {to}");
    }
    let other = Strided::packed(&b, &[3, 5, 4], DType::F16);
    let wrong = dot(
        &Dot { a: whole, b: other, c: None, acc: DType::F32, to: DType::F32 },
        room(),
        SimdLevel::detect(),
    );
    assert!(wrong.is_err(), "{wrong:?}");
}
