//! Bug corpus: mistakes that real systems made, each as a pair of small programs.
//!
//! The broken program must have exactly the findings that the bug lists; the repaired one must be clean and right. A bug
//! is one file of `bugs`, to be read in a minute; bugs that differ in one number share a file. The comment that begins
//! the file says what happened, and where.

mod bug;
mod bugs;

// Programs and machines that several bugs share.
mod grouped;
mod layers;
mod relay;
mod sketch;
mod transfer;

pub use bug::{Bug, Form, Story};
pub use grouped::grouped_reduction;

use machine::closest;

/// Every bug, by story.
pub fn bugs() -> impl Iterator<Item = &'static Bug> {
    bugs::FILES.iter().flat_map(|file| file.bugs)
}

/// The bug of that name.
///
/// # Errors
/// A message that suggests close names.
pub fn find(name: &str) -> Result<&'static Bug, String> {
    let names: Vec<&str> = bugs().map(|bug| bug.name).collect();
    bugs().find(|bug| bug.name == name).ok_or_else(|| match closest(name, &names) {
        Some(near) => format!("no bug is called `{name}`: did you mean `{near}`?"),
        None => {
            let about: Vec<&str> =
                names.into_iter().filter(|known| !name.is_empty() && known.contains(name)).collect();
            match &about[..] {
                [] => format!("no bug is called `{name}`"),
                about => format!("no bug is called `{name}`: did you mean one of {}?", about.join(", ")),
            }
        }
    })
}
