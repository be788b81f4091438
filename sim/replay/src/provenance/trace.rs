//! The backward walk: from elements of outputs to the elements of inputs that reach them.

use oplog::OpLog;
use program::{TensorId, View};

use super::field::Field;
use super::through;
use super::ways::Ways;
use crate::history::Part;
use crate::reads::Reads;
use crate::schedule::versions_read;
use crate::values::Values;
use crate::version::{VersionId, Versions, Writer, whole_tensor};

/// Elements and multiply-adds of a walk, above which it ends.
const MOST_STEPS: u64 = 1 << 28;

/// A log whose reads are resolved.
pub struct Graph<'a> {
    pub log: &'a OpLog,
    pub versions: &'a Versions,
    pub reads: &'a Reads,
    /// Whether the program has a `where`: then a factor 0 may be a mask, and what it is multiplied by is not taken.
    pub masked: bool,
    /// Values that products and `where` read, when they are known.
    pub values: Option<&'a Values<'a>>,
    /// Global ops, writers before readers.
    order: Vec<u32>,
}

/// Inputs that reach some elements.
pub struct Trace {
    /// By tensor that the host fills, as far as it is reached: the ways of each element.
    pub shares: Vec<(TensorId, Field)>,
    /// Elements of operands that nothing wrote.
    pub unwritten: u64,
    /// Whether the walk came to its end.
    pub complete: bool,
}

/// A walk under way.
pub struct Walk {
    /// By version: the ways of its elements, in the order of its value.
    asked: Vec<Option<Field>>,
    pub steps: u64,
    unwritten: u64,
}

impl<'a> Graph<'a> {
    pub fn of(
        log: &'a OpLog,
        versions: &'a Versions,
        reads: &'a Reads,
        values: Option<&'a Values<'a>>,
    ) -> Graph<'a> {
        let order = writers_first(versions, reads);
        Graph { log, versions, reads, masked: super::masked(log), values, order }
    }

    /// Walks back from elements of tensors that the host takes.
    pub fn trace(&self, from: &[(TensorId, Vec<Ways>)]) -> Trace {
        let mut walk = Walk { asked: vec![None; self.versions.n_ids()], steps: 0, unwritten: 0 };
        for (tensor, ways) in from {
            let Some(view) = whole_tensor(self.log, *tensor) else { continue };
            let base = self.log.layout.tensors[tensor.index()];
            let parts: Vec<Part> =
                self.reads.of(self.versions.n_ops() + tensor.index()).flatten().copied().collect();
            self.ask(&mut walk, &view, base, &parts, ways);
        }
        let mut complete = true;
        for &op in self.order.iter().rev() {
            let Some(ways) = walk.asked[op as usize].take() else { continue };
            if walk.steps > MOST_STEPS {
                complete = false;
                break;
            }
            through::op(self, &mut walk, op, &ways);
        }
        let tensors = (0..self.log.program.tensors.len() as u32).map(TensorId);
        let shares = tensors
            .filter_map(|tensor| Some((tensor, walk.asked[self.versions.of_tensor(tensor).index()].take()?)));
        Trace { shares: shares.collect(), unwritten: walk.unwritten, complete }
    }

    /// Asks for elements of a view, row-major, of what its parts were written by.
    pub fn ask(&self, walk: &mut Walk, view: &View, base: u64, parts: &[Part], ways: &[Ways]) {
        let size = view.dtype.size();
        walk.steps += ways.len() as u64;
        let mut last = 0;
        through::each(&view.shape, &view.strides, |at, position| {
            if !ways[at].reaches() {
                return;
            }
            let address = base + view.offset + position * size;
            if !parts.get(last).is_some_and(|part| (part.start..part.end()).contains(&address)) {
                last = parts.partition_point(|part| part.end() <= address);
            }
            match parts.get(last).and_then(|part| Some((part, part.version?))) {
                Some((part, version)) if part.start <= address => {
                    walk.add(self.versions, version, part.at + (address - part.start), size, ways[at]);
                }
                Some(_) | None => walk.unwritten += 1,
            }
        });
    }

    /// Asks for all of a view, as something that a function reaches: whole pieces where it has no gaps.
    pub fn ask_all(&self, walk: &mut Walk, view: &View, base: u64, parts: &[Part]) {
        let size = view.dtype.size();
        if !is_dense(view) {
            self.ask(walk, view, base, parts, &vec![Ways::FUNCTION; view.elements() as usize]);
            return;
        }
        let first = base + view.offset;
        let end = first + view.elements() * size;
        let mut written = 0;
        for part in parts {
            let (from, to) = (part.start.max(first), part.end().min(end));
            if let Some(version) = part.version.filter(|_| from < to) {
                written += to - from;
                walk.add(self.versions, version, part.at + (from - part.start), to - from, Ways::FUNCTION);
            }
        }
        walk.steps += view.elements();
        walk.unwritten += (end - first - written) / size;
    }

    /// Who wrote a tensor that the host takes.
    pub fn writers(&self, tensor: TensorId) -> Writers {
        let size = self.log.program.tensors[tensor.index()].dtype.size();
        let base = self.log.layout.tensors[tensor.index()];
        let parts = self.reads.of(self.versions.n_ops() + tensor.index()).flatten();
        let op = |part: &Part| match self.versions.get(part.version?).writer {
            Writer::Op(op) => Some(op),
            Writer::Host(_) => None,
        };
        Writers(parts.map(|part| (part.end().saturating_sub(base) / size.max(1), op(part))).collect())
    }
}

