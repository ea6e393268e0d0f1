//! Files that caulk makes beside the user's own, and takes away again.

use super::patient::beside;
use super::sys::Place;
use super::{Refusal, busy, settle};
use crate::host::write::sibling;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The place and a temporary name for a file that is to be made: links of its folder resolved. The
/// folder must exist.
pub fn name_beside(path: &Path) -> io::Result<(PathBuf, PathBuf)> {
    let path = std::path::absolute(path)?;
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let real = std::fs::canonicalize(path.parent().ok_or(io::ErrorKind::InvalidFilename)?)?.join(name);
    let temporary = sibling(&real)?;
    Ok((real, temporary))
}

/// Makes a file, mode 0600, that appears whole. One that came in between, a link that leads nowhere
/// included, is never replaced: [`Refusal::Exists`]. Both names come from [`name_beside`].
pub fn create(real: &Path, content: &[u8], temporary: &Path) -> Result<(), Refusal> {
    let spare = beside(real, temporary)?;
    let place = Place::at(real)?;
    let mut file = place.create(spare)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    drop(file);
    let named = written.and_then(|()| place.rename_new(spare, place.name()));
    if let Err(e) = named {
        let _ = place.unlink(spare);
        return Err(Refusal::io(&e));
    }
    place.sync();
    Ok(())
}

/// Removes a file if its content is still `expected`. An edit stays: [`Refusal::Changed`].
///
/// The file first gets the temporary name, so that what is removed is what was compared.
pub fn remove_if(real: &Path, expected: &[u8], temporary: &Path) -> Result<(), Refusal> {
    let spare = beside(real, temporary)?;
    let place = Place::at(real)?;
    let file = place.read(place.name()).map_err(|skip| Refusal::skip(&skip))?;
    place.may_change(file.file())?;
    let same = |name| {
        let found = settle::content(&place, name, expected.len()).map_err(|skip| Refusal::skip(&skip))?;
        Ok::<_, Refusal>(found.is_some_and(|found| **found == *expected))
    };
    if !same(place.name())? {
        return Err(Refusal::Changed);
    }
    busy::editor(real).or_else(|| busy::writer(real, &file)).map_or(Ok(()), |who| Err(Refusal::InUse(who)))?;
    place.rename_new(place.name(), spare)?;
    let refusal = match (busy::writer(real, &file), same(spare)) {
        (None, Ok(true)) => match place.unlink(spare) {
            Ok(()) => {
                place.sync();
                return Ok(());
            }
            Err(e) => Refusal::io(&e),
        },
        (Some(who), _) => Refusal::InUse(who),
        (None, Ok(false)) => Refusal::Changed,
        (None, Err(refusal)) => refusal,
    };
    if place.rename_new(spare, place.name()).is_err() {
        // Something is in its place already; what was there is kept beside it.
        return Err(settle::aside(&place, spare).map_or(refusal, Refusal::Kept));
    }
    Err(refusal)
}
