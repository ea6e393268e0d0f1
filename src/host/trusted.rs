//! Reading files that steer caulk: configuration, rules, baselines.
//!
//! Who can write them can switch a rule off, so a file that others can write, or that a stranger
//! owns, is refused. What the text means is for the floors above.

use super::error::FileError;
use super::open::{self, OpenFile};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A file that may steer caulk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// Its content, without a byte order mark.
    pub text: String,
    /// `sha256:` and the digest of its bytes in hexadecimal.
    pub digest: String,
    /// Where it lies, links resolved.
    pub path: PathBuf,
}

/// Reads a text file of at most `max` bytes that only the caller, or root, can change.
///
/// Links are followed; the file they end at is checked. Refused: a file that its group or everyone
/// can write (a user-private group, numbered as the owner, does not count), a file of another
/// account, and one below a folder in which others can put another file in its place (group- or
/// world-writable without the sticky bit). On Windows permissions are not checked: there is no safe
/// interface. [`FileError::is_absent`] tells a file that is not there.
pub fn read(path: &Path, max: usize) -> Result<Trusted, FileError> {
    let (bytes, real) = bytes_of(path, max)?;
    let digest = digest(&bytes);
    let text = String::from_utf8(bytes).map_err(|_| FileError::refused(path, "is not UTF-8 text"))?;
    let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
    Ok(Trusted { text, digest, path: real })
}

/// The same for a file that need not be text.
pub fn read_bytes(path: &Path, max: usize) -> Result<Vec<u8>, FileError> {
    bytes_of(path, max).map(|(bytes, _)| bytes)
}

fn bytes_of(path: &Path, max: usize) -> Result<(Vec<u8>, PathBuf), FileError> {
    let real = std::fs::canonicalize(path).map_err(|e| FileError::io(path, "cannot be read", &e))?;
    let mut file = open::open(&real).map_err(|skip| FileError::skipped(path, &skip))?;
    check(path, &real, &file)?;
    let mut bytes = Vec::new();
    let outcome = file.read_up_to(&mut bytes, max).map_err(|skip| FileError::skipped(path, &skip))?;
    if outcome.truncated {
        return Err(FileError::refused(path, format!("is larger than {max} bytes")));
    }
    Ok((bytes, real))
}

/// `sha256:` and the digest in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::from("sha256:"), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(unix)]
fn check(path: &Path, real: &Path, file: &OpenFile) -> Result<(), FileError> {
    let (Some(mode), Some(uid), Some(gid)) = (file.mode(), file.uid(), file.gid()) else { return Ok(()) };
    let me = rustix::process::geteuid().as_raw();
    if uid != me && uid != 0 {
        return Err(FileError::refused(
            path,
            format!("belongs to another account (uid {uid}); make a copy of your own"),
        ));
    }
    if others_can_write(mode, uid, gid) {
        return Err(FileError::refused(path, "can be written by others; run `chmod go-w` on it"));
    }
    for dir in real.ancestors().skip(1) {
        use std::os::unix::fs::MetadataExt;
        let Ok(meta) = std::fs::metadata(dir) else { continue };
        if others_can_write(meta.mode(), meta.uid(), meta.gid()) && meta.mode() & STICKY == 0 {
            let folder = FileError::refused(dir, "").path;
            return Err(FileError::refused(
                path,
                format!("lies below a folder that others can write ({folder}); run `chmod go-w` on that"),
            ));
        }
    }
    Ok(())
}

/// In a sticky folder only a file's owner can rename or replace it.
#[cfg(unix)]
const STICKY: u32 = 0o1000;

#[cfg(unix)]
fn others_can_write(mode: u32, uid: u32, gid: u32) -> bool {
    mode & 0o002 != 0 || (mode & 0o020 != 0 && gid != uid)
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "Unix checks")]
fn check(_: &Path, _: &Path, _: &OpenFile) -> Result<(), FileError> {
    Ok(())
}
