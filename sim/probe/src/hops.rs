//! Cost of one more hop: the difference between messages to two neighbouring routers.

use machine::{LinkClass, Machine, Mesh, PeId, RankAxis, Traffic, place};
use serde::Serialize;

use crate::{Bench, BenchError, message, pe_cycles, places};

/// One more hop, within the cube or over a boundary.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Hop {
    /// What the link crosses.
    pub over: &'static str,
    pub cycles: f64,
}

/// One of each class that the machine has, from messages of one byte.
pub fn hops(bench: &Bench) -> Result<Vec<Hop>, BenchError> {
    let spec = bench.spec();
    let machine = Machine::new(spec.clone())?;
    let (mesh, places) = (machine.mesh(), places(&spec)?);
    let ranks = place(&machine, mesh.n_pes().min(crate::places::PES), RankAxis::Pe)?;
    let rank_at = |at: PeId| ranks.iter().position(|&pe| pe == at).map(|rank| rank as u32);
    let time = |to: u32| -> Result<f64, BenchError> {
        Ok(pe_cycles(&spec, message(bench, &spec, (places[0].rank, to), 1)?.filled))
    };
    let mut hops: Vec<Hop> = Vec::new();
    for name in ["across the cube", "the next cube", "the next SIP"] {
        let Some(far) = places.iter().find(|place| place.name == name) else { continue };
        let route = mesh.route(Traffic::Message, mesh.pe(places[0].at), mesh.pe(far.at));
        let Some(&last) = route.last() else { continue };
        let over = match mesh.class(last) {
            LinkClass::Pe => "a PE link",
            LinkClass::Cube => "a cube link",
            LinkClass::Sip => "a SIP link",
        };
        let before = rank_at(Mesh::source(last)).filter(|&rank| rank != places[0].rank);
        let Some(before) = before.filter(|_| hops.iter().all(|hop| hop.over != over)) else { continue };
        hops.push(Hop { over, cycles: time(far.rank)? - time(before)? });
    }
    Ok(hops)
}
