//! The memories as the checks keep them: a buffer, a tensor and a slot each on its own, and TCM that the author
//! laid out by hand by address. Buffers that the planner gave the same bytes meet when one takes over.

use order::{LastAccess, Readers, RegionMap, Touch};
use program::{Base, Layout, Message, Program, Rank, Space, View};

use crate::cells::{Cell, Cells};

/// A buffer, and who took its bytes over.
#[derive(Clone, Debug, Default)]
struct Buffer {
    cells: Cells,
    is_placed: bool,
    taken_by: Option<Touch>,
}

pub struct Places<'a> {
    program: &'a Program,
    layout: &'a Layout,
    /// By rank, then buffer.
    buffers: Vec<Vec<Buffer>>,
    /// By rank: which buffer took an address last.
    owners: Vec<RegionMap<u32>>,
    /// By rank: buffers at addresses that the author fixed.
    fixed: Vec<Cells>,
    tensors: Vec<Cells>,
    /// By ring, then slot.
    slots: Vec<Vec<Cells>>,
}

/// The bytes of a view: where its base begins among them, and in its memory.
pub struct Place<'p> {
    pub cells: &'p mut Cells,
    /// Added to an offset in the base it is one in `cells`.
    pub shift: u64,
    /// Who took the bytes over before: a late reader meets it.
    pub taken_by: Option<Touch>,
}

impl<'a> Places<'a> {
    pub fn new(program: &'a Program, layout: &'a Layout) -> Places<'a> {
        let n_ranks = program.ranks.len();
        Places {
            program,
            layout,
            buffers: program.ranks.iter().map(|rank| vec![Buffer::default(); rank.buffers.len()]).collect(),
            owners: vec![RegionMap::default(); n_ranks],
            fixed: vec![Cells::Untouched; n_ranks],
            tensors: vec![Cells::Untouched; program.tensors.len()],
            slots: program.rings.iter().map(|ring| vec![Cells::Untouched; ring.n_slots as usize]).collect(),
        }
    }

    pub fn of(&mut self, rank: Rank, view: &View) -> Place<'_> {
        match view.base {
            Base::Buffer(buffer) => match self.program.rank(rank).buffers[buffer.index()].at {
                Some(at) => Place { cells: &mut self.fixed[rank.index()], shift: at, taken_by: None },
                None => {
                    let own = &mut self.buffers[rank.index()][buffer.index()];
                    Place { cells: &mut own.cells, shift: 0, taken_by: own.taken_by }
                }
            },
            Base::Tensor(tensor) => {
                Place { cells: &mut self.tensors[tensor.index()], shift: 0, taken_by: None }
            }
            Base::Message(message) => Place { cells: self.slot(message), shift: 0, taken_by: None },
        }
    }

    pub fn slot(&mut self, message: Message) -> &mut Cells {
        let slot = message.number % self.program.rings[message.ring.index()].n_slots;
        &mut self.slots[message.ring.index()][slot as usize]
    }
    pub fn tensor(&self, tensor: usize) -> &Cells {
        &self.tensors[tensor]
    }

    /// The first time that an op touches a buffer, it gets what others have done with its bytes, but for what
    /// `is_over`, and the op takes the bytes from them.
    pub fn take_over(&mut self, rank: Rank, view: &View, by: Touch, is_over: impl Fn(Touch) -> bool) {
        let Base::Buffer(buffer) = view.base else { return };
        let own = &mut self.buffers[rank.index()][buffer.index()];
        let spec = self.program.rank(rank).buffers[buffer.index()];
        if own.is_placed || spec.at.is_some() {
            return;
        }
        own.is_placed = true;
        let addresses = &self.layout.buffers[rank.index()];
        let (start, end) = (addresses[buffer.index()], addresses[buffer.index()] + spec.bytes);
        let owners = &mut self.owners[rank.index()];
        let old: Vec<(u64, u64, u32)> =
            owners.overlapping(start, end).map(|(from, to, &id)| (from, to, id)).collect();
        owners.insert(start, end, buffer.0);
        let buffers = &mut self.buffers[rank.index()];
        for (from, to, id) in old {
            let (at, old) = (addresses[id as usize], &mut buffers[id as usize]);
            old.taken_by = Some(by);
            let mut left = Vec::new();
            for (first, last, cell) in old.cells.overlapping(from - at, to - at) {
                let writer = cell.last.writer.filter(|&writer| !is_over(writer));
                let readers: Readers<Touch> =
                    cell.last.readers.iter().copied().filter(|&reader| !is_over(reader)).collect();
                if writer.is_some() || !readers.is_empty() {
                    // What was done with the bytes of one buffer has other numbers in another.
                    let kept = Cell { passed: Vec::new(), ..cell.clone() };
                    left.push((
                        first + at - start,
                        last + at - start,
                        Cell { last: LastAccess { writer, readers }, ..kept },
                    ));
                }
            }
            let own = &mut buffers[buffer.index()].cells;
            left.into_iter().for_each(|(first, last, cell)| own.insert(first, last, cell));
        }
    }

    /// Space and address of a base.
    pub fn locate(&self, rank: Rank, base: Base) -> (Space, u64) {
        match base {
            Base::Buffer(buffer) => (Space::Tcm(rank), self.layout.buffers[rank.index()][buffer.index()]),
            Base::Tensor(tensor) => {
                (Space::Hbm(self.program.tensors[tensor.index()].home), self.layout.tensors[tensor.index()])
            }
            Base::Message(message) => {
                let slot = message.number % self.program.rings[message.ring.index()].n_slots;
                self.layout.slot(self.program, message.ring, slot)
            }
        }
    }
}
