//! Failure of a measurement.

use kernels::KernelError;
use machine::MachineError;
use timing::TimingError;
use verify::Refusal;

/// A machine that cannot be measured, or a program that does not run on it.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// Ranks on command queues send no messages.
    #[error("the virtual devices of `{machine}` send no messages")]
    CommandQueues { machine: String },
    #[error(transparent)]
    Machine(#[from] MachineError),
    #[error(transparent)]
    Kernel(#[from] KernelError),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Timing(#[from] TimingError),
}
