//! After a kill: which state a file is in, and what is left beside it.
//!
//! Decided from contents alone, so that any later run can do it: the content before, the content
//! after, and the name of the temporary file are in the caller's journal.

use super::patient::beside;
use super::sys::{self, Place};
use super::{Refusal, in_place};
use crate::host::open::OpenFile;
use crate::model::Skip;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The state of a file that was to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// As before; for a file that was to be made: not there.
    Old,
    /// As it was to be.
    New,
    /// Written in place and stopped midway: [`restore`] puts it back.
    Torn,
    /// Somebody else wrote it.
    Edited,
    /// Gone.
    Absent,
}

/// Steps in which a write in place can reach the disk in any order when the power fails.
const SECTOR: usize = 512;
/// Changes between old and new that may stand anywhere else: one of a write that was stopped, one of
/// its restoration that was stopped too.
const STOPS: u32 = 2;

/// Says which state `real` is in, and clears away what was left beside it.
///
/// `before` is `None` for a file that was to be made. A temporary file that holds an edit of the
/// user's, swapped out at the moment of the kill, is put back; where there is a newer edit in its
/// place, it is kept beside it under a name of its own (`<name>.caulk-kept-…`).
pub fn settle(real: &Path, temporary: &Path, before: Option<&[u8]>, after: &[u8]) -> Result<Settled, Refusal> {
    let spare_name = beside(real, temporary)?;
    let place = match Place::at(real) {
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(absent(before));
        }
        place => place?,
    };
    let state = state(&place, before, after)?;
    let spare = spare(&place, spare_name, before, after)?;
    let gone = matches!(state, Settled::Absent) || (before.is_none() && state == Settled::Old);
    let settled = match (state, spare) {
        (state, Spare::None) => state,
        // What an exchange took out is the old content, or else an edit, even if it is a part of the new one.
        (Settled::New, Spare::Part | Spare::Edit) if before.is_some() => {
            back(&place, spare_name, after)?;
            Settled::Edited
        }
        (_, Spare::Edit) if gone => {
            place.rename_new(spare_name, place.name())?;
            Settled::Edited
        }
        (state, Spare::Edit) => {
            aside(&place, spare_name)?;
            state
        }
        (state, Spare::Before | Spare::After | Spare::Part) => {
            place.unlink(spare_name)?;
            state
        }
    };
    place.sync();
    Ok(settled)
}

/// Puts a torn file back to what it held before, in place. Refused as [`Refusal::Changed`] when it is
/// in none of the states that a replacement of `before` by `after` can leave.
pub fn restore(real: &Path, before: &[u8], after: &[u8]) -> Result<(), Refusal> {
    let place = Place::at(real)?;
    let max = before.len().max(after.len());
    let mut file = place.write(place.name())?;
    let mut now = OpenFile::vet(file.try_clone()?).map_err(|skip| Refusal::skip(&skip))?;
    place.may_change(now.file())?;
    let mut bytes = Zeroizing::new(Vec::new());
    let outcome = now.read_up_to(&mut bytes, max).map_err(|skip| Refusal::skip(&skip))?;
    if outcome.truncated || !(torn(&bytes, before, after) || **bytes == *after || **bytes == *before) {
        return Err(Refusal::Changed);
    }
    if **bytes == *before {
        return Ok(());
    }
    in_place::write(&mut file, before, in_place::differ(&bytes, before)).map_err(|_| Refusal::Torn)
}

fn absent(before: Option<&[u8]>) -> Settled {
    if before.is_some() { Settled::Absent } else { Settled::Old }
}

fn state(place: &Place, before: Option<&[u8]>, after: &[u8]) -> Result<Settled, Refusal> {
    let max = before.map_or(0, <[u8]>::len).max(after.len());
    let found = match content(place, place.name(), max) {
        Ok(Some(found)) => found,
        Err(Skip::Io(io::ErrorKind::NotFound)) => return Ok(absent(before)),
        Ok(None) | Err(Skip::NotRegular(_)) => return Ok(Settled::Edited),
        Err(skip) => return Err(Refusal::skip(&skip)),
    };
    Ok(if **found == *after {
        Settled::New
    } else {
        match before {
            Some(before) if **found == *before => Settled::Old,
            Some(before) if torn(&found, before, after) => Settled::Torn,
            _ => Settled::Edited,
        }
    })
}

