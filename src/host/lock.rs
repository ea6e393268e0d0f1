//! One process at a time: locks that end with their holder, however it ends.
//!
//! The lock is the system's on an empty file beside what it guards; the file stays, and means nothing.

use super::error::FileError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// A lock that is held until this is dropped.
pub struct Lock {
    _file: File,
}

/// Takes the lock at `path`, whose folder must exist; waits `patience` for another holder at most.
///
/// A failure of kind `WouldBlock` says that another caulk holds it still.
pub fn take(path: &Path, patience: Duration) -> Result<Lock, FileError> {
    let file = open(path).map_err(|error| FileError::io(path, "cannot be made", &error))?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                let mut error = FileError::refused(path, "another caulk is at work; try again when it is done");
                error.kind = io::ErrorKind::WouldBlock;
                return Err(error);
            }
            Err(TryLockError::Error(error)) => return Err(FileError::io(path, "cannot be locked", &error)),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    options.open(path)
}
