//! Pages as a reader sees them: from the WAL where it has a committed image, else from the main file.
//!
//! Holds the set of pages that were already claimed, which is what bounds every walk. Knows nothing
//! of what is on a page.

use super::header::Header;
use super::out::Out;
use super::wal::Wal;
use super::{PageSource, Part};
use crate::model::Limits;
use zeroize::Zeroizing;

/// Four bytes at `at`, big-endian; 0 where there are none.
pub(super) fn be32(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u32::from_be_bytes(*word))
}

/// Two bytes at `at`, big-endian; 0 where there are none.
pub(super) fn be16(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| usize::from(u16::from_be_bytes(*word)))
}

/// Reads until `buf` is full, the file ends or reading fails; gives the bytes read.
pub(super) fn fill(source: &dyn PageSource, offset: u64, buf: &mut [u8]) -> usize {
    let mut done = 0;
    while done < buf.len() {
        match source.read_at(offset.saturating_add(done as u64), &mut buf[done..]) {
            Ok(0) => break,
            Ok(count) => done = (done + count).min(buf.len()),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    done
}

/// A wiped buffer of `size` zeros.
pub(super) fn buffer(size: usize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(vec![0; size])
}

/// The pages of one database.
pub(super) struct Pages<'a> {
    db: &'a dyn PageSource,
    log: Option<&'a Wal<'a>>,
    /// Bytes of a page.
    pub(super) size: usize,
    /// Bytes of a page before its reserved region.
    pub(super) usable: usize,
    /// Highest page number that is looked at, in the main file or the WAL.
    pub(super) last: u32,
    /// Highest page number of the database as committed; the main file may still be longer.
    pub(super) visible: u32,
    /// Pages of the main file that are looked at, the last one perhaps cut short.
    pub(super) in_main: u32,
    seen: Vec<u64>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(
        db: &'a dyn PageSource,
        log: Option<&'a Wal<'a>>,
        header: &Header,
        limits: &Limits,
        out: &mut Out<'_>,
    ) -> Self {
        let bound = limits.database_pages.min(u64::from(u32::MAX - 1)) as u32;
        let in_file = db.len().div_ceil(header.page_size as u64);
        let in_log = log.map_or(0, Wal::highest_page);
        if in_file.max(u64::from(in_log)) > u64::from(bound) {
            out.problem("more pages than are read", u64::from(bound) * header.page_size as u64, true);
        }
        let in_main = in_file.min(u64::from(bound)) as u32;
        let last = in_main.max(in_log.min(bound));
        let committed = log.map_or(0, |log| log.db_size);
        let visible = if committed == 0 { last } else { committed.min(last) };
        let seen = vec![0; last as usize / 64 + 1];
        Self { db, log, size: header.page_size, usable: header.usable, last, visible, in_main, seen }
    }

    /// Marks a page of the database as looked at. False if it was before, or is no page of the database.
    pub(super) fn claim(&mut self, page: u32) -> bool {
        if page == 0 || page > self.visible || self.claimed(page) {
            return false;
        }
        self.seen[page as usize / 64] |= 1 << (page % 64);
        true
    }

    /// Whether a page up to `last` was claimed.
    pub(super) fn claimed(&self, page: u32) -> bool {
        self.seen[page as usize / 64] & (1 << (page % 64)) != 0
    }

    /// Reads the live image of a page; gives where it comes from, if it has rows, and the bytes read.
    pub(super) fn read(&self, page: u32, buf: &mut [u8]) -> (Part, usize) {
        match self.frame_of(page) {
            Some((log, frame)) => (Part::Wal, log.read(frame, buf)),
            None => (Part::Row, self.read_main(page, buf)),
        }
    }

    /// Reads the main file's image of a page; gives the bytes read.
    pub(super) fn read_main(&self, page: u32, buf: &mut [u8]) -> usize {
        if page == 0 || page > self.in_main { 0 } else { fill(self.db, self.offset(page), buf) }
    }

    /// Whether the page is in the main file or the WAL.
    pub(super) fn exists(&self, page: u32) -> bool {
        page <= self.in_main || self.frame_of(page).is_some()
    }

    /// Where the page starts in the main file.
    pub(super) fn offset(&self, page: u32) -> u64 {
        u64::from(page.saturating_sub(1)) * self.size as u64
    }

    /// The WAL and the frame that holds the page's live image.
    pub(super) fn frame_of(&self, page: u32) -> Option<(&'a Wal<'a>, u32)> {
        let log = self.log.filter(|_| page <= self.last)?;
        log.frame_of(page).map(|frame| (log, frame))
    }

    /// Pages whose live image is in the WAL, ascending.
    pub(super) fn in_log(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.log.into_iter().flat_map(Wal::pages)
    }
}
