//! Collectives between chips, as Tenstorrent measured them. Links and the bytes on each are physical; what the smallest
//! messages take, once and for each chip, is fitted, as Tenstorrent does it.

use machine::MachineSpec;
use program::tl::Topology as Wiring;

use super::chips::{Latency, time};
use super::streams::Collective;
use crate::error::Error;
use crate::measure::Bench;
use crate::validate::Row;

const WORMHOLE: &str = "tt-metal CCL_bandwidth, Wormhole LoudBox, with the start and hop fitted there";
const BLACKHOLE: &str = "tt-metal CCL_bandwidth, Blackhole Galaxy, start and hop from lines of 2 and 4";
/// Of the project's own aims: a line all-gather, in percent.
const LINE_ALL_GATHER: f64 = 10.0;

const SUMS: &str = "sending waits for adding there: a neighbour is waited for every 20 messages";
const RELAYS: &str = "messages are relayed one by one; small ones leave packets half empty";
const RING: &str = "a ring's fabric keeps slots free and acknowledges each packet, which costs 17 to 34 %";
const TWICE: &str = "a reduce-scatter, then an all-gather, each as above";
const LINKS: &str =
    "two links a direction at half their rate; between small and large, links are not kept busy";

/// What is printed of one collective, in microseconds, by bytes.
struct Printed {
    of: Of,
    wiring: Wiring,
    n: u32,
    times: &'static [(&'static str, u64, f64)],
    /// Why it is not held.
    note: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    AllGather,
    ReduceScatter,
    AllReduce,
    AllToAll,
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

const ON_WORMHOLE: [Printed; 8] = [
    Printed {
        of: Of::AllGather,
        wiring: Wiring::Line,
        n: 4,
        times: &[
            ("8 KiB", 8 * KIB, 10.50),
            ("64 KiB", 64 * KIB, 14.16),
            ("1 MiB", MIB, 77.50),
            ("16 MiB", 16 * MIB, 1081.98),
            ("1 GiB", GIB, 68615.88),
        ],
        note: "",
    },
    Printed {
        of: Of::ReduceScatter,
        wiring: Wiring::Line,
        n: 4,
        times: &[
            ("8 KiB", 8 * KIB, 14.53),
            ("64 KiB", 64 * KIB, 22.33),
            ("1 MiB", MIB, 101.24),
            ("16 MiB", 16 * MIB, 1272.37),
            ("1 GiB", GIB, 76693.07),
        ],
        note: SUMS,
    },
    Printed {
        of: Of::AllReduce,
        wiring: Wiring::Line,
        n: 4,
        times: &[
            ("8 KiB", 8 * KIB, 26.98),
            ("64 KiB", 64 * KIB, 39.44),
            ("1 MiB", MIB, 190.05),
            ("16 MiB", 16 * MIB, 2416.04),
            ("1 GiB", GIB, 145_605.91),
        ],
        note: TWICE,
    },
    Printed {
        of: Of::AllToAll,
        wiring: Wiring::Line,
        n: 4,
        times: &[
            ("8 KiB", 8 * KIB, 10.10),
            ("64 KiB", 64 * KIB, 17.70),
            ("1 MiB", MIB, 102.36),
            ("16 MiB", 16 * MIB, 1472.35),
            ("1 GiB", GIB, 93550.50),
        ],
        note: RELAYS,
    },
    Printed {
        of: Of::AllGather,
        wiring: Wiring::Ring,
        n: 8,
        times: &[
            ("16 KiB", 16 * KIB, 17.61),
            ("64 KiB", 64 * KIB, 20.36),
            ("1 MiB", MIB, 69.56),
            ("16 MiB", 16 * MIB, 727.02),
            ("1 GiB", GIB, 45176.14),
        ],
        note: RING,
    },
    Printed {
        of: Of::ReduceScatter,
        wiring: Wiring::Ring,
        n: 8,
        times: &[
            ("16 KiB", 16 * KIB, 19.61),
            ("64 KiB", 64 * KIB, 24.70),
            ("1 MiB", MIB, 80.92),
            ("16 MiB", 16 * MIB, 882.38),
            ("1 GiB", GIB, 57548.19),
        ],
        note: RING,
    },
    Printed {
        of: Of::AllReduce,
        wiring: Wiring::Ring,
        n: 8,
        times: &[
            ("16 KiB", 16 * KIB, 35.80),
            ("64 KiB", 64 * KIB, 44.73),
            ("1 MiB", MIB, 150.71),
            ("16 MiB", 16 * MIB, 1617.50),
            ("1 GiB", GIB, 104_509.80),
        ],
        note: RING,
    },
    Printed {
        of: Of::AllToAll,
        wiring: Wiring::Ring,
        n: 8,
        times: &[
            ("16 KiB", 16 * KIB, 17.74),
            ("64 KiB", 64 * KIB, 27.02),
            ("1 MiB", MIB, 138.96),
            ("16 MiB", 16 * MIB, 2049.34),
            ("1 GiB", GIB, 130_650.36),
        ],
        note: RING,
    },
];

