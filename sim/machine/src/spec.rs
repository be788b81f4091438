//! Keys of a machine file. Every struct refuses unknown keys, so that a misspelt key is an error and not a silent
//! default. Cycles are cycles of the clock named beside them; rates are exact fractions.

use serde::{Deserialize, Serialize};

use crate::controllers::ControllersSpec;
use crate::quantity::{Bytes, Clock, Cycles, Rate};

mod noc;

pub use noc::{Collectives, FlitSpec, NetworkModel, NocSpec, TransactionSpec};

/// A machine as written. [`crate::Machine`] is one that has been checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MachineSpec {
    /// What messages and logs call it.
    pub name: String,
    pub sync: Sync,
    pub clock: Clocks,
    pub grid: Grid,
    pub pe: PeSpec,
    pub gemm: GemmSpec,
    pub math: MathSpec,
    pub ipcq: IpcqSpec,
    pub noc: NocSpec,
    pub link: LinkSpecs,
    pub hbm: HbmSpec,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sram: Option<SramSpec>,
    /// With it, a rank is a virtual device: its sequencer is the host thread that feeds its command queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueSpec>,
}

/// Order of the ops of one rank: by the sequencer, or only by the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sync {
    /// The sequencer holds an op until what it reads is written and what it overwrites has been read.
    Interlocked,
    /// Only waits, signals, barriers, send/recv and credits order units.
    Explicit,
}

/// Clock periods in femtoseconds. A file may give frequencies in their place: `frequency.rs` reads both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Clocks {
    /// Sequencer, units and TCM of a PE.
    pub pe_fs: Clock,
    /// Routers and links.
    pub noc_fs: Clock,
    /// HBM and SRAM channels.
    pub hbm_fs: Clock,
}

/// Extents of the levels, each as `[x, y]`: PEs in a cube, cubes in a SIP, SIPs in the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// PEs of a cube, as `[x, y]`.
    pub pe: [u32; 2],
    /// Cubes of a SIP.
    pub cube: [u32; 2],
    /// SIPs of the system.
    pub sip: [u32; 2],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PeSpec {
    /// Capacity of the TCM.
    pub tcm_bytes: Bytes,
    /// TCM port width, in bytes per PE cycle: an upper bound on every transfer that ends in the TCM.
    pub tcm_bytes_per_cycle: Rate,
    /// What all units and transfers of a PE together read and write in its TCM, in bytes per PE cycle. Without it they
    /// are not in each other's way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcm_shared_bytes_per_cycle: Option<Rate>,
    /// Loads and stores that run side by side: each channel is a unit.
    pub dma_channels: u32,
    /// Ops a unit's queue holds, the running one not counted.
    pub fifo_depth: u32,
    /// Sequencer cycles to issue one op.
    pub issue_cycles: Cycles,
    /// DMA cycles before the first byte of a transfer moves.
    pub dma_setup_cycles: Cycles,
}

/// The GEMM unit's cost model; `../DEVIATIONS.md` of the timing crate says what it leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "model", rename_all = "snake_case", deny_unknown_fields)]
pub enum GemmSpec {
    /// An R × C systolic array, timed by SCALE-Sim's closed forms.
    Systolic {
        /// Rows of the array.
        rows: u32,
        /// Columns of the array.
        cols: u32,
        dataflow: Dataflow,
    },
    /// `⌈M·N·K / macs_per_cycle⌉` cycles.
    Rate {
        /// Multiply-adds in a PE cycle.
        macs_per_cycle: Rate,
    },
    /// RedMulE: `height` × `width` elements with `pipe` extra stages each, fed by rows of the TCM of
    /// `elements_per_cycle` elements. Timed as GVSoC does for SoftHier.
    Redmule {
        /// Rows of elements.
        height: u32,
        /// Elements of a row.
        width: u32,
        /// Stages of an element beyond the first.
        pipe: u32,
        /// Elements of a row of the TCM, one row in a PE cycle.
        elements_per_cycle: u32,
    },
    /// Tenstorrent's matrix unit: tiles of `tile`³ multiply-adds, each `cycles_per_tile` for every fidelity phase.
    Phases {
        /// Side of a tile.
        tile: u32,
        /// PE cycles of a tile, for each fidelity phase.
        cycles_per_tile: u32,
        phases: Phases,
    },
}

/// Fidelity phases of a product, by how its wider operand is stored: 1 is LoFi, 4 is HiFi4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Phases {
    /// Of f32 and i32.
    pub f32: u32,
    /// Of f16.
    pub f16: u32,
    /// Of bf16.
    pub bf16: u32,
    /// Of both 8-bit floats, and of u8.
    pub f8: u32,
}

