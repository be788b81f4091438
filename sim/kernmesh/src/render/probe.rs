//! Table of a probe: each path of a machine, on one screen.

use probe::{Controller, PathTimes, Probe};

use super::Paint;
use super::columns::columns;
use super::number::{bytes, rounded};

/// Of the sizes, those that are shown; JSON has all.
const SHOWN: [u32; 4] = [1 << 7, 1 << 12, 1 << 16, 1 << 20];

pub fn probed(probe: &Probe, paint: Paint) -> String {
    let size = |size: u32| bytes(u64::from(size));
    let [first, larger @ ..] = SHOWN;
    let (first, larger) = (size(first), larger.map(size));
    let title = format!("{}, idle: cycles of a PE for {first}, then bytes per cycle", probe.machine);
    let mut head = ["path", "hops", &first].map(str::to_owned).to_vec();
    head.extend(larger);
    head.extend(["more", "half at", "held by"].map(str::to_owned));
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(probe.paths.iter().map(path)).collect();
    let mut text = format!("{}\n{}\n", paint.strong(&title), columns(&rows));
    let credits = probe.credits.iter().map(|credit| (format!("credit from {}", credit.to), credit.cycles));
    let hops = probe.hops.iter().map(|hop| (format!("one more hop over {}", hop.over), hop.cycles));
    let line = |(what, cycles): (String, f64)| vec![what, format!("{} cycles", number(cycles))];
    text.push_str(&columns(&credits.chain(hops).map(line).collect::<Vec<_>>()));
    text.push_str(&controllers(&probe.controllers));
    text
}

/// All of them in one line.
fn controllers(all: &[Controller]) -> String {
    let pes = all.iter().map(|it| it.pes);
    let (Some(fewest), Some(most)) = (pes.clone().min(), pes.clone().max()) else { return String::new() };
    let nearest = all.iter().map(|it| it.nearest).min().unwrap_or(0);
    let farthest = all.iter().map(|it| it.farthest).max().unwrap_or(0);
    let mean = all.iter().map(|it| it.hops).sum::<u64>() as f64 / f64::from(pes.sum::<u32>());
    format!(
        "{} controllers of {fewest} to {most} PEs, each {nearest} to {farthest} hops away, on average {mean:.1}\n",
        all.len()
    )
}

fn path(path: &PathTimes) -> Vec<String> {
    let preposition = match path.op {
        "load" => "from",
        _ => "to",
    };
    let at = |size: u32| path.sizes.iter().find(|point| point.bytes == size);
    let [first, larger @ ..] = SHOWN;
    let takes = at(first).map_or_else(String::new, |point| number(point.cycles));
    let over = path.network.map_or_else(String::new, |network| format!(", {}", network.name()));
    let way = format!("{} {preposition} {}{over}", path.op, path.to);
    let mut cells = vec![way, path.hops.to_string(), takes];
    cells.extend(larger.map(|size| at(size).map_or_else(String::new, |point| number(point.bytes_per_cycle))));
    cells.push(number(path.bytes_per_cycle));
    cells.push(path.half_at.map_or_else(|| "-".to_owned(), |size| bytes(u64::from(size))));
    let held: Vec<&str> = path.bottleneck.iter().map(|resource| resource.name()).collect();
    cells.push(if held.is_empty() { "several in turn".to_owned() } else { held.join(", ") });
    cells
}

fn number(value: f64) -> String {
    rounded(value, 1)
}
