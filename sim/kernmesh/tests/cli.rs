//! The `kernmesh` binary as scripts see it: exit codes, messages, files and JSON.

#[path = "cli/about.rs"]
mod about;
#[path = "cli/advise.rs"]
mod advise;
#[path = "cli/bad.rs"]
mod bad;
#[path = "cli/bombs.rs"]
mod bombs;
#[path = "cli/bugs.rs"]
mod bugs;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/clocks.rs"]
mod clocks;
#[path = "cli/deadlock.rs"]
mod deadlock;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/edits.rs"]
mod edits;
#[path = "cli/expected.rs"]
mod expected;
#[path = "cli/explained.rs"]
mod explained;
#[path = "cli/export.rs"]
mod export;
#[path = "cli/files.rs"]
mod files;
#[path = "cli/golden.rs"]
mod golden;
#[path = "cli/good.rs"]
mod good;
#[path = "cli/guards.rs"]
mod guards;
#[path = "cli/guide.rs"]
mod guide;
#[path = "cli/joined.rs"]
mod joined;
#[path = "cli/memory.rs"]
mod memory;
#[path = "cli/pairs.rs"]
mod pairs;
#[path = "cli/presets.rs"]
mod presets;
#[path = "cli/readers.rs"]
mod readers;
#[path = "cli/recipe.rs"]
mod recipe;
#[path = "cli/report.rs"]
mod report;
#[path = "cli/reviews.rs"]
mod reviews;
#[path = "cli/room.rs"]
mod room;
#[path = "cli/schemas.rs"]
mod schemas;
#[path = "cli/strangers.rs"]
mod strangers;
#[path = "cli/style.rs"]
mod style;
#[path = "cli/validate.rs"]
mod validate;
#[path = "cli/whatif.rs"]
mod whatif;
#[path = "cli/written.rs"]
mod written;
