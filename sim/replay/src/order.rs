//! Legal orders: a run repeated in another order of its events that the machine allows, with the hardware rule.
//!
//! A legal order is a path of the [`order::EventGraph`]: every event comes after its causes. An op
//! reads at one moment between its start and its end, and what it writes is there at its end; a message is in its
//! slot when it arrives. Writing earlier would show nothing more: whatever may come after the start of a write
//! may also come after its end. The order changes values, never the makespan.

mod all;
mod compare;
mod difference;
mod latest;
mod memory;
mod progress;
mod sequence;
mod steps;
mod swap;

use std::fmt;
use std::str::FromStr;

pub use all::{All, all};
pub use compare::{Ordered, run};
pub use steps::{Moment, Step};
pub use swap::swap;

/// A legal order by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// That of the log's times; causes break ties. Ops read when they start.
    Log,
    /// Every event as soon as it is allowed, by place of its op: transfers take no time.
    Earliest,
    /// Units and messages go on only when a sequencer cannot without them, and ops read when they end.
    Latest,
    /// Drawn among the events that are allowed.
    Seed(u64),
    /// All that can happen without one event comes before it.
    Late(Step),
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Order::Log => f.pad("log"),
            Order::Earliest => f.pad("earliest"),
            Order::Latest => f.pad("latest"),
            Order::Seed(seed) => f.pad(&format!("seed:{seed}")),
            Order::Late(Step { op, moment }) => f.pad(&format!("late {moment:?} of op {op} of all")),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("`{0}` is not an order: use log, earliest, latest or seed:N")]
    Name(String),
    #[error("`{0}` is not a seed: write a whole number below 2^64, as in seed:7")]
    Seed(String),
}

impl FromStr for Order {
    type Err = OrderError;
    fn from_str(text: &str) -> Result<Order, OrderError> {
        if let Some(seed) = text.strip_prefix("seed:") {
            return seed.parse().map(Order::Seed).map_err(|_| OrderError::Seed(seed.to_owned()));
        }
        let orders = [Order::Log, Order::Earliest, Order::Latest];
        orders
            .into_iter()
            .find(|order| order.to_string() == text)
            .ok_or_else(|| OrderError::Name(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_written_as_it_is_read() {
        for text in ["log", "earliest", "latest", "seed:0", "seed:18446744073709551615"] {
            assert_eq!(text.parse::<Order>().map(|order| order.to_string()), Ok(text.to_owned()));
        }
        for (text, said) in [
            ("Log", "`Log` is not an order: use log, earliest, latest or seed:N"),
            ("seed", "`seed` is not an order: use log, earliest, latest or seed:N"),
            ("", "`` is not an order: use log, earliest, latest or seed:N"),
            ("seed:", "`` is not a seed: write a whole number below 2^64, as in seed:7"),
            ("seed:-1", "`-1` is not a seed: write a whole number below 2^64, as in seed:7"),
        ] {
            assert_eq!(text.parse::<Order>().map_err(|error| error.to_string()), Err(said.to_owned()));
        }
    }
}
