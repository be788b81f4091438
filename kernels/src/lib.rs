//! Kernels: each records a program, and has the plain f64 maths that judges it beside it. Kernels see neither phase of
//! the simulator.
//!
//! A [`Catalogue`] lists and finds kernels, those of this crate and an author's own; [`cases`] are their small runs for
//! tests. Shared pieces, in reading order: `shares` splits lengths over ranks, `chain` says which rank receives what
//! at which step, `exchange` moves it, `softmax` merges it.

mod attention;
mod attention_reference;
mod case;
mod catalogue;
mod chain;
mod dense;
mod error;
mod exchange;
mod gemm_reference;
mod kernel;
mod parameters;
mod plain;
mod reference;
mod request;
mod round;
mod rows;
mod shapes;
mod shares;
mod softmax;
mod values;
mod waits;

pub use attention_reference::Attention;
pub use case::{Case, Use, cases, record_words, sweep, varied};
pub use catalogue::Catalogue;
pub use error::KernelError;
pub use kernel::{Kernel, Recorded};
pub use plain::Plain;
pub use reference::{Inputs, Reference};
pub use request::{Param, Request, Texts};
pub use round::round_to;
pub use rows::Rows;
pub use shapes::{FileShapes, InputAxes, Shapes};
pub use shares::Shares;
pub use values::Values;

/// A file of kernels.
struct File {
    kernels: &'static [Kernel],
    cases: &'static [Case],
}

macro_rules! files {
    ($($visibility:vis mod $file:ident;)*) => {
        $($visibility mod $file;)*

        /// Every kernel of this crate, in the order in which they are listed.
        static FILES: &[File] = &[$(File { kernels: $file::KERNELS, cases: $file::CASES }),*];
    };
}

files! {
    mod gemm;
    mod mesh_mlo;
    mod mesh_kv;
    mod flat;
    mod llama70b;
    mod ring_model;
    pub mod traffic;
}

/// The kernel of this crate with that name.
///
/// # Errors
/// [`KernelError::UnknownKernel`] suggests a close name, or lists all.
pub fn find(name: &str) -> Result<&'static Kernel, KernelError> {
    Catalogue::BUILT_IN.find(name)
}

#[cfg(test)]
mod tests;
