//! Host tensors of a recording: which part of each a rank has, and the shapes of outputs that only their stores tell.

use kernmesh::kernels::Shares;
use kernmesh::program::program::{Role, Tensor};
use kernmesh::program::tl::{HostIndex, InOutIndex, Recording};
use kernmesh::program::{Base, DType, Op, Program, SendOp, TensorId};

use crate::errors::Fault;

/// Where a host tensor lies.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Every rank has all of it.
    Replicate,
    /// Rank after rank has a part of this axis.
    Shard(usize),
}

/// The part of a rank.
#[derive(Clone, Debug)]
pub enum Part {
    /// Nothing is known of it, and nothing was stored to it.
    Open,
    /// Stores of whole rows: the first and how many so far, and the extents of a row.
    Rows {
        first: u32,
        rows: u32,
        row: Vec<u32>,
    },
    Known(Vec<u32>),
}

/// Who gives a host tensor its values.
#[derive(Clone, Copy)]
enum Way {
    Input(HostIndex),
    Output(HostIndex),
    InOut(InOutIndex),
}

/// A host tensor as it was declared, and its part on every rank.
pub struct Host {
    pub name: String,
    pub dtype: DType,
    place: Place,
    way: Way,
    /// `None` for an output whose shape its stores tell.
    shape: Option<Vec<u32>>,
    /// By rank; `None` where a rank has no element.
    pub tensors: Vec<Option<TensorId>>,
    /// By rank.
    pub parts: Vec<Part>,
    /// By rank: whether anything was stored.
    pub stored: Vec<bool>,
}

/// As many elements as a tensor may have: an allocation whose shape is still to be told.
const OPEN: [u32; 1] = [u32::MAX];

impl Host {
    pub fn input(recording: &mut Recording, name: &str, dtype: DType, shape: &[u32], place: Place) -> Host {
        let way = Way::Input(recording.input(name, shape, dtype));
        Host::new(name, dtype, place, way, Some(shape.to_vec()))
    }
    /// A tensor that is an input and an output.
    pub fn in_out(recording: &mut Recording, name: &str, dtype: DType, shape: &[u32], place: Place) -> Host {
        let way = Way::InOut(recording.in_out(name, shape, dtype));
        Host::new(name, dtype, place, way, Some(shape.to_vec()))
    }
    pub fn output(
        recording: &mut Recording,
        name: &str,
        dtype: DType,
        shape: Option<&[u32]>,
        place: Place,
    ) -> Host {
        let way = Way::Output(recording.output(name, shape.unwrap_or(&OPEN), dtype));
        Host::new(name, dtype, place, way, shape.map(<[u32]>::to_vec))
    }
    fn new(name: &str, dtype: DType, place: Place, way: Way, shape: Option<Vec<u32>>) -> Host {
        let (tensors, parts, stored) = (Vec::new(), Vec::new(), Vec::new());
        Host { name: name.to_owned(), dtype, place, way, shape, tensors, parts, stored }
    }
    pub fn is_sharded(&self) -> bool {
        matches!(self.place, Place::Shard(_))
    }

    /// Places the part of the next rank.
    pub fn declare(&mut self, recording: &mut Recording, ranks: u32) -> Result<(), Fault> {
        let rank = self.tensors.len() as u32;
        let (start, part) = match &self.shape {
            None => (vec![0], None),
            Some(shape) => self.part_of(shape, ranks, rank).map(|(start, part)| (start, Some(part)))?,
        };
        let shape = part.as_deref().unwrap_or(&OPEN);
        let is_empty = shape.contains(&0);
        let tensor = (!is_empty).then(|| match self.way {
            Way::Input(of) => recording.input_share(of, rank, start, shape),
            Way::Output(of) => recording.output_share(of, rank, start, shape),
            Way::InOut(of) => recording.in_out_share(of, rank, start, shape),
        });
        self.tensors.push(tensor);
        self.parts.push(part.map_or(Part::Open, Part::Known));
        self.stored.push(false);
        Ok(())
    }

    fn part_of(&self, shape: &[u32], parts: u32, rank: u32) -> Result<(Vec<u32>, Vec<u32>), Fault> {
        let (mut start, mut part) = (vec![0; shape.len()], shape.to_vec());
        if let Place::Shard(axis) = self.place {
            let Some(&total) = shape.get(axis) else {
                let problem =
                    format!("`{}` has {} axes, and its placement is Shard({axis})", self.name, shape.len());
                return Err(Fault::input(problem, "count axes from 0"));
            };
            let range = Shares { total, parts }.range(rank);
            (start[axis], part[axis]) = (range.start, range.end - range.start);
        }
        Ok((start, part))
    }

