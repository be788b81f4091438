//! Host tensors, and the shares of them that lie in HBM.

use std::collections::BTreeSet;

use crate::checks::refusal::Reasons;
use program::program::{HostTensor, Role, Tensor};
use program::{Breach, Program, RefusalKind, TensorId};

pub(super) fn check(program: &Program, reasons: &mut Reasons<'_>) {
    for list in [&program.inputs, &program.outputs] {
        let mut names = BTreeSet::new();
        for host in list.iter().filter(|host| !names.insert(&host.name)) {
            let message = format!("two host tensors are called `{}`", host.name);
            reasons.program(Breach::new(RefusalKind::Malformed, message, "give each its own name"));
        }
    }
    for (index, tensor) in program.tensors.iter().enumerate() {
        let fault = match &tensor.role {
            Role::Input { of, start } => share_fault(tensor, &program.inputs[*of as usize], start),
            Role::Output { of, start } => share_fault(tensor, &program.outputs[*of as usize], start),
            Role::Scratch => None,
        };
        if let Some(breach) = fault {
            reasons.program(breach.at(format!("{} `{}`", TensorId(index as u32), tensor.name)));
        }
    }
}

fn share_fault(tensor: &Tensor, host: &HostTensor, start: &[u32]) -> Option<Breach> {
    if tensor.dtype != host.dtype {
        let message = format!("it is {}, and host tensor `{}` is {}", tensor.dtype, host.name, host.dtype);
        return Some(Breach::new(RefusalKind::Mismatch, message, "give both the same dtype"));
    }
    if start.len() != host.shape.len() || tensor.shape.len() != host.shape.len() {
        let message = format!(
            "box {:?} from {start:?} has other axes than host tensor `{}`, {:?}",
            tensor.shape, host.name, host.shape
        );
        return Some(Breach::new(
            RefusalKind::Mismatch,
            message,
            "give the box as many axes as the host tensor",
        ));
    }
    let ends = start.iter().zip(&tensor.shape).map(|(&from, &extent)| u64::from(from) + u64::from(extent));
    let outside = ends.zip(&host.shape).any(|(end, &extent)| end > u64::from(extent));
    outside.then(|| {
        let message = format!(
            "box {:?} from {start:?} lies outside host tensor `{}`, {:?}",
            tensor.shape, host.name, host.shape
        );
        Breach::new(RefusalKind::OutOfBounds, message, "keep the box inside")
    })
}
