//! caulk's own state folder: made, checked and swept. What lies in it is others' business.

use super::error::FileError;
use super::write::is_temporary_name;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// A temporary file of ours that is older than this was left behind by a run that was killed.
const STALE: Duration = Duration::from_secs(60 * 60);

/// Makes `dir` and what is missing above it, mode 0700, or checks the one that is there.
///
/// A folder of the caller's own that others can enter is closed to them. One that belongs to
/// somebody else is refused: what root or a stranger wrote there could not be trusted, and what
/// root writes into a user's home would lock the user out.
pub fn ensure_dir(dir: &Path) -> Result<(), FileError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    sys::private(&mut builder);
    builder.create(dir).map_err(|e| FileError::io(dir, "cannot be made", &e))?;
    let meta = std::fs::metadata(dir).map_err(|e| FileError::io(dir, "cannot be looked at", &e))?;
    if !meta.is_dir() {
        return Err(FileError::refused(dir, "is not a folder"));
    }
    sys::close(dir, &meta)
}

/// Removes temporary files that earlier runs left in `dir`; gives how many. Failures are passed over.
pub fn sweep(dir: &Path, now: SystemTime) -> usize {
    let Ok(entries) = std::fs::read_dir(dir) else { return 0 };
    let stale = |entry: &std::fs::DirEntry| {
        is_temporary_name(&entry.file_name())
            && entry.metadata().is_ok_and(|meta| {
                let age = meta.modified().ok().and_then(|then| now.duration_since(then).ok());
                meta.is_file() && sys::own(&meta) && age.is_some_and(|age| age > STALE)
            })
    };
    entries.flatten().filter(stale).filter(|entry| std::fs::remove_file(entry.path()).is_ok()).count()
}

#[cfg(unix)]
mod sys {
    use super::FileError;
    use std::fs::{DirBuilder, Metadata, Permissions};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
    use std::path::Path;

    pub(super) fn private(builder: &mut DirBuilder) {
        builder.mode(0o700);
    }

    pub(super) fn own(meta: &Metadata) -> bool {
        meta.uid() == rustix::process::geteuid().as_raw()
    }

    pub(super) fn close(dir: &Path, meta: &Metadata) -> Result<(), FileError> {
        if !own(meta) {
            return Err(FileError::refused(
                dir,
                format!("belongs to another account (uid {}); give it to the account that runs caulk", meta.uid()),
            ));
        }
        if meta.mode() & 0o777 == meta.mode() & 0o700 {
            return Ok(());
        }
        std::fs::set_permissions(dir, Permissions::from_mode(0o700))
            .map_err(|e| FileError::io(dir, "is open to others and cannot be closed (chmod 700)", &e))
    }
}

#[cfg(not(unix))]
mod sys {
    use super::FileError;
    use std::fs::{DirBuilder, Metadata};
    use std::path::Path;

    /// The user profile's own access list is inherited.
    pub(super) fn private(_: &mut DirBuilder) {}

    pub(super) fn own(_: &Metadata) -> bool {
        true
    }

    pub(super) fn close(_: &Path, _: &Metadata) -> Result<(), FileError> {
        Ok(())
    }
}
