//! Machines that random programs run on.

use machine::{Machine, QueueModel, Sync};

/// A machine, and what a program for it may have.
#[derive(Clone, Debug)]
pub struct Target {
    pub name: &'static str,
    pub machine: Machine,
    pub has_sram: bool,
}

/// One channel, short queues, slow hops and a wide memory: waits that other machines never have.
const NARROW: &str = r#"
base = "tiny"
name = "narrow"
[pe]
fifo_depth = 1
dma_channels = 1
[noc]
packet_bytes = 64
[ipcq]
send_cycles = 1
recv_cycles = 40
release_cycles = 30
[sram]
bytes = 65536
bytes_per_cycle = 4
latency_cycles = 70
"#;

/// Command queues with two channels of different speed on a small mesh.
const QUEUES: &str = r#"
base = "metal4"
name = "queues"
[queue]
model = "overlap"
tracked = false
[pe]
issue_cycles = 3
dma_setup_cycles = 40
dma_channels = 3
[math]
start_cycles = 5
"#;

impl Target {
    pub fn is_queued(&self) -> bool {
        self.machine.queue().is_some()
    }
    /// Whether only waits of the program order the ops of a rank.
    pub fn is_explicit(&self) -> bool {
        self.machine.spec().sync == Sync::Explicit
    }
}

/// All machines, in a fixed order: the number of one is part of a seed.
///
/// # Panics
/// When a machine of this list does not read back.
pub fn machines() -> Vec<Target> {
    let file = |text| Machine::from_toml(text, "soak.toml").expect("a machine");
    let preset = |name| Machine::preset(name).expect("a preset");
    let explicit = |machine: &Machine| machine.with_sync(Sync::Explicit).expect("a machine");
    let (tiny, narrow, metal) = (preset("tiny"), file(NARROW), preset("metal4"));
    let serial = metal.with_queue_model(QueueModel::Serial).and_then(|it| it.with_tracked(false));
    [
        ("tiny", tiny.clone()),
        ("tiny explicit", explicit(&tiny)),
        ("narrow", narrow.clone()),
        ("narrow explicit", explicit(&narrow)),
        ("metal4", metal),
        ("metal4 serial, not tracked", serial.expect("a machine")),
        ("queues", file(QUEUES)),
    ]
    .into_iter()
    .map(|(name, machine)| Target { name, has_sram: machine.spec().sram.is_some(), machine })
    .collect()
}
