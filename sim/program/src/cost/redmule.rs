//! RedMulE, as GVSoC's `light_redmule` times it for the SoftHier template: products in tiles of `height` rows by
//! `width · (pipe + 1)` columns by `elements_per_cycle` of the inner extent, and one row of an operand a cycle from the
//! TCM. While a tile is computed, its own rows of the second operand are read, those of the first and of the sum for
//! the next tile are read ahead, and the sum of the one before is written; a tile takes the longer of the two.

/// The array.
#[derive(Clone, Copy, Debug)]
pub struct Redmule {
    pub height: u64,
    pub width: u64,
    pub pipe: u64,
    pub elements_per_cycle: u64,
}

/// Positions of a tile along one axis that cost the same: one of them, and how many there are. The first, the last but
/// one and the last differ, because what is read ahead is that of the next.
fn positions(n: u64) -> Vec<(u64, u64)> {
    if n <= 4 { (0..n).map(|at| (at, 1)).collect() } else { vec![(0, 1), (1, n - 3), (n - 2, 1), (n - 1, 1)] }
}

impl Redmule {
    /// Cycles of a [m, k] by b [k, n] in which tiles are computed, in which only operands move, and of the first rows,
    /// which are read, and the last, which are written, without anything to hide behind.
    pub fn spent(&self, m: u64, n: u64, k: u64) -> [u64; 3] {
        let columns = self.width * (self.pipe + 1);
        let tiles = [m.div_ceil(self.height), n.div_ceil(columns), k.div_ceil(self.elements_per_cycle)];
        let [down, across, inner] = tiles.map(positions);
        let (mut places, mut operands) = (0, 0);
        for &(i, n_i) in &down {
            for &(j, n_j) in &across {
                for &(l, n_l) in &inner {
                    let (computed, moved) = self.tile([m, k], tiles, [i, j, l]);
                    let all = n_i.saturating_mul(n_j).saturating_mul(n_l);
                    places = all.saturating_mul(computed).saturating_add(places);
                    operands = all.saturating_mul(moved).saturating_add(operands);
                }
            }
        }
        [places, operands, 3 * m.min(self.height) + columns]
    }

    /// Cycles of a tile: those that it computes, and those that its operands take longer.
    fn tile(&self, [m, k]: [u64; 2], [down, across, inner]: [u64; 3], [i, j, l]: [u64; 3]) -> (u64, u64) {
        let rows = |i: u64| self.height.min(m - i * self.height);
        let second = self.elements_per_cycle.min(k - l * self.elements_per_cycle);
        let (last_inner, last_across) = (l + 1 == inner, j + 1 == across);
        let next = if last_inner && last_across { i + 1 } else { i };
        let mut read = second;
        if next < down {
            // Of the first operand, and of the sum once the inner extent is through.
            read += rows(next) * (1 + u64::from(last_inner));
        }
        if l == 0 && (i, j) != (0, 0) {
            read += rows(if j == 0 { i - 1 } else { i });
        }
        let columns = self.width * (self.pipe + 1);
        let computed = (second * (self.pipe + 1)).div_ceil(columns) * columns;
        (computed, read.saturating_sub(computed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOFTHIER: Redmule = Redmule { height: 32, width: 16, pipe: 1, elements_per_cycle: 256 };

    /// The same, tile after tile, as the model's state machine goes through them.
    fn one_by_one(redmule: &Redmule, m: u64, n: u64, k: u64) -> u64 {
        let columns = redmule.width * (redmule.pipe + 1);
        let tiles = [m.div_ceil(redmule.height), n.div_ceil(columns), k.div_ceil(redmule.elements_per_cycle)];
        let mut total = 3 * m.min(redmule.height) + columns;
        for i in 0..tiles[0] {
            for j in 0..tiles[1] {
                total += (0..tiles[2])
                    .map(|l| redmule.tile([m, k], tiles, [i, j, l]))
                    .map(|(a, b)| a + b)
                    .sum::<u64>();
            }
        }
        total
    }

    #[test]
    fn positions_that_cost_the_same_are_counted_together() {
        let odd = Redmule { height: 3, width: 2, pipe: 1, elements_per_cycle: 5 };
        for (m, n, k) in
            [(1, 1, 1), (3, 4, 5), (4, 5, 6), (20, 30, 40), (17, 23, 29), (9, 100, 3), (100, 9, 61)]
        {
            assert_eq!(odd.spent(m, n, k).iter().sum::<u64>(), one_by_one(&odd, m, n, k), "{m}×{n}×{k}");
        }
    }

    /// Of FlatAttention's slices with D = 128: QKᵀ is [s, 128] by [128, s], PV [s, s] by [s, 128]. Cycles are those of
    /// the source restated; the share of 512 multiply-adds a cycle, over both, is 20.5, 55.2, 82.1 and 97.0 %.
    #[test]
    fn softhiers_slices_take_what_the_restated_model_says() {
        for (slice, cycles, share) in
            [(16, [336, 288], 205), (32, [384, 544], 552), (64, [1152, 1344], 821), (128, [4224, 4224], 970)]
        {
            let ours = [[slice, slice, 128], [slice, 128, slice]]
                .map(|[m, n, k]| SOFTHIER.spent(m, n, k).iter().sum::<u64>());
            assert_eq!(ours, cycles, "slice {slice}");
            let ideal = 2 * slice * slice * 128 / 512;
            let both = ours[0] + ours[1];
            assert_eq!((ideal * 1000 + both / 2) / both, share, "slice {slice}");
        }
    }
}
