//! Files that people give.

use std::fs;
use std::path::Path;

use crate::error::Error;

/// Reads a file whole.
///
/// # Errors
/// [`Error::System`] when it cannot be read; [`Error::Input`] when it is a directory or a device, which may
/// never end.
pub fn read(path: &Path, what: &str) -> Result<Vec<u8>, Error> {
    let system =
        |source| Error::System { action: "read", what: what.to_owned(), path: path.to_owned(), source };
    let refuse =
        |kind| Error::input(format!("the {what} is a {kind}"), path.display().to_string(), "name a file");
    let found = fs::metadata(path).map_err(system)?;
    if found.is_dir() {
        return Err(refuse("directory"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if found.file_type().is_char_device() || found.file_type().is_block_device() {
            return Err(refuse("device"));
        }
    }
    fs::read(path).map_err(system)
}

/// Whether a file has this extension, in whatever case.
pub fn is_named(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// Reads a file of text, without the byte order mark with which some editors begin it.
///
/// # Errors
/// Those of [`read`], and [`Error::Input`] when it is not UTF-8.
pub fn read_text(path: &Path, what: &str) -> Result<String, Error> {
    text(read(path, what)?, path, what)
}

/// The bytes of a file as text, without that mark.
///
/// # Errors
/// [`Error::Input`] when they are not UTF-8.
pub fn text(mut bytes: Vec<u8>, path: &Path, what: &str) -> Result<String, Error> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::input(
            format!("the {what} is not text"),
            format!("{}, byte {at}", path.display()),
            "save it as UTF-8",
        )
    })
}
