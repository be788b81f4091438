//! Bottleneck of a path, by experiment: the resource that keeps the rate when all others are widened.

use machine::{Machine, MachineSpec, Rate};
use serde::Serialize;

use crate::paths::Path;
use crate::{Bench, BenchError};

/// A resource that has a width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    Hbm,
    PeLink,
    CubeLink,
    SipLink,
    Port,
    TcmPort,
}

impl Resource {
    pub const ALL: [Resource; 6] = [
        Resource::Hbm,
        Resource::PeLink,
        Resource::CubeLink,
        Resource::SipLink,
        Resource::Port,
        Resource::TcmPort,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Resource::Hbm => "HBM",
            Resource::PeLink => "PE link",
            Resource::CubeLink => "cube link",
            Resource::SipLink => "SIP link",
            Resource::Port => "port",
            Resource::TcmPort => "TCM",
        }
    }

    fn width(self, spec: &mut MachineSpec) -> &mut Rate {
        match self {
            Resource::Hbm => &mut spec.hbm.bytes_per_cycle,
            Resource::PeLink => &mut spec.link.pe.bytes_per_cycle,
            Resource::CubeLink => &mut spec.link.cube.bytes_per_cycle,
            Resource::SipLink => &mut spec.link.sip.bytes_per_cycle,
            Resource::Port => &mut spec.noc.port_bytes_per_cycle,
            Resource::TcmPort => &mut spec.pe.tcm_bytes_per_cycle,
        }
    }
}

/// How much wider the others are made.
const WIDER: u64 = 16;
/// Relative difference below which two rates are equal: packets of other lengths change less, a width more.
const SAME: f64 = 0.02;

/// Resources each of which alone bounds the path to its rate. If all widths of a machine differ there is one; there is
/// none when several bound the path in turn.
pub fn of(bench: &Bench, path: &Path, rate: f64) -> Result<Vec<Resource>, BenchError> {
    let mut bounds = Vec::new();
    for resource in Resource::ALL {
        let wide = all_but(resource, bench.spec());
        // A width with too large terms cannot be widened; it gives no answer.
        if Machine::new(wide.clone()).is_ok() && (path.rate(bench, &wide)? / rate - 1.0).abs() < SAME {
            bounds.push(resource);
        }
    }
    Ok(bounds)
}

fn all_but(narrow: Resource, mut spec: MachineSpec) -> MachineSpec {
    for resource in Resource::ALL.into_iter().filter(|&resource| resource != narrow) {
        let width = resource.width(&mut spec);
        *width = width.times(Rate::whole(WIDER)).unwrap_or(*width);
    }
    spec
}
