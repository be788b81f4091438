//! `--version`: the version, the commit that was built, the features, and the formats of files.

use oplog::FORMATS;

/// Digits of a commit that are shown.
pub const DIGITS: usize = 12;

/// The commit that was checked out last, out of Git's log of `HEAD`: lines of `old new who when`. `None` when it is not
/// such a log.
pub const fn last_commit(log: &[u8]) -> Option<[u8; DIGITS]> {
    let mut end = log.len();
    while end > 0 && log[end - 1] == b'\n' {
        end -= 1;
    }
    let mut at = end;
    while at > 0 && log[at - 1] != b'\n' {
        at -= 1;
    }
    while at < end && log[at] != b' ' {
        at += 1;
    }
    if end - at <= DIGITS {
        return None;
    }
    let mut digits = [0; DIGITS];
    let mut n = 0;
    while n < DIGITS {
        digits[n] = log[at + 1 + n];
        if !digits[n].is_ascii_hexdigit() {
            return None;
        }
        n += 1;
    }
    Some(digits)
}

/// What `--version` prints after the name; `-V` prints the first line alone.
pub fn long(commit: Option<[u8; DIGITS]>) -> String {
    let commit = commit.map_or_else(|| "unknown".to_owned(), |it| String::from_utf8_lossy(&it).into_owned());
    let features = [("gpu", cfg!(feature = "gpu")), ("parquet", cfg!(feature = "parquet"))];
    let features: Vec<&str> = features.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    let features = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
    format!(
        "{}\n\
         commit     {commit}\n\
         features   {features}\n\
         formats    program {}, op log {} (JSON lines) and {} (sealed), checksums {}",
        env!("CARGO_PKG_VERSION"),
        program::program::FORMAT,
        FORMATS.json_lines,
        FORMATS.sealed,
        FORMATS.checksums,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_that_of_the_last_line() {
        let (a, b) = ("a".repeat(40), "0123456789abcdef".repeat(4));
        let line =
            |old: &str, new: &str| format!("{old} {new} Somebody <s@b.c> 1700000000 +0000\tcommit: x\n");
        let log = format!("{}{}", line(&"0".repeat(40), &a), line(&a, &b));
        assert_eq!(last_commit(log.as_bytes()), Some(*b"0123456789ab"));
        assert_eq!(last_commit(line(&b, &a).trim_end().as_bytes()), Some([b'a'; DIGITS]));
        for bad in ["", "\n\n", "no log", "0000 not-a-commit-at-all who", "0000 abc"] {
            assert_eq!(last_commit(bad.as_bytes()), None, "{bad:?}");
        }
    }

    #[test]
    fn a_version_without_git_says_so() {
        assert!(long(None).contains("\ncommit     unknown\n"));
        assert!(long(Some(*b"0123456789ab")).contains("\ncommit     0123456789ab\n"));
    }
}
