//! Four panels of Llama-70B's grouped-query attention: prefill and decode, on the 8 PEs of one cube and on 4
//! cubes of which only PE 0 runs. A panel is `mesh_kv` or `mesh_mlo` with defaults of its own; every parameter of
//! those can still be given.
//!
//! The panels for several users have the axis `users`. Users share nothing: each has keys, values and queries of its own,
//! of the same lengths. Heads share nothing either, so that u users of h heads are one attention of u × h heads.
//!
//! `scale=validation` is one K and V head with its 16 query heads, d = 64 and one tile a rank. `scale=full` is 64
//! query heads, 8 K and V heads and d = 128, with 8192 keys for decode. Prefill takes 16 queries a rank in both;
//! at full scale its keys are 1024, as when a prompt's last chunk of queries meets the keys of those before it.

use crate::case::{Case, Use};
use crate::error::KernelError;
use crate::kernel::Kernel;
use crate::request::{Param, Request};
use crate::shapes::ATTENTION;
use crate::{mesh_kv, mesh_mlo};

const SCALE: Param =
    Param { name: "scale", default: "validation", doc: "validation or full; sets other defaults" };

const USERS: Param =
    Param { name: "users", default: "1", doc: "each with heads of its own; multiplies other defaults" };
const MAX_USERS: u32 = 64;

/// Defaults by parameter.
type Defaults = [(&'static str, &'static str)];

const HEADS: [(&str, &str); 3] =
    [("heads", "16, full: 64"), ("kv_heads", "1, full: 8"), ("head_dim", "64, full: 128")];
const HEADS_OF_USERS: [(&str, &str); 3] =
    [("heads", "16 a user, full: 64"), ("kv_heads", "1 a user, full: 8"), ("head_dim", "64, full: 128")];
const PREFILL_KEYS: (&str, &str) = ("kv_len", "16 a rank, full: 1024");
const DECODE_KEYS: (&str, &str) = ("kv_len", "64 a rank, full: 8192");
const ON_PES: [(&str, &str); 2] = [("ranks", "8"), ("rank_axis", "pe")];
const ON_CUBES: [(&str, &str); 2] = [("ranks", "4"), ("rank_axis", "cube")];

/// A base kernel's parameters with the panel's own defaults, after the panel's own parameters.
const fn panel<const N: usize>(
    base: &[Param],
    own: &[Param],
    keys: (&'static str, &'static str),
    place: &Defaults,
) -> [Param; N] {
    assert!(N == base.len() + own.len());
    let mut params = [SCALE; N];
    let mut i = 0;
    while i < own.len() {
        params[i] = own[i];
        i += 1;
    }
    let heads = if own.len() > 1 { &HEADS_OF_USERS } else { &HEADS };
    let mut i = 0;
    while i < base.len() {
        params[i + own.len()] = with_default(with_default(with_default(base[i], heads), &[keys]), place);
        i += 1;
    }
    params
}

const fn with_default(mut param: Param, defaults: &Defaults) -> Param {
    let mut i = 0;
    while i < defaults.len() {
        if same(param.name, defaults[i].0) {
            param.default = defaults[i].1;
        }
        i += 1;
    }
    param
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}

const PREFILL: usize = mesh_kv::PARAMS.len();
const DECODE: usize = mesh_mlo::PARAMS.len();
const ONE: &[Param] = &[SCALE];
const SEVERAL: &[Param] = &[SCALE, USERS];
static PREFILL_ON_PES: [Param; PREFILL + 1] = panel(mesh_kv::PARAMS, ONE, PREFILL_KEYS, &ON_PES);
static PREFILL_ON_CUBES: [Param; PREFILL + 2] = panel(mesh_kv::PARAMS, SEVERAL, PREFILL_KEYS, &ON_CUBES);
static DECODE_ON_PES: [Param; DECODE + 1] = panel(mesh_mlo::PARAMS, ONE, DECODE_KEYS, &ON_PES);
static DECODE_ON_CUBES: [Param; DECODE + 2] = panel(mesh_mlo::PARAMS, SEVERAL, DECODE_KEYS, &ON_CUBES);

