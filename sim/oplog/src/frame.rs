//! A program without its ranks, and a rank without its ops: what is written before the ops.

use std::collections::BTreeMap;

use machine::RankAxis;
use program::program::{Buffer, HostTensor, NamedSpan, Ring, Tensor};
use program::{Program, RankProgram, View};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Frame {
    format: u32,
    kernel: String,
    params: BTreeMap<String, String>,
    rank_axis: RankAxis,
    inputs: Vec<HostTensor>,
    outputs: Vec<HostTensor>,
    tensors: Vec<Tensor>,
    rings: Vec<Ring>,
    files: Vec<String>,
}

impl Frame {
    pub fn of(program: &Program) -> Frame {
        Frame {
            format: program.format,
            kernel: program.kernel.clone(),
            params: program.params.clone(),
            rank_axis: program.rank_axis,
            inputs: program.inputs.clone(),
            outputs: program.outputs.clone(),
            tensors: program.tensors.clone(),
            rings: program.rings.clone(),
            files: program.files.clone(),
        }
    }
    /// The program of these ranks, which share this many events of command buffers.
    pub fn with(self, n_events: u32, ranks: Vec<RankProgram>) -> Program {
        let Frame { format, kernel, params, rank_axis, inputs, outputs, tensors, rings, files } = self;
        Program { format, kernel, params, rank_axis, inputs, outputs, tensors, rings, n_events, ranks, files }
    }
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RankFrame {
    buffers: Vec<Buffer>,
    views: Vec<View>,
    n_semaphores: u32,
    spans: Vec<NamedSpan>,
}

impl RankFrame {
    pub fn of(rank: &RankProgram) -> RankFrame {
        RankFrame {
            buffers: rank.buffers.clone(),
            views: rank.views.clone(),
            n_semaphores: rank.n_semaphores,
            spans: rank.spans.clone(),
        }
    }
    pub fn without_ops(self) -> RankProgram {
        let RankFrame { buffers, views, n_semaphores, spans } = self;
        RankProgram { buffers, views, n_semaphores, spans, ..RankProgram::default() }
    }
}
