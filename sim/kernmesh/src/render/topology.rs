//! The topology of a machine as a picture: its levels side by side, each as a grid with its links, and the numbers below.
//! Plain SVG with colours for light and dark pages.

use std::fmt::Write;

use machine::spec::{Collectives, GemmSpec, HbmPlacement, LinkSpec, NetworkModel, Topology};
use machine::{Clock, Machine, MachineSpec, Networks, Noc, Rate};

use super::number::{bytes, grouped};

/// Pixels that a level is wide and high at most.
const PANEL: u32 = 300;
const MARGIN: u32 = 24;
/// Pixels from the top of the picture to the grids: two lines of text.
const HEAD: u32 = 74;
const LINE: u32 = 18;
/// Pixels of a character of the numbers, by which the width of the picture is chosen.
const LETTER: u32 = 7;

const STYLE: &str = "\
text { font: 12px ui-monospace, monospace; fill: var(--ink); }
.name { font-size: 16px; font-weight: bold; }
.label { font-weight: bold; }
.number { text-anchor: middle; dominant-baseline: central; font-size: 10px; }
.page { fill: var(--page); }
.node { fill: var(--node); stroke: var(--ink); stroke-width: 1; }
.memory { fill: var(--memory); stroke: var(--ink); stroke-width: 1; }
.link { stroke: var(--link); stroke-width: 2; }
svg { --page: #ffffff; --ink: #1f2328; --node: #dbe9fb; --memory: #f6c98a; --link: #57606a; }
@media (prefers-color-scheme: dark) {
svg { --page: #0d1117; --ink: #e6edf3; --node: #1d3a5f; --memory: #7a4b12; --link: #8b949e; }
}
";

/// A level of the machine: what its grid holds, and the links between.
struct Level<'a> {
    name: &'static str,
    of: &'static str,
    extent: [u32; 2],
    link: &'a LinkSpec,
    /// Whether its links close into rings.
    closed: bool,
    /// Routers with a memory controller.
    controllers: Vec<[u32; 2]>,
}

pub fn topology(machine: &Machine) -> String {
    let spec = machine.spec();
    let levels = levels(spec);
    let facts = facts(spec);
    let panels = levels.len() as u32 * (PANEL + MARGIN) + MARGIN;
    let longest = facts.iter().map(|(_, said)| said.chars().count() as u32).max().unwrap_or(0);
    let width = panels.max(MARGIN * 2 + 90 + longest * LETTER + LETTER);
    let tallest = levels.iter().map(|level| level.extent[1] * cell(level)).max().unwrap_or(0);
    let below = HEAD + tallest + MARGIN;
    let height = below + LINE * facts.len() as u32 + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n\
         <rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n",
        escaped(&spec.name)
    );
    text(&mut svg, (MARGIN, 28), "name", &spec.name);
    for (at, level) in levels.iter().enumerate() {
        draw(&mut svg, MARGIN + at as u32 * (PANEL + MARGIN), level);
    }
    for (row, (label, said)) in facts.iter().enumerate() {
        let y = below + LINE * (row as u32 + 1);
        text(&mut svg, (MARGIN, y), "label", label);
        text(&mut svg, (MARGIN + 90, y), "", said);
    }
    svg.push_str("</svg>\n");
    svg
}

/// The levels that have more than one part; of a machine of one PE, that PE.
fn levels(spec: &MachineSpec) -> Vec<Level<'_>> {
    let all = [
        ("cube", "PEs", spec.grid.pe, &spec.link.pe),
        ("SIP", "cubes", spec.grid.cube, &spec.link.cube),
        ("system", "SIPs", spec.grid.sip, &spec.link.sip),
    ];
    let many = |extent: [u32; 2]| extent != [1, 1];
    let outermost = all.iter().rposition(|(_, _, extent, _)| many(*extent)).unwrap_or(0);
    // Controllers are placed on the grid of all PEs; those of the first cube are shown.
    let at = spec.hbm.controllers.as_ref().map(|it| it.at.clone()).unwrap_or_default();
    let mut levels = Vec::new();
    for (i, (name, of, extent, link)) in all.into_iter().enumerate() {
        if i == 0 || many(extent) {
            let closed = i == outermost && link.topology == Topology::Torus;
            let inside = |at: &&[u32; 2]| i == 0 && at[0] < extent[0] && at[1] < extent[1];
            let controllers = at.iter().filter(inside).copied().collect();
            levels.push(Level { name, of, extent, link, closed, controllers });
        }
    }
    levels
}

/// Pixels from a node to the next.
fn cell(level: &Level<'_>) -> u32 {
    (PANEL / level.extent[0].max(level.extent[1]).max(1)).clamp(4, 60)
}

