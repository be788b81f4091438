//! Tensors of the f64 run.

use std::borrow::Cow;

use program::Dims;
use program::view::MAX_DIMS;

/// One f64 for each element, with those marked that stand for nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Elements {
    pub values: Vec<f64>,
    /// Which elements cannot be compared, because they hold bytes read as another dtype; empty when all can. Their
    /// values are those of the declared run.
    pub lost: Vec<bool>,
}

impl Elements {
    pub fn of(values: Vec<f64>) -> Elements {
        Elements { values, lost: Vec::new() }
    }
    pub fn lose(&mut self, from: usize, to: usize) {
        self.lost.resize(self.values.len(), false);
        self.lost[from..to].fill(true);
    }
    pub fn n_lost(&self) -> u64 {
        self.lost.iter().filter(|&&lost| lost).count() as u64
    }
}

/// An operand in both runs: elements in the order in which they lie in memory.
pub struct Both {
    pub declared: Vec<f64>,
    /// `None` when it is what the declared run has.
    pub exact: Option<Elements>,
    pub shape: Dims,
    /// In elements, of `declared` and `exact`.
    pub strides: Dims,
}

impl Both {
    pub fn values(&self) -> &[f64] {
        self.exact.as_ref().map_or(&self.declared, |exact| &exact.values)
    }
    pub fn lost(&self) -> &[bool] {
        self.exact.as_ref().map_or(&[], |exact| &exact.lost)
    }
    /// Strides that repeat it to fill `shape`, to which the program's rules let it broadcast.
    pub fn filling(&self, shape: Dims) -> Dims {
        let missing = shape.len() - self.shape.len();
        let mut strides = [0; MAX_DIMS];
        for axis in 0..self.shape.len() {
            if self.shape[axis] == shape[missing + axis] {
                strides[missing + axis] = self.strides[axis];
            }
        }
        Dims::new(&strides[..shape.len()])
    }
}

/// The elements at `strides`, as a packed row-major tensor of `shape`.
pub fn laid<'a, T: Copy>(from: &'a [T], shape: &[u32], strides: &[u32]) -> Cow<'a, [T]> {
    let n = shape.iter().map(|&n| n as usize).product();
    let packed = Dims::new(shape).packed_strides();
    if n == from.len() && (0..shape.len()).all(|axis| shape[axis] == 1 || strides[axis] == packed[axis]) {
        return Cow::Borrowed(from);
    }
    let outer = shape.len().saturating_sub(1);
    let (run, step) = shape.last().zip(strides.last()).map_or((1, 0), |(&n, &s)| (n as usize, s as usize));
    let (mut to, mut index) = (Vec::with_capacity(n), [0u32; MAX_DIMS]);
    while to.len() < n {
        let first: usize = (0..outer).map(|axis| index[axis] as usize * strides[axis] as usize).sum();
        to.extend((0..run).map(|i| from[first + i * step]));
        for axis in (0..outer).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    Cow::Owned(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_laid_by_their_strides() {
        let from = [0, 1, 2, 3, 4, 5];
        type Case = (&'static str, &'static [u32], &'static [u32], &'static [i32]);
        let cases: &[Case] = &[
            ("packed", &[2, 3], &[3, 1], &[0, 1, 2, 3, 4, 5]),
            ("transposed", &[3, 2], &[1, 3], &[0, 3, 1, 4, 2, 5]),
            ("repeated rows", &[2, 3], &[0, 1], &[0, 1, 2, 0, 1, 2]),
            ("repeated columns", &[2, 2], &[3, 0], &[0, 0, 3, 3]),
            ("three axes", &[2, 1, 2], &[1, 9, 2], &[0, 2, 1, 3]),
            ("nothing", &[0, 3], &[3, 1], &[]),
            ("a scalar", &[], &[], &[0]),
        ];
        for &(name, shape, strides, expected) in cases {
            assert_eq!(*laid(&from, shape, strides), *expected, "{name}");
        }
    }
}
