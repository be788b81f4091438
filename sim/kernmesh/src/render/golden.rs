//! Comparison of a run with its golden, as text.

use super::columns::wrapped;
use super::diff::diff;
use super::{Paint, verdict_of};
use crate::golden::Held;

const BLESSED: &str = "blessed: this run is the golden now";
const NOT_BLESSED: &str = "not blessed: a wrong run cannot be a golden; repair it first";

/// In a line: how the run differs from its golden, or that it is the golden now.
pub fn golden_verdict(held: &Held, paint: Paint) -> String {
    match &held.difference {
        Some(_) | None if held.blessed => format!("{:11}{}\n", "golden", BLESSED),
        Some(difference) => verdict_of(&diff(difference, paint)),
        None => format!("{:11}{}\n", "golden", NOT_BLESSED),
    }
}

pub fn golden(held: &Held, paint: Paint) -> String {
    let mut text = format!("{} {}\n", paint.strong("golden"), held.file);
    if let Some(difference) = &held.difference {
        text.push_str(&diff(difference, paint));
    }
    let accepted = match (held.blessed, held.differs()) {
        (true, _) => BLESSED,
        (false, true) if held.difference.is_some() && !held.is_wrong => {
            "if the change is right: run this again with --bless, and commit the golden by itself"
        }
        (false, true) => NOT_BLESSED,
        (false, false) => return text,
    };
    text.push_str(&format!("{}\n", wrapped(&format!("{}  {accepted}", paint.faint("accept   ")), 11)));
    text
}
