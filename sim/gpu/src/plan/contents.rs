//! Contents of buffers: those that the host writes before a plan runs, and the outputs that it reads.

use std::collections::BTreeMap;

use program::program::{HostTensor, Tensor};
use program::{Program, TensorId};
use replay::cpu::{Packed, Strided, pack, unpack};
use replay::inputs::{check, share};
use replay::{HostValue, HostValues};

use super::{Buffer, BufferId, Init, PlanError};

/// The bytes of every buffer that is [`super::Init::Given`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents(pub BTreeMap<BufferId, Vec<u8>>);

impl Contents {
    /// Initial contents of a buffer.
    ///
    /// # Panics
    /// When it is given nothing: see [`crate::bounds::check`].
    pub fn initial(&self, id: BufferId, buffer: &Buffer) -> Vec<u8> {
        match buffer.init {
            Init::Given => self.0[&id].clone(),
            Init::Zero => vec![0; buffer.bytes as usize],
            Init::Poison => vec![0xff; buffer.bytes as usize],
        }
    }

    /// Every rank's share of the inputs of a program, for its plan.
    ///
    /// # Errors
    /// [`PlanError::Tensors`] when the inputs are not those that the program takes.
    pub fn of(program: &Program, inputs: &HostValues) -> Result<Contents, PlanError> {
        check(program, inputs).map_err(|error| PlanError::Tensors(error.to_string()))?;
        let mut contents = Contents::default();
        for (index, tensor) in program.tensors.iter().enumerate() {
            let Some((of, start)) = tensor.role.given() else { continue };
            let host = &program.inputs[of as usize];
            let bytes = pack(&in_host(&inputs[&host.name].bytes, host, start, tensor)?).map_err(beyond)?;
            contents.0.insert(BufferId::of_tensor(TensorId(index as u32)), bytes);
        }
        Ok(contents)
    }
}

/// The outputs of a program from what the reads of its plan gave, which are its output tensors in order.
///
/// # Errors
/// [`PlanError::Tensors`] when a share reaches beyond its output.
pub fn outputs(program: &Program, reads: &[Vec<u8>]) -> Result<HostValues, PlanError> {
    let mut outputs: Vec<Vec<u8>> =
        program.outputs.iter().map(|output| vec![0; output.bytes() as usize]).collect();
    let shares = program.tensors.iter().filter_map(|tensor| {
        let (of, start) = tensor.role.taken()?;
        Some((tensor, of as usize, start))
    });
    for ((tensor, of, start), bytes) in shares.zip(reads) {
        let Strided { offset, shape, strides, dtype, .. } =
            in_host(&[], &program.outputs[of], start, tensor)?;
        unpack(bytes, &mut outputs[of], offset, strides, Packed { shape, dtype }).map_err(beyond)?;
    }
    let named = program.outputs.iter().zip(outputs);
    Ok(named
        .map(|(it, bytes)| (it.name.clone(), HostValue { shape: it.shape.clone(), dtype: it.dtype, bytes }))
        .collect())
}

/// The box of a host tensor that a tensor of the program stands for.
fn in_host<'a>(
    bytes: &'a [u8],
    host: &HostTensor,
    start: &[u32],
    tensor: &Tensor,
) -> Result<Strided<'a>, PlanError> {
    let found = share(bytes, &host.shape, start, &tensor.shape, tensor.dtype);
    found
        .ok_or_else(|| PlanError::Tensors(format!("tensor `{}` reaches beyond `{}`", tensor.name, host.name)))
}

fn beyond(error: replay::cpu::CpuError) -> PlanError {
    PlanError::Tensors(error.to_string())
}
