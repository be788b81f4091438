//! Host tensors, and the shares of them that lie in HBM.

use std::collections::BTreeSet;

use diagnostic::{Fault, Place};
use program::layout::Space;
use program::program::{HostTensor, Tensor};
use program::{Program, TensorId};

use crate::checks::refusal::Reasons;

pub(super) fn check(program: &Program, reasons: &mut Reasons<'_>) {
    for list in [&program.inputs, &program.outputs] {
        let mut names = BTreeSet::new();
        for host in list.iter().filter(|host| !names.insert(&host.name)) {
            reasons.program(Fault::SameName { name: host.name.clone() });
        }
    }
    for (index, tensor) in program.tensors.iter().enumerate() {
        let given = tensor.role.given().map(|(of, start)| (&program.inputs[of as usize], start));
        let taken = tensor.role.taken().map(|(of, start)| (&program.outputs[of as usize], start));
        let mut shares = given.into_iter().chain(taken);
        if let Some(fault) = shares.find_map(|(host, start)| share_fault(tensor, host, start)) {
            reasons.at(tensor_place(TensorId(index as u32), tensor), fault);
        }
    }
}

pub(super) fn tensor_place(id: TensorId, tensor: &Tensor) -> Place {
    Place::Tensor { tensor: id, name: tensor.name.clone(), space: Space::Hbm(tensor.home) }
}

fn share_fault(tensor: &Tensor, host: &HostTensor, start: &[u32]) -> Option<Fault> {
    let name = host.name.clone();
    if tensor.dtype != host.dtype {
        return Some(Fault::ShareDType { share: tensor.dtype, name, host: host.dtype });
    }
    let (shape, start, host) = (tensor.shape.clone(), start.to_vec(), host.shape.clone());
    if start.len() != host.len() || shape.len() != host.len() {
        return Some(Fault::ShareAxes { shape, start, name, host });
    }
    let ends = start.iter().zip(&shape).map(|(&from, &extent)| u64::from(from) + u64::from(extent));
    let outside = ends.zip(&host).any(|(end, &extent)| end > u64::from(extent));
    outside.then_some(Fault::ShareOutside { shape, start, name, host })
}
