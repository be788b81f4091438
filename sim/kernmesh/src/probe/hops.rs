//! What one more hop takes: the difference between two messages to routers that are neighbours.

use machine::{Coord, Machine, RankAxis, place};
use serde::Serialize;

use crate::error::Error;
use crate::measure::{Bench, message, pe_cycles, places};

/// One more hop, within the cube or over a boundary.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Hop {
    /// What the link crosses.
    pub over: &'static str,
    pub cycles: f64,
}

/// One of each class that the machine has, from messages of one byte.
pub fn hops(bench: &Bench) -> Result<Vec<Hop>, Error> {
    let spec = bench.spec();
    let machine = Machine::new(spec.clone())?;
    let (mesh, places) = (machine.mesh(), places(&spec)?);
    let ranks = place(&machine, mesh.n_pes().min(crate::measure::PES), RankAxis::Pe)?;
    let rank_at = |at: Coord| ranks.iter().position(|&pe| pe == mesh.pe(at)).map(|rank| rank as u32);
    let time = |to: u32| -> Result<f64, Error> {
        Ok(pe_cycles(&spec, message(bench, &spec, (places[0].rank, to), 1)?.filled))
    };
    let mut hops = Vec::new();
    for (name, over) in
        [("across the cube", "a PE link"), ("the next cube", "a cube link"), ("the next SIP", "a SIP link")]
    {
        let Some(far) = places.iter().find(|place| place.name == name) else { continue };
        // The router before the last one of the route, which goes along x and then along y.
        let Coord { x, y } = far.at;
        let before = if y > 0 { Coord { x, y: y - 1 } } else { Coord { x: x - 1, y } };
        let Some(before) = rank_at(before).filter(|&rank| rank != places[0].rank) else { continue };
        hops.push(Hop { over, cycles: time(far.rank)? - time(before)? });
    }
    Ok(hops)
}
