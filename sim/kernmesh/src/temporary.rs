//! Contents on their way to a file: on disk, but not yet under its name.
//!
//! On Linux they have no name at all until they are whole, so that a process that is killed leaves nothing. Elsewhere,
//! and where a file system cannot do that, they have a name that nobody looks for. A lock is held on a name for as long
//! as its writer lives; one without a lock is left over, and the next commit in its folder removes it.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

const PREFIX: &str = ".kernmesh-";
const SUFFIX: &str = ".tmp";

pub enum Temporary {
    Unnamed(File),
    Named(NamedTempFile),
}

impl Temporary {
    /// An empty file in a folder, with permissions of which the umask takes away what it must.
    ///
    /// # Errors
    /// When no file can be written there.
    pub fn new(folder: &Path, mode: u32) -> io::Result<Temporary> {
        match unnamed(folder, mode) {
            Ok(file) => Ok(Temporary::Unnamed(file)),
            Err(_) => named(folder, mode).map(Temporary::Named),
        }
    }

    pub fn file(&mut self) -> &mut File {
        match self {
            Temporary::Unnamed(file) => file,
            Temporary::Named(file) => file.as_file_mut(),
        }
    }

    /// Renames it over a path of the same folder.
    ///
    /// # Errors
    /// When the folder does not take it; nothing is left then.
    pub fn persist(self, folder: &Path, path: &Path) -> io::Result<()> {
        match self {
            Temporary::Unnamed(file) => {
                let _ = file.try_lock();
                let named = builder().make_in(folder, |path| link(&file, path))?;
                named.persist(path).map(drop).map_err(|error| error.error)
            }
            Temporary::Named(file) => file.persist(path).map(drop).map_err(|error| error.error),
        }
    }
}

/// Removes what writers have left that were killed. What cannot be read or locked stays.
pub fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_ours(&entry.file_name()) && File::open(entry.path()).is_ok_and(|it| is_left(&it)) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_ours(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes())
}

fn is_left(file: &File) -> bool {
    file.try_lock().is_ok()
}

fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

fn named(folder: &Path, mode: u32) -> io::Result<NamedTempFile> {
    let mut builder = builder();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    loop {
        let file = builder.tempfile_in(folder)?;
        // Without a lock it may be taken for left over: by a sweep that holds it now, or did until now.
        let is_swept = matches!(file.as_file().try_lock(), Err(TryLockError::WouldBlock));
        if !is_swept && file.path().exists() {
            return Ok(file);
        }
    }
}

#[cfg(target_os = "linux")]
fn unnamed(folder: &Path, mode: u32) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    // The way to its name.
    fs::metadata("/proc/self/fd")?;
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(open(folder, flags, Mode::from_raw_mode(mode))?.into())
}

#[cfg(target_os = "linux")]
fn link(file: &File, path: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{AtFlags, CWD, linkat};
    let own = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, own, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
}

#[cfg(not(target_os = "linux"))]
fn unnamed(_: &Path, _: u32) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(target_os = "linux"))]
fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn both_kinds_replace_a_file_whole_and_leave_nothing() {
        let kinds: [fn(&Path) -> Temporary; 2] = [
            |folder| Temporary::new(folder, 0o666).unwrap(),
            |folder| Temporary::Named(named(folder, 0o666).unwrap()),
        ];
        for make in kinds {
            let room = tempfile::tempdir().unwrap();
            let (folder, path) = (room.path(), room.path().join("out"));
            fs::write(&path, "before").unwrap();
            let mut dropped = make(folder);
            dropped.file().write_all(b"half").unwrap();
            drop(dropped);
            assert_eq!((names(folder), &fs::read(&path).unwrap()[..]), (vec!["out".into()], &b"before"[..]));
            let mut kept = make(folder);
            kept.file().write_all(b"whole").unwrap();
            sweep(folder);
            kept.persist(folder, &path).unwrap();
            assert_eq!((names(folder), &fs::read(&path).unwrap()[..]), (vec!["out".into()], &b"whole"[..]));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn on_linux_contents_have_no_name_before_they_are_whole() {
        let room = tempfile::tempdir().unwrap();
        let _temporary = Temporary::new(room.path(), 0o666).unwrap();
        assert_eq!(names(room.path()), [""; 0]);
    }

    #[test]
    fn a_sweep_removes_what_no_writer_holds() {
        let room = tempfile::tempdir().unwrap();
        let held = named(room.path(), 0o666).unwrap();
        let held_name = held.path().file_name().unwrap().to_str().unwrap().to_owned();
        for name in [".kernmesh-left.tmp", ".kernmesh-left", "other.tmp"] {
            fs::write(room.path().join(name), "").unwrap();
        }
        fs::create_dir(room.path().join(".kernmesh-folder.tmp")).unwrap();
        sweep(room.path());
        let mut kept = [".kernmesh-folder.tmp", ".kernmesh-left", "other.tmp", &held_name];
        kept.sort_unstable();
        assert_eq!(names(room.path()), kept);
    }
}
