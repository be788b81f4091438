//! Loss of precision behind a wrong result: the first error source, and the ops that fed it.

use diagnostic::OpRef;
use replay::precision::{self, ErrorSource, Origin};
use serde::Serialize;

use crate::error::Error;
use crate::simulate::{Options, Simulation, inputs};

/// An op whose result errs far more than what it read, against the same log computed in f64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Loss {
    pub op: OpRef,
    /// Whether it adds that error by itself; else errors grew little by little, and it is the worst.
    pub alone: bool,
    pub dtype: String,
    /// Relative to the largest value, as text: it may be infinite.
    pub error: String,
    /// From the op back through the worst of its inputs.
    pub chain: Vec<Link>,
    /// The start of the chain.
    pub origin: String,
}

/// An op of the chain in words, and its error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    pub op: String,
    pub error: String,
}

/// The first such op, or the worst when no op errs more than its inputs explain; `None` when none errs.
///
/// # Errors
/// As [`crate::compute`].
pub fn first_loss(run: &Simulation, options: &Options) -> Result<Option<Loss>, Error> {
    let log = &run.timed.log;
    let given = inputs(log, &options.tensors)?;
    let replay::Options { threads, simd, .. } = options.replay;
    let bisect = precision::bisect(log, &run.timed.flow, &given, precision::Options { threads, simd })?;
    let first = bisect.first().map(|first| loss_of(first, true));
    Ok(first.or_else(|| bisect.worst.as_ref().map(|worst| loss_of(worst, false))))
}

fn loss_of(first: &ErrorSource, alone: bool) -> Loss {
    let link = |op: &OpRef, error: f64| Link { op: format!("{op:#}"), error: format!("{error:.1e}") };
    Loss {
        op: first.op.clone(),
        alone,
        dtype: first.dtype.to_string(),
        error: format!("{:.1e}", first.error),
        chain: first.chain.iter().map(|part| link(&part.op, part.error)).collect(),
        origin: match &first.origin {
            Origin::Input(name) => format!("input `{name}`"),
            Origin::Constant => "a constant".to_owned(),
            Origin::Unwritten => "bytes that nothing wrote".to_owned(),
            Origin::Further => "ops further back".to_owned(),
        },
    }
}