    /// Ends an output: its shape and that of every rank's allocation, and which allocations nobody stored to.
    pub fn settle(&self, program: &mut Program, dropped: &mut [bool]) -> Result<(), Fault> {
        let parts: Vec<(usize, Vec<u32>)> = self
            .parts
            .iter()
            .enumerate()
            .filter(|(rank, _)| self.stored[*rank])
            .filter_map(|(rank, part)| Some((rank, part.shape()?)))
            .collect();
        let Some((_, first)) = parts.first() else {
            let problem = format!("no rank stores to the output `{}`", self.name);
            return Err(Fault::input(
                problem,
                format!("write `tl.store({}, value)` in the kernel", self.name),
            ));
        };
        for (rank, tensor) in self.tensors.iter().enumerate() {
            let needless = !self.stored[rank] && (self.shape.is_none() || !self.is_sharded());
            if let Some(tensor) = tensor {
                dropped[tensor.index()] |= needless;
            }
        }
        if self.shape.is_some() {
            return Ok(());
        }
        let mut whole = first.clone();
        if let Place::Shard(axis) = self.place
            && axis >= whole.len()
        {
            let problem =
                format!("`{}` has {} axes, and its placement is Shard({axis})", self.name, whole.len());
            return Err(Fault::input(problem, "count axes from 0"));
        }
        let mut starts = vec![vec![0; whole.len()]; parts.len()];
        for (at, (rank, part)) in parts.iter().enumerate().skip(1) {
            let alike = |(axis, (a, b)): (usize, (&u32, &u32))| a == b || self.grows_along(axis);
            if part.len() != whole.len() || !first.iter().zip(part).enumerate().all(alike) {
                return Err(self
                    .blocks(*rank)
                    .unwrap_or_else(|| self.unlike((parts[0].0, first), (*rank, part))));
            }
            if let Place::Shard(axis) = self.place {
                starts[at][axis] = whole[axis];
                whole[axis] += part[axis];
            }
        }
        let Way::Output(of) = self.way else { return Ok(()) };
        program.outputs[of.index()].shape = whole;
        for ((rank, part), start) in parts.into_iter().zip(starts) {
            let Some(tensor) = self.tensors[rank] else { continue };
            let Tensor { shape, role, .. } = &mut program.tensors[tensor.index()];
            *shape = part;
            *role = Role::Output { of: of.0, start };
        }
        Ok(())
    }

    fn grows_along(&self, axis: usize) -> bool {
        matches!(self.place, Place::Shard(along) if along == axis)
    }
    /// A rank that stores a block of rows of the whole, where every rank has a part of its own.
    fn blocks(&self, rank: usize) -> Option<Fault> {
        let Part::Rows { first: first @ 1.., rows, .. } = self.parts[rank] else { return None };
        let name = &self.name;
        let problem =
            format!("rank {rank} stores rows {first} to {rows} of `{name}`, and rank 0 has other rows");
        let help = format!(
            "a block of rows a rank is place={{\"{name}\": km.Shard(0)}}: rows then count from the rank's own first, \
             as in `tl.store({name}, tile)`"
        );
        Some(Fault::input(problem, help))
    }
    fn unlike(&self, (a, of_a): (usize, &Vec<u32>), (b, of_b): (usize, &Vec<u32>)) -> Fault {
        let place = match self.place {
            Place::Replicate => "Replicate()".to_owned(),
            Place::Shard(axis) => format!("Shard({axis})"),
        };
        let problem = format!(
            "rank {a} stores {of_a:?} to `{}` and rank {b} stores {of_b:?}, which is no {place}",
            self.name
        );
        Fault::input(problem, "choose another placement with `place`, or give the whole shape with `shapes`")
    }
}

impl Part {
    pub fn shape(&self) -> Option<Vec<u32>> {
        match self {
            Part::Open => None,
            Part::Rows { rows, row, .. } => Some(std::iter::once(*rows).chain(row.iter().copied()).collect()),
            Part::Known(shape) => Some(shape.clone()),
        }
    }
}

/// Takes allocations out of a program and numbers the others anew.
pub fn drop_tensors(program: &mut Program, dropped: &[bool]) {
    let mut numbers = Vec::new();
    let mut kept = 0;
    for &drop in dropped {
        numbers.push(TensorId(kept));
        kept += u32::from(!drop);
    }
    let mut drops = dropped.iter();
    program.tensors.retain(|_| drops.next() == Some(&false));
    for view in program.ranks.iter_mut().flat_map(|rank| &mut rank.views) {
        if let Base::Tensor(tensor) = &mut view.base {
            *tensor = numbers[tensor.index()];
        }
    }
}

/// Gives every ring slots as large as its largest message. A ring without messages has slots of one byte.
pub fn size_slots(program: &mut Program) {
    let mut largest = vec![1; program.rings.len()];
    for rank in &program.ranks {
        for op in &rank.ops {
            let Op::Send(send) = op else { continue };
            let (SendOp::Send { from, .. } | SendOp::Forward { from, .. } | SendOp::Multicast { from, .. }) =
                send;
            let bytes = rank.views[from.index()].bytes();
            for message in op.sends() {
                let ring = &mut largest[message.ring.index()];
                *ring = bytes.max(*ring);
            }
        }
    }
    for (ring, bytes) in program.rings.iter_mut().zip(largest) {
        ring.slot_bytes = bytes;
    }
}
