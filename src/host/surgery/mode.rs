//! Who may use a file: its permission bits, and nothing else about it.

use super::Refusal;
use super::sys::{self, Place};
use std::path::{Path, PathBuf};

/// Where the file that `path` leads to really lies, and its permission bits. Vetted as one that is to be
/// changed: the caller's own, and not locked.
pub fn mode(path: &Path) -> Result<(PathBuf, u32), Refusal> {
    let real = std::fs::canonicalize(path)?;
    let place = Place::at(&real)?;
    let file = place.read(place.name()).map_err(|skip| Refusal::skip(&skip))?;
    place.may_change(&file)?;
    let bits = file.mode().ok_or(Refusal::Io(std::io::ErrorKind::Unsupported))?;
    Ok((real, bits & 0o7777))
}

/// Gives a file the bits `to` if it has the bits `from`; else [`Refusal::Changed`]. In one step: there is no
/// instant at which it has others.
pub fn set_mode(real: &Path, from: u32, to: u32) -> Result<(), Refusal> {
    let place = Place::at(real)?;
    let file = place.read(place.name()).map_err(|skip| Refusal::skip(&skip))?;
    place.may_change(&file)?;
    if file.mode().map(|bits| bits & 0o7777) != Some(from) {
        return Err(Refusal::Changed);
    }
    Ok(sys::set_mode(&file, to)?)
}
