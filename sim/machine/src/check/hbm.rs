//! Constraints on the HBM, for every placement of its channels.

use super::{BYTES, Checked, MAX_TERM, Problem, cycles, rate, within};
use crate::controllers::{ControllersSpec, Homes};
use crate::mesh::Mesh;
use crate::quantity::{Bytes, Rate};
use crate::spec::{HbmPlacement, HbmSpec, MachineSpec};

/// So many that the nearest of them is found soon, also for each of 2^20 PEs.
const MAX_CONTROLLERS: u64 = 256;

pub(super) fn hbm(spec: &MachineSpec) -> Checked {
    let hbm = &spec.hbm;
    let &HbmSpec {
        bytes_per_pe: Bytes(bytes),
        channels_per_pe,
        bytes_per_cycle,
        efficiency,
        write_efficiency,
        turnaround_cycles,
        latency_cycles,
        burst_bytes: Bytes(burst),
        placement: _,
        controllers: _,
    } = hbm;
    within("hbm.bytes_per_pe", bytes, BYTES)?;
    within("hbm.channels_per_pe", u64::from(channels_per_pe), 1..=128)?;
    within("hbm.burst_bytes", burst, BYTES)?;
    cycles("hbm.latency_cycles", latency_cycles)?;
    rate("hbm.bytes_per_cycle", bytes_per_cycle)?;
    share(hbm, "hbm.efficiency", efficiency)?;
    if let Some(efficiency) = write_efficiency {
        share(hbm, "hbm.write_efficiency", efficiency)?;
    }
    if let Some(turnaround) = turnaround_cycles {
        cycles("hbm.turnaround_cycles", turnaround)?;
    }
    if !bytes.is_multiple_of(burst) {
        let next = bytes.div_ceil(burst) * burst;
        let problem =
            format!("is {bytes}, which is not a multiple of hbm.burst_bytes = {burst}: {next} is one");
        return Err(("hbm.bytes_per_pe", problem));
    }
    controllers(spec)
}

/// A share of the peak, whose product with it is a rate that can be computed with.
fn share(hbm: &HbmSpec, key: &'static str, efficiency: Rate) -> Checked {
    rate(key, efficiency)?;
    if efficiency > Rate::whole(1) {
        let problem = format!("is {efficiency}: a share of the peak, above 0 and at most 1, works");
        return Err((key, problem));
    }
    let sustained = hbm.bytes_per_cycle.times(efficiency);
    if sustained.is_none_or(|rate| rate.numerator.max(rate.denominator) > MAX_TERM) {
        let problem = format!(
            "is {efficiency}: times hbm.bytes_per_cycle = {} the product has terms above {MAX_TERM}; \
             a rounder value works",
            hbm.bytes_per_cycle
        );
        return Err((key, problem));
    }
    Ok(())
}

fn controllers(spec: &MachineSpec) -> Checked {
    let key = "hbm.placement";
    match (spec.hbm.placement, &spec.hbm.controllers) {
        (HbmPlacement::Controllers, Some(controllers)) => at_routers(spec, controllers),
        (HbmPlacement::Controllers, None) => {
            let problem =
                "is \"controllers\", and there is no [hbm.controllers]: set `at`, `channels` and `bytes`";
            Err((key, problem.to_owned()))
        }
        (HbmPlacement::PerPe | HbmPlacement::Striped, Some(_)) => {
            let problem = "leaves [hbm.controllers] unused: \"controllers\" uses it";
            Err((key, problem.to_owned()))
        }
        (HbmPlacement::PerPe | HbmPlacement::Striped, None) => Ok(()),
    }
}

fn at_routers(spec: &MachineSpec, controllers: &ControllersSpec) -> Checked {
    let (key, mesh) = ("hbm.controllers.at", mesh(spec));
    let n = controllers.at.len() as u64;
    if !(1..=MAX_CONTROLLERS).contains(&n) {
        return Err((key, format!("lists {n} routers: 1 to {MAX_CONTROLLERS} work")));
    }
    for (number, at @ [x, y]) in controllers.at.iter().enumerate() {
        let (width, height) = (mesh.width(), mesh.height());
        if *x >= width || *y >= height {
            let (last_x, last_y) = (width - 1, height - 1);
            let problem = format!("has {at:?}, outside the mesh: [0, 0] to [{last_x}, {last_y}] work");
            return Err((key, problem));
        }
        if controllers.at[..number].contains(at) {
            let problem =
                format!("has {at:?} twice: give that controller more channels, or it another router");
            return Err((key, problem));
        }
    }
    within("hbm.controllers.channels", u64::from(controllers.channels), 1..=128)?;
    within("hbm.controllers.bytes", controllers.bytes.0, BYTES)
}

/// Where all slices lie, if every controller has room for its own. Of a spec that is right in all else.
pub(crate) fn capacity(spec: &MachineSpec) -> Result<Option<Homes>, Problem> {
    let Some(controllers) = &spec.hbm.controllers else { return Ok(None) };
    let homes = Homes::of(controllers, &mesh(spec));
    let each = spec.hbm.bytes_per_pe.0;
    for (&slices, at) in homes.counts().iter().zip(&controllers.at) {
        let needed = u128::from(slices) * u128::from(each);
        if needed > u128::from(controllers.bytes.0) {
            let burst = spec.hbm.burst_bytes.0;
            let most = controllers.bytes.0 / u64::from(slices) / burst * burst;
            if most == 0 {
                let least = u64::from(slices) * burst;
                let problem = format!(
                    "is {}, and the controller at {at:?} has {slices} slices of at least a burst: {least} works",
                    controllers.bytes.0
                );
                return Err(("hbm.controllers.bytes", problem));
            }
            let problem = format!(
                "is {each}, and the controller at {at:?} has {slices} slices and hbm.controllers.bytes = {}: \
                 up to {most} works",
                controllers.bytes.0
            );
            return Err(("hbm.bytes_per_pe", problem));
        }
    }
    Ok(Some(homes))
}

fn mesh(spec: &MachineSpec) -> Mesh {
    Mesh::new(spec.grid, &spec.link, spec.noc.networks)
}
