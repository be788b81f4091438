//! Findings and refusals as data. A [`Diagnostic`] holds facts: a code, accesses, a place, the missing edge, values,
//! and a [`Patch`] of the program; English is made from them here, in `text`, `fault`, `repair` and `deadlock_text`,
//! and nothing reads it back.

mod alike;
mod change;
mod code;
pub mod deadlock;
mod deadlock_text;
mod diagnostic;
mod edge;
pub mod fact;
mod fault;
mod json;
mod observation;
mod op_ref;
mod patch;
mod place;
mod repair;
mod text;
mod trial;

pub use alike::{Address, Alike, Common};
pub use change::{Before, Change, Raised, Target};
pub use code::Code;
pub use deadlock::{Deadlock, Waiting};
pub use diagnostic::{Access, Diagnostic, Does, Times};
pub use edge::{Edge, End};
pub use fact::Fact;
pub use fault::Fault;
pub use observation::{Observation, Observations, ObservedRead};
pub use op_ref::{Line, OpRef};
pub use patch::{Draft, Ids, Patch, Setting, Step};
pub use place::{Place, first_line, name_buffers};
pub use repair::{Advice, Contribution, LastUse, Repair};
pub use trial::{Failure, Meaning, Trial, Way};
