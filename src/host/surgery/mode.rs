//! Who may use a file or a folder: its permission bits, and nothing else about it.

use super::Refusal;
use super::sys::{self, Place};
use std::path::{Path, PathBuf};

/// Where the file or folder that `path` leads to really lies, and its permission bits. Vetted as one that is to be
/// changed: the caller's own, and not locked.
pub fn mode(path: &Path) -> Result<(PathBuf, u32), Refusal> {
    let real = std::fs::canonicalize(path)?;
    let bits = sys::mode(&held(&real)?).ok_or(Refusal::Io(std::io::ErrorKind::Unsupported))?;
    Ok((real, bits))
}

/// Gives a file or folder the bits `to` if it has the bits `from`; else [`Refusal::Changed`]. In one step: there is
/// no instant at which it has others.
pub fn set_mode(real: &Path, from: u32, to: u32) -> Result<(), Refusal> {
    let held = held(real)?;
    if sys::mode(&held) != Some(from) {
        return Err(Refusal::Changed);
    }
    Ok(sys::set_mode(&held, to)?)
}

/// What lies there, open, if its bits are the caller's to change.
fn held(real: &Path) -> Result<std::fs::File, Refusal> {
    let place = Place::at(real)?;
    let held = place.hold().map_err(|skip| Refusal::skip(&skip))?;
    place.may_change(&held)?;
    Ok(held)
}
