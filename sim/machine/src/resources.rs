//! Changes of a machine that give a program more of one resource, or another rule to use it by. A row names the keys;
//! their values come from the machine, and a machine without the keys has no such change.

use std::collections::BTreeMap;

use serde::Serialize;
use toml::Value;

use crate::machine::Machine;
use crate::quantity::Rate;
use crate::spec::{Collectives, Dataflow, HbmPlacement, QueueModel, Topology};

/// Keys of a machine file with the values that change: as [`Machine::changed`] takes them.
pub type Keys = BTreeMap<String, String>;

/// What becomes of the values of a row.
#[derive(Clone, Copy)]
enum Change {
    Twice,
    Half,
    /// Each other word.
    Words(fn() -> Vec<String>),
    /// A list of places and, for each, the one across the mesh along x.
    Mirrored,
}

/// Keys that change together, as far as the machine uses them. The first is the resource: a machine that does not use
/// it has no such change.
struct Resource {
    keys: &'static [&'static str],
    change: Change,
}

const fn twice(keys: &'static [&'static str]) -> Resource {
    Resource { keys, change: Change::Twice }
}

const fn half(keys: &'static [&'static str]) -> Resource {
    Resource { keys, change: Change::Half }
}

const fn words(keys: &'static [&'static str], of: fn() -> Vec<String>) -> Resource {
    Resource { keys, change: Change::Words(of) }
}

/// A flit is at least what a link moves in a cycle, so it grows with the links.
const FLIT: &str = "noc.flits.bytes";

const RESOURCES: &[Resource] = &[
    words(&["gemm.dataflow"], || all(&[Dataflow::Os, Dataflow::Ws, Dataflow::Is])),
    twice(&["gemm.rows"]),
    twice(&["gemm.cols"]),
    twice(&["gemm.rows", "gemm.cols"]),
    twice(&["gemm.macs_per_cycle"]),
    twice(&["gemm.height"]),
    twice(&["gemm.width"]),
    twice(&["gemm.elements_per_cycle"]),
    half(&["gemm.cycles_per_tile"]),
    twice(&["math.lanes", "math.lanes_16_bit", "math.lanes_8_bit"]),
    twice(&["pe.dma_channels"]),
    twice(&["pe.fifo_depth"]),
    twice(&["pe.tcm_bytes_per_cycle"]),
    twice(&["pe.tcm_shared_bytes_per_cycle"]),
    twice(&["noc.packet_bytes"]),
    half(&["noc.packet_bytes"]),
    words(&["noc.collectives"], || all(&[Collectives::Software, Collectives::Fabric])),
    twice(&["noc.transaction.bytes_per_cycle"]),
    twice(&["noc.flits.virtual_channels"]),
    twice(&["noc.flits.buffer_flits"]),
    twice(&["noc.port_bytes_per_cycle", FLIT]),
    twice(&["link.pe.bytes_per_cycle", FLIT]),
    twice(&["link.cube.bytes_per_cycle", FLIT]),
    twice(&["link.sip.bytes_per_cycle", FLIT]),
    twice(&[
        "noc.port_bytes_per_cycle",
        "link.pe.bytes_per_cycle",
        "link.cube.bytes_per_cycle",
        "link.sip.bytes_per_cycle",
        FLIT,
    ]),
    topology(&["link.pe.topology"]),
    topology(&["link.cube.topology"]),
    topology(&["link.sip.topology"]),
    twice(&["hbm.channels_per_pe"]),
    twice(&["hbm.bytes_per_cycle"]),
    words(&["hbm.placement"], || all(&[HbmPlacement::PerPe, HbmPlacement::Striped])),
    twice(&["hbm.controllers.channels"]),
    Resource { keys: &["hbm.controllers.at"], change: Change::Mirrored },
    twice(&["sram.bytes_per_cycle"]),
    words(&["queue.model"], || all(&[QueueModel::Serial, QueueModel::Overlap])),
];

const fn topology(keys: &'static [&'static str]) -> Resource {
    words(keys, || all(&[Topology::Mesh, Topology::Torus]))
}

/// Members of each level: PEs of a cube, cubes of a SIP, SIPs.
fn extents(machine: &Machine) -> [u64; 3] {
    let grid = machine.spec().grid;
    [grid.pe, grid.cube, grid.sip].map(|[x, y]| u64::from(x) * u64::from(y))
}

