//! Instructions of fixed work, counted by Valgrind and held to the numbers of `instructions.toml`.
//!
//! Without arguments, counts and compares; with `bless`, rewrites the numbers. `work` is the process that is counted:
//! it does every work of every subject, and Valgrind writes a file for each.

mod count;
mod numbers;
mod work;

use std::path::Path;
use std::process::ExitCode;

use numbers::Numbers;

fn main() -> ExitCode {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.toml");
    let done = match std::env::args().nth(1).as_deref() {
        Some("work") => {
            work::all();
            Ok(())
        }
        Some("bless") => count::all().and_then(|counted| counted.write(&file)),
        Some(other) => Err(format!("`{other}` is unknown: use `bless`, or nothing")),
        None => compare(&file),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn compare(file: &Path) -> Result<(), String> {
    let (committed, counted) = (Numbers::read(file)?, count::all()?);
    print!("{}", counted.table(&committed));
    let complaints = counted.complaints(&committed);
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}
