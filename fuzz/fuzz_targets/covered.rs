//! Every target under libFuzzer, which looks for inputs that reach new code. The environment variable `TARGET` chooses.

#![no_main]

use std::sync::LazyLock;

use kernmesh_fuzz::{Target, target};
use libfuzzer_sys::fuzz_target;

static CHOSEN: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("TARGET").unwrap_or_default();
    target(&name).unwrap_or_else(|| panic!("TARGET={name} is none of the targets"))
});

// A damaged seal would hide what is behind it.
fuzz_target!(|data: &[u8]| (CHOSEN.run)(&(CHOSEN.seal)(data.to_vec())));