/// What lies under the temporary name.
enum Spare {
    /// Nothing, or nothing of ours.
    None,
    Before,
    After,
    /// The beginning of the new content.
    Part,
    Edit,
}

fn spare(place: &Place, name: &OsStr, before: Option<&[u8]>, after: &[u8]) -> Result<Spare, Refusal> {
    match place.read(name) {
        Ok(file) if !sys::owned(&file) => return Ok(Spare::None),
        Ok(_) => {}
        Err(Skip::Io(io::ErrorKind::NotFound) | Skip::NotRegular(_)) => return Ok(Spare::None),
        Err(skip) => return Err(Refusal::skip(&skip)),
    }
    let max = before.map_or(0, <[u8]>::len).max(after.len());
    let Some(found) = content(place, name, max).map_err(|skip| Refusal::skip(&skip))? else { return Ok(Spare::Edit) };
    Ok(if before.is_some_and(|before| **found == *before) {
        Spare::Before
    } else if **found == *after {
        Spare::After
    } else if after.starts_with(&found) {
        Spare::Part
    } else {
        Spare::Edit
    })
}

/// The content of a file, or `None` when it is longer than `max`.
pub(super) fn content(place: &Place, name: &OsStr, max: usize) -> Result<Option<Zeroizing<Vec<u8>>>, Skip> {
    let mut file = place.read(name)?;
    let mut bytes = Zeroizing::new(Vec::new());
    let outcome = file.read_up_to(&mut bytes, max)?;
    Ok((!outcome.truncated).then_some(bytes))
}

/// Gives an edit that was swapped out its name back.
fn back(place: &Place, spare: &OsStr, after: &[u8]) -> Result<(), Refusal> {
    match place.exchange(place.name(), spare)? {
        sys::Exchange::Done => {}
        // Where names cannot be exchanged nothing is swapped out; what lies there is the user's all the same.
        sys::Exchange::Unsupported if place.rename(spare, place.name())? => return Ok(()),
        sys::Exchange::Unsupported | sys::Exchange::Never => return Err(Refusal::Io(io::ErrorKind::Unsupported)),
    }
    // Not ours for sure before it is taken for an edit; the next run decides where it cannot be read.
    let found = content(place, spare, after.len()).map_err(|skip| Refusal::skip(&skip))?;
    if found.is_some_and(|found| **found == *after) {
        Ok(place.unlink(spare)?)
    } else {
        aside(place, spare).map(drop).map_err(|e| Refusal::io(&e))
    }
}

/// Gives a file under a temporary name one that no later run takes for one of ours.
pub(super) fn aside(place: &Place, temporary: &OsStr) -> io::Result<PathBuf> {
    let mut random = [0_u8; 4];
    getrandom::fill(&mut random).map_err(|_| io::Error::other("no random numbers"))?;
    let mut name = OsString::from(place.name());
    name.push(format!(".caulk-kept-{:08x}", u32::from_be_bytes(random)));
    place.rename_new(temporary, &name)?;
    Ok(place.real().with_file_name(name))
}

/// Whether `found` is what a write of `after` over `before` leaves when it stops midway, when the
/// restoration of that stops midway, or when the power fails during either.
fn torn(found: &[u8], before: &[u8], after: &[u8]) -> bool {
    // The file is cut after the last byte is written, so only one that grows has a length in between.
    let grows = (before.len()..=after.len()).contains(&found.len());
    if found.len() != before.len() && found.len() != after.len() && !grows {
        return false;
    }
    // Fewest changes between old and new at places where no sector begins; `None`: not possible.
    let (mut old, mut new) = (Some(0_u32), Some(0_u32));
    for (at, byte) in found.iter().enumerate() {
        let price = u32::from(at % SECTOR != 0);
        let step = |stay: Option<u32>, change: Option<u32>, source: &[u8]| {
            let least = [stay, change.map(|n| n.saturating_add(price))].into_iter().flatten().min();
            least.filter(|_| source.get(at) == Some(byte))
        };
        (old, new) = (step(old, new, before), step(new, old, after));
        if old.is_none() && new.is_none() {
            return false;
        }
    }
    [old, new].into_iter().flatten().min().is_some_and(|stops| stops <= STOPS)
}
