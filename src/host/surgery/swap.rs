//! The usual way: a new file beside the old one, complete in every respect, changes names with it.

use super::sys::Exchange;
use super::{Patient, Refusal, attributes, busy};
use crate::host::open::OpenFile;
use crate::host::write::sibling;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use zeroize::Zeroizing;

/// Replaces `old`, just opened, by a file with content `new`. `false`: this file cannot be replaced
/// like that; nothing has changed.
pub(super) fn swap(patient: &Patient, old: OpenFile, new: &[u8], temporary: &OsStr) -> Result<bool, Refusal> {
    let place = patient.place();
    let file = match place.create(temporary) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => return Ok(false),
        Err(e) => return Err(Refusal::io(&e)),
    };
    let step = fill(&old, file, new)
        .and_then(|whole| if whole { names(patient, old, new, temporary) } else { Ok(Step::Never) });
    match step {
        Ok(Step::Done) => {
            place.sync();
            Ok(true)
        }
        Ok(Step::Never) => {
            place.unlink(temporary)?;
            Ok(false)
        }
        Err(Stop::Before(refusal)) => {
            // What is left behind here holds what was to be written; the next run removes it.
            let _ = place.unlink(temporary);
            Err(refusal)
        }
        Err(Stop::After(refusal)) => {
            place.sync();
            Err(refusal)
        }
    }
}

enum Step {
    Done,
    Never,
}

/// A failure: whether the temporary file is still nothing but ours.
enum Stop {
    Before(Refusal),
    After(Refusal),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Before(Refusal::io(&error))
    }
}

/// Writes content and attributes, and brings them to the disk. `false`: an attribute cannot be given.
fn fill(old: &OpenFile, mut file: File, new: &[u8]) -> Result<bool, Stop> {
    if attributes::before_content(old, &file).is_err() {
        return Ok(false);
    }
    file.write_all(new)?;
    if attributes::carry(old, &file).is_err() {
        return Ok(false);
    }
    file.sync_all()?;
    Ok(true)
}

/// Brings the new file to its name, if the old one is still what was read.
fn names(patient: &Patient, old: OpenFile, new: &[u8], temporary: &OsStr) -> Result<Step, Stop> {
    let (place, name) = (patient.place(), patient.place().name());
    patient.again().map_err(Stop::Before)?;
    match place.exchange(name, temporary)? {
        Exchange::Done => conclude(patient, old, new, temporary).map(|()| Step::Done),
        Exchange::Never => Ok(Step::Never),
        Exchange::Unsupported => {
            patient.again().map_err(Stop::Before)?;
            // Windows replaces no file that is open.
            drop(old);
            Ok(if place.rename(temporary, name)? { Step::Done } else { Step::Never })
        }
    }
}

/// Removes the old file, which now has the temporary name, unless somebody wrote it meanwhile.
fn conclude(patient: &Patient, mut old: OpenFile, new: &[u8], temporary: &OsStr) -> Result<(), Stop> {
    let place = patient.place();
    let refusal = match untouched(patient, &mut old, temporary) {
        Ok(()) => match place.unlink(temporary) {
            Ok(()) => return Ok(()),
            Err(e) => Refusal::io(&e),
        },
        Err(refusal) => refusal,
    };
    Err(put_back(patient, new, temporary, refusal))
}

/// Whether what was swapped out is the file that was read, and nobody can write it any more.
fn untouched(patient: &Patient, old: &mut OpenFile, temporary: &OsStr) -> Result<(), Refusal> {
    let out = patient.place().read(temporary).map_err(|skip| Refusal::skip(&skip))?;
    // The time of status change differs: the rename itself counts as one.
    let same = |a: &OpenFile| {
        let (now, then) = (a.identity(), patient.identity());
        (now.device, now.inode, now.size, now.mtime) == (then.device, then.inode, then.size, then.mtime)
            && (a.mode(), a.uid(), a.gid()) == (old.mode(), old.uid(), old.gid())
    };
    if !same(&out) {
        return Err(Refusal::Changed);
    }
    // In this order: whoever had it open has either finished, and the bytes show it, or is seen.
    if let Some(who) = busy::writer(patient.real(), &out) {
        return Err(Refusal::InUse(who));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    old.read_up_to(&mut bytes, patient.bytes().len()).map_err(|skip| Refusal::skip(&skip))?;
    let grown = old.read_at(bytes.len() as u64, &mut [0]).map_err(|skip| Refusal::skip(&skip))?;
    if **bytes == *patient.bytes() && grown == 0 { Ok(()) } else { Err(Refusal::Changed) }
}

/// After an exchange: gives the old file its name back. What is refused, and why.
fn put_back(patient: &Patient, new: &[u8], temporary: &OsStr, why: Refusal) -> Stop {
    let (place, name) = (patient.place(), patient.place().name());
    match (holds(patient, name, new), holds(patient, temporary, patient.bytes())) {
        (Some(true), _) => {}
        // Somebody wrote the new file. Theirs is the newer one; the old goes if it is what was read.
        (Some(false), Some(true)) => {
            let _ = place.unlink(temporary);
            return Stop::After(Refusal::Changed);
        }
        (Some(false), Some(false)) => return Stop::After(keep(patient, temporary)),
        _ => return Stop::After(why),
    }
    match place.exchange(name, temporary) {
        Ok(Exchange::Done) => {}
        _ => return Stop::After(why),
    }
    match holds(patient, temporary, new) {
        Some(true) => return Stop::Before(why),
        Some(false) => {}
        None => return Stop::After(why),
    }
    // Edited in that very instant: the newer edit back into its place.
    match place.exchange(name, temporary) {
        Ok(Exchange::Done) => Stop::After(keep(patient, temporary)),
        _ => Stop::After(Refusal::Changed),
    }
}

/// Whether a file has exactly this content; `None`: it cannot be read.
fn holds(patient: &Patient, name: &OsStr, content: &[u8]) -> Option<bool> {
    let read = || super::settle::content(patient.place(), name, content.len());
    let found = read().or_else(|_| read()).ok()?;
    Some(found.is_some_and(|found| **found == *content))
}

/// Gives an edit of the user's a name that no later run takes for one of ours.
fn keep(patient: &Patient, temporary: &OsStr) -> Refusal {
    match super::settle::aside(patient.place(), temporary) {
        Ok(path) => Refusal::Kept(path),
        Err(_) => {
            sibling(patient.real()).map_or(Refusal::Changed, |path| Refusal::Kept(path.with_file_name(temporary)))
        }
    }
}
