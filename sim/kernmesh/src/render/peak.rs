//! Share of its peak that the binding unit reaches, and the reasons for the rest.

use super::columns::listed;
use super::number::percent;
use crate::peak_share::PeakShare;
use crate::summary::Summary;

/// Empty where the binding resource has no rate.
pub fn of_binding(summary: &Summary, indent: usize) -> String {
    let binding = summary.bounds.map(|bounds| bounds.binding);
    let of_binding = summary.peaks.iter().find(|peak| Some(peak.bound) == binding);
    of_binding.map_or_else(String::new, |peak| said(peak, summary.makespan_fs.unwrap_or(0), indent))
}

fn said(peak: &PeakShare, makespan: u64, indent: usize) -> String {
    // What rounds to nothing is left to JSON.
    let is_shown = |fs: &u64| u128::from(*fs) * 2000 >= u128::from(makespan);
    let mut lost: Vec<(&str, u64)> =
        peak.lost_fs.iter().map(|(loss, &fs)| (peak.said(loss), fs)).filter(|(_, fs)| is_shown(fs)).collect();
    lost.sort_by_key(|&(name, fs)| (std::cmp::Reverse(fs), name));
    let mut waits: Vec<(&str, u64)> =
        peak.waits_fs.iter().map(|(&reason, &fs)| (reason, fs)).filter(|(_, fs)| is_shown(fs)).collect();
    waits.sort_by_key(|&(name, fs)| (std::cmp::Reverse(fs), name));
    let rank = peak.rank.map_or_else(String::new, |rank| format!(" of rank {rank}"));
    let mut items = vec![format!("{}{rank} at {}", peak.bound, percent(peak.reached_fs, makespan))];
    let item = |&(name, fs): &(&str, u64)| format!("{name} {}", percent(fs, makespan));
    items.extend(lost.iter().map(item));
    let waits = waits.iter().map(item).enumerate();
    items.extend(waits.map(|(at, wait)| if at == 0 { format!("waits: {wait}") } else { wait }));
    listed(&items, indent)
}