fn draw(svg: &mut String, left: u32, level: &Level<'_>) {
    let [columns, rows] = level.extent;
    let (cell, closed) = (cell(level), if level.closed { ", closed into rings" } else { "" });
    let title = format!("{}: {columns} × {rows} {}{closed}", level.name, level.of);
    text(svg, (left, 50), "label", &title);
    let (gap, node) = ((cell / 4).max(1), cell - (cell / 4).max(1));
    let middle = |i: u32| i * cell + node / 2;
    // Links first: nodes lie over their ends. A ring that closes leaves the grid on both sides.
    let out = if level.closed { gap } else { 0 };
    for (n, along, is_row) in [(rows, columns, true), (columns, rows, false)] {
        for i in (0..n).filter(|_| along > 1) {
            let (from, to) = (0i64 - i64::from(out), i64::from((along - 1) * cell + node + out));
            let across = i64::from(middle(i));
            let (left, top) = (i64::from(left), i64::from(HEAD));
            let [x1, y1, x2, y2] = if is_row {
                [left + from, top + across, left + to, top + across]
            } else {
                [left + across, top + from, left + across, top + to]
            };
            line(svg, [x1, y1, x2, y2]);
        }
    }
    for y in 0..rows {
        for x in 0..columns {
            let class = if level.controllers.contains(&[x, y]) { "memory" } else { "node" };
            let (px, py) = (left + x * cell, HEAD + y * cell);
            put(
                svg,
                format_args!(
                    "<rect class=\"{class}\" x=\"{px}\" y=\"{py}\" width=\"{node}\" height=\"{node}\"/>"
                ),
            );
            if node >= 24 {
                let number = (y * columns + x).to_string();
                text(svg, (px + node / 2, py + node / 2), "number", &number);
            }
        }
    }
}

/// The numbers, a line each.
fn facts(spec: &MachineSpec) -> Vec<(&'static str, String)> {
    let clock = spec.clock;
    let mut all = Vec::new();
    for level in levels(spec).iter().filter(|level| level.extent != [1, 1]) {
        let LinkSpec { bytes_per_cycle, hop_cycles, .. } = level.link;
        let hop = time(clock.noc_fs, hop_cycles.0);
        let rate = rate(*bytes_per_cycle, clock.noc_fs);
        let label = if level.of == "PEs" {
            "link.pe"
        } else if level.of == "cubes" {
            "link.cube"
        } else {
            "link.sip"
        };
        all.push((label, format!("{rate} each way, {} cycles ({hop}) a hop", hop_cycles.0)));
    }
    let noc = &spec.noc;
    let model = match noc.model() {
        NetworkModel::Packets => "links serve whole packets".to_owned(),
        NetworkModel::Flits(flits) => format!(
            "flits of {}, {} virtual channels of {} flits",
            bytes(flits.bytes.0),
            flits.virtual_channels,
            flits.buffer_flits
        ),
    };
    let by = match noc.collectives {
        Collectives::Software => "by software",
        Collectives::Fabric => "in the routers",
    };
    let port = rate(noc.port_bytes_per_cycle, clock.noc_fs);
    all.push(("noc", format!("ports {port}, packets of {}, {model}", bytes(noc.packet_bytes.0))));
    if let Some(Networks::Opposite { loads, stores, messages }) = noc.networks {
        let [loads, stores, messages] = [loads, stores, messages].map(Noc::name);
        let of = format!("loads on {loads}, stores on {stores}, messages on {messages}");
        all.push(("networks", format!("two, whose links go opposite ways: {of}")));
    }
    all.push((
        "",
        format!("inject {} cycles, eject {}; collectives {by}", noc.inject_cycles.0, noc.eject_cycles.0),
    ));
    let pe = &spec.pe;
    let port = rate(pe.tcm_bytes_per_cycle, clock.pe_fs);
    all.push(("PE", format!("TCM {}, {port}; {} DMA channels", bytes(pe.tcm_bytes.0), pe.dma_channels)));
    all.push(("", format!("gemm {}; math {} lanes", gemm(spec), spec.math.lanes)));
    all.push(("HBM", hbm(spec)));
    if let Some(sram) = &spec.sram {
        let rate = rate(sram.bytes_per_cycle, clock.hbm_fs);
        let latency = time(clock.hbm_fs, sram.latency_cycles.0);
        all.push(("SRAM", format!("{} a cube, {rate}, latency {latency}", bytes(sram.bytes.0))));
    }
    let clocks = [("PE", clock.pe_fs), ("NoC", clock.noc_fs), ("HBM", clock.hbm_fs)];
    let clocks = clocks.map(|(name, clock)| format!("{name} {}", ghz(clock)));
    all.push(("clocks", clocks.join(", ")));
    all
}

