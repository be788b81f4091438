//! Declarations before the ranks run: host tensors, HBM allocations and rings.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::sync::Arc;

use machine::{RankAxis, id};

use crate::dtype::DType;
use crate::program::{FORMAT, Flow, HostTensor, Program, Rank, Ring, Role, SlotPlace, Tensor};
use crate::tl::error::RecordError;
use crate::tl::links::{Links, Topology};
use crate::tl::ranks::Ranks;
use crate::tl::recorder::{Context, Tl, place};
use crate::view::{RingId, TensorId};

id!(
    /// A host input or a host output, by its place in its list.
    HostIndex,
    "host"
);

/// A host tensor that is both: a host input and a host output of one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InOutIndex {
    pub input: HostIndex,
    pub output: HostIndex,
}

/// A program being made. Declare first, then [`Recording::record`].
#[derive(Clone, Debug)]
pub struct Recording {
    n_ranks: u32,
    pub(super) context: Context,
    error: Option<RecordError>,
}

impl Recording {
    pub fn new(kernel: &str, n_ranks: u32) -> Recording {
        let program = Program {
            format: FORMAT,
            kernel: kernel.to_owned(),
            params: BTreeMap::new(),
            rank_axis: RankAxis::default(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            tensors: Vec::new(),
            rings: Vec::new(),
            n_events: 0,
            ranks: Vec::new(),
            files: Vec::new(),
        };
        let context = Context { n_ranks, grid: vec![n_ranks], program, links: None, tables: BTreeMap::new() };
        Recording { n_ranks, context, error: None }
    }
    /// The kernel's parameters as text.
    pub fn params(&mut self, params: BTreeMap<String, String>) -> &mut Recording {
        self.context.program.params = params;
        self
    }
    /// Sets the meaning of a rank; the default is a PE.
    pub fn rank_axis(&mut self, axis: RankAxis) -> &mut Recording {
        self.context.program.rank_axis = axis;
        self
    }
    /// Sets the grid of `program_id`, row by row over these extents; the default is one axis.
    #[track_caller]
    pub fn grid(&mut self, extents: impl AsRef<[u32]>) -> &mut Recording {
        let extents = extents.as_ref();
        let ranks = extents.iter().map(|&e| u64::from(e)).fold(1, u64::saturating_mul);
        if ranks != u64::from(self.n_ranks) {
            let message = format!("a grid of {extents:?} has {ranks} ranks, not {}", self.n_ranks);
            self.fail(message, "make the product of the extents the number of ranks");
            return self;
        }
        self.context.grid = extents.to_vec();
        self
    }
    /// A list of integers that the kernel reads while it is recorded: block tables, lengths.
    pub fn table(&mut self, name: &str, values: impl Into<Arc<[i64]>>) -> &mut Recording {
        self.context.tables.insert(name.to_owned(), values.into());
        self
    }
    /// A table of one integer.
    pub fn scalar(&mut self, name: &str, value: i64) -> &mut Recording {
        self.table(name, [value])
    }

    /// A tensor the host gives.
    pub fn input(&mut self, name: &str, shape: impl AsRef<[u32]>, dtype: DType) -> HostIndex {
        push_host(&mut self.context.program.inputs, name, shape.as_ref(), dtype)
    }
    /// A tensor the host takes.
    pub fn output(&mut self, name: &str, shape: impl AsRef<[u32]>, dtype: DType) -> HostIndex {
        push_host(&mut self.context.program.outputs, name, shape.as_ref(), dtype)
    }
    /// A tensor that the host gives and takes back: a cache that is updated in place. Both have this name; the
    /// reference gets what was given.
    pub fn in_out(&mut self, name: &str, shape: impl AsRef<[u32]>, dtype: DType) -> InOutIndex {
        let (input, output) = (self.input(name, shape.as_ref(), dtype), self.output(name, shape, dtype));
        InOutIndex { input, output }
    }
    /// An allocation in HBM.
    pub fn tensor(&mut self, tensor: Tensor) -> TensorId {
        self.context.program.tensors.push(tensor);
        TensorId(self.context.program.tensors.len() as u32 - 1)
    }
    /// `home`'s copy of the box of an input that begins at `start`.
    #[track_caller]
    pub fn input_share(
        &mut self,
        input: HostIndex,
        home: u32,
        start: impl AsRef<[u32]>,
        shape: impl AsRef<[u32]>,
    ) -> TensorId {
        let host = self.context.program.inputs.get(input.index()).cloned();
        let role = Role::Input { of: input.0, start: start.as_ref().to_vec() };
        self.share(host, home, role, shape.as_ref())
    }
    /// `home`'s box of an output, which begins at `start`.
    #[track_caller]
    pub fn output_share(
        &mut self,
        output: HostIndex,
        home: u32,
        start: impl AsRef<[u32]>,
        shape: impl AsRef<[u32]>,
    ) -> TensorId {
        let host = self.context.program.outputs.get(output.index()).cloned();
        let role = Role::Output { of: output.0, start: start.as_ref().to_vec() };
        self.share(host, home, role, shape.as_ref())
    }
    /// `home`'s copy of the box of a host tensor that begins at `start`: given before the run, taken after it.
    #[track_caller]
    pub fn in_out_share(
        &mut self,
        host: InOutIndex,
        home: u32,
        start: impl AsRef<[u32]>,
        shape: impl AsRef<[u32]>,
    ) -> TensorId {
        let InOutIndex { input, output } = host;
        let given = self.context.program.inputs.get(input.index()).cloned();
        let role = Role::InOut { input: input.0, output: output.0, start: start.as_ref().to_vec() };
        self.share(given, home, role, shape.as_ref())
    }
    /// Working space in `home`'s HBM, uninitialised.
    pub fn scratch(&mut self, name: &str, home: u32, shape: impl AsRef<[u32]>, dtype: DType) -> TensorId {
        let shape = shape.as_ref().to_vec();
        self.tensor(Tensor { name: name.to_owned(), home: Rank(home), shape, dtype, role: Role::Scratch })
    }

    /// Declares a ring of `n_slots` slots to each neighbour of each rank.
    #[track_caller]
    pub fn links(
        &mut self,
        topology: Topology,
        n_slots: u32,
        slot_bytes: u64,
        place: SlotPlace,
    ) -> &mut Recording {
        if self.context.links.is_some() {
            self.fail("links are declared twice".to_owned(), "declare further rings one by one with `ring`");
            return self;
        }
        let (nobody, flow) = (Rank(0), Flow::Credit);
        let like = Ring { producer: nobody, consumer: nobody, queue: 0, n_slots, slot_bytes, place, flow };
        let rings = &mut self.context.program.rings;
        self.context.links = Some(Links::declare(topology, self.n_ranks, &like, rings));
        self
    }
    /// A ring between any two ranks, for `send_ring` and its kin.
    pub fn ring(&mut self, ring: Ring) -> RingId {
        self.context.program.rings.push(ring);
        RingId(self.context.program.rings.len() as u32 - 1)
    }

    /// Runs the kernel once per rank.
    ///
    /// # Errors
    /// The first mistake: of the declarations, then of the lowest rank.
    pub fn record(self, mut kernel: impl FnMut(&mut Tl)) -> Result<Program, RecordError> {
        let mut ranks = self.ranks()?;
        while let Some(mut tl) = ranks.next_rank() {
            let ran = catch_unwind(AssertUnwindSafe(|| kernel(&mut tl)));
            ranks.done(tl)?;
            // A panic after a mistake is often its consequence, and the mistake is what to repair.
            ran.unwrap_or_else(|panic| resume_unwind(panic));
        }
        Ok(ranks.finish())
    }
    /// The ranks, to be recorded one after the other by a front end that is no Rust function.
    ///
    /// # Errors
    /// The first mistake of the declarations.
    pub fn ranks(self) -> Result<Ranks, RecordError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(Ranks::new(self.context)),
        }
    }

    #[track_caller]
    fn share(&mut self, host: Option<HostTensor>, home: u32, role: Role, shape: &[u32]) -> TensorId {
        let host = host.unwrap_or_else(|| {
            self.fail(
                "a share of a host tensor that was not declared".to_owned(),
                "declare it with `input` or `output`",
            );
            HostTensor { name: String::new(), shape: Vec::new(), dtype: DType::F32 }
        });
        self.tensor(Tensor {
            name: host.name,
            home: Rank(home),
            shape: shape.to_vec(),
            dtype: host.dtype,
            role,
        })
    }
    #[track_caller]
    fn fail(&mut self, message: String, repair: &str) {
        let source = place(Location::caller());
        let error = RecordError { message, rank: None, source, repair: repair.to_owned() };
        self.error.get_or_insert(error);
    }
}

fn push_host(list: &mut Vec<HostTensor>, name: &str, shape: &[u32], dtype: DType) -> HostIndex {
    list.push(HostTensor { name: name.to_owned(), shape: shape.to_vec(), dtype });
    HostIndex(list.len() as u32 - 1)
}
