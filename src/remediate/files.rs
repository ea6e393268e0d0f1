//! The one place of this floor that touches a user's file: between the journal's words and `host::surgery`.

use super::images::Images;
use super::journal::{FileRecord, PathText};
use super::plan::{Change, ModeChange};
use crate::host::open;
use crate::host::surgery::{self, Lock, Method, Patient, Refusal, Settled};
use crate::model::{Limits, Skip, Untrusted};
use std::io::ErrorKind;
use std::path::Path;
use zeroize::Zeroizing;

/// Which way a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From what was there to what a fix makes of it.
    Forward,
    /// Back.
    Back,
}

/// What a file holds now.
pub(super) enum Standing {
    /// What it held before; for one that was made: it is not there.
    Before,
    /// What the fix made of it.
    After,
    /// Something else.
    Other(Zeroizing<Vec<u8>>),
    /// It is not there.
    Gone,
    /// It cannot be told.
    Unreadable(String),
}

/// The path for people.
pub(super) fn shown(record: &FileRecord) -> String {
    shown_path(&record.path.path())
}

pub(super) fn shown_path(path: &Path) -> String {
    Untrusted::from_bytes(path.as_os_str().as_encoded_bytes()).to_string()
}

/// Both contents of a planned change.
pub(super) fn images(change: &Change) -> Images {
    Images { before: change.before.clone(), after: Some(change.after.clone()) }
}

/// Looks at a file right before it is changed: it must still be what the plan was made on.
pub(super) fn prepare(change: &Change, images: &str) -> Result<(FileRecord, Option<Patient>), String> {
    let told = |what: String| format!("{}: {what}", shown_path(&change.path));
    let io = |error: std::io::Error| told(Refusal::from(error).reason());
    if let Some(mode) = change.mode {
        let (real, now) = surgery::mode(&change.path).map_err(|refusal| told(refusal.reason()))?;
        if real != change.real || now != mode.before {
            return Err(told("changed since the scan".into()));
        }
        return Ok((record(change, &real, Path::new(""), Path::new(""), true, ""), None));
    }
    if change.before.is_none() {
        let (real, temporary) = surgery::name_beside(&change.path).map_err(io)?;
        let (_, back) = surgery::name_beside(&change.path).map_err(io)?;
        if real.symlink_metadata().is_ok() {
            return Err(told("made by somebody else since the plan was shown".into()));
        }
        drop(git_lock(change.locked_by_git, &real).map_err(|refusal| told(refusal.reason()))?);
        return Ok((record(change, &real, &temporary, &back, false, images), None));
    }
    let patient = Patient::open(&change.path, Limits::SHIPPED.document_bytes).map_err(|refusal| match refusal {
        Refusal::Gone => told("changed since the scan: it is gone".into()),
        refusal => told(refusal.reason()),
    })?;
    if patient.real() != change.real || change.before.as_ref().is_none_or(|before| **before != *patient.bytes()) {
        return Err(told("changed since the scan".into()));
    }
    // One that git holds now would let a step begin that can neither be done nor be put back.
    drop(git_lock(change.locked_by_git, patient.real()).map_err(|refusal| told(refusal.reason()))?);
    let temporary = patient.temporary().map_err(io)?;
    let back = patient.temporary().map_err(io)?;
    let in_place = matches!(patient.method(), Method::InPlace(_));
    Ok((record(change, patient.real(), &temporary, &back, in_place, images), Some(patient)))
}

fn record(change: &Change, real: &Path, temporary: &Path, back: &Path, in_place: bool, images: &str) -> FileRecord {
    FileRecord {
        path: PathText::of(&change.path),
        real: PathText::of(real),
        temporary: PathText::of(temporary),
        back: PathText::of(back),
        in_place,
        created: change.before.is_none() && change.mode.is_none(),
        locked_by_git: change.locked_by_git,
        surface: change.surface.clone(),
        mode: change.mode,
        images: images.to_owned(),
    }
}

/// The same for a change that an undo makes to an edited file.
pub(super) fn prepare_again(
    file: &FileRecord,
    current: &[u8],
    wanted: Zeroizing<Vec<u8>>,
    name: &str,
) -> Result<(FileRecord, Patient, Images), String> {
    let change = Change {
        path: file.real.path(),
        real: file.real.path(),
        before: Some(Zeroizing::new(current.to_vec())),
        after: wanted,
        mode: None,
        surface: file.surface.clone(),
        locked_by_git: file.locked_by_git,
    };
    match prepare(&change, name)? {
        (record, Some(patient)) => Ok((record, patient, images(&change))),
        (_, None) => Err(format!("{} is gone", shown(file))),
    }
}

/// Writes one content over the other. What is neither stays as it is, and a write that fails leaves the file
/// whole, one way or the other.
pub(super) fn write(
    record: &FileRecord,
    patient: Option<Patient>,
    images: &Images,
    way: Direction,
) -> Result<(), String> {
    let written = try_write(record, patient, images, way);
    if written.is_err() {
        // Best effort: the next run does it again.
        let _ = settle(record, images, way);
    }
    written
}

