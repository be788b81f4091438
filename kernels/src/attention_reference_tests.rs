use ndarray::{Array3, array};

use super::*;

const EXACT: Attention = Attention { causal: false, dtype: DType::F32, wire: None };

/// Values that f16 holds, spread over about ±2 by a linear congruence.
fn values(shape: (usize, usize, usize), seed: u32) -> ArrayD<f64> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(half::f16::from_f32((state >> 16) as f32 / 16384.0 - 2.0))
    };
    Array3::from_shape_simple_fn(shape, &mut next).into_dyn()
}

fn largest_error(x: &ArrayD<f64>, y: &ArrayD<f64>) -> f64 {
    x.iter().zip(y).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
}

#[test]
fn one_key_gives_its_value() {
    let (q, k, v) =
        (array![[[3.0, -1.0]]].into_dyn(), array![[[0.5, 2.0]]].into_dyn(), array![[[7.0, -9.0]]]);
    let v = v.into_dyn();
    assert_eq!(EXACT.oracle(&q, &k, &v, &Rows::All), v);
    assert_eq!(EXACT.naive(&q, &k, &v, &Rows::All), v);
}

#[test]
fn equal_scores_give_the_mean() {
    let (q, k) = (array![[[0.0]]].into_dyn(), array![[[5.0], [-5.0], [1.0], [0.0]]].into_dyn());
    let v = array![[[1.0], [2.0], [3.0], [6.0]]].into_dyn();
    assert_eq!(EXACT.oracle(&q, &k, &v, &Rows::All), array![[[3.0]]].into_dyn());
    assert_eq!(EXACT.naive(&q, &k, &v, &Rows::All), array![[[3.0]]].into_dyn());
}

#[test]
fn weights_are_exponentials_of_scores_over_the_root_of_d() {
    // d = 4, so the scores are 2·ln 3 / 2 = ln 3 and 0: weights 3/4 and 1/4.
    let q = array![[[2.0, 0.0, 0.0, 0.0]]].into_dyn();
    let k = array![[[libm::log(3.0), 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 1.0]]].into_dyn();
    let v = array![[[1.0, 0.0, 4.0, 8.0], [0.0, 1.0, 8.0, 4.0]]].into_dyn();
    let expected = array![[[0.75, 0.25, 5.0, 7.0]]].into_dyn();
    assert!(largest_error(&EXACT.oracle(&q, &k, &v, &Rows::All), &expected) < 1e-15);
    assert!(largest_error(&EXACT.naive(&q, &k, &v, &Rows::All), &expected) < 1e-6);
}

#[test]
fn heads_of_a_group_share_k_and_v() {
    let q = array![[[0.0]], [[0.0]], [[0.0]], [[0.0]]].into_dyn();
    let (k, v) = (array![[[0.0]], [[0.0]]].into_dyn(), array![[[1.0]], [[2.0]]].into_dyn());
    assert_eq!(EXACT.oracle(&q, &k, &v, &Rows::All), array![[[1.0]], [[1.0]], [[2.0]], [[2.0]]].into_dyn());
}

#[test]
fn causal_is_aligned_to_the_last_key() {
    let causal = Attention { causal: true, ..EXACT };
    for (q_len, v, expected) in [
        (2, vec![1.0, 3.0, 8.0], vec![2.0, 4.0]),
        (1, vec![1.0, 3.0], vec![2.0]),
        // With more queries than keys the first see none.
        (3, vec![5.0], vec![0.0, 0.0, 5.0]),
    ] {
        let column =
            |values: Vec<f64>| Array3::from_shape_vec((1, values.len(), 1), values).unwrap().into_dyn();
        let (q, k) = (column(vec![0.0; q_len]), column(vec![0.0; v.len()]));
        let (v, expected) = (column(v), column(expected));
        assert_eq!(causal.oracle(&q, &k, &v, &Rows::All), expected);
        assert_eq!(causal.naive(&q, &k, &v, &Rows::All), expected);
    }
}

