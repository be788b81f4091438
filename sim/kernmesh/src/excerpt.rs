//! The author's line, where its file lies below the current directory.

use std::fs;
use std::path::{Component, Path};

use program::Location;

use crate::render::blanked;

/// A larger file is no kernel.
const LARGEST_BYTES: u64 = 1 << 20;

/// A line of a source file, without its indentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    pub number: u32,
    pub text: String,
    /// Characters before the one that is meant.
    pub before: usize,
}

/// The line of a location, if it can be read.
pub fn excerpt(location: &Location) -> Option<Excerpt> {
    excerpt_at(&location.file, (location.line as usize, location.column as usize))
}

/// A line of a file by its number and column, if it can be read: what would move the cursor is shown as a blank.
pub fn excerpt_at(file: &str, at: (usize, usize)) -> Option<Excerpt> {
    excerpt_of(&text_of(file)?, at)
}

/// A line of a file by its number, without its indentation; `None` also of a blank one.
pub fn line_at(file: &str, line: usize) -> Option<String> {
    let text = text_of(file)?;
    let line = blanked(text.lines().nth(line.checked_sub(1)?)?.trim());
    (!line.is_empty()).then_some(line)
}

/// The text of a file. A program may come from anywhere: only files below the current directory are read, and no link
/// leads out of it.
fn text_of(file: &str) -> Option<String> {
    text_below(Path::new("."), Path::new(file))
}

fn text_below(own: &Path, path: &Path) -> Option<String> {
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let (own, path) = (fs::canonicalize(own).ok()?, fs::canonicalize(own.join(path)).ok()?);
    if !path.starts_with(own) {
        return None;
    }
    let found = fs::metadata(&path).ok()?;
    if !found.is_file() || found.len() > LARGEST_BYTES {
        return None;
    }
    fs::read_to_string(path).ok()
}

/// A line of a text that was read, by its number and column.
pub fn excerpt_of(text: &str, (line, column): (usize, usize)) -> Option<Excerpt> {
    of_line(text.lines().nth(line.checked_sub(1)?)?, line as u32, column)
}

fn of_line(line: &str, number: u32, column: usize) -> Option<Excerpt> {
    let indentation = line.chars().take_while(|c| c.is_whitespace()).count();
    let text = blanked(line.trim());
    let before = column.checked_sub(1 + indentation)?;
    (before < text.chars().count()).then_some(Excerpt { number, text, before })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_from_below_here() {
        let text = "//! The author's line, where its file lies below the current directory.".to_owned();
        let line = excerpt_at("src/excerpt.rs", (1, 5));
        assert_eq!(line, Some(Excerpt { number: 1, text, before: 4 }));
        for elsewhere in [
            ("", (1, 1)),
            ("src/excerpt.rs", (0, 1)),
            ("src/excerpt.rs", (1, 0)),
            ("src/excerpt.rs", (1, 500)),
            ("src/excerpt.rs", (100_000, 1)),
            ("src", (1, 1)),
            ("src/none.rs", (1, 1)),
            ("../kernmesh/src/lib.rs", (1, 1)),
            ("/etc/hostname", (1, 1)),
        ] {
            assert_eq!(excerpt_at(elsewhere.0, elsewhere.1), None, "{elsewhere:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_out_of_the_directory() {
        let root = std::env::temp_dir().join(format!("kernmesh-excerpt-{}", std::process::id()));
        let (own, outside) = (root.join("own"), root.join("outside"));
        for (folder, text) in [(&own, "inside"), (&outside, "outside")] {
            fs::create_dir_all(folder).expect("a folder");
            fs::write(folder.join("a.py"), text).expect("a file");
        }
        for (to, link) in [(&outside, "folder"), (&outside.join("a.py"), "b.py"), (&own.join("a.py"), "c.py")]
        {
            std::os::unix::fs::symlink(to, own.join(link)).expect("a link");
        }
        let text = |file: &str| text_below(&own, Path::new(file));
        let read = ["a.py", "c.py", "b.py", "folder/a.py"].map(text);
        fs::remove_dir_all(&root).expect("a folder of this test");
        assert_eq!(read, [Some("inside".to_owned()), Some("inside".to_owned()), None, None]);
    }

    #[test]
    fn indentation_is_left_out_and_controls_are_blanks() {
        let line = of_line("\t  tl.store(\x1b[2Jx)  ", 7, 7);
        assert_eq!(line, Some(Excerpt { number: 7, text: "tl.store( [2Jx)".to_owned(), before: 3 }));
        assert_eq!(of_line("    x", 1, 2), None);
    }
}