fn try_write(record: &FileRecord, patient: Option<Patient>, images: &Images, way: Direction) -> Result<(), String> {
    let told = |refusal: Refusal| format!("{}: {}", shown(record), refusal.reason());
    let (from, to, temporary) = match way {
        Direction::Forward => (&images.before, &images.after, record.temporary.path()),
        Direction::Back => (&images.after, &images.before, record.back.path()),
    };
    let real = record.real.path();
    if let Some(mode) = record.mode {
        let (from, to) = if way == Direction::Forward { (mode.before, mode.after) } else { (mode.after, mode.before) };
        return surgery::set_mode(&real, from, to).map_err(told);
    }
    let _lock = lock(record, &real).map_err(told)?;
    match (from, to) {
        (None, Some(to)) => surgery::create(&real, to, &temporary).map_err(told),
        (Some(from), None) => surgery::remove_if(&real, from, &temporary).map_err(told),
        (None, None) => Ok(()),
        (Some(from), Some(to)) => {
            let patient = match patient {
                Some(patient) => patient,
                None => Patient::open(&real, Limits::SHIPPED.document_bytes).map_err(told)?,
            };
            if *patient.bytes() != **from {
                return Err(told(Refusal::Changed));
            }
            patient.replace(to, &temporary).map_err(told)
        }
    }
}

fn lock(record: &FileRecord, real: &Path) -> Result<Option<Lock>, Refusal> {
    git_lock(record.locked_by_git, real)
}

fn git_lock(wanted: bool, real: &Path) -> Result<Option<Lock>, Refusal> {
    if wanted { surgery::lock_beside(real, "lock").map(Some) } else { Ok(None) }
}

/// Ends a write that a kill cut short: afterwards the file is whole, and nothing lies beside it.
pub(super) fn settle(record: &FileRecord, images: &Images, way: Direction) -> Result<(), String> {
    let told = |refusal: Refusal| format!("{}: {}", shown(record), refusal.reason());
    let (Some(after), real) = (&images.after, record.real.path()) else { return Ok(()) };
    // A lock that the killed run held is taken over and goes; anybody else's is respected.
    let _lock = lock(record, &real).map_err(told)?;
    let settled = match (&images.before, way) {
        (before, Direction::Forward) => {
            surgery::settle(&real, &record.temporary.path(), before.as_ref().map(|bytes| &***bytes), after)
        }
        (Some(before), Direction::Back) => surgery::settle(&real, &record.back.path(), Some(after), before),
        (None, Direction::Back) => surgery::settle(&real, &record.back.path(), None, after),
    }
    .map_err(told)?;
    match (settled, &images.before) {
        (Settled::Torn, Some(before)) => surgery::restore(&real, before, after).map_err(told),
        _ => Ok(()),
    }
}

/// What a file's permission bits are now.
fn standing_mode(record: &FileRecord, mode: ModeChange) -> Standing {
    match surgery::mode(&record.real.path()) {
        Ok((_, now)) if now == mode.before => Standing::Before,
        Ok((_, now)) if now == mode.after => Standing::After,
        Ok(_) => Standing::Other(Zeroizing::default()),
        Err(Refusal::Gone) => Standing::Gone,
        Err(refusal) => Standing::Unreadable(refusal.reason()),
    }
}

/// What a file holds now.
pub(super) fn standing(record: &FileRecord, images: &Images) -> Standing {
    if let Some(mode) = record.mode {
        return standing_mode(record, mode);
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let read = open::open(&record.real.path())
        .and_then(|mut file| file.read_up_to(&mut bytes, Limits::SHIPPED.document_bytes));
    match read {
        Err(Skip::Io(ErrorKind::NotFound | ErrorKind::NotADirectory)) if images.before.is_none() => Standing::Before,
        Err(Skip::Io(ErrorKind::NotFound | ErrorKind::NotADirectory)) => Standing::Gone,
        Err(skip) => Standing::Unreadable(skip.reason()),
        Ok(outcome) if outcome.truncated => Standing::Unreadable("larger than the size limit".into()),
        Ok(_) if images.before.as_ref() == Some(&bytes) => Standing::Before,
        Ok(_) if images.after.as_ref() == Some(&bytes) => Standing::After,
        Ok(_) => Standing::Other(bytes),
    }
}

/// What the files that held a secret hold now; those that cannot be read are left out.
pub(super) fn contents(records: &[FileRecord]) -> Vec<Zeroizing<Vec<u8>>> {
    let read = |record: &FileRecord| {
        let mut bytes = Zeroizing::new(Vec::new());
        let mut file = open::open(&record.real.path()).ok()?;
        file.read_up_to(&mut bytes, Limits::SHIPPED.document_bytes).ok()?;
        Some(bytes)
    };
    records.iter().filter(|record| record.surface.is_some()).filter_map(read).collect()
}

/// Takes away a run's folder that holds nothing any more. Failures are passed over: it holds no secret.
pub(super) fn forget(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let _ = std::fs::remove_file(entry.path());
    }
    let _ = std::fs::remove_dir(folder);
}
