//! The Unix half of opening: flags, kinds, facts of a descriptor.

use super::{Identity, regular};
use crate::model::Skip;
use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::{File, FileType, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt};
use std::path::Path;

/// Reading only; no link as last part; no wait for a FIFO's writer; no controlling terminal; not
/// handed to child processes.
fn flags() -> OFlags {
    OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    // A look before: opening or reading a file that lies in a cloud only would fetch it.
    #[cfg(target_os = "macos")]
    if is_placeholder(&std::fs::symlink_metadata(path)?) {
        return Err(Errno::STALE.into());
    }
    open_with(path, flags())
}

fn open_with(path: &Path, flags: OFlags) -> io::Result<File> {
    Ok(File::from(rustix::io::retry_on_intr(|| rustix::fs::open(path, flags, rustix::fs::Mode::empty()))?))
}

/// Whether [`open_no_links`] refuses links in every part of a path, not only the last.
pub(super) const REFUSES_ALL_LINKS: bool = cfg!(any(target_os = "linux", target_os = "macos"));

/// Opens a path none of whose parts is a link.
#[cfg(target_os = "linux")]
pub(super) fn open_no_links(path: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, ResolveFlags, openat2};
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let fd = rustix::io::retry_on_intr(|| openat2(CWD, path, flags(), Mode::empty(), resolve))?;
    Ok(File::from(fd))
}

/// Opens a path none of whose parts is a link.
#[cfg(target_os = "macos")]
pub(super) fn open_no_links(path: &Path) -> io::Result<File> {
    /// `O_NOFOLLOW_ANY` of macOS 11 and later, from `<sys/fcntl.h>`; excludes `O_NOFOLLOW`.
    const NOFOLLOW_ANY: u32 = 0x2000_0000;
    if is_placeholder(&std::fs::symlink_metadata(path)?) {
        return Err(Errno::STALE.into());
    }
    open_with(path, (flags() - OFlags::NOFOLLOW) | OFlags::from_bits_retain(NOFOLLOW_ANY))
}

/// Opens a path whose last part is no link; this system cannot promise more.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn open_no_links(path: &Path) -> io::Result<File> {
    open(path)
}

/// Whether the failure may come from a link, or from a kernel (before 5.6) or container that knows
/// no such open; then the path must be resolved first.
pub(super) fn may_be_link(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::LOOP | Errno::NOSYS | Errno::PERM | Errno::INVAL))
}

/// Whether the failure comes from a link and nothing else.
pub(super) fn is_link(error: &io::Error) -> bool {
    Errno::from_io_error(error) == Some(Errno::LOOP)
}

/// Refuses everything but a regular file that lies on this machine.
pub(super) fn vet(meta: &Metadata) -> Result<(), Skip> {
    regular(meta)?;
    #[cfg(target_os = "macos")]
    if is_placeholder(meta) {
        return Err(Skip::NotLocal);
    }
    Ok(())
}

/// Whether the content is in a cloud only: `SF_DATALESS` of `<sys/stat.h>`.
#[cfg(target_os = "macos")]
pub(in crate::host) fn is_placeholder(meta: &Metadata) -> bool {
    const SF_DATALESS: u32 = 0x4000_0000;
    std::os::macos::fs::MetadataExt::st_flags(meta) & SF_DATALESS != 0
}

pub(super) fn special(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "FIFO"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

pub(super) fn identity(meta: &Metadata) -> Identity {
    let time = |seconds: i64, nanoseconds: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    Identity {
        device: meta.dev(),
        inode: meta.ino(),
        size: meta.size(),
        mtime: time(meta.mtime(), meta.mtime_nsec()),
        ctime: time(meta.ctime(), meta.ctime_nsec()),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "Windows has none")]
pub(super) fn mode(meta: &Metadata) -> Option<u32> {
    Some(meta.mode() & 0o7777)
}

#[allow(clippy::unnecessary_wraps, reason = "Windows has none")]
pub(super) fn owner(meta: &Metadata) -> Option<(u32, u32)> {
    Some((meta.uid(), meta.gid()))
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn next_data(file: &File, offset: u64) -> Option<u64> {
    match rustix::fs::seek(file, rustix::fs::SeekFrom::Data(offset)) {
        Err(Errno::NXIO) => None,
        found => Some(found.unwrap_or(offset)),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
#[allow(clippy::unnecessary_wraps, reason = "others can tell")]
pub(super) fn next_data(_: &File, offset: u64) -> Option<u64> {
    Some(offset)
}

pub(super) fn read_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    file.read_at(buf, offset)
}
