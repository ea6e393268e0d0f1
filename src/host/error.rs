//! How failures of the operating system are told: as a [`Skip`] for files under scan, as a
//! [`FileError`] for caulk's own files. Neither ever holds a byte of a file's content.

use crate::model::{Skip, Untrusted};
use std::io;
use std::path::Path;

/// One of caulk's own files (key, state, configuration, output) cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {what}")]
pub struct FileError {
    /// Which file or folder.
    pub path: Untrusted,
    /// What is wrong, and what to do where the reader can do something.
    pub what: String,
    /// The kind of the underlying failure; `InvalidData` for a file that was refused.
    pub kind: io::ErrorKind,
}

impl FileError {
    /// An operation (`cannot create`, `cannot be read`) that the system refused.
    #[must_use]
    pub fn io(path: &Path, doing: &str, error: &io::Error) -> Self {
        Self { path: untrusted(path), what: format!("{doing}: {}", error.kind()), kind: error.kind() }
    }

    /// A file that exists and is refused for what it is.
    #[must_use]
    pub fn refused(path: &Path, what: impl Into<String>) -> Self {
        Self { path: untrusted(path), what: what.into(), kind: io::ErrorKind::InvalidData }
    }

    /// Whether the file is just not there; a file where a folder above it should be counts too.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self.kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
    }

    /// A file of caulk's own that could not be opened or read.
    #[must_use]
    pub fn skipped(path: &Path, skip: &Skip) -> Self {
        let kind = match skip {
            Skip::Io(kind) => *kind,
            Skip::PermissionDenied => io::ErrorKind::PermissionDenied,
            _ => io::ErrorKind::InvalidData,
        };
        Self { path: untrusted(path), what: skip.reason(), kind }
    }
}

/// The path as text that is safe to print; bytes that are not UTF-8 are percent-escaped.
fn untrusted(path: &Path) -> Untrusted {
    Untrusted::from_bytes(path.as_os_str().as_encoded_bytes())
}

/// Why a file under scan was not read, from the system's error.
#[must_use]
pub fn skip_of(error: &io::Error) -> Skip {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Skip::PermissionDenied,
        kind => special(error).unwrap_or(Skip::Io(kind)),
    }
}

/// Errors of `open` that tell what kind of file it is.
#[cfg(unix)]
fn special(error: &io::Error) -> Option<Skip> {
    use rustix::io::Errno;
    match Errno::from_io_error(error)? {
        Errno::LOOP => Some(Skip::NotRegular("symbolic link")),
        // What `open` says of a socket, and of a device that nothing drives.
        Errno::NXIO | Errno::NODEV | Errno::OPNOTSUPP => Some(Skip::NotRegular("socket or device")),
        Errno::STALE | Errno::HOSTDOWN | Errno::HOSTUNREACH | Errno::NETUNREACH => Some(Skip::NotLocal),
        _ => None,
    }
}

#[cfg(not(unix))]
fn special(_: &io::Error) -> Option<Skip> {
    None
}
