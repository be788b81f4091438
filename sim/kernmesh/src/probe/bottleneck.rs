//! What holds a path to its rate, found by trying: when everything else is widened and the rate stays.

use machine::{Machine, MachineSpec, Rate};
use serde::Serialize;

use super::paths::Way;
use crate::error::Error;
use crate::measure::Bench;

/// What has a width.
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
/// Of a rate that stays: what packets of other lengths may change, and less than any width would.
const SAME: f64 = 0.02;

/// Those that alone would hold a path to its rate. On a machine whose widths differ that is one; none, when it is
/// held by several in turn.
pub fn of(bench: &Bench, way: &Way, rate: f64) -> Result<Vec<Resource>, Error> {
    let mut bounds = Vec::new();
    for resource in Resource::ALL {
        let wide = all_but(resource, bench.spec());
        // A width whose terms are too large to be widened says nothing.
        if Machine::new(wide.clone()).is_ok() && (way.rate(bench, &wide)? / rate - 1.0).abs() < SAME {
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
