//! Building blocks of the corpus: machines, small programs, plain references.

pub use kernels::Plain;
use kernels::{Inputs, Recorded};
use machine::{Machine, MachineSpec, QueueModel, Sync};
use ndarray::ArrayD;
use program::program::SlotPlace;
use program::tl::{HbmTile, Recording, Tl, Topology};
use program::{DType, Program, TensorId};

/// A program, the machine it is for, and its correct output.
pub struct Sketch {
    pub program: Program,
    pub machine: MachineSpec,
    /// `None` for a program that is refused before it computes, or computes nothing.
    pub reference: Option<Plain>,
}

impl Sketch {
    pub fn recorded(self, kernel: String) -> Recorded {
        let Sketch { program, machine, reference } = self;
        let program = Program { kernel, ..program };
        // A bug runs with inputs of its own program alone, so there are no shapes to check.
        let reference = reference.map(|plain| plain.reference("bugs", Vec::new()));
        Recorded { program, reference, machine: Some(machine) }
    }
    /// On four PEs, with an output `y` of f32.
    pub fn tiny(program: Program, sync: Sync, of: fn(&Inputs) -> ArrayD<f64>) -> Sketch {
        let reference = Plain::rounded("y", F32, of);
        Sketch { program, machine: machine("tiny", sync), reference: Some(reference) }
    }
    /// The output is of another dtype.
    pub fn rounded_to(mut self, dtype: DType) -> Sketch {
        self.reference = self.reference.map(|plain| Plain { dtype, ..plain });
        self
    }
}

/// The preset of that name, with another rule of order.
pub fn machine(name: &str, sync: Sync) -> MachineSpec {
    let machine = Machine::preset(name).expect("a preset").with_sync(sync).expect("a machine without queues");
    machine.spec().clone()
}
/// Four virtual devices.
pub fn devices(model: QueueModel, tracked: bool) -> MachineSpec {
    let machine = Machine::preset("metal4").expect("a preset");
    let machine = machine.with_queue_model(model).and_then(|machine| machine.with_tracked(tracked));
    machine.expect("a machine with queues").spec().clone()
}

/// Shape of everything in [`in_a_ring`].
pub const SHAPE: [u32; 2] = [4, 8];
pub const F32: DType = DType::F32;

/// Tensors of a rank: its share of the inputs `x`, and of the outputs `y`.
#[derive(Clone, Copy)]
pub struct Own {
    pub x: HbmTile,
    pub y: HbmTile,
}

struct Shares {
    xs: Vec<TensorId>,
    ys: Vec<TensorId>,
}

impl Shares {
    fn declare(recording: &mut Recording, n_ranks: u32) -> Shares {
        let whole = [n_ranks, SHAPE[0], SHAPE[1]];
        let share = [1, SHAPE[0], SHAPE[1]];
        let (x, y) = (recording.input("x", whole, F32), recording.output("y", whole, F32));
        let xs = (0..n_ranks).map(|rank| recording.input_share(x, rank, [rank, 0, 0], share)).collect();
        let ys = (0..n_ranks).map(|rank| recording.output_share(y, rank, [rank, 0, 0], share)).collect();
        Shares { xs, ys }
    }
    fn of(&self, tl: &Tl) -> Own {
        let own = |tensors: &[TensorId]| tl.tensor(tensors[tl.rank() as usize]).reshape(SHAPE);
        Own { x: own(&self.xs), y: own(&self.ys) }
    }
}

/// Ranks in a ring of `n_slots` slots; inputs `x` and outputs `y` are [ranks, 4, 8] f32.
pub fn in_a_ring(n_ranks: u32, n_slots: u32, mut kernel: impl FnMut(&mut Tl, Own)) -> Program {
    let mut recording = Recording::new("bugs", n_ranks);
    let shares = Shares::declare(&mut recording, n_ranks);
    recording.links(Topology::Ring, n_slots, 128, SlotPlace::Tcm);
    let recorded = recording.record(|tl| {
        let own = shares.of(tl);
        kernel(tl, own);
    });
    recorded.expect("a bug is well formed")
}

/// As [`in_a_ring`] with two slots, and buffers of the same shape in HBM, each at the rank that `homes` names.
pub fn with_buffers(
    n_ranks: u32,
    homes: &[u32],
    mut kernel: impl FnMut(&mut Tl, Own, &[HbmTile]),
) -> Program {
    let mut recording = Recording::new("bugs", n_ranks);
    let shares = Shares::declare(&mut recording, n_ranks);
    let buffers: Vec<TensorId> =
        homes.iter().map(|&home| recording.scratch("room", home, SHAPE, F32)).collect();
    recording.links(Topology::Ring, 2, 128, SlotPlace::Tcm);
    let recorded = recording.record(|tl| {
        let buffers: Vec<HbmTile> = buffers.iter().map(|&room| tl.tensor(room)).collect();
        kernel(tl, shares.of(tl), &buffers);
    });
    recorded.expect("a bug is well formed")
}

/// One rank that computes an output `y` from an input `x`.
pub fn alone(x: [u32; 2], (y, dtype): ([u32; 2], DType), mut kernel: impl FnMut(&mut Tl, Own)) -> Program {
    let mut recording = Recording::new("bugs", 1);
    let (host_x, host_y) = (recording.input("x", x, F32), recording.output("y", y, dtype));
    let x = recording.input_share(host_x, 0, [0, 0], x);
    let y = recording.output_share(host_y, 0, [0, 0], y);
    let recorded = recording.record(|tl| {
        let own = Own { x: tl.tensor(x), y: tl.tensor(y) };
        kernel(tl, own);
    });
    recorded.expect("a bug is well formed")
}

/// One device that adds 1 to an input `x`, by way of scratch tensors of these names. Command buffers overlap.
pub fn plus_one<const N: usize>(
    mut recording: Recording,
    scratch: [&str; N],
    tracked: bool,
    mut kernel: impl FnMut(&mut Tl, Own, [HbmTile; N]),
) -> Sketch {
    let (x, y) = (recording.input("x", SHAPE, F32), recording.output("y", SHAPE, F32));
    let (x, y) = (recording.input_share(x, 0, [0, 0], SHAPE), recording.output_share(y, 0, [0, 0], SHAPE));
    let scratch = scratch.map(|name| recording.scratch(name, 0, SHAPE, F32));
    let recorded = recording.record(|tl| {
        let own = Own { x: tl.tensor(x), y: tl.tensor(y) };
        let scratch = scratch.map(|id| tl.tensor(id));
        kernel(tl, own, scratch);
    });
    let program = recorded.expect("a bug is well formed");
    let reference = Plain::rounded("y", F32, |inputs| inputs["x"].clone() + 1.0);
    Sketch { program, machine: devices(QueueModel::Overlap, tracked), reference: Some(reference) }
}

/// The correct shares of ranks 0, 1, …, from the shares of the input.
pub fn by_rank<const N: usize>(
    inputs: &Inputs,
    of: impl Fn(&[ArrayD<f64>]) -> [ArrayD<f64>; N],
) -> ArrayD<f64> {
    let shares: Vec<ArrayD<f64>> = inputs["x"].outer_iter().map(|share| share.to_owned()).collect();
    let made = of(&shares);
    let views: Vec<_> = made.iter().map(|share| share.view()).collect();
    ndarray::stack(ndarray::Axis(0), &views).expect("shares of one shape")
}
