//! Latency and throughput of synthetic traffic, from the times of a log and the parameters of its program.

use kernels::traffic::{Packet, Traffic};
use machine::SimTime;
use oplog::OpLog;
use program::{Message, Op, SendOp};
use serde::Serialize;

/// A mean above this, in cycles, counts as saturated.
const SATURATED: f64 = 500.0;

/// Statistics of the packets created in the window: latency from creation to the arrival of the last flit, in cycles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Measured {
    pub mean_latency_cycles: f64,
    /// Latency that half of the packets do not exceed, and that 99 in 100 do not.
    pub p50: u64,
    pub p99: u64,
    /// Flits of the packets created in the window, and of those that arrived in it, per PE and cycle.
    pub offered: f64,
    pub accepted: f64,
    /// Packets measured.
    pub packets: u64,
    pub saturated: bool,
}

/// `None` of a log that is not of synthetic traffic, whose program was changed, or that measures no packet.
pub fn measured(log: &OpLog) -> Option<Measured> {
    if log.program.kernel != kernels::traffic::NAME {
        return None;
    }
    let traffic = Traffic::of(&log.program.params).ok()?;
    let times = times(log)?;
    let period = log.machine.spec().clock.noc_fs.period.fs();
    let created = packets(&traffic)?;
    // Each packet was created in its cycle: neither the sequencer nor a full queue held it.
    let in_time = |(&(from, cycle), times): (&(u32, u32), &Times)| {
        times.from == from && times.created.fs() == u64::from(cycle) * period
    };
    if created.len() != times.len() || !created.iter().zip(&times).all(in_time) {
        return None;
    }
    let cycle = |at: SimTime| at.fs().div_ceil(period);
    let window = |at: SimTime| u32::try_from(cycle(at)).is_ok_and(|cycle| traffic.measures(cycle));
    let mut latencies: Vec<u64> = times
        .iter()
        .filter(|times| window(times.created))
        .map(|times| cycle(times.filled) - cycle(times.created))
        .collect();
    latencies.sort_unstable();
    let n = latencies.len();
    let flits = |packets: usize| {
        packets as f64 * f64::from(traffic.packet_flits)
            / f64::from(traffic.nodes())
            / f64::from(traffic.window)
    };
    let arrived = times.iter().filter(|times| window(times.filled)).count();
    let mean = latencies.iter().sum::<u64>() as f64 / n as f64;
    let share = |percent: usize| latencies.get((n * percent).div_ceil(100).saturating_sub(1)).copied();
    Some(Measured {
        mean_latency_cycles: mean,
        p50: share(50)?,
        p99: share(99)?,
        offered: flits(n),
        accepted: flits(arrived),
        packets: n as u64,
        saturated: mean > SATURATED,
    })
}

/// The packets in the order of the log's sends: by PE, then by cycle.
fn packets(traffic: &Traffic) -> Option<Vec<(u32, u32)>> {
    let packets = traffic.packets()?.into_iter();
    let mut sorted: Vec<(u32, u32)> = packets.map(|Packet { cycle, from, .. }| (from, cycle)).collect();
    sorted.sort_unstable();
    Some(sorted)
}

/// A message, by its sends in rank order.
struct Times {
    from: u32,
    created: SimTime,
    filled: SimTime,
}

fn times(log: &OpLog) -> Option<Vec<Times>> {
    let mut times = Vec::new();
    let mut op = 0;
    for (rank, program) in log.program.ranks.iter().enumerate() {
        for asked in &program.ops {
            if let Op::Send(SendOp::Send { message: Message { ring, number }, .. }) = asked {
                let filled = log.messages.get(ring.index())?.get(*number as usize)?.filled;
                times.push(Times { from: rank as u32, created: log.entries.issue[op], filled });
            }
            op += 1;
        }
    }
    Some(times)
}