/// Global ops that wrote a tensor: by piece the element that it ends before; `None` where no op did.
pub struct Writers(Vec<(u64, Option<u32>)>);

impl Writers {
    pub fn of(&self, element: u64) -> Option<u32> {
        self.0.get(self.0.partition_point(|&(end, _)| end <= element))?.1
    }
}

impl Walk {
    /// Asks for the bytes from `offset` of a value.
    fn add(&mut self, versions: &Versions, version: VersionId, offset: u64, bytes: u64, ways: Ways) {
        let of = versions.get(version);
        let size = of.dtype.size().max(1);
        let field = self.asked[version.index()].get_or_insert_with(|| Field::new(of.bytes() / size));
        // Sizes are powers of two, and this is called for every element.
        let shift = size.trailing_zeros();
        field.add(offset >> shift, (offset + bytes + size - 1) >> shift, ways);
    }
}

/// Whether a view has all elements between its first and its last, each once.
fn is_dense(view: &View) -> bool {
    let axes = view.shape.iter().zip(view.strides.iter()).filter(|(extent, _)| **extent > 1);
    let mut axes: Vec<(u64, u64)> =
        axes.map(|(extent, stride)| (u64::from(*stride), u64::from(*extent))).collect();
    axes.sort_unstable();
    let mut next = 1;
    axes.iter().all(|(stride, extent)| std::mem::replace(&mut next, stride * extent) == *stride)
}

/// Ops that make something, each after those that it reads from.
fn writers_first(versions: &Versions, reads: &Reads) -> Vec<u32> {
    let n_ops = versions.n_ops();
    let (mut order, mut seen, mut read) = (Vec::new(), vec![false; n_ops], Vec::new());
    let mut stack: Vec<(u32, bool)> = Vec::new();
    for first in (0..n_ops).filter(|&op| versions.written_by(op).is_some()) {
        stack.push((first as u32, false));
        while let Some((op, is_read)) = stack.pop() {
            if is_read {
                order.push(op);
            } else if !std::mem::replace(&mut seen[op as usize], true) {
                stack.push((op, true));
                versions_read(reads, op as usize, &mut read);
                let ops = read.iter().map(|version| version.index()).filter(|&at| at < n_ops);
                stack.extend(ops.filter(|&at| !seen[at]).map(|at| (at as u32, false)));
            }
        }
    }
    order
}
