//! A file that is going to be edited: where it really lies, whether it may be, what it holds now.

use super::sys::{self, Place};
use super::{Refusal, busy, in_place, swap};
use crate::host::open::{Identity, OpenFile};
use crate::host::write::{is_temporary_name, sibling};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// How a file's content is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A new file changes names with the old one, which is looked at once more before it goes.
    Exchange,
    /// A new file takes the old one's name.
    Rename,
    /// Written over, and why: there is an instant at which it is neither old nor new.
    InPlace(&'static str),
    /// A file that was not there.
    Create,
}

/// A file that is going to be edited: links resolved, vetted, its content read.
pub struct Patient {
    place: Place,
    identity: Identity,
    links: u64,
    bytes: Zeroizing<Vec<u8>>,
}

impl Patient {
    /// Vets and reads the file that `path` leads to, `max` bytes at most. Nothing is written.
    ///
    /// Links are followed wherever they lead: what counts is that the caller owns the file, may
    /// write it, and that nobody works on it.
    pub fn open(path: &Path, max: usize) -> Result<Self, Refusal> {
        let real = std::fs::canonicalize(path)?;
        let place = Place::at(&real)?;
        let mut file = place.read(place.name()).map_err(|skip| Refusal::skip(&skip))?;
        place.may_change(file.file())?;
        let mut bytes = Zeroizing::new(Vec::new());
        let outcome = file.read_up_to(&mut bytes, max).map_err(|skip| Refusal::skip(&skip))?;
        if outcome.truncated {
            return Err(Refusal::TooLarge);
        }
        if file.changed() {
            return Err(Refusal::Changed);
        }
        let links = sys::links(file.file());
        busy::editor(&real).or_else(|| busy::writer(&real, &file)).map_or(Ok(()), |who| Err(Refusal::InUse(who)))?;
        Ok(Self { identity: file.identity(), place, links, bytes })
    }

    /// Where it lies, links resolved.
    #[must_use]
    pub fn real(&self) -> &Path {
        self.place.real()
    }

    /// What it holds.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How it will be replaced, as far as that shows beforehand: a file whose attributes turn out not
    /// to be transferable is written in place whatever this says.
    #[must_use]
    pub fn method(&self) -> Method {
        self.place.method(self.links)
    }

    /// A name beside it that nobody can guess, for [`Patient::replace`]. Write it down before.
    pub fn temporary(&self) -> io::Result<PathBuf> {
        sibling(self.real())
    }

    /// Replaces its content, and nothing else about it but the time of change.
    ///
    /// The caller has a copy of the content in safety, since a file written in place is neither old
    /// nor new for an instant. `temporary` comes from [`Patient::temporary`]. An edit made since the
    /// file was read stays and is told as [`Refusal::Changed`]. Where names cannot be exchanged, an
    /// edit in the microsecond between the last look and the rename is lost. A file that is renamed
    /// gets a new number (inode); on Windows it has the access list of its folder.
    pub fn replace(self, new: &[u8], temporary: &Path) -> Result<(), Refusal> {
        if *new == **self.bytes {
            return Ok(());
        }
        let temporary = beside(self.real(), temporary)?;
        let old = self.again()?;
        busy::editor(self.real())
            .or_else(|| busy::writer(self.real(), &old))
            .map_or(Ok(()), |who| Err(Refusal::InUse(who)))?;
        if !matches!(self.method(), Method::InPlace(_)) && swap::swap(&self, old, new, temporary)? {
            return Ok(());
        }
        in_place::replace(&self, new)
    }

    /// Opens the file anew if it is in the state in which it was read.
    pub(super) fn again(&self) -> Result<OpenFile, Refusal> {
        let file = self.place.read(self.place.name()).map_err(|skip| Refusal::skip(&skip))?;
        if file.identity() == self.identity { Ok(file) } else { Err(Refusal::Changed) }
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    pub(super) fn identity(&self) -> Identity {
        self.identity
    }
}

/// The name of `temporary`, if it is one of ours in the folder of `real`: a journal that somebody
/// changed must not make caulk write or delete another file.
pub(super) fn beside<'a>(real: &Path, temporary: &'a Path) -> Result<&'a OsStr, Refusal> {
    temporary
        .file_name()
        .filter(|name| is_temporary_name(name) && temporary.parent() == real.parent())
        .ok_or(Refusal::Io(io::ErrorKind::InvalidInput))
}