/// Stationary operand of the array: outputs, weights or inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Dataflow {
    Os,
    Ws,
    Is,
}

/// The math unit: an op over `e` elements takes `start + ⌈e / lanes⌉ × cycles(class)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MathSpec {
    /// Elements side by side.
    pub lanes: u32,
    /// Lanes of an op whose widest operand has 16 bits an element, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lanes_16_bit: Option<u32>,
    /// Lanes of an op whose widest operand has 8 bits an element, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lanes_8_bit: Option<u32>,
    /// PE cycles before the first elements.
    pub start_cycles: Cycles,
    /// PE cycles of add, multiply, compare, select, convert, fill.
    pub simple_cycles: Cycles,
    /// PE cycles of divide, reciprocal, square root and its reciprocal.
    pub divide_cycles: Cycles,
    /// PE cycles of exponentials, logarithms, tanh, sigmoid and erf.
    pub exp_cycles: Cycles,
    /// PE cycles of reductions, for the elements that are read.
    pub reduce_cycles: Cycles,
    /// Of single functions, where they differ from their class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub functions: Option<FunctionCycles>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FunctionCycles {
    /// Of the reciprocal, where they differ from its class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reciprocal_cycles: Option<Cycles>,
    /// Of the square root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sqrt_cycles: Option<Cycles>,
    /// Of a conversion of dtypes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cast_cycles: Option<Cycles>,
}

/// Fixed costs of the IPCQ units, in PE cycles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IpcqSpec {
    /// PE cycles before the first byte of a send leaves.
    pub send_cycles: Cycles,
    /// PE cycles from a filled slot to the op that may read it.
    pub recv_cycles: Cycles,
    /// PE cycles from a released slot to the credit that leaves.
    pub release_cycles: Cycles,
}

/// One link class for each boundary a link can cross.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkSpecs {
    /// Inside a cube.
    pub pe: LinkSpec,
    /// Cube to cube.
    pub cube: LinkSpec,
    /// SIP to SIP.
    pub sip: LinkSpec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LinkSpec {
    /// Width of one direction, in bytes per NoC cycle.
    pub bytes_per_cycle: Rate,
    /// Latency of one hop, in NoC cycles.
    pub hop_cycles: Cycles,
    pub topology: Topology,
}

/// Whether the links of the outermost level close into rings. Two routers in a row already reach each other
/// over one link each way, so there a torus is a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    Mesh,
    Torus,
}

/// The HBM slice of one PE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HbmSpec {
    /// Capacity of one PE's slice.
    pub bytes_per_pe: Bytes,
    /// Channels of one PE's slice; not used where there are controllers, which have channels of their own.
    pub channels_per_pe: u32,
    /// Peak rate of one channel, in bytes per HBM cycle.
    pub bytes_per_cycle: Rate,
    /// Share of the peak that a stream reaches.
    pub efficiency: Rate,
    /// That of writes, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_efficiency: Option<Rate>,
    /// HBM cycles that a channel loses when it goes from reads to writes or back; else none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turnaround_cycles: Option<Cycles>,
    /// From request to first byte, in HBM cycles.
    pub latency_cycles: Cycles,
    /// Channels take whole bursts; consecutive bursts lie on consecutive channels.
    pub burst_bytes: Bytes,
    pub placement: HbmPlacement,
    /// With `placement = "controllers"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controllers: Option<ControllersSpec>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HbmPlacement {
    /// A PE's slice lies in its own channels.
    PerPe,
    /// All slices of a cube are striped over all channels of the cube.
    Striped,
    /// A PE's slice lies in the nearest of `hbm.controllers`, and is reached at its router.
    Controllers,
}

/// The command queue of a virtual device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct QueueSpec {
    pub model: QueueModel,
    /// A pass waits for earlier passes of its queue that touch the same bytes, one of them writing.
    #[serde(default = "tracked")]
    pub tracked: bool,
}

/// Start of a committed command buffer. Passes inside a buffer run one after another in either model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueueModel {
    /// When its predecessor in the queue has completed.
    Serial,
    /// When its predecessor has started: the least that is documented. Buffers overlap.
    Overlap,
}

/// The default of Metal.
const fn tracked() -> bool {
    true
}

/// Memory shared by the PEs of a cube, reached at the router of the cube's first PE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SramSpec {
    /// Capacity in a cube.
    pub bytes: Bytes,
    /// Peak rate, in bytes per HBM cycle.
    pub bytes_per_cycle: Rate,
    /// From request to first byte, in HBM cycles.
    pub latency_cycles: Cycles,
}