/// The widest level with several members: its links may close into rings.
fn outermost(machine: &Machine) -> Option<usize> {
    extents(machine).iter().rposition(|&members| members > 1)
}

/// Whether anything goes by a key that the machine has.
fn is_used(machine: &Machine, key: &str) -> bool {
    let [pes, cubes, sips] = extents(machine).map(|members| members > 1);
    match key {
        "link.pe.bytes_per_cycle" => pes,
        "link.cube.bytes_per_cycle" => cubes,
        "link.sip.bytes_per_cycle" => sips,
        "link.pe.topology" => outermost(machine) == Some(0),
        "link.cube.topology" => outermost(machine) == Some(1),
        "link.sip.topology" => outermost(machine) == Some(2),
        "hbm.channels_per_pe" => machine.homes().is_none(),
        "hbm.placement" => machine.homes().is_none() && pes,
        _ => true,
    }
}

/// The words of a machine file.
fn all<T: Serialize>(values: &[T]) -> Vec<String> {
    let word = |value: &T| Value::try_from(value).ok()?.as_str().map(str::to_owned);
    values.iter().filter_map(word).collect()
}

impl Machine {
    /// Changes that this machine may have, each as the keys that it sets. Whether a machine with them works is for
    /// [`Machine::changed`] to say.
    pub fn neighbours(&self) -> Vec<Keys> {
        let mut keys = self.keys();
        keys.retain(|key, _| is_used(self, key));
        let mut changes: Vec<Keys> = Vec::new();
        for change in RESOURCES.iter().flat_map(|resource| self.changes(resource, &keys)) {
            if !changes.contains(&change) {
                changes.push(change);
            }
        }
        changes
    }

    fn changes(&self, resource: &Resource, keys: &BTreeMap<String, Value>) -> Vec<Keys> {
        let Some(first) = resource.keys.first().and_then(|key| keys.get(*key)) else { return Vec::new() };
        let values = resource.keys.iter().filter_map(|key| Some((*key, keys.get(*key)?)));
        let each = |change: &dyn Fn(&Value) -> Option<String>| -> Vec<Keys> {
            let changed = values.clone().map(|(key, value)| Some((key.to_owned(), change(value)?)));
            changed.collect::<Option<Keys>>().into_iter().collect()
        };
        let grid = self.spec().grid;
        let width = grid.pe[0] * grid.cube[0] * grid.sip[0];
        match resource.change {
            Change::Twice => each(&|value| scaled(value, |number| number.checked_mul(2), Rate::new(2, 1)?)),
            Change::Half => {
                let halved = |number: u64| Some(number / 2).filter(|half| half * 2 == number && *half > 0);
                each(&|value| scaled(value, halved, Rate::new(1, 2)?))
            }
            Change::Mirrored => each(&|value| mirrored(value, width)),
            Change::Words(words) => {
                let other = words().into_iter().filter(|word| first.as_str() != Some(word));
                other.map(|word| [(resource.keys[0].to_owned(), word)].into()).collect()
            }
        }
    }
}

/// An integer, or an exact rate.
fn scaled(value: &Value, whole: impl Fn(u64) -> Option<u64>, by: Rate) -> Option<String> {
    match value {
        Value::Integer(number) => whole(u64::try_from(*number).ok()?).map(|number| number.to_string()),
        Value::String(text) => text.parse::<Rate>().ok()?.times(by).map(|rate| rate.to_string()),
        Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => None,
    }
}

/// `None` when every place has its mirror image already.
fn mirrored(value: &Value, width: u32) -> Option<String> {
    let places: Vec<[i64; 2]> = value.clone().try_into().ok()?;
    let mut both = places.clone();
    for [x, y] in &places {
        let across = [i64::from(width) - 1 - x, *y];
        if !both.contains(&across) {
            both.push(across);
        }
    }
    let text = |[x, y]: &[i64; 2]| format!("[{x},{y}]");
    let listed: Vec<String> = both.iter().map(text).collect();
    (both.len() > places.len()).then(|| format!("[{}]", listed.join(",")))
}

#[cfg(test)]
#[path = "resources_tests.rs"]
mod tests;
