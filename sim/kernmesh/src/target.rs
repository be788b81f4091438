//! Files that are written whole or not at all. A target is checked before the run, so that no run is lost
//! to a typing error; its contents are staged beside it, synced, and renamed over it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::error::Error;

/// A path that a file can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As the person wrote it.
    given: PathBuf,
    /// The file itself, whatever links lead to it.
    path: PathBuf,
    folder: PathBuf,
}

/// The contents of a target, on disk under a temporary name; deleted when dropped.
pub struct Staged {
    target: Target,
    file: NamedTempFile,
}

impl Target {
    /// # Errors
    /// [`Error::Input`] or [`Error::System`] when no file can be written there.
    pub fn at(given: &Path) -> Result<Target, Error> {
        check(given)?;
        let name = given
            .file_name()
            .ok_or_else(|| refuse(given, "the output is a directory", "name a file in it"))?;
        let folder = match given.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(refuse(given, "the directory of the output does not exist", "create it first"));
        }
        let folder = fs::canonicalize(folder).map_err(|error| system("write", given, error))?;
        // A link is followed, so that it stays one.
        let path = fs::canonicalize(given).unwrap_or_else(|_| folder.join(name));
        let folder = path.parent().map_or(folder, Path::to_owned);
        let target = Target { given: given.to_owned(), path, folder };
        target.temporary().map_err(|error| system("write", given, error))?;
        Ok(target)
    }

    pub fn given(&self) -> &Path {
        &self.given
    }

    /// Whether both are one file.
    pub fn same(&self, other: &Target) -> bool {
        self.path == other.path
    }

    /// Whether an input lies here.
    pub fn is(&self, input: &Path) -> bool {
        fs::canonicalize(input).is_ok_and(|input| input == self.path)
    }

    /// Writes the contents beside the target.
    ///
    /// # Errors
    /// [`Error::System`] when the disk does not take them; nothing is left then.
    pub fn stage(&self, contents: &[u8]) -> Result<Staged, Error> {
        let staged = || {
            let mut file = self.temporary()?;
            file.write_all(contents)?;
            file.as_file().sync_all()?;
            Ok(file)
        };
        let file = staged().map_err(|error| system("write", &self.given, error))?;
        Ok(Staged { target: self.clone(), file })
    }

    fn temporary(&self) -> io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        builder.prefix(".kernmesh-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As for any new file: the umask takes away what it must.
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        builder.tempfile_in(&self.folder)
    }
}

/// Renames all staged files over their targets: only once every one of them has reached the disk.
///
/// # Errors
/// [`Error::System`] when a rename fails.
pub fn commit(files: Vec<Staged>) -> Result<(), Error> {
    for Staged { target, file } in files {
        file.persist(&target.path).map_err(|error| system("write", &target.given, error.error))?;
        // A rename is on disk only when its directory is.
        let synced = File::open(&target.folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| system("sync the directory of", &target.given, error))?;
    }
    Ok(())
}

/// Refuses names that no file can have, and what is there already but is no file to write.
fn check(given: &Path) -> Result<(), Error> {
    let text = given.as_os_str().as_encoded_bytes();
    if text.is_empty() {
        return Err(refuse(given, "the path of an output is empty", "name a file"));
    }
    if text == b"-" {
        return Err(refuse(given, "this output cannot go to standard output", "name a file"));
    }
    match fs::metadata(given) {
        Ok(found) if found.is_dir() => Err(refuse(given, "the output is a directory", "name a file in it")),
        Ok(found) if !found.is_file() => {
            Err(refuse(given, "the output is not a regular file", "name a file"))
        }
        Ok(found) if found.permissions().readonly() => {
            Err(refuse(given, "the output exists and is read-only", "name another file"))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(system("write", given, error)),
        Ok(_) | Err(_) if text.ends_with(b"/") => {
            Err(refuse(given, "the output is a directory", "name a file in it"))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

fn refuse(given: &Path, problem: &str, help: &str) -> Error {
    Error::input(problem, given.display().to_string(), help)
}

fn system(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::System { action, what: "output".to_owned(), path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_appear_only_at_commit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        let target = Target::at(&path).unwrap();
        let staged = target.stage(b"all of it").unwrap();
        assert!(!path.exists());
        commit(vec![staged]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"all of it");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_committed_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.bin");
        fs::write(&path, b"before").unwrap();
        let staged = Target::at(&path).unwrap().stage(b"half");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        drop(staged);
        assert_eq!(fs::read(&path).unwrap(), b"before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn targets_that_cannot_work_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let long = "x".repeat(300);
        for (path, problem) in [
            ("", "empty"),
            (".", "directory"),
            ("sub/", "directory"),
            ("missing/out", "does not exist"),
            (&long, "cannot write"),
        ] {
            let path = if path.is_empty() { PathBuf::new() } else { folder.path().join(path) };
            let error = Target::at(&path).unwrap_err();
            assert!(error.to_string().contains(problem), "{}: {error}", path.display());
        }
        assert!(Target::at(Path::new("-")).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn one_file_by_two_names_is_the_same_target() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        let target = |name: &str| Target::at(&folder.path().join(name)).unwrap();
        assert!(target("a").same(&target("sub/../a")));
        assert!(!target("a").same(&target("b")));
        fs::write(folder.path().join("a"), b"").unwrap();
        assert!(target("a").is(&folder.path().join("sub/../a")));
    }
}
