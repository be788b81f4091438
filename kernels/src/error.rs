//! Errors of recording and comparing a kernel.

use program::tl::RecordError;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    #[error("no kernel is called `{name}`: {hint}")]
    UnknownKernel { name: String, hint: String },
    #[error("kernel `{kernel}` has no parameter `{name}`: {hint}")]
    UnknownParam { kernel: &'static str, name: String, hint: String },
    #[error("kernel `{kernel}`: `{name}` is `{value}`: {allowed}")]
    Value { kernel: &'static str, name: &'static str, value: String, allowed: String },
    #[error("kernel `{kernel}`: input `{input}` {problem}")]
    Input { kernel: &'static str, input: &'static str, problem: String },
    #[error("kernel `{kernel}`: {error}")]
    Record { kernel: &'static str, error: RecordError },
}
