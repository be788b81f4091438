//! Program of one rank.

use program::DType;
use program::tl::{Handle, Tile, Tl};

use super::{COLUMNS, DEPTH, Gemm, Home, ROWS};
use crate::exchange::Pass;

/// Every rank walks all panels and blocks that any rank has, so that all take part in every pass.
pub fn multiply(tl: &mut Tl, gemm: &Gemm, home: &Home) {
    for panel in 0..gemm.rows().largest().div_ceil(ROWS) {
        for block in 0..gemm.columns().largest().div_ceil(COLUMNS) {
            let name = format!("panel {panel}, block {block}");
            tl.span(&name, |tl| multiply_panel(tl, gemm, home, panel, block));
        }
    }
}

fn multiply_panel(tl: &mut Tl, gemm: &Gemm, home: &Home, panel: u32, block: u32) {
    let own = gemm.rows().block(tl.rank(), ROWS, panel).zip(home.rows);
    let first_row = gemm.rows().range(tl.rank()).start;
    let waits = gemm.network.waits;
    let mut last = Handle::default();
    let mut products = Vec::new();
    if let Some((rows, _)) = &own {
        let height = rows.end - rows.start;
        let widths = (0..tl.num_ranks()).map(|origin| gemm.columns().block(origin, COLUMNS, block));
        products
            .extend(widths.map(|columns| columns.map(|c| tl.tile([height, c.end - c.start], DType::F32))));
    }
    for step in 0..gemm.k.div_ceil(DEPTH) {
        let Some(depth) = gemm.depth().block(0, DEPTH, step) else { continue };
        let a = own.clone().map(|(rows, [a, _])| {
            let rows = tl.tensor(a).slice(0, rows.start - first_row, rows.end - rows.start);
            tl.load(rows.slice(1, depth.start, depth.end - depth.start))
        });
        a.iter().for_each(|a| waits.on(tl, &[a.handle()]));
        let mut pass = BlockPass { gemm, home, panel, block, step, a, products: &products, last };
        gemm.exchange().run(tl, &mut pass);
        last = pass.last;
    }
    if let Some((rows, [_, c])) = own {
        let rows = tl.tensor(c).slice(0, rows.start - first_row, rows.end - rows.start);
        waits.on(tl, &[last]);
        for (origin, product) in products.into_iter().enumerate() {
            let columns = gemm.columns().block(origin as u32, COLUMNS, block);
            if let (Some(product), Some(columns)) = (product, columns) {
                let rounded = tl.cast(product, gemm.dtype);
                waits.on(tl, &[rounded.handle()]);
                tl.store(rounded, rows.slice(1, columns.start, columns.end - columns.start));
            }
        }
    }
}

/// Block `block` of every rank's columns of b, at one step of k.
struct BlockPass<'a> {
    gemm: &'a Gemm,
    home: &'a Home,
    panel: u32,
    block: u32,
    step: u32,
    /// This rank's rows of the panel at this step; `None` on a rank that only passes blocks on.
    a: Option<Tile>,
    /// By origin: this rank's rows of c in its columns.
    products: &'a [Option<Tile>],
    /// The last product; one unit does all of them, in order.
    last: Handle,
}

impl BlockPass<'_> {
    fn shape(&self, origin: u32) -> Option<[u32; 2]> {
        let columns = self.gemm.columns().block(origin, COLUMNS, self.block)?;
        let depth = self.gemm.depth().block(0, DEPTH, self.step)?;
        Some([depth.end - depth.start, columns.end - columns.start])
    }
}

impl Pass for BlockPass<'_> {
    fn messages(&self, origin: u32) -> Vec<[u32; 2]> {
        self.shape(origin).into_iter().collect()
    }
    fn needs(&self, rank: u32, origin: u32) -> bool {
        self.shape(origin).is_some() && self.gemm.rows().block(rank, ROWS, self.panel).is_some()
    }
    fn load(&mut self, tl: &mut Tl) -> Vec<Tile> {
        let (Some(tensor), Some([depth, width])) = (self.home.columns, self.shape(tl.rank())) else {
            return Vec::new();
        };
        let rows = tl.tensor(tensor).slice(0, self.step * DEPTH, depth);
        let b = tl.load(rows.slice(1, self.block * COLUMNS, width));
        self.gemm.network.waits.on(tl, &[b.handle()]);
        vec![b]
    }
    fn visit(&mut self, tl: &mut Tl, origin: u32, chunk: &[Tile], ready: &[Handle]) -> Handle {
        let (Some(a), Some(product)) = (self.a, self.products[origin as usize]) else {
            return Handle::default();
        };
        self.gemm.network.waits.on(tl, ready);
        self.last = match self.step {
            0 => tl.to(product).dot(a, chunk[0]),
            _ => tl.dot_acc(product, a, chunk[0]),
        };
        self.last
    }
}
