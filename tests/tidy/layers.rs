//! Layers inside Phase 1: a module sees only those below it.

use super::{canary, check};
use crate::tree::{File, Tree};

const SOURCES: &str = "sim/timing/src/";
/// From the top. Every other module lies below all of these.
const LAYERS: [&str; 5] = ["engine", "ranks", "transport", "noc", "memory"];

fn sees_only_below(_: &Tree, file: &File) -> Vec<String> {
    let Some((module, _)) = file.path.strip_prefix(SOURCES).and_then(|path| path.split_once(['/', '.']))
    else {
        return Vec::new();
    };
    if ["lib", "tests"].contains(&module) {
        return Vec::new();
    }
    let own = LAYERS.iter().position(|&layer| layer == module).unwrap_or(LAYERS.len());
    let seen = LAYERS[..own].iter().filter(|layer| file.text.contains(&format!("crate::{layer}")));
    seen.map(|layer| format!("`{module}` lies below `{layer}` and may not see it")).collect()
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
    ];
    canary(
        sees_only_below,
        &[("sim/timing/src/noc/flits/mod.rs", "use crate::transport::Transport;")],
        &good,
    );
    canary(sees_only_below, &[("sim/timing/src/run.rs", "use crate::memory::Memories;")], &good);
}
