//! The machine key: 32 random bytes under which fingerprints are made, so that nobody without it
//! can test guesses against a report.
//!
//! Made once, in the state folder, mode 0600. A key that others could read is refused and not
//! replaced: a new one would change every fingerprint, and that is the user's to decide.

use super::error::FileError;
use super::open::{self, OpenFile};
use super::state;
use super::write::{create_new, sibling};
use crate::model::Skip;
use std::io::{self, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// Length of the key in bytes.
pub const KEY_BYTES: usize = 32;
/// The file's name in the state folder.
pub const KEY_FILE: &str = "key";

/// A key and how long it lives.
pub struct MachineKey {
    /// The 32 bytes.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Why the key is for this run only; `None`: it is kept.
    pub ephemeral: Option<String>,
}

/// The key in `state_dir`, made if there is none.
///
/// Where the folder cannot be made or written, the key is [`ephemeral`], with the reason. A key file
/// that is there and cannot be used (readable by others, somebody else's, of another length) is an
/// error that says what to do.
pub fn machine_key(state_dir: &Path) -> Result<MachineKey, FileError> {
    match load(state_dir) {
        Ok(bytes) => Ok(MachineKey { bytes, ephemeral: None }),
        Err(error) if unwritable(error.kind) => {
            Ok(MachineKey { bytes: ephemeral()?, ephemeral: Some(format!("no key can be kept ({error})")) })
        }
        Err(error) => Err(error),
    }
}

/// The key in `state_dir`, made if there is none. Any number of processes may do this at once: all
/// get the same key.
pub fn load(state_dir: &Path) -> Result<Zeroizing<Vec<u8>>, FileError> {
    let path = state_dir.join(KEY_FILE);
    match open::open(&path) {
        Ok(file) => return read(&path, file),
        Err(Skip::Io(io::ErrorKind::NotFound)) => {}
        // A key is there and is no readable file. (Where even that cannot be seen, it is the folder.)
        Err(skip) if std::fs::symlink_metadata(&path).is_ok() => return Err(refused(&path, &skip.reason())),
        Err(skip) => return Err(FileError::skipped(&path, &skip)),
    }
    state::ensure_dir(state_dir)?;
    make(&path).map_err(|e| FileError::io(&path, "cannot be made", &e))?;
    let file = open::open(&path).map_err(|skip| refused(&path, &skip.reason()))?;
    read(&path, file)
}

/// A key for this run only: fingerprints of two runs cannot be compared.
pub fn ephemeral() -> Result<Zeroizing<Vec<u8>>, FileError> {
    let mut bytes = Zeroizing::new(vec![0; KEY_BYTES]);
    getrandom::fill(&mut bytes)
        .map_err(|_| FileError::io(Path::new(KEY_FILE), "no random numbers", &io::ErrorKind::Other.into()))?;
    Ok(bytes)
}

/// Brings a whole key file to its name, unless another process was first.
fn make(path: &Path) -> io::Result<()> {
    let temporary = sibling(path)?;
    let key = ephemeral().map_err(|e| io::Error::from(e.kind))?;
    let written = create_new(&temporary).and_then(|mut file| {
        file.write_all(&key)?;
        file.sync_all()
    });
    let named = written.and_then(|()| name(&temporary, path));
    let _ = std::fs::remove_file(&temporary);
    named
}

/// Gives the file its name without replacing one that is there.
fn name(temporary: &Path, path: &Path) -> io::Result<()> {
    match std::fs::hard_link(temporary, path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(_) => rename_new(temporary, path),
        Ok(()) => Ok(()),
    }
}

/// The same on a file system without hard links.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn rename_new(temporary: &Path, path: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    match renameat_with(CWD, temporary, CWD, path, RenameFlags::NOREPLACE) {
        Err(rustix::io::Errno::EXIST) => Ok(()),
        done => Ok(done?),
    }
}

/// The same on a file system without hard links; here the one rename that there is replaces.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
#[allow(clippy::disallowed_methods, reason = "a rename within the state folder")]
fn rename_new(temporary: &Path, path: &Path) -> io::Result<()> {
    if path.exists() { Ok(()) } else { std::fs::rename(temporary, path) }
}

fn read(path: &Path, mut file: OpenFile) -> Result<Zeroizing<Vec<u8>>, FileError> {
    check_owner(path, &file)?;
    let mut bytes = Zeroizing::new(Vec::new());
    let outcome = file.read_up_to(&mut bytes, KEY_BYTES).map_err(|skip| refused(path, &skip.reason()))?;
    if outcome.truncated || bytes.len() != KEY_BYTES {
        return Err(refused(path, "is not a key of 32 bytes"));
    }
    Ok(bytes)
}

#[cfg(unix)]
fn check_owner(path: &Path, file: &OpenFile) -> Result<(), FileError> {
    if file.uid() != Some(rustix::process::geteuid().as_raw()) {
        let owner = file.uid().unwrap_or_default();
        return Err(FileError::refused(
            path,
            format!(
                "belongs to another account (uid {owner}); run caulk as that account, or give it another state folder"
            ),
        ));
    }
    if file.mode().is_none_or(|mode| mode & 0o077 != 0) {
        return Err(refused(path, "can be read by others, so its fingerprints can be guessed"));
    }
    Ok(())
}

/// The access list of the user's profile is inherited; it cannot be read without unsafe code.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "Unix checks")]
fn check_owner(_: &Path, _: &OpenFile) -> Result<(), FileError> {
    Ok(())
}

fn refused(path: &Path, what: &str) -> FileError {
    FileError::refused(path, format!("{what}; delete it to have a new key made (all fingerprints change)"))
}

/// Whether a failure says that the folder takes no file, rather than that something is wrong with it.
fn unwritable(kind: io::ErrorKind) -> bool {
    use io::ErrorKind as K;
    matches!(
        kind,
        K::PermissionDenied
            | K::ReadOnlyFilesystem
            | K::StorageFull
            | K::QuotaExceeded
            | K::NotFound
            | K::NotADirectory
    )
}
