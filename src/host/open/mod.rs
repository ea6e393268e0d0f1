//! Opening a file of the machine under scan, so that nothing happens but reading.
//!
//! What is opened is a regular file and stays the one that was vetted: kind and size come from the
//! descriptor, never from a look before. FIFOs, devices, sockets, links that lead out of the root
//! and placeholders of cloud folders are refused. No format is known here.

#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(unix)]
use unix as sys;
#[cfg(not(unix))]
use windows as sys;

use super::error::skip_of;
use super::mounts::Mounts;
use crate::model::Skip;
use std::fs::{File, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use zeroize::Zeroize;

#[cfg(target_os = "macos")]
pub(super) use unix::is_placeholder;

/// The reason given for a link that is not followed.
pub const LEADS_OUT: &str = "a link that leads out of the root";

/// Bytes asked for at least, so that a file that grew, or whose size reads as 0, needs no second call.
const LEAST_READ: usize = 4096;

/// What tells one state of a file from another.
///
/// On Windows `device` and `inode` are 0 (the standard library has them on nightly only): there the
/// path belongs to the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The file system.
    pub device: u64,
    /// The file in it.
    pub inode: u64,
    /// Bytes.
    pub size: u64,
    /// When the content changed, nanoseconds since 1970 (on Windows: since 1601).
    pub mtime: i128,
    /// When content or attributes changed; on Windows: when it was made.
    pub ctime: i128,
}

/// How a read ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the file has more bytes than were asked for.
    pub truncated: bool,
}

/// A regular file, open for reading only.
pub struct OpenFile {
    file: File,
    identity: Identity,
    mode: Option<u32>,
    owner: Option<(u32, u32)>,
}

/// Opens a regular file. A link as the last part of `path` is refused; links before it are not
/// looked at (see [`open_within`]).
///
/// A FIFO or device is refused before it is opened: opening one lets its waiting writer go on. One
/// that comes in between does not block and is refused after.
pub fn open(path: &Path) -> Result<OpenFile, Skip> {
    sys::vet(&std::fs::symlink_metadata(path).map_err(|e| skip_of(&e))?)?;
    sys::open(path).map_err(|e| skip_of(&e)).and_then(OpenFile::vet)
}

/// Opens a regular file that lies inside one of `roots`, links resolved.
///
/// A link anywhere in `path` is followed when it ends at a regular file inside a root, and refused
/// as [`LEADS_OUT`] otherwise. What is opened is the resolved path with links switched off, so a
/// swap in between gives an error, not another file (on Linux before 5.6 and on Windows the last
/// part only). A FIFO or device is refused before it is opened.
pub fn open_within(roots: &Roots, path: &Path) -> Result<OpenFile, Skip> {
    let meta = std::fs::symlink_metadata(path).map_err(|e| skip_of(&e))?;
    if !meta.file_type().is_symlink() {
        sys::vet(&meta)?;
        if roots.contains(path) && sys::REFUSES_ALL_LINKS {
            match sys::open_no_links(path) {
                Ok(file) => return OpenFile::vet(file),
                Err(e) if sys::may_be_link(&e) => {}
                Err(e) => return Err(skip_of(&e)),
            }
        }
    }
    let real = std::fs::canonicalize(path).map_err(|e| skip_of(&e))?;
    if !roots.contains(&real) {
        return Err(Skip::NotRegular(LEADS_OUT));
    }
    if roots.mounts.is_remote(&real) {
        return Err(Skip::NotLocal);
    }
    sys::vet(&std::fs::symlink_metadata(&real).map_err(|e| skip_of(&e))?)?;
    match sys::open_no_links(&real) {
        // A link where all were resolved a moment ago: somebody swaps folders under the look.
        Err(e) if sys::is_link(&e) => Err(Skip::ChangedWhileReading),
        Err(e) if sys::may_be_link(&e) => open(&real),
        opened => opened.map_err(|e| skip_of(&e)).and_then(OpenFile::vet),
    }
}

/// Opens what a listing below a root, links resolved, called a regular file.
///
/// As [`open_within`] without its look before: one call to the system. A part of the path that has
/// become a link since is followed only inside the roots.
pub fn open_listed(roots: &Roots, path: &Path) -> Result<OpenFile, Skip> {
    if sys::REFUSES_ALL_LINKS && roots.contains(path) {
        match sys::open_no_links(path) {
            Ok(file) => return OpenFile::vet(file),
            Err(e) if sys::may_be_link(&e) => {}
            Err(e) => return Err(skip_of(&e)),
        }
    }
    open_within(roots, path)
}

/// The folders (or files) that a scan may read in, links resolved.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    real: Vec<PathBuf>,
    mounts: Mounts,
}

impl Roots {
    /// Resolves `paths`; those that do not exist are left out.
    #[must_use]
    pub fn new(paths: &[PathBuf]) -> Self {
        let real = paths.iter().filter_map(|path| std::fs::canonicalize(path).ok()).collect();
        Self { real, mounts: Mounts::default() }
    }

    /// Refuses links to network mounts among `mounts` too.
    #[must_use]
    pub fn avoiding(mut self, mounts: Mounts) -> Self {
        self.mounts = mounts;
        self
    }

    /// The resolved roots, in the order given.
    #[must_use]
    pub fn paths(&self) -> &[PathBuf] {
        &self.real
    }