pub const KERNELS: &[Kernel] = &[
    Kernel {
        name: "llama70b_prefill_single",
        purpose: "mesh_kv for one user of Llama-70B on the 8 PEs of a cube, 16 queries a rank",
        params: &PREFILL_ON_PES,
        inputs: ATTENTION,
        record: |request| prefill(request, PES, mesh_kv::record),
        reference: |request| prefill(request, PES, mesh_kv::reference),
    },
    Kernel {
        name: "llama70b_prefill_multi",
        purpose: "mesh_kv for one or more users of Llama-70B on 4 cubes, 16 queries a rank",
        params: &PREFILL_ON_CUBES,
        inputs: ATTENTION,
        record: |request| prefill(request, CUBES, mesh_kv::record),
        reference: |request| prefill(request, CUBES, mesh_kv::reference),
    },
    Kernel {
        name: "llama70b_decode_single",
        purpose: "mesh_mlo for one token of Llama-70B on the 8 PEs of a cube",
        params: &DECODE_ON_PES,
        inputs: ATTENTION,
        record: |request| decode(request, PES, mesh_mlo::record),
        reference: |request| decode(request, PES, mesh_mlo::reference),
    },
    Kernel {
        name: "llama70b_decode_multi",
        purpose: "mesh_mlo for one token of each of one or more users of Llama-70B on 4 cubes",
        params: &DECODE_ON_CUBES,
        inputs: ATTENTION,
        record: |request| decode(request, CUBES, mesh_mlo::record),
        reference: |request| decode(request, CUBES, mesh_mlo::reference),
    },
];

const BOTH: &[Use] = &[Use::Run, Use::Backend];
pub const CASES: &[Case] = &[
    Case { words: "llama70b_prefill_single", uses: BOTH },
    Case { words: "llama70b_prefill_multi", uses: BOTH },
    Case { words: "llama70b_decode_single", uses: BOTH },
    Case { words: "llama70b_decode_multi", uses: BOTH },
    Case::tiny("llama70b_prefill_single ranks=4 kv_len=64"),
    Case::tiny("llama70b_prefill_multi ranks=4 kv_len=64 rank_axis=pe"),
    Case::tiny("llama70b_decode_single ranks=4 kv_len=64"),
    Case::tiny("llama70b_decode_multi ranks=4 kv_len=64 rank_axis=pe"),
];

/// Where a panel runs, and for whom.
#[derive(Clone, Copy)]
struct Place {
    ranks: u32,
    axis: &'static str,
    /// Whether the panel is for several users.
    users: bool,
}
const PES: Place = Place { ranks: 8, axis: "pe", users: false };
const CUBES: Place = Place { ranks: 4, axis: "cube", users: true };

/// `record` or `reference` of the base kernel.
type Run<T> = fn(&mut Request) -> Result<T, KernelError>;

fn prefill<T>(request: &mut Request, place: Place, base: Run<T>) -> Result<T, KernelError> {
    // 16 keys a rank, one for each query; q_len is 16 a rank in mesh_kv itself.
    defaults(request, place, 16, 1024)?;
    base(request)
}

fn decode<T>(request: &mut Request, place: Place, base: Run<T>) -> Result<T, KernelError> {
    // 64 keys a rank: one tile, in which p is as large as k and v.
    defaults(request, place, 64, 8192)?;
    base(request)
}

fn defaults(
    request: &mut Request,
    place: Place,
    keys_a_rank: u32,
    full_keys: u32,
) -> Result<(), KernelError> {
    request.default("ranks", place.ranks);
    request.default("rank_axis", place.axis);
    let full = request.choice("scale", &["validation", "full"])? == "full";
    let ranks = request.number("ranks", 1..=crate::parameters::MAX_RANKS)?;
    let [heads, kv_heads, dim, keys] =
        if full { [64, 8, 128, full_keys] } else { [16, 1, 64, keys_a_rank * ranks] };
    let users = if place.users { request.number("users", 1..=MAX_USERS)? } else { 1 };
    request.default("heads", users * heads);
    request.default("kv_heads", users * kv_heads);
    request.default("head_dim", dim);
    request.default("kv_len", keys);
    Ok(())
}
