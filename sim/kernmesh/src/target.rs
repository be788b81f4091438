//! Files that are written whole or not at all. A target is checked before the run, so that no run is lost
//! to a typing error; its contents are staged beside it, synced, and renamed over it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::log_file::log_of;
use crate::temporary::{Temporary, sweep};

/// As many as Linux follows.
const MAX_LINKS: usize = 40;

/// A path that a file can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// As the person wrote it.
    given: PathBuf,
    /// The file itself, whatever links lead to it.
    path: PathBuf,
    folder: PathBuf,
}

/// The contents of a target, on disk; gone when dropped.
pub struct Staged {
    target: Target,
    contents: Temporary,
}

impl Target {
    /// # Errors
    /// [`Error::Input`] or [`Error::System`] when no file can be written there.
    pub fn at(given: &Path) -> Result<Target, Error> {
        check(given)?;
        let missing = || refuse(given, "the directory of the output does not exist", "create it first");
        let path = resolved(given).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound { missing() } else { system("write", given, error) }
        })?;
        let folder = path.parent().filter(|folder| folder.is_dir()).ok_or_else(missing)?.to_owned();
        let target = Target { given: given.to_owned(), path, folder };
        target.contents().map_err(|error| system("write", given, error))?;
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
        resolved(input).is_ok_and(|input| input == self.path)
    }

    /// Writes the contents beside the target.
    ///
    /// # Errors
    /// [`Error::System`] when the disk does not take them; nothing is left then.
    pub fn stage(&self, contents: &[u8]) -> Result<Staged, Error> {
        let staged = || {
            let mut staged = self.contents()?;
            let file = staged.file();
            if let Some(found) = self.found() {
                keep_owner(file, &found);
                file.set_permissions(found.permissions())?;
            }
            file.write_all(contents)?;
            file.sync_all()?;
            Ok(staged)
        };
        let contents = staged().map_err(|error| system("write", &self.given, error))?;
        Ok(Staged { target: self.clone(), contents })
    }

    /// The file that is replaced; for new checksums, the log that they are of.
    fn found(&self) -> Option<fs::Metadata> {
        let log = || log_of(&self.path).and_then(|log| fs::metadata(log).ok());
        fs::metadata(&self.path).ok().or_else(log)
    }

    /// Permissions are those of the file that is found, else those of any new file.
    fn contents(&self) -> io::Result<Temporary> {
        #[cfg(unix)]
        let mode = {
            use std::os::unix::fs::PermissionsExt;
            self.found().map_or(0o666, |found| found.permissions().mode() & 0o777)
        };
        #[cfg(not(unix))]
        let mode = 0o666;
        Temporary::new(&self.folder, mode)
    }
}

/// Gives a file the owner and group of the one that it replaces, as far as this user may: the group at least, where it
/// is one of theirs.
#[cfg(unix)]
fn keep_owner(file: &fs::File, found: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    if fchown(file, Some(found.uid()), Some(found.gid())).is_err() {
        let _ = fchown(file, None, Some(found.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_file: &fs::File, _found: &fs::Metadata) {}

/// Renames all staged files over their targets: only once every one of them has reached the disk.
///
/// # Errors
/// [`Error::System`] when a rename fails.
pub fn commit(files: Vec<Staged>) -> Result<(), Error> {
    let targets: Vec<Target> = files.iter().map(|file| file.target.clone()).collect();
    for Staged { target, contents } in files {
        let renamed = contents.persist(&target.folder, &target.path);
        renamed.map_err(|error| system("write", &target.given, error))?;
    }
    let mut done = BTreeSet::new();
    for target in targets.iter().filter(|target| done.insert(&target.folder)) {
        // A rename is on disk only when its directory is.
        let synced = File::open(&target.folder).and_then(|folder| folder.sync_all());
        synced.map_err(|error| system("sync the directory of", &target.given, error))?;
        sweep(&target.folder);
    }
    Ok(())
}

/// The file itself, whatever links lead to it, also where it is still to be made. A link to it stays one.
///
/// # Errors
/// When its folder is not there, or links lead in a circle.
pub fn resolved(given: &Path) -> io::Result<PathBuf> {
    let mut path = given.to_owned();
    for _ in 0..MAX_LINKS {
        if let Ok(found) = fs::canonicalize(&path) {
            return Ok(found);
        }
        let name = path.file_name().ok_or(io::ErrorKind::NotFound)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")))?;
        match fs::read_link(&path) {
            Ok(to) => path = folder.join(to),
            Err(_) => return Ok(folder.join(name)),
        }
    }
    Err(io::Error::other("links lead in a circle"))
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

pub(crate) fn system(action: &'static str, path: &Path, source: io::Error) -> Error {
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
        drop(Target::at(&path).unwrap().stage(b"half").unwrap());
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

    #[cfg(unix)]
    #[test]
    fn links_lead_to_one_target_also_before_it_is_there() {
        use std::os::unix::fs::symlink;
        let room = tempfile::tempdir().unwrap();
        let path = |name: &str| room.path().join(name);
        fs::create_dir(path("sub")).unwrap();
        for (link, to) in [
            ("near", "new"),
            ("sub/up", "../new"),
            ("far", "sub/up"),
            ("folder", "sub"),
            ("lost", "none/new"),
            ("circle", "circle"),
        ] {
            symlink(to, path(link)).unwrap();
        }
        let new = Target::at(&path("new")).unwrap();
        for name in ["near", "sub/up", "far", "folder/up", "./sub/../near"] {
            assert!(Target::at(&path(name)).unwrap().same(&new) && new.is(&path(name)), "{name}");
        }
        for (name, problem) in
            [("lost", "the directory of the output does not exist"), ("circle", "cannot write")]
        {
            assert!(Target::at(&path(name)).unwrap_err().to_string().starts_with(problem), "{name}");
        }
        let far = Target::at(&path("far")).unwrap();
        commit(vec![far.stage(b"through links").unwrap()]).unwrap();
        assert_eq!(fs::read(path("new")).unwrap(), b"through links");
        assert!(fs::symlink_metadata(path("far")).unwrap().is_symlink());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_survive() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("out");
        for mode in [0o600, 0o640, 0o666, 0o777] {
            fs::write(&path, "before").unwrap();
            let owner = fs::metadata(&path).map(|found| (found.uid(), found.gid())).unwrap();
            // Only the superuser may give files away.
            let owner = if fchown(fs::File::open(&path).unwrap(), Some(owner.0), Some(7)).is_ok() {
                (owner.0, 7)
            } else {
                owner
            };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            commit(vec![Target::at(&path).unwrap().stage(b"after").unwrap()]).unwrap();
            let after = fs::metadata(&path).unwrap();
            assert_eq!((after.uid(), after.gid()), owner);
            let found = after.permissions().mode() & 0o777;
            assert_eq!((found, &fs::read(&path).unwrap()[..]), (mode, &b"after"[..]), "{mode:o}");
            // New checksums of a log are as private as the log.
            let beside = room.path().join("out.replay");
            commit(vec![Target::at(&beside).unwrap().stage(b"sums").unwrap()]).unwrap();
            assert_eq!(fs::metadata(&beside).unwrap().permissions().mode() & 0o777, mode, "{mode:o}");
            fs::remove_file(&beside).unwrap();
        }
    }
}
