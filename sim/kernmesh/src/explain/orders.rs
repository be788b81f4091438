//! The same run in other legal orders: whether the bits depend on which comes first.

use replay::order::Order;
use serde::Serialize;

use crate::error::Error;
use crate::simulate::{Options, Simulation, Timed, inputs};

/// Orders that are tried: as soon as allowed, as late as possible, and two that are drawn.
const TRIED: [Order; 4] = [Order::Earliest, Order::Latest, Order::Seed(1), Order::Seed(2)];

/// Result of a legal order, with the hardware rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reordered {
    pub order: String,
    /// Whether every bit is what the program means.
    pub equal: bool,
}

/// All of them.
///
/// # Errors
/// As [`crate::compute`].
pub fn reordered(run: &Simulation, options: &Options) -> Result<Vec<Reordered>, Error> {
    let Timed { log, flow, .. } = &run.timed;
    let dependencies = &run.timed.dependencies;
    let given = inputs(log, &options.tensors)?;
    let mut all = Vec::new();
    for order in TRIED {
        let equal = replay::order::run(log, flow, dependencies, &given, options.replay, order)?.equal;
        all.push(Reordered { order: order.to_string(), equal });
    }
    Ok(all)
}
