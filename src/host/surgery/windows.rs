//! The Windows half: by path, since the standard library has no folder handles. What is put in the
//! place of a file has the access list of its folder.

use super::{Method, Refusal};
use crate::host::open::{self, OpenFile};
use crate::model::Skip;
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// A folder and the name of a file in it, which need not be there.
pub(super) struct Place {
    real: PathBuf,
    name: OsString,
}

/// What became of an exchange of two names.
pub(super) enum Exchange {
    #[allow(dead_code, reason = "Unix has it")]
    Done,
    Unsupported,
    #[allow(dead_code, reason = "Unix has it")]
    Never,
}

impl Place {
    pub(super) fn at(real: &Path) -> io::Result<Self> {
        let name = real.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        let parent = real.parent().ok_or(io::ErrorKind::InvalidFilename)?;
        if !std::fs::metadata(parent)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { real: real.to_owned(), name })
    }

    pub(super) fn real(&self) -> &Path {
        &self.real
    }

    pub(super) fn name(&self) -> &OsStr {
        &self.name
    }

    fn path(&self, name: &OsStr) -> PathBuf {
        self.real.with_file_name(name)
    }

    pub(super) fn read(&self, name: &OsStr) -> Result<OpenFile, Skip> {
        open::open(&self.path(name))
    }

    pub(super) fn hold(&self) -> Result<File, Skip> {
        self.read(&self.name).map(OpenFile::into_file)
    }

    pub(super) fn write(&self, name: &OsStr) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.path(name))
    }

    pub(super) fn create(&self, name: &OsStr) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(self.path(name))
    }

    #[allow(clippy::unnecessary_wraps, clippy::unused_self, reason = "Unix can")]
    pub(super) fn exchange(&self, _: &OsStr, _: &OsStr) -> io::Result<Exchange> {
        Ok(Exchange::Unsupported)
    }

    #[allow(clippy::disallowed_methods, reason = "the one place that renames a user's file")]
    pub(super) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<bool> {
        match std::fs::rename(self.path(from), self.path(to)) {
            Ok(()) => Ok(true),
            // Open in a program that lets it be written but not replaced.
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied || shared(&e) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// A hard link first, which replaces nothing; a rename where there are none.
    #[allow(clippy::disallowed_methods, reason = "the one place that renames a user's file")]
    pub(super) fn rename_new(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        match std::fs::hard_link(self.path(from), self.path(to)) {
            Ok(()) => self.unlink(from),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
            Err(_) if self.path(to).symlink_metadata().is_ok() => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => std::fs::rename(self.path(from), self.path(to)),
        }
    }

    pub(super) fn unlink(&self, name: &OsStr) -> io::Result<()> {
        std::fs::remove_file(self.path(name))
    }

    /// Folders cannot be flushed there.
    #[allow(clippy::unused_self, reason = "Unix can")]
    pub(super) fn sync(&self) {}

    #[allow(clippy::unused_self, reason = "Unix has more ways")]
    pub(super) fn method(&self, _: u64) -> Method {
        Method::Rename
    }

    #[allow(clippy::unused_self, reason = "Unix looks at the folder")]
    pub(super) fn may_change(&self, file: &File) -> Result<(), Refusal> {
        let meta = file.metadata()?;
        if meta.permissions().readonly() { Err(Refusal::ReadOnly) } else { Ok(()) }
    }
}

/// There are no permission bits here.
pub(super) fn mode(_: &File) -> Option<u32> {
    None
}

/// Nor can any be given.
pub(super) fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// How many names a file has: the standard library tells on nightly only.
pub(super) fn links(_: &File) -> u64 {
    1
}

/// `ERROR_SHARING_VIOLATION` and `ERROR_LOCK_VIOLATION`: another program has the file open.
pub(super) fn shared(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(32 | 33))
}

/// Whether a file is the caller's own: the folder's access list says so.
pub(super) fn owned(_: &OpenFile) -> bool {
    true
}
