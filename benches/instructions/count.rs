//! Counting: this program runs under Callgrind, which writes a file whenever a counted function returns.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::numbers::Numbers;
use crate::work::{SUBJECTS, WORKS};

/// Copies are made by one algorithm, whatever the processor prefers.
const COPIES: &str = "glibc.cpu.x86_rep_movsb_threshold=0x10000000:\
                      glibc.cpu.x86_rep_stosb_threshold=0x10000000:\
                      glibc.cpu.x86_non_temporal_threshold=0x10000000";

/// # Errors
/// What is missing, or why a file of Callgrind's is not as expected, in words.
pub fn all() -> Result<Numbers, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("cannot make a folder: {error}"))?;
    run(folder.path())?;
    let mut counted = Numbers::default();
    let mut seen = [0; WORKS.len()];
    for number in 1.. {
        let Ok(text) = fs::read_to_string(folder.path().join(format!("out.{number}"))) else { break };
        let (of, instructions) = dumped(&text).ok_or_else(|| format!("dump {number} is not understood"))?;
        let subject = SUBJECTS.get(seen[of]).ok_or_else(|| format!("{} is done too often", WORKS[of]))?.0;
        counted.add(WORKS[of], subject, instructions);
        seen[of] += 1;
    }
    let is_done = |(of, times): (usize, usize)| match times == SUBJECTS.len() {
        true => Ok(()),
        false => Err(format!("{} was counted {times} times, not {}", WORKS[of], SUBJECTS.len())),
    };
    seen.into_iter().enumerate().try_for_each(is_done)?;
    Ok(counted)
}

/// Counts inside the functions of `work` alone. Without an environment, for it lies on the stack and moves it.
fn run(folder: &Path) -> Result<(), String> {
    let own = std::env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut valgrind = Command::new("valgrind");
    valgrind.env_clear().env("PATH", path).env("GLIBC_TUNABLES", COPIES).current_dir(folder);
    valgrind.args(["-q", "--tool=callgrind", "--callgrind-out-file=out"]);
    for work in WORKS {
        valgrind.args([format!("--toggle-collect=*work::{work}"), format!("--dump-after=*::{work}")]);
    }
    let ended = valgrind.arg(own).arg("work").status().map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            "valgrind is not installed: `apt-get install valgrind`".to_owned()
        } else {
            format!("valgrind does not run: {error}")
        }
    })?;
    if ended.success() { Ok(()) } else { Err(format!("the counted work failed: {ended}")) }
}

/// Which work a dump is of, and its instructions.
fn dumped(text: &str) -> Option<(usize, u64)> {
    let line = |mark: &str| text.lines().find_map(|line| line.strip_prefix(mark));
    let (_, function) = line("desc: Trigger: --dump-after=")?.rsplit_once("::")?;
    let of = WORKS.iter().position(|work| *work == function)?;
    Some((of, line("totals: ")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_names_its_work_and_counts_it() {
        let text = "part: 2\n\ndesc: Trigger: --dump-after=instructions::work::phase_1\n\nevents: Ir\ntotals: 1234\n";
        assert_eq!(dumped(text), Some((1, 1234)));
        assert_eq!(dumped(&text.replace("phase_1", "phase_3")), None);
        assert_eq!(dumped("desc: Trigger: Program termination\ntotals: 1234\n"), None);
    }
}
