//! Latencies and throughput of synthetic traffic, in two lines of a run's summary.

use probe::traffic::Measured;

use super::number::grouped;

/// Latency of the measured packets, from creation to the last flit.
pub fn latency(measured: &Measured) -> String {
    let Measured { mean_latency_cycles: mean, p50, p99, packets, saturated, .. } = measured;
    let packets = grouped(*packets);
    let saturated = if *saturated { ": saturated" } else { "" };
    format!("mean {mean:.2} cycles{saturated}, half within {p50}, 99 % within {p99}, of {packets} packets")
}

/// In flits per PE and cycle.
pub fn throughput(measured: &Measured) -> String {
    let Measured { offered, accepted, .. } = measured;
    format!("{offered:.4} flits per PE and cycle created, {accepted:.4} arrived")
}
