//! Comparison of a run with its golden, as text.

use super::Paint;
use super::columns::wrapped;
use super::diff::diff;
use crate::golden::Held;

pub fn golden(held: &Held, paint: Paint) -> String {
    let mut text = format!("{} {}\n", paint.strong("golden"), held.file);
    if let Some(difference) = &held.difference {
        text.push_str(&diff(difference, paint));
    }
    let accepted = match (held.blessed, held.differs()) {
        (true, _) => "blessed: this run is the golden now",
        (false, true) if held.difference.is_some() && !held.is_wrong => {
            "if the change is right: run this again with --bless, and commit the golden by itself"
        }
        (false, true) => "not blessed: a wrong run cannot be a golden; repair it first",
        (false, false) => return text,
    };
    text.push_str(&format!("{}\n", wrapped(&format!("{}  {accepted}", paint.faint("accept   ")), 11)));
    text
}