/// The naive reference differs from the oracle by its roundings: not at all would mean that they are missing.
#[test]
fn naive_is_as_close_as_its_dtype() {
    let (q, k, v) = (values((4, 3, 16), 1), values((2, 40, 16), 2), values((2, 40, 16), 3));
    for (dtype, wire, least, most) in [
        (DType::F32, None, 1e-9, 2e-6),
        (DType::F16, None, 1e-5, 2e-3),
        (DType::F16, Some(DType::F16), 1e-5, 3e-3),
        (DType::F32, Some(DType::F16), 1e-5, 2e-3),
        (DType::Bf16, Some(DType::Bf16), 1e-4, 2e-2),
        (DType::F8e4m3, None, 1e-3, 0.3),
    ] {
        for causal in [false, true] {
            let attention = Attention { causal, dtype, wire };
            let error = largest_error(
                &attention.oracle(&q, &k, &v, &Rows::All),
                &attention.naive(&q, &k, &v, &Rows::All),
            );
            assert!((least..most).contains(&error), "{attention:?}: {error}");
        }
    }
}

#[test]
fn naive_gives_values_of_its_dtype() {
    let (q, k, v) = (values((2, 2, 8), 4), values((1, 9, 8), 5), values((1, 9, 8), 6));
    for dtype in [DType::F16, DType::Bf16, DType::F8e5m2] {
        let out = Attention { causal: false, dtype, wire: None }.naive(&q, &k, &v, &Rows::All);
        assert!(out.iter().all(|&x| f64::from(round_to(x as f32, dtype)) == x), "{dtype}");
    }
}

/// Each equal key has weight 1, so l is their number: more than f16 holds, and a mean that it does hold.
#[test]
fn naive_bears_more_keys_than_its_wire_counts() {
    let n = 65_600;
    let (q, k) = (Array3::zeros((1, 1, 1)).into_dyn(), Array3::zeros((1, n, 1)).into_dyn());
    let v = Array3::from_elem((1, n, 1), 1.5).into_dyn();
    let attention = Attention { causal: false, dtype: DType::F16, wire: Some(DType::F16) };
    assert_eq!(attention.naive(&q, &k, &v, &Rows::All), array![[[1.5]]].into_dyn());
}

/// The scores are 512 and 0: e4m3 ends at 448, but its inputs make such scores.
#[test]
fn naive_bears_scores_beyond_eight_bits() {
    let (q, k) = (array![[[32.0]]].into_dyn(), array![[[16.0], [0.0]]].into_dyn());
    let v = array![[[1.5], [-3.0]]].into_dyn();
    let attention = Attention { causal: false, dtype: DType::F8e4m3, wire: None };
    assert_eq!(attention.naive(&q, &k, &v, &Rows::All), array![[[1.5]]].into_dyn());
}

/// A row of the definition: every sum takes its terms one by one, in ascending order.
fn row_by_row(q: &[f64], k: &[f64], v: &[f64], dim: usize) -> Vec<f64> {
    let scale = 1.0 / (dim as f64).sqrt();
    let dot = |key: &[f64]| q.iter().zip(key).fold(0.0, |sum, (x, y)| sum + x * y) * scale;
    let scores: Vec<f64> = k.chunks(dim).map(dot).collect();
    let m = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let p: Vec<f64> = scores.iter().map(|score| exp(score - m)).collect();
    let l = p.iter().fold(0.0, |sum, p| sum + p);
    let element = |at: usize| p.iter().zip(v.chunks(dim)).fold(0.0, |sum, (p, v)| sum + p * v[at]) / l;
    (0..dim).map(element).collect()
}

