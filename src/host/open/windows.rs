//! The Windows half of opening: reparse points, placeholders, facts of a handle.

use super::{Identity, regular};
use crate::model::Skip;
use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

/// `FILE_FLAG_OPEN_REPARSE_POINT`: a link or placeholder itself is opened, not what it stands for.
const OPEN_REPARSE_POINT: u32 = 0x0020_0000;
/// `FILE_ATTRIBUTE_REPARSE_POINT`.
const REPARSE_POINT: u32 = 0x0000_0400;
/// `FILE_ATTRIBUTE_OFFLINE`, `_RECALL_ON_OPEN`, `_RECALL_ON_DATA_ACCESS`: the content is elsewhere.
const ELSEWHERE: u32 = 0x0000_1000 | 0x0004_0000 | 0x0040_0000;

pub(super) fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(OPEN_REPARSE_POINT).open(path)?;
    let meta = file.metadata()?;
    let attributes = meta.file_attributes();
    let plain = attributes & REPARSE_POINT == 0 || meta.file_type().is_symlink() || attributes & ELSEWHERE != 0;
    // Deduplicated and compressed files are reparse points that only a second open reads through;
    // links and placeholders stay as they are and are refused by the caller.
    if plain { Ok(file) } else { OpenOptions::new().read(true).open(path) }
}

/// Whether [`open_no_links`] refuses links in every part of a path, not only the last.
pub(super) const REFUSES_ALL_LINKS: bool = false;

pub(super) fn open_no_links(path: &Path) -> io::Result<File> {
    open(path)
}

pub(super) fn may_be_link(_: &io::Error) -> bool {
    false
}

pub(super) fn is_link(_: &io::Error) -> bool {
    false
}

/// Refuses everything but a regular file that lies on this machine.
pub(super) fn vet(meta: &Metadata) -> Result<(), Skip> {
    regular(meta)?;
    if meta.file_attributes() & ELSEWHERE == 0 { Ok(()) } else { Err(Skip::NotLocal) }
}

pub(super) fn special(_: FileType) -> &'static str {
    "device"
}

pub(super) fn identity(meta: &Metadata) -> Identity {
    // Both count in steps of 100 nanoseconds.
    let time = |ticks: u64| i128::from(ticks) * 100;
    Identity {
        device: 0,
        inode: 0,
        size: meta.file_size(),
        mtime: time(meta.last_write_time()),
        ctime: time(meta.creation_time()),
    }
}

pub(super) fn mode(_: &Metadata) -> Option<u32> {
    None
}

pub(super) fn owner(_: &Metadata) -> Option<(u32, u32)> {
    None
}

#[allow(clippy::unnecessary_wraps, reason = "Unix can tell")]
pub(super) fn next_data(_: &File, offset: u64) -> Option<u64> {
    Some(offset)
}

pub(super) fn read_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    file.seek_read(buf, offset)
}
