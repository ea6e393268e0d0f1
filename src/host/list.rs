//! Listing one folder.
//!
//! No recursion, no order, no filter: the walk above decides. The folder itself is opened without
//! following a link, so that a walk cannot be led out of its root by a swap.

use super::error::skip_of;
use crate::model::Skip;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a name in a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A symbolic link; on Windows a junction too.
    Symlink,
    /// A FIFO, socket or device.
    Other,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name, without its folder.
    pub name: OsString,
    /// What it is; told by the folder itself where the file system can, without another call.
    pub kind: Kind,
}

/// Visits every name in `dir`, without `.` and `..`, in the order of the file system.
///
/// A link in place of `dir` is not followed: resolve a root first. On error, names may have been
/// visited before it.
pub fn list(dir: &Path, visit: &mut dyn FnMut(Listed)) -> Result<(), Skip> {
    sys::list(dir, false, visit)
}

/// As [`list`], and no other part of `dir` may be a link either, where the system can promise that
/// (Linux from 5.6 on): what a swap puts in place of a folder above is not followed.
pub fn list_no_links(dir: &Path, visit: &mut dyn FnMut(Listed)) -> Result<(), Skip> {
    sys::list(dir, true, visit)
}

/// Where a link leads, as it is written in it; nothing is followed, and it may lead nowhere.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "links are this floor's business")]
pub fn link_target(link: &Path) -> Option<PathBuf> {
    std::fs::read_link(link).ok()
}

/// What a link-free look says of a path, where the folder did not tell.
fn look(path: &Path) -> Kind {
    std::fs::symlink_metadata(path).map_or(Kind::Other, |meta| kind(meta.file_type()))
}

fn kind(file_type: std::fs::FileType) -> Kind {
    if file_type.is_symlink() {
        Kind::Symlink
    } else if file_type.is_dir() {
        Kind::Dir
    } else if file_type.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}

#[cfg(unix)]
mod sys {
    use super::{Kind, Listed, look, skip_of};
    use crate::model::Skip;
    use rustix::fs::{FileType, Mode, OFlags};
    use rustix::io::Errno;
    use std::ffi::{CStr, OsStr};
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    pub(super) fn list(dir: &Path, no_links: bool, visit: &mut dyn FnMut(Listed)) -> Result<(), Skip> {
        // Listing a folder that lies in a cloud only would fetch it.
        #[cfg(target_os = "macos")]
        if std::fs::symlink_metadata(dir).is_ok_and(|meta| crate::host::open::is_placeholder(&meta)) {
            return Err(Skip::NotLocal);
        }
        let fd = open(dir, no_links).map_err(|e| skip_of(&e.into()))?;
        entries(fd, &mut |name, file_type| {
            let bytes = name.to_bytes();
            if bytes == b"." || bytes == b".." {
                return;
            }
            let name = OsStr::from_bytes(bytes);
            let kind = match file_type {
                FileType::RegularFile => Kind::File,
                FileType::Directory => Kind::Dir,
                FileType::Symlink => Kind::Symlink,
                FileType::Unknown => look(&dir.join(name)),
                _ => Kind::Other,
            };
            visit(Listed { name: name.to_owned(), kind });
        })
    }

    fn open(dir: &Path, no_links: bool) -> Result<OwnedFd, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        #[cfg(target_os = "linux")]
        if no_links {
            use rustix::fs::{CWD, ResolveFlags, openat2};
            let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            match rustix::io::retry_on_intr(|| openat2(CWD, dir, flags, Mode::empty(), resolve)) {
                // Older kernels and some containers do not know the call.
                Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => {}
                opened => return opened,
            }
        }
        let _ = no_links;
        rustix::io::retry_on_intr(|| rustix::fs::open(dir, flags, Mode::empty()))
    }

    /// Bytes of names taken from the kernel at a time; a name has 255 at most.
    #[cfg(target_os = "linux")]
    const CHUNK: usize = 32 << 10;

    #[cfg(target_os = "linux")]
    fn entries(fd: OwnedFd, visit: &mut dyn FnMut(&CStr, FileType)) -> Result<(), Skip> {
        let mut buffer: Vec<u8> = Vec::with_capacity(CHUNK);
        let mut names = rustix::fs::RawDir::new(fd, buffer.spare_capacity_mut());
        while let Some(entry) = names.next() {
            let entry = entry.map_err(|e| skip_of(&e.into()))?;
            visit(entry.file_name(), entry.file_type());
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn entries(fd: OwnedFd, visit: &mut dyn FnMut(&CStr, FileType)) -> Result<(), Skip> {
        for entry in rustix::fs::Dir::new(fd).map_err(|e| skip_of(&e.into()))? {
            let entry = entry.map_err(|e| skip_of(&e.into()))?;
            visit(entry.file_name(), entry.file_type());
        }
        Ok(())
    }
}

#[cfg(not(unix))]
mod sys {
    use super::{Listed, kind, look, skip_of};
    use crate::model::Skip;
    use std::path::Path;

    pub(super) fn list(dir: &Path, _: bool, visit: &mut dyn FnMut(Listed)) -> Result<(), Skip> {
        if look(dir) == super::Kind::Symlink {
            return Err(Skip::NotRegular("symbolic link"));
        }
        for entry in std::fs::read_dir(dir).map_err(|e| skip_of(&e))? {
            let entry = entry.map_err(|e| skip_of(&e))?;
            let kind = entry.file_type().map_or_else(|_| look(&entry.path()), kind);
            visit(Listed { name: entry.file_name(), kind });
        }
        Ok(())
    }
}
