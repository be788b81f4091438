//! Layers inside Phase 1: a module sees only those below it.

use std::collections::BTreeSet;

use super::{canary, check};
use crate::tree::{File, Tree};

const SOURCES: &str = "sim/timing/src/";
/// From the top. Every other module lies below all of these.
const LAYERS: [&str; 5] = ["engine", "ranks", "transport", "noc", "memory"];

fn sees_only_below(_: &Tree, file: &File) -> Vec<String> {
    let Some(path) = file.path.strip_prefix(SOURCES).and_then(|path| path.strip_suffix(".rs")) else {
        return Vec::new();
    };
    let modules: Vec<&str> = path.split('/').filter(|&module| module != "mod").collect();
    let module = modules[0];
    if ["lib", "tests"].contains(&module) {
        return Vec::new();
    }
    let own = LAYERS.iter().position(|&layer| layer == module).unwrap_or(LAYERS.len());
    let named = of_crate(&file.text, modules.len());
    let seen = LAYERS[..own].iter().filter(|layer| named.contains(*layer));
    seen.map(|layer| format!("`{module}` lies below `{layer}` and may not see it")).collect()
}

/// Modules of the crate that a file names, by paths from the root. `depth` is that of the file's own module.
fn of_crate(text: &str, depth: usize) -> BTreeSet<&str> {
    let from_root = |root: &str| text.split(root).skip(1).flat_map(heads).collect::<Vec<_>>();
    ["crate::", &"super::".repeat(depth)].into_iter().flat_map(from_root).collect()
}

/// The first name of a path, or of each path in its braces.
fn heads(path: &str) -> Vec<&str> {
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let (mut heads, mut from, mut depth) = (Vec::new(), 0, 1);
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => {
                heads.push(name(&group[from..]));
                from = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads.push(name(&group[from..]));
    heads
}

fn name(path: &str) -> &str {
    let path = path.trim_start();
    path.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default()
}

#[test]
fn layers_of_phase_one_see_only_those_below() {
    check(sees_only_below);
    let tree = Tree::of_repository();
    for layer in LAYERS {
        let paths = [format!("{SOURCES}{layer}.rs"), format!("{SOURCES}{layer}")];
        assert!(paths.iter().any(|path| tree.exists(path)), "`{layer}` is no module of Phase 1");
    }
    let good = [
        ("sim/timing/src/engine.rs", "use crate::ranks::Ranks;"),
        ("sim/timing/src/transport/mod.rs", "use crate::noc::Noc;\nuse crate::run::Run;"),
        ("sim/hazard/src/run.rs", "use crate::engine::Engine;"),
        ("sim/timing/src/run.rs", "use crate::memory_map::Map;\nuse crate::{record::{memory, Row}, span};"),
        ("sim/timing/src/noc/flits/mod.rs", "use super::memory::Queue;"),
    ];
    for bad in [
        ("sim/timing/src/noc/flits/mod.rs", "use crate::transport::Transport;"),
        ("sim/timing/src/noc/flits/mod.rs", "use super::super::transport::Transport;"),
        ("sim/timing/src/noc/packets.rs", "use super::super::engine;"),
        ("sim/timing/src/run.rs", "use crate::memory::Memories;"),
        ("sim/timing/src/run.rs", "use crate::{record::{Row, Column}, memory::Memories};"),
        ("sim/timing/src/run.rs", "use super::memory;"),
    ] {
        canary(sees_only_below, &[bad], &good);
    }
}