fn hbm(spec: &MachineSpec) -> String {
    let (hbm, clock) = (&spec.hbm, spec.clock.hbm_fs);
    let (channel, latency) = (rate(hbm.bytes_per_cycle, clock), time(clock, hbm.latency_cycles.0));
    let slice = bytes(hbm.bytes_per_pe.0);
    let place = match (hbm.placement, &hbm.controllers) {
        (HbmPlacement::Controllers, Some(them)) => {
            let count = grouped(them.at.len() as u64);
            let channels = if them.channels == 1 { "channel" } else { "channels" };
            format!("{count} controllers (coloured) of {} {channels}", them.channels)
        }
        (HbmPlacement::PerPe | HbmPlacement::Controllers, _) => {
            format!("{} channels a PE", hbm.channels_per_pe)
        }
        (HbmPlacement::Striped, _) => format!("{} channels a PE, striped over the cube", hbm.channels_per_pe),
    };
    format!("{slice} a PE, {place}, {channel} each, latency {latency}")
}

fn gemm(spec: &MachineSpec) -> String {
    match &spec.gemm {
        GemmSpec::Systolic { rows, cols, .. } => format!("{rows} × {cols} systolic"),
        GemmSpec::Rate { macs_per_cycle } => format!("{macs_per_cycle} multiply-adds a cycle"),
        GemmSpec::Redmule { height, width, .. } => format!("RedMulE {height} × {width}"),
        GemmSpec::Phases { tile, cycles_per_tile, .. } => {
            format!("tiles of {tile}³ in {cycles_per_tile} cycles a phase")
        }
    }
}

/// `128 B/cycle (128 GB/s)`
fn rate(rate: Rate, clock: Clock) -> String {
    let per_fs = rate.numerator as f64 / rate.denominator as f64 / clock.period.fs() as f64;
    format!("{rate} B/cycle ({} GB/s)", short(per_fs * 1e6))
}

fn time(clock: Clock, cycles: u64) -> String {
    format!("{} ns", short(clock.period.fs() as f64 * cycles as f64 / 1e6))
}

fn ghz(clock: Clock) -> String {
    format!("{} GHz", short(1e6 / clock.period.fs() as f64))
}

/// At most two digits after the point.
fn short(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn line(svg: &mut String, [x1, y1, x2, y2]: [i64; 4]) {
    put(svg, format_args!("<line class=\"link\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"));
}

fn text(svg: &mut String, (x, y): (u32, u32), class: &str, said: &str) {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    put(svg, format_args!("<text{class} x=\"{x}\" y=\"{y}\">{}</text>", escaped(said)));
}

fn put(svg: &mut String, element: std::fmt::Arguments<'_>) {
    writeln!(svg, "{element}").expect("a string takes any text");
}

fn escaped(text: &str) -> String {
    let plain = machine::printable(text);
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use machine::preset_names;

    use super::*;

    #[test]
    fn every_preset_is_drawn_with_its_numbers() {
        for preset in preset_names() {
            let machine = Machine::preset(preset).expect("a preset");
            let [x, y] = machine.spec().grid.pe;
            let svg = topology(&machine);
            let nodes =
                svg.matches("<rect class=\"node\"").count() + svg.matches("<rect class=\"memory\"").count();
            assert!(nodes as u32 >= x * y, "{preset}");
            assert!(svg.contains(&format!("cube: {x} × {y} PEs")) && svg.ends_with("</svg>\n"), "{preset}");
        }
        let sip = topology(&Machine::preset("sip").expect("a preset"));
        for said in [
            "SIP: 4 × 4 cubes",
            "128 B/cycle (128 GB/s) each way, 4 cycles (4 ns) a hop",
            "128 B/cycle (128 GB/s) each way, 8 cycles (8 ns) a hop",
            "32 B/cycle (32 GB/s) each, latency 200 ns",
            "PE 1 GHz, NoC 1 GHz, HBM 1 GHz",
            "prefers-color-scheme: dark",
        ] {
            assert!(sip.contains(said), "{said}");
        }
        assert!(!sip.contains("link.sip"), "one SIP has no links to others");
    }

    #[test]
    fn a_name_cannot_mark_up() {
        let mut spec = Machine::preset("tiny").expect("a preset").spec().clone();
        spec.name = "<script>&".to_owned();
        let svg = topology(&Machine::new(spec).expect("a machine"));
        assert!(svg.contains("&lt;script&gt;&amp;") && !svg.contains("<script>"), "{svg}");
    }
}
