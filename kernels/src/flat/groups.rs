//! Rings of rows and columns.

use program::tl::{Group, Recording, Rings, Way};

use super::{Flat, Square};

/// The rings of one row of a square, between its root and the others.
pub struct Row {
    pub queries: Group,
    pub maxima: Group,
    /// Each other's maximum, and at the end the sums.
    pub stats: Group,
    pub outputs: Group,
}

/// All rows and columns, by square.
pub struct Groups {
    rows: Vec<Vec<Row>>,
    /// K and V.
    columns: Vec<Vec<[Group; 2]>>,
}

impl Groups {
    pub fn declare(flat: &Flat, recording: &mut Recording) -> Groups {
        let all = flat.squares.all().filter(|&square| !flat.squares.heads(square).is_empty());
        let (mut rows, mut columns) = (Vec::new(), Vec::new());
        for square in all {
            rows.push((0..flat.squares.rows()).map(|row| flat.row(recording, square, row)).collect());
            let column = |column| flat.column(recording, square, column);
            columns.push((0..flat.squares.columns()).map(column).collect());
        }
        Groups { rows, columns }
    }

    pub fn row(&self, at: Square) -> &Row {
        &self.rows[at.square as usize][at.row as usize]
    }
    pub fn column(&self, at: Square) -> &[Group; 2] {
        &self.columns[at.square as usize][at.column as usize]
    }
}

impl Flat {
    fn row(&self, recording: &mut Recording, square: u32, row: u32) -> Row {
        let (sizes, squares) = (&self.sizes, &self.squares);
        let queries =
            (0..squares.q_blocks()).map(|block| squares.queries(block, row).len()).max().unwrap_or(0);
        let rows = queries as u64 * u64::from(sizes.group());
        let dim = u64::from(sizes.head_dim);
        let ranks: Vec<u32> =
            (0..squares.columns()).map(|column| squares.rank(Square { square, row, column })).collect();
        let root = squares.rank(squares.root_of_row(square, row));
        let mut group = |way, queue, slot_bytes| {
            recording.group(root, &ranks, way, Rings { queue, n_slots: sizes.network.slots, slot_bytes })
        };
        Row {
            queries: group(Way::Out, 0, rows * dim * sizes.dtype.size()),
            maxima: group(Way::Out, 1, rows * self.wire.size()),
            stats: group(Way::In, 0, rows * self.wire.size()),
            outputs: group(Way::In, 1, rows * dim * self.wire.size()),
        }
    }

    fn column(&self, recording: &mut Recording, square: u32, column: u32) -> [Group; 2] {
        let (sizes, squares) = (&self.sizes, &self.squares);
        let keys = (0..squares.kv_blocks()).map(|block| squares.keys(block, column).len()).max().unwrap_or(0);
        let slot_bytes = keys as u64 * u64::from(sizes.head_dim) * sizes.dtype.size();
        let ranks: Vec<u32> =
            (0..squares.rows()).map(|row| squares.rank(Square { square, row, column })).collect();
        let root = squares.rank(squares.root_of_column(square, column));
        // Queues 0 and 1 are those of rows; where rows and columns have ranks in common, of a snake, they differ.
        [2, 3].map(|queue| {
            recording.group(root, &ranks, Way::Out, Rings { queue, n_slots: sizes.network.slots, slot_bytes })
        })
    }
}
