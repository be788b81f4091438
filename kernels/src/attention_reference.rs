//! Attention as plain maths: softmax(q·kᵀ/√d)·v for one head after the other. It has no tiles,
//! ranks or ops.

use ndarray::{Array1, Array3, ArrayD, ArrayView1, ArrayView2, Axis, Ix3, s};
use program::DType;

use crate::product::{in_f32, in_f64, product};
use crate::round::round_to;

/// Parameters of an attention over inputs q [heads, q_len, dim], k and v [kv_heads, kv_len, dim].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attention {
    /// Query i sees the keys up to i + kv_len − q_len; a query that sees none gives 0.
    pub causal: bool,
    /// Storage dtype of inputs and output.
    pub dtype: DType,
    /// The dtype in which the kernel sends m, l and o, where it does.
    pub wire: Option<DType>,
}

impl Attention {
    /// In f64.
    pub fn oracle(&self, q: &ArrayD<f64>, k: &ArrayD<f64>, v: &ArrayD<f64>) -> ArrayD<f64> {
        let q = three_axes(q);
        let scale = 1.0 / (q.len_of(Axis(2)) as f64).sqrt();
        self.each_query(&q, &three_axes(k), &three_axes(v), |row| exact(&row, scale)).into_dyn()
    }

    /// Untiled, on one rank: f32 accumulation, with scores, p and output rounded to `dtype`, and m and o rounded
    /// once to `wire`. l cancels: one partial is merged with nothing, and (l·o)/l is o whatever l was rounded
    /// to, also where the sum over all keys is more than `wire` holds. Scores stay in f32 where `dtype` has 8
    /// bits, because they would overflow at values that a correct kernel handles; the naive error is then smaller, and
    /// the verdict stricter.
    pub fn naive(&self, q: &ArrayD<f64>, k: &ArrayD<f64>, v: &ArrayD<f64>) -> ArrayD<f64> {
        let [q, k, v] = [q, k, v].map(|x| three_axes(x).mapv(|x| x as f32));
        let scale = (1.0 / (q.len_of(Axis(2)) as f64).sqrt()) as f32;
        self.each_query(&q, &k, &v, |row| self.rounded(&row, scale)).mapv(f64::from).into_dyn()
    }

    /// The output, row by row; a query that sees no key gives 0.
    fn each_query<T: Copy + Default>(
        &self,
        q: &Array3<T>,
        k: &Array3<T>,
        v: &Array3<T>,
        attend: impl Fn(Row<'_, T>) -> Array1<T>,
    ) -> Array3<T> {
        let ((heads, q_len, _), (kv_heads, kv_len, _)) = (q.dim(), k.dim());
        // Keys side by side, so that all scores of a query are summed at once.
        let k = k.view().permuted_axes([0, 2, 1]).as_standard_layout().into_owned();
        let mut out = Array3::default(q.dim());
        for (head, query) in (0..heads).flat_map(|head| (0..q_len).map(move |query| (head, query))) {
            let seen = if self.causal { (query + 1 + kv_len).saturating_sub(q_len) } else { kv_len };
            if seen > 0 {
                let kv_head = head / (heads / kv_heads);
                let (k, v) = (k.slice(s![kv_head, .., ..seen]), v.slice(s![kv_head, ..seen, ..]));
                out.slice_mut(s![head, query, ..]).assign(&attend(Row {
                    q: q.slice(s![head, query, ..]),
                    k,
                    v,
                }));
            }
        }
        out
    }

    fn rounded(&self, row: &Row<'_, f32>, scale: f32) -> Array1<f32> {
        let wire = |x: f32| self.wire.map_or(x, |dtype| round_to(x, dtype));
        let stored = |score: f32| match self.dtype {
            DType::F8e4m3 | DType::F8e5m2 => score,
            DType::F32 | DType::F16 | DType::Bf16 | DType::U8 | DType::I32 => round_to(score, self.dtype),
        };
        let scores = product(row.q, row.k, in_f32).mapv(|score| stored(score * scale));
        let m = wire(scores.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let p = scores.mapv(|score| round_to(libm::exp(f64::from(score - m)) as f32, self.dtype));
        let l = p.iter().fold(0.0f32, |sum, &p| sum + p);
        product(p.view(), row.v, in_f32).mapv(|o| round_to(wire(o / l), self.dtype))
    }
}

/// A query [dim], and the keys [dim, seen] and values [seen, dim] it sees.
struct Row<'a, T> {
    q: ArrayView1<'a, T>,
    k: ArrayView2<'a, T>,
    v: ArrayView2<'a, T>,
}

fn exact(row: &Row<'_, f64>, scale: f64) -> Array1<f64> {
    let scores = product(row.q, row.k, in_f64) * scale;
    let m = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let p = scores.mapv(|score| libm::exp(score - m));
    let l = p.iter().fold(0.0, |sum, &p| sum + p);
    product(p.view(), row.v, in_f64) / l
}

fn three_axes(x: &ArrayD<f64>) -> Array3<f64> {
    x.clone().into_dimensionality::<Ix3>().expect("the caller has checked the shapes")
}

#[cfg(test)]
#[path = "attention_reference_tests.rs"]
mod tests;