/// Rows and keys that fill no tile and no chunk, groups of heads, and a mask that ends within a tile.
#[test]
fn every_level_has_the_bits_of_the_definition() {
    for (heads, kv_heads, q_len, kv_len, dim, causal) in
        [(6, 2, 5, 300, 20, false), (4, 4, 33, 530, 8, true), (3, 1, 9, 4, 3, true), (1, 1, 1, 17, 64, false)]
    {
        let [q, k, v] = [(heads, q_len, 1), (kv_heads, kv_len, 2), (kv_heads, kv_len, 3)]
            .map(|(heads, length, seed)| values((heads, length, dim), seed));
        let attention = Attention { causal, ..EXACT };
        let of = |level| Heads::of(&attention, [&q, &k, &v]).output::<f64>(&Exact, &Rows::All, level);
        let naive = |level| Heads::of(&attention, [&q, &k, &v]).output::<f32>(&attention, &Rows::All, level);
        let (out, naive_out) = (of(Level::Baseline), naive(Level::Baseline));
        for level in Level::ALL {
            assert_eq!((of(level), naive(level)), (out.clone(), naive_out.clone()), "{level:?}");
        }
        let [q, k, v, out] = [&q, &k, &v, &out].map(|x| x.as_slice().unwrap());
        for (row, (q, out)) in q.chunks(dim).zip(out.chunks(dim)).enumerate() {
            let (head, query) = (row / q_len, row % q_len);
            let seen = if causal { (query + 1 + kv_len).saturating_sub(q_len) } else { kv_len };
            let of_head = |x: &[f64]| x[head / (heads / kv_heads) * kv_len * dim..][..seen * dim].to_vec();
            let expected =
                if seen == 0 { vec![0.0; dim] } else { row_by_row(q, &of_head(k), &of_head(v), dim) };
            assert_eq!(out, expected, "head {head}, query {query} of {heads}×{q_len}×{dim}");
        }
    }
}

/// Some heads have no row, and a block has rows that see very different keys.
#[test]
fn some_rows_have_the_bits_of_all() {
    for (heads, kv_heads, q_len, kv_len, dim, causal) in
        [(6, 2, 5, 300, 20, false), (4, 4, 33, 530, 8, true), (3, 1, 9, 4, 3, true)]
    {
        let [q, k, v] = [(heads, q_len, 1), (kv_heads, kv_len, 2), (kv_heads, kv_len, 3)]
            .map(|(heads, length, seed)| values((heads, length, dim), seed));
        let attention = Attention { causal, dtype: DType::F16, wire: None };
        let of = |rows: &Rows| [attention.oracle(&q, &k, &v, rows), attention.naive(&q, &k, &v, rows)];
        let all = of(&Rows::All).map(|all| all.into_shape_with_order((heads * q_len, dim)).unwrap());
        let last = heads * q_len - 1;
        for some in [vec![last], vec![0, 1, last - 1, last], (0..=last).step_by(3).collect()] {
            let of_some = of(&Rows::Some(some.clone()));
            for (of_some, all) in of_some.iter().zip(&all) {
                let expected = all.select(ndarray::Axis(0), &some).into_dyn();
                assert_eq!(*of_some, expected, "rows {some:?} of {heads}×{q_len}×{dim}");
            }
        }
    }
}

#[test]
fn an_element_has_the_bits_of_all() {
    // Groups of heads, keys that fill no block, and queries that see no key.
    for (causal, q_len, kv_len) in [(false, 3, 521), (true, 9, 261), (true, 7, 4), (false, 1, 1)] {
        let (q, k, v) = (values((6, q_len, 5), 1), values((2, kv_len, 5), 2), values((2, kv_len, 5), 3));
        let attention = Attention { causal, ..EXACT };
        for (at, all) in attention.oracle(&q, &k, &v, &Rows::All).iter().enumerate() {
            let one = attention.element(&q, &k, &v, at);
            assert_eq!(one.to_bits(), all.to_bits(), "element {at}, causal {causal}, {q_len} and {kv_len}");
        }
    }
}