const ON_BLACKHOLE: [Printed; 3] = [
    Printed {
        of: Of::AllGather,
        wiring: Wiring::Line,
        n: 4,
        times: &[
            ("64 KiB", 64 * KIB, 8.89),
            ("1 MiB", MIB, 24.90),
            ("16 MiB", 16 * MIB, 285.53),
            ("1 GiB", GIB, 16790.90),
        ],
        note: LINKS,
    },
    Printed {
        of: Of::AllReduce,
        wiring: Wiring::Ring,
        n: 8,
        times: &[
            ("16 KiB", 16 * KIB, 23.34),
            ("1 MiB", MIB, 54.54),
            ("16 MiB", 16 * MIB, 373.21),
            ("1 GiB", GIB, 21925.95),
        ],
        note: TWICE,
    },
    Printed {
        of: Of::AllToAll,
        wiring: Wiring::Line,
        n: 4,
        times: &[("1 MiB", MIB, 30.32), ("1 GiB", GIB, 22521.59)],
        note: LINKS,
    },
];

pub fn rows(bench: &Bench, wormhole: &MachineSpec, blackhole: &MachineSpec) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for printed in &ON_WORMHOLE {
        rows.extend(printed.rows("", (bench, wormhole, on_wormhole), WORMHOLE)?);
    }
    for printed in &ON_BLACKHOLE {
        rows.extend(printed.rows("Blackhole ", (bench, blackhole, on_blackhole), BLACKHOLE)?);
    }
    Ok(rows)
}

/// `kernel_time ≈ start + hop × hops + bytes / rate`, as the source prints it.
fn on_wormhole(collective: Collective, wiring: Wiring) -> Latency {
    let (start_ns, line, ring) = match collective {
        Collective::AllGather => (4470, 1910, 2500),
        Collective::ReduceScatter => (3230, 3970, 3060),
        Collective::AllToAll => (2990, 2140, 3400),
    };
    Latency { start_ns, hop_ns: if wiring == Wiring::Line { line } else { ring } }
}

/// Printed for the smallest sizes on lines of 2 and 4, in µs: all-gather 4.33 and 7.36, reduce-scatter 4.74 and 12.16,
/// all-to-all 3.12 and 5.85. Two hops and 0.1 µs of payload lie between them. Of rings no constant is fitted.
fn on_blackhole(collective: Collective, _: Wiring) -> Latency {
    let (start_ns, hop_ns) = match collective {
        Collective::AllGather => (2820, 1470),
        Collective::ReduceScatter => (1030, 3670),
        Collective::AllToAll => (1780, 1300),
    };
    Latency { start_ns, hop_ns }
}

type On<'a> = (&'a Bench, &'a MachineSpec, fn(Collective, Wiring) -> Latency);

impl Printed {
    fn rows(&self, chip: &str, on: On, source: &'static str) -> Result<Vec<Row>, Error> {
        let name = match self.of {
            Of::AllGather => "all_gather",
            Of::ReduceScatter => "reduce_scatter",
            Of::AllReduce => "all_reduce",
            Of::AllToAll => "all_to_all",
        };
        let wiring = if self.wiring == Wiring::Line { "line" } else { "ring" };
        let row = |&(label, bytes, time): &(&str, u64, f64)| {
            let what = format!("{chip}{name}, {wiring} of {}, {label}", self.n);
            let ours = self.ours(on, bytes)?;
            Ok(if self.note.is_empty() {
                Row::near(what, "µs", time, ours, LINE_ALL_GATHER, source)
            } else {
                Row::shown(what, "µs", time, ours, source, self.note)
            })
        };
        self.times.iter().map(row).collect()
    }

    /// A part is an n-th of the tensor that is gathered or scattered, or of what a chip has for all.
    fn ours(&self, (bench, spec, latency): On, bytes: u64) -> Result<f64, Error> {
        let halves: &[Collective] = match self.of {
            Of::AllGather => &[Collective::AllGather],
            Of::ReduceScatter => &[Collective::ReduceScatter],
            Of::AllReduce => &[Collective::ReduceScatter, Collective::AllGather],
            Of::AllToAll => &[Collective::AllToAll],
        };
        let part = bytes / u64::from(self.n);
        let one = |&half: &Collective| {
            time(bench, spec, (half, self.wiring, self.n), part, latency(half, self.wiring))
        };
        halves.iter().map(one).sum()
    }
}
