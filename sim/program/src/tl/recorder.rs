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
    /// Where the next ops are written, in place of the caller.
    author: Option<Source>,
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
            author: None,
            error: None,
        }
    }
    pub(super) fn finish(self) -> Result<(RankProgram, Files), RecordError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok((self.program, self.files)),
        }
    }

    /// Sets where the author wrote what is recorded next, for front ends of other languages: line and column count
    /// from 1. Without it, it is the caller of each method.
    pub fn written_at(&mut self, file: &str, line: u32, column: u32) {
        self.author = Some(Source { file: self.files.intern(file), line, column });
    }
    /// The first mistake so far, the one that the tile carries included.
    pub fn mistake<M: Copy>(&mut self, tile: Option<TileOf<M>>) -> Option<&RecordError> {
        self.catch(tile.and_then(|tile| tile.fault));
        self.error.as_ref()
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
        let place = self.open_span(name);
        let result = body(self);
        self.close_span(place);
        result
    }
    /// As [`Tl::span`], for front ends whose spans are no functions; the result is for [`Tl::close_span`].
    pub fn open_span(&mut self, name: &str) -> usize {
        let first = self.next_op();
        self.program.spans.push(NamedSpan { name: name.to_owned(), first, end: first });
        self.program.spans.len() - 1
    }
    /// Ends a span that was opened on this rank; of another one, nothing.
    pub fn close_span(&mut self, place: usize) {
        let end = self.next_op();
        if let Some(span) = self.program.spans.get_mut(place) {
            span.end = end;
        }
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
        let source = self.author.unwrap_or_else(|| Source {
            file: self.files.intern(at.file()),
            line: at.line(),
            column: at.column(),
        });
        self.program.sources.push(source);
        self.program.ops.push(op);
        Handle { op: Some(index), before: 0 }
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
        if self.error.is_some() {
            return;
        }
        let source = self.author.map_or_else(|| place(at), |source| self.files.place(source));
        self.error = Some(RecordError { message, rank: Some(self.rank), source, repair: repair.into() });
    }
    pub(super) fn catch(&mut self, fault: Option<Fault>) {
        if let Some(fault) = fault {
            self.fail(fault.at, fault.wrong.message(), fault.wrong.repair());
        }
    }
    pub(super) fn rank_id(&self) -> Rank {
        Rank(self.rank)
    }
    pub(super) fn next_op(&self) -> OpIndex {
        OpIndex(self.program.ops.len() as u32)
    }
    /// The ops that were recorded from `first` on.
    pub(super) fn since(&self, first: OpIndex) -> Handle {
        match self.next_op().0.checked_sub(first.0 + 1) {
            Some(before) => Handle { op: Some(OpIndex(first.0 + before)), before },
            None => Handle::default(),
        }
    }
}

/// Names of source files, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    ids: BTreeMap<Arc<str>, u32>,
}

impl Files {
    fn intern(&mut self, file: &str) -> u32 {
        if let Some(&id) = self.ids.get(file) {
            return id;
        }
        let next = self.ids.len() as u32;
        self.ids.insert(file.into(), next);
        next
    }
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![String::new(); self.ids.len()];
        for (file, &id) in &self.ids {
            names[id as usize] = slashes(file);
        }
        names
    }
    /// `file:line:column`.
    fn place(&self, Source { file, line, column }: Source) -> String {
        let found = self.ids.iter().find(|(_, id)| **id == file);
        format!("{}:{line}:{column}", found.map_or_else(String::new, |(name, _)| slashes(name)))
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
