//! The other way, for a file that must stay the one it is: written over from the first byte that differs.
//!
//! Between the first and the last byte it is neither old nor new. A failure is taken back here; a kill
//! leaves what [`super::settle()`] calls torn, and [`super::restore`] mends from the sealed copy.

use super::{Patient, Refusal, attributes};
use crate::host::open::{OpenFile, identity_of};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use zeroize::Zeroizing;

/// Replaces the content of a file that is still in the state in which it was read.
pub(super) fn replace(patient: &Patient, new: &[u8]) -> Result<(), Refusal> {
    let old = patient.bytes();
    let mut file = patient.place().write(patient.place().name())?;
    let meta = file.metadata()?;
    if identity_of(&meta) != patient.identity() || !holds(&file, old)? {
        return Err(Refusal::Changed);
    }
    let mode = OpenFile::vet(file.try_clone()?).map_err(|skip| Refusal::skip(&skip))?.mode();
    reserve(&file, old.len(), new.len())?;
    let start = differ(old, new);
    let written = write(&mut file, new, start);
    if let Err(e) = written {
        return Err(if write(&mut file, old, start).is_ok() { Refusal::io(&e) } else { Refusal::Torn });
    }
    attributes::keep_mode(&file, mode);
    Ok(())
}

/// Writes `content` from `start`, cuts the file behind it, and brings it to the disk.
pub(super) fn write(file: &mut File, content: &[u8], start: usize) -> io::Result<()> {
    file.seek(SeekFrom::Start(start as u64))?;
    file.write_all(content.get(start..).unwrap_or_default())?;
    if file.metadata()?.len() != content.len() as u64 {
        file.set_len(content.len() as u64)?;
    }
    file.sync_all()
}

/// Where two contents begin to differ.
pub(super) fn differ(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Whether an open file holds exactly `content`, which is compared through this descriptor.
fn holds(file: &File, content: &[u8]) -> Result<bool, Refusal> {
    let mut file = OpenFile::vet(file.try_clone()?).map_err(|skip| Refusal::skip(&skip))?;
    let mut bytes = Zeroizing::new(Vec::new());
    let outcome = file.read_up_to(&mut bytes, content.len()).map_err(|skip| Refusal::skip(&skip))?;
    Ok(!outcome.truncated && **bytes == *content)
}

/// Asks for the room that a longer content takes, before a byte is written.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn reserve(file: &File, old: usize, new: usize) -> Result<(), Refusal> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    if new <= old {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::KEEP_SIZE, old as u64, (new - old) as u64) {
        Err(e @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG | Errno::IO)) => Err(Refusal::io(&e.into())),
        // Not every file system can; then a write that fails is taken back.
        _ => Ok(()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[allow(clippy::unnecessary_wraps, reason = "Linux can tell")]
fn reserve(_: &File, _: usize, _: usize) -> Result<(), Refusal> {
    Ok(())
}
