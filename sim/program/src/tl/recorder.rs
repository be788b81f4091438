//! The recorder of one rank: every `tl` method ends in [`Tl::push`].

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::Arc;

use crate::op::{Constant, Op, OpIndex, Operand};
use crate::program::{NamedSpan, Program, Rank, RankProgram, Source};
use crate::rules;
use crate::tl::error::{Fault, RecordError};
use crate::tl::links::{Direction, Links};
use crate::tl::tile::{Handle, TileOf, TileOrConst};
use crate::tl::view_table::ViewTable;
use crate::view::ViewId;

/// Ops of all ranks together. Long before, a run is refused for the memory that it would take; this bounds what is
/// recorded until then.
const MAX_OPS: u64 = 1 << 27;

pub(super) type At = &'static Location<'static>;

/// What all ranks share while they are recorded.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub n_ranks: u32,
    pub grid: Vec<u32>,
    /// Everything but the ranks.
    pub program: Program,
    pub links: Option<Links>,
    pub tables: BTreeMap<String, Arc<[i64]>>,
}

/// Records what one rank does.
#[derive(Debug)]
pub struct Tl {
    pub(super) context: Arc<Context>,
    pub(super) rank: u32,
    pub(super) program: RankProgram,
    view_table: ViewTable,
    /// By ring: messages sent and received so far.
    pub(super) sent: Vec<u32>,
    pub(super) received: Vec<u32>,
    pub(super) barriers: u32,
    files: Files,
    error: Option<RecordError>,
}

impl Tl {
    pub(super) fn new(context: Arc<Context>, rank: u32, files: Files) -> Tl {
        let rings = context.program.rings.len();
        Tl {
            context,
            rank,
            program: RankProgram::default(),
            view_table: ViewTable::new(),
            sent: vec![0; rings],
            received: vec![0; rings],
            barriers: 0,
            files,
            error: None,
        }
    }
    pub(super) fn finish(self) -> Result<(RankProgram, Files), RecordError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok((self.program, self.files)),
        }
    }

    pub fn rank(&self) -> u32 {
        self.rank
    }
    pub fn num_ranks(&self) -> u32 {
        self.context.n_ranks
    }
    /// This rank's coordinate on the grid of ranks; 0 along axes the grid does not have.
    pub fn program_id(&self, axis: usize) -> u32 {
        let inner: u32 = self.context.grid.iter().skip(axis + 1).product();
        self.context.grid.get(axis).map_or(0, |extent| self.rank / inner % extent)
    }
    /// The rank on that side; `None` at the end of a line, and at n = 1.
    pub fn neighbour(&self, side: Direction) -> Option<u32> {
        self.context.links.as_ref()?.neighbour(self.rank, side)
    }
    /// The first integer of a table given to the recording.
    pub fn scalar(&self, name: &str) -> Option<i64> {
        self.context.tables.get(name)?.first().copied()
    }
    /// A table given to the recording.
    pub fn table(&self, name: &str) -> Option<Arc<[i64]>> {
        self.context.tables.get(name).cloned()
    }
    /// Names what `body` records, for reports and timelines.
    pub fn span<T>(&mut self, name: &str, body: impl FnOnce(&mut Tl) -> T) -> T {
        let place = self.program.spans.len();
        let first = self.next_op();
        self.program.spans.push(NamedSpan { name: name.to_owned(), first, end: first });
        let result = body(self);
        self.program.spans[place].end = self.next_op();
        result
    }

    /// Appends an op, unless it breaks a rule.
    pub(super) fn push(&mut self, op: Op, at: At) -> Handle {
        if self.error.is_some() {
            return Handle::default();
        }
        if let Err(breach) = rules::check(&op, &self.program.views, &self.context.program.rings) {
            self.fail(at, format!("{}: {breach}", op.kind()), breach.repair());
            return Handle::default();
        }
        if self.program.ops.len() as u64 >= MAX_OPS / u64::from(self.context.n_ranks.max(1)) {
            let n_ranks = self.context.n_ranks;
            self.fail(
                at,
                format!("the program passes {MAX_OPS} ops over its {n_ranks} ranks"),
                "record less: fewer tokens, steps or ranks, or larger blocks",
            );
            return Handle::default();
        }
        let index = self.next_op();
        let file = self.files.intern(at.file());
        self.program.sources.push(Source { file, line: at.line(), column: at.column() });
        self.program.ops.push(op);
        Handle { op: Some(index) }
    }
    /// The view table's entry for a tile.
    pub(super) fn id<M: Copy>(&mut self, tile: TileOf<M>) -> ViewId {
        self.catch(tile.fault);
        if self.error.is_some() {
            return ViewId::default();
        }
        self.view_table.id(tile.view, &mut self.program.views)
    }
    pub(super) fn operand(&mut self, term: TileOrConst, at: At) -> Operand {
        match term {
            TileOrConst::Tile(tile) => Operand::View(self.id(tile)),
            TileOrConst::Constant(value) => Operand::Constant(self.constant(value, at)),
        }
    }
    pub(super) fn constant(&mut self, value: f64, at: At) -> Constant {
        Constant::of_number(value).unwrap_or_else(|| {
            self.fail(
                at,
                format!("the constant {value:e} does not fit an f32"),
                "use a number that an f32 holds",
            );
            Constant::of(0.0)
        })
    }

    /// Keeps the first mistake.
    pub(super) fn fail(&mut self, at: At, message: String, repair: impl Into<String>) {
        let (rank, source) = (Some(self.rank), place(at));
        self.error.get_or_insert_with(|| RecordError { message, rank, source, repair: repair.into() });
    }
    pub(super) fn catch(&mut self, fault: Option<Fault>) {
        if let Some(fault) = fault {
            self.fail(fault.at, fault.wrong.message(), fault.wrong.repair());
        }
    }
    pub(super) fn rank_id(&self) -> Rank {
        Rank(self.rank)
    }
    fn next_op(&self) -> OpIndex {
        OpIndex(self.program.ops.len() as u32)
    }
}

/// Names of source files, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    ids: BTreeMap<&'static str, u32>,
}

impl Files {
    fn intern(&mut self, file: &'static str) -> u32 {
        let next = self.ids.len() as u32;
        *self.ids.entry(file).or_insert(next)
    }
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![String::new(); self.ids.len()];
        for (file, &id) in &self.ids {
            names[id as usize] = slashes(file);
        }
        names
    }
}

/// `file:line:column`.
pub(super) fn place(at: At) -> String {
    format!("{}:{}:{}", slashes(at.file()), at.line(), at.column())
}

/// Programs are the same whatever system they were recorded on.
fn slashes(file: &str) -> String {
    file.replace('\\', "/")
}
