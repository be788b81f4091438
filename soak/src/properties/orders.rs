//! Nothing is left unordered: no legal order changes a bit, nor what any read finds.

use replay::{Options, Order};

use super::{Checked, Failure, Run};
use crate::census::Census;

pub const NAME: &str = "what is ordered is equal in every legal order";

/// # Errors
/// The first order that differs.
pub fn agree(run: &Run<'_>, seeds: u64, census: &mut Census) -> Checked {
    let drawn = (0..seeds).map(|nth| Order::Seed(run.seed.wrapping_mul(31).wrapping_add(nth)));
    for order in [Order::Log, Order::Earliest, Order::Latest].into_iter().chain(drawn) {
        census.orders += 1;
        let ordered = replay::order::run(
            &run.log,
            &run.flow,
            &run.dependencies,
            &run.inputs,
            Options::default(),
            order,
        )
        .map_err(|error| Failure::of(NAME, format!("{order}: {error}")))?;
        // With no data every read finds the version that it means.
        if !ordered.equal || ordered.data.is_some() || !ordered.findings.is_empty() {
            let said: Vec<String> = ordered.findings.iter().map(ToString::to_string).collect();
            let equal = if ordered.equal { "equal bits from other writes" } else { "other bits" };
            return Err(Failure::of(NAME, format!("{order}: {equal}: {}", said.join("; "))));
        }
    }
    Ok(())
}