    /// Whether `path` lies in a root by its text alone; a path with `..` never does.
    #[must_use]
    pub fn contains(&self, path: &Path) -> bool {
        let (text, mut roots) = (path.as_os_str().as_encoded_bytes(), self.real.iter());
        // Asked for every file. Two dots side by side are rare enough to look closer only then.
        let climbs =
            memchr::memmem::find(text, b"..").is_some() && path.components().any(|part| part == Component::ParentDir);
        !climbs
            && roots.any(|root| is_plainly_below(text, root.as_os_str().as_encoded_bytes()) || path.starts_with(root))
    }
}

/// Whether a path goes on where `root` ends; a path written in another way may be below all the same.
fn is_plainly_below(path: &[u8], root: &[u8]) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest[0] == b'/' || root.ends_with(b"/"))
}

impl OpenFile {
    /// Takes an opened file if it is a regular one that lies on this machine.
    pub(super) fn vet(file: File) -> Result<Self, Skip> {
        let meta = file.metadata().map_err(|e| skip_of(&e))?;
        sys::vet(&meta)?;
        Ok(Self { file, identity: sys::identity(&meta), mode: sys::mode(&meta), owner: sys::owner(&meta) })
    }

    /// Bytes, when it was opened.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.identity.size
    }

    /// Whether it had no bytes when it was opened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.identity.size == 0
    }

    /// Which state of which file this is, when it was opened.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// When it had last changed when it was opened; `None` before 1970.
    #[must_use]
    pub fn modified(&self) -> Option<std::time::SystemTime> {
        let nanoseconds = u64::try_from(self.identity.mtime).ok()?;
        Some(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_nanos(nanoseconds))
    }

    /// Permission bits with the set-id and sticky bits, on Unix.
    #[must_use]
    pub fn mode(&self) -> Option<u32> {
        self.mode
    }

    /// The owner's numeric id, on Unix.
    #[must_use]
    pub fn uid(&self) -> Option<u32> {
        self.owner.map(|(uid, _)| uid)
    }

    /// The group's numeric id, on Unix.
    #[must_use]
    pub fn gid(&self) -> Option<u32> {
        self.owner.map(|(_, gid)| gid)
    }

    /// The descriptor itself.
    pub(super) fn into_file(self) -> File {
        self.file
    }

    /// The descriptor, for attributes.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Reads from the start until the end, `max` bytes at most, into `buf`, whose old content is
    /// replaced. One call to the system for a file that did not grow.
    ///
    /// The buffer is meant to be reused. Where it must grow, what it held is wiped; the caller wipes
    /// it in the end. On error it is left empty.
    pub fn read_up_to(&mut self, buf: &mut Vec<u8>, max: usize) -> Result<Outcome, Skip> {
        let size = usize::try_from(self.len()).unwrap_or(usize::MAX);
        fit(buf, size.max(LEAST_READ - 1).min(max).saturating_add(1));
        let mut filled = 0;
        loop {
            if filled == buf.len() {
                if filled > max {
                    break;
                }
                let more = filled.saturating_mul(2).max(LEAST_READ).min(max.saturating_add(1));
                grow(buf, more);
            }
            let read = self.read_once(filled as u64, &mut buf[filled..]).map_err(|e| {
                buf.clear();
                skip_of(&e)
            })?;
            filled += read;
            // Fewer bytes than asked for, at the size that was told: the end. (A size of 0 tells nothing:
            // files of `/proc` have it.)
            if read == 0 || (filled == size && size > 0 && filled < buf.len()) {
                break;
            }
        }
        buf.truncate(filled.min(max));
        Ok(Outcome { truncated: filled > max })
    }

    /// Fills `buf` from `offset`; gives how many bytes there were, fewer only at the end.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, Skip> {
        let mut filled = 0;
        while filled < buf.len() {
            let at = offset.saturating_add(filled as u64);
            match self.read_once(at, &mut buf[filled..]).map_err(|e| skip_of(&e))? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Where the next bytes that are more than a hole begin, at or after `offset`; `None` at the end.
    ///
    /// A sparse file may claim eight exbibytes and hold a line. Where the file system cannot tell,
    /// `offset` itself.
    #[must_use]
    pub fn next_data(&self, offset: u64) -> Option<u64> {
        sys::next_data(&self.file, offset)
    }

    /// Whether the file is another state of itself now than when it was opened.
    #[must_use]
    pub fn changed(&self) -> bool {
        self.file.metadata().map_or(true, |meta| sys::identity(&meta) != self.identity)
    }

    fn read_once(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match sys::read_at(&self.file, offset, buf) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

/// Which state of which file metadata tells.
pub(super) fn identity_of(meta: &Metadata) -> Identity {
    sys::identity(meta)
}

/// Whether metadata is of a regular file, and if not, what it is of.
fn regular(meta: &Metadata) -> Result<(), Skip> {
    let kind = meta.file_type();
    if kind.is_file() {
        Ok(())
    } else if kind.is_dir() {
        Err(Skip::NotRegular("directory"))
    } else if kind.is_symlink() {
        Err(Skip::NotRegular("symbolic link"))
    } else {
        Err(Skip::NotRegular(sys::special(kind)))
    }
}

/// Makes `buf` exactly `len` long without leaving its old content in freed memory.
fn fit(buf: &mut Vec<u8>, len: usize) {
    if buf.capacity() < len {
        buf.zeroize();
        *buf = Vec::with_capacity(len);
    }
    buf.resize(len, 0);
}

/// The same, keeping the content.
fn grow(buf: &mut Vec<u8>, len: usize) {
    if buf.capacity() < len {
        let mut larger = Vec::with_capacity(len);
        larger.extend_from_slice(buf);
        buf.zeroize();
        *buf = larger;
    }
    buf.resize(len, 0);
}
