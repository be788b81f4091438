//! A chip and where its ranks are.

use machine::spec::HbmPlacement;
use machine::{Coord, Cycles, Machine, MachineSpec, RankAxis, place};
use probe::BenchError;

pub(super) struct Torus {
    pub spec: MachineSpec,
    /// By rank: one a router.
    at: Vec<Coord>,
}

impl Torus {
    pub fn of(spec: MachineSpec) -> Result<Torus, BenchError> {
        let machine = Machine::new(spec.clone())?;
        let mesh = machine.mesh();
        let pes = place(&machine, mesh.n_pes(), RankAxis::Pe)?;
        Ok(Torus { spec, at: pes.into_iter().map(|pe| mesh.coord(pe)).collect() })
    }

    /// The chip with a router at every tile, also at those that are not Tensix: a way round is as long as its ring. Each
    /// has memory beside it, and sequencers issue at once.
    pub fn of_all_tiles(chip: &MachineSpec, routers: [u32; 2]) -> Result<Torus, BenchError> {
        let mut spec = chip.clone();
        spec.grid.pe = routers;
        (spec.hbm.placement, spec.hbm.controllers) = (HbmPlacement::PerPe, None);
        spec.pe.issue_cycles = Cycles(0);
        Torus::of(spec)
    }

    pub fn rank(&self, [x, y]: [u32; 2]) -> u32 {
        self.at.iter().position(|&at| at == Coord { x, y }).expect("every router has a rank") as u32
    }
    pub fn at(&self, rank: u32) -> [u32; 2] {
        let Coord { x, y } = self.at[rank as usize];
        [x, y]
    }
    pub fn n_ranks(&self) -> u32 {
        self.at.len() as u32
    }
}
