//! Memory of one rank after another, while its program is followed in order.

use std::collections::BTreeMap;

use program::{Base, Message, OpIndex, Program, Rank, TensorId, View, ViewId};

use super::contents::{Contents, Written, append, read_map};
use super::{Part, Writer};
use crate::{MessageIndex, RegionMap};

pub struct Memory<'a> {
    program: &'a Program,
    rank: Rank,
    /// By buffer of this rank.
    buffers: Vec<Contents>,
    /// Buffers of this rank that the author fixed, by TCM address.
    fixed: RegionMap<Written>,
    /// Messages that this rank wrote over in place; rare.
    messages: BTreeMap<Message, RegionMap<Written>>,
    /// By tensor. A tensor that several ranks use is in [`super::Shared`]; every other has one user.
    tensors: Vec<(Contents, Rank)>,
    index: MessageIndex,
    /// By rank: the place of its first op among all.
    first_ops: Vec<usize>,
    ranges: Vec<(u64, u64)>,
}

impl<'a> Memory<'a> {
    pub fn new(program: &'a Program) -> Memory<'a> {
        Memory {
            program,
            rank: Rank(0),
            buffers: Vec::new(),
            fixed: RegionMap::default(),
            messages: BTreeMap::new(),
            tensors: vec![(Contents::Bare, Rank(0)); program.tensors.len()],
            index: MessageIndex::of(program),
            first_ops: program.first_ops(),
            ranges: Vec::new(),
        }
    }

    pub fn rank(&self) -> Rank {
        self.rank
    }
    /// Begins the program of a rank, with nothing in its TCM.
    pub fn enter(&mut self, rank: Rank) {
        self.rank = rank;
        self.buffers.clear();
        self.buffers.resize(self.program.rank(rank).buffers.len(), Contents::Bare);
        self.fixed = RegionMap::default();
        self.messages.clear();
    }

    pub fn write(&mut self, view: ViewId, op: OpIndex) {
        let view = &self.program.rank(self.rank).views[view.index()];
        view.spans_into(&mut self.ranges);
        match view.base {
            Base::Buffer(buffer) => {
                let fixed = self.program.rank(self.rank).buffers[buffer.index()];
                match fixed.at {
                    None => self.buffers[buffer.index()].write(&self.ranges, fixed.bytes, op),
                    Some(at) => insert(&mut self.fixed, at, &self.ranges, op),
                }
            }
            Base::Tensor(tensor) => {
                let (contents, user) = &mut self.tensors[tensor.index()];
                *user = self.rank;
                contents.write(&self.ranges, self.program.tensors[tensor.index()].bytes(), op);
            }
            Base::Message(message) => {
                insert(self.messages.entry(message).or_default(), 0, &self.ranges, op);
            }
        }
    }

    /// Appends the parts of a view.
    pub fn read(&mut self, view: ViewId, parts: &mut Vec<Part>) {
        let view = &self.program.rank(self.rank).views[view.index()];
        match view.base {
            Base::Buffer(buffer) => match self.program.rank(self.rank).buffers[buffer.index()].at {
                None => {
                    let contents = &self.buffers[buffer.index()];
                    read_contents(contents, view, self.rank, Writer::Uninitialised, &mut self.ranges, parts);
                }
                Some(at) => {
                    view.spans_into(&mut self.ranges);
                    read_map(&self.fixed, at, &self.ranges, self.rank, Writer::Uninitialised, parts);
                }
            },
            Base::Tensor(tensor) => {
                let (contents, user) = &self.tensors[tensor.index()];
                let host = initial(self.program, tensor);
                read_contents(contents, view, *user, host, &mut self.ranges, parts);
            }
            Base::Message(message) => self.read_message(message, view, parts),
        }
    }

    fn read_message(&mut self, message: Message, view: &View, parts: &mut Vec<Part>) {
        let rank = self.program.rings[message.ring.index()].producer;
        let sender = self.index.sender(message).map_or(Writer::Uninitialised, |op| Writer::Op {
            rank,
            op: OpIndex(op - self.first_ops[rank.index()] as u32),
        });
        match self.messages.get(&message) {
            None => whole(view, sender, parts),
            Some(map) => {
                view.spans_into(&mut self.ranges);
                read_map(map, 0, &self.ranges, self.rank, sender, parts);
            }
        }
    }

    /// Final writers of a tensor that at most one rank used.
    pub fn output(&self, tensor: TensorId) -> Vec<Part> {
        let (contents, user) = &self.tensors[tensor.index()];
        let bytes = [(0, self.program.tensors[tensor.index()].bytes())];
        let mut parts = Vec::new();
        let by = |writer| Part { start: 0, end: bytes[0].1, from: 0, writer };
        match contents {
            Contents::Bare => append(&mut parts, 0, by(initial(self.program, tensor))),
            Contents::Whole(op) => append(&mut parts, 0, by(Writer::Op { rank: *user, op: *op })),
            Contents::Mixed(map) => {
                read_map(map, 0, &bytes, *user, initial(self.program, tensor), &mut parts);
            }
        }
        parts
    }
}

fn read_contents(
    contents: &Contents,
    view: &View,
    user: Rank,
    otherwise: Writer,
    ranges: &mut Vec<(u64, u64)>,
    parts: &mut Vec<Part>,
) {
    match contents {
        Contents::Bare => whole(view, otherwise, parts),
        Contents::Whole(op) => whole(view, Writer::Op { rank: user, op: *op }, parts),
        Contents::Mixed(map) => {
            view.spans_into(ranges);
            read_map(map, 0, ranges, user, otherwise, parts);
        }
    }
}

/// One writer for all of a view.
fn whole(view: &View, writer: Writer, parts: &mut Vec<Part>) {
    if view.elements() > 0 {
        parts.push(Part { start: view.offset, end: view.end(), from: view.offset, writer });
    }
}

fn insert(map: &mut RegionMap<Written>, at: u64, ranges: &[(u64, u64)], op: OpIndex) {
    for &(start, end) in ranges {
        map.insert(at + start, at + end, Written { op, base: at });
    }
}

/// Initial contents of a tensor.
pub fn initial(program: &Program, tensor: TensorId) -> Writer {
    match program.tensors[tensor.index()].role.given() {
        Some(_) => Writer::Host(tensor),
        None => Writer::Uninitialised,
    }
}
