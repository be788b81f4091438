//! Addresses with which a program fits its machine and finishes.

use machine::{Machine, PeId};
use order::Dependencies;
use program::{Layout, Program};

use crate::deadlock::Stuck;
use crate::plan::{SentTiles, Shortage, plan};
use crate::progress::{self, Outcome};

/// What the addresses decide.
pub(super) struct Ready {
    pub layout: Layout,
    pub dependencies: Dependencies,
}

/// Why no addresses serve.
pub(super) enum Unfit {
    Short(Vec<Shortage>),
    Stuck(Stuck),
}

/// Lays out a program that [`super::check_alone`] accepts. Bytes of sent tiles are used again as soon as may be;
/// where that alone could hold a program up for ever, and there is room, they are kept until the sends are done.
pub(super) fn lay_out(program: &Program, machine: &Machine, placement: &[PeId]) -> Result<Ready, Unfit> {
    let attempt = |sent| attempt(program, machine, placement, sent);
    match attempt(SentTiles::Reused) {
        Err(Unfit::Stuck(stuck)) => attempt(SentTiles::Kept).map_err(|again| match again {
            Unfit::Stuck(stuck) => Unfit::Stuck(stuck),
            Unfit::Short(_) => Unfit::Stuck(stuck),
        }),
        Ok(ready) => Ok(ready),
        Err(Unfit::Short(shortages)) => Err(Unfit::Short(shortages)),
    }
}

fn attempt(
    program: &Program,
    machine: &Machine,
    placement: &[PeId],
    sent: SentTiles,
) -> Result<Ready, Unfit> {
    let layout = plan(program, machine, placement, sent).map_err(Unfit::Short)?;
    let dependencies = finishes(program, machine, &layout).map_err(Unfit::Stuck)?;
    Ok(Ready { layout, dependencies })
}

/// The order of the ops at these addresses, with which the program comes to its end.
pub(super) fn finishes(program: &Program, machine: &Machine, layout: &Layout) -> Result<Dependencies, Stuck> {
    let dependencies = Dependencies::find(program, layout, machine);
    let queues = machine.queue().map(|queue| queue.model);
    match progress::run(program, &dependencies, machine.spec().pe.fifo_depth, queues) {
        Outcome::Finished => Ok(dependencies),
        Outcome::Stuck(stop) => Err(Stuck { stop, dependencies }),
    }
}
