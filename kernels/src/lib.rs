//! What the mesh is asked to do: every kernel, beside the plain f64 maths it is compared with. Kernels know
//! neither phase of the simulator; they only record programs.
//!
//! [`KERNELS`] lists them; [`find`] looks one up; a [`Catalogue`] has an author's own as well. Shared pieces, in reading order: [`shares`] splits lengths over
//! ranks, [`chain`] says who receives what at which step, `exchange` moves it, `softmax` merges it.

mod attention;
mod attention_reference;
mod catalogue;
pub mod chain;
mod error;
mod exchange;
mod flat;
mod gemm;
mod gemm_reference;
mod kernel;
mod llama70b;
mod mesh_kv;
mod mesh_mlo;
mod parameters;
mod plain;
mod product;
mod reference;
mod request;
mod ring_model;
mod round;
mod shapes;
pub mod shares;
mod softmax;
pub mod traffic;
mod waits;

pub use attention_reference::Attention;
pub use catalogue::Catalogue;
pub use error::KernelError;
pub use gemm_reference::Matmul;
pub use kernel::{Kernel, Recorded};
pub use plain::Plain;
pub use reference::{Inputs, Reference};
pub use request::{Param, Request, Texts};
pub use round::round_to;
pub use shapes::{FileShapes, InputAxes, Shapes};

/// Every kernel.
pub static KERNELS: [Kernel; 10] = [
    gemm::KERNEL,
    mesh_mlo::KERNEL,
    mesh_kv::KERNEL,
    flat::KERNEL,
    llama70b::PREFILL_SINGLE,
    llama70b::PREFILL_MULTI,
    llama70b::DECODE_SINGLE,
    llama70b::DECODE_MULTI,
    ring_model::KERNEL,
    traffic::KERNEL,
];

/// The kernel of this crate with that name.
///
/// # Errors
/// [`KernelError::UnknownKernel`] suggests a close name, or lists all.
pub fn find(name: &str) -> Result<&'static Kernel, KernelError> {
    Catalogue::BUILT_IN.find(name)
}

#[cfg(test)]
mod tests;
