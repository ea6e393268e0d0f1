//! A cell's payload, put together from its page and its overflow pages (file format 1.7).
//!
//! A sliding window of bounded size over it. Knows no columns; gives the slack behind the last byte
//! and claims each page of the chain, so that a chain that loops or is shared ends.

use super::Part;
use super::out::{Out, make_room};
use super::pages::{Pages, be32, buffer};
use crate::model::Limits;
use zeroize::Zeroizing;

/// The buffers of a payload. Reused from cell to cell.
pub(super) struct Window {
    bytes: Zeroizing<Vec<u8>>,
    page: Zeroizing<Vec<u8>>,
    /// Most bytes of one value that are given at once; even, for UTF-16.
    pub(super) piece: u64,
    /// Bytes by which pieces overlap; even, at most half a piece.
    pub(super) overlap: u64,
}

impl Window {
    pub(super) fn new(page_size: usize, limits: &Limits) -> Self {
        let piece = limits.cell_bytes.max(512) as u64 & !1;
        let overlap = (limits.overlap_bytes as u64).min(piece / 2) & !1;
        Self { bytes: Zeroizing::default(), page: buffer(page_size), piece, overlap }
    }
}

/// One payload being read from front to back.
pub(super) struct Payload<'p> {
    window: &'p mut Window,
    local: &'p [u8],
    /// Bytes of the whole, as the cell says.
    pub(super) total: u64,
    /// The next overflow page; 0: none.
    next: u32,
    /// Bytes of the payload that were read, or skipped.
    loaded: u64,
    /// Payload offset of the window's first byte.
    start: u64,
    /// Page the cell is on.
    page: u32,
}

impl<'p> Payload<'p> {
    /// A payload of `total` bytes whose first ones are `local` and which goes on at page `overflow`.
    pub(super) fn new(window: &'p mut Window, local: &'p [u8], total: u64, overflow: u32, page: u32) -> Self {
        window.bytes.clear();
        Self { window, local, total, next: overflow, loaded: local.len() as u64, start: 0, page }
    }

    /// Most bytes of one value that are given at once, and by how many the pieces overlap.
    pub(super) fn pieces(&self) -> (u64, u64) {
        (self.window.piece, self.window.overlap)
    }

    /// The bytes from `from` to `to`, fewer where the chain breaks, none where the window has moved past `from`.
    pub(super) fn view(&mut self, pages: &mut Pages<'_>, out: &mut Out<'_>, from: u64, to: u64) -> &[u8] {
        let to = to.min(self.total);
        if from >= to || from < self.start {
            return &[];
        }
        if to <= self.local.len() as u64 {
            return &self.local[from as usize..to as usize];
        }
        if self.start == 0 && self.window.bytes.is_empty() {
            make_room(&mut self.window.bytes, self.local.len());
            self.window.bytes.extend_from_slice(self.local);
        }
        while self.loaded < to {
            if to - self.start > self.window.piece {
                let gone = (from - self.start).min(self.window.bytes.len() as u64);
                self.window.bytes.drain(..gone as usize);
                self.start += gone;
            }
            if !self.load(pages, out, true) {
                break;
            }
        }
        let len = self.window.bytes.len() as u64;
        let (begin, end) = ((from - self.start).min(len), (to - self.start).min(len));
        &self.window.bytes[begin as usize..end as usize]
    }

    /// Follows the rest of the chain without keeping it, for its slack and so that its pages count as used.
    pub(super) fn finish(mut self, pages: &mut Pages<'_>, out: &mut Out<'_>) {
        while self.load(pages, out, false) {}
        if self.loaded < self.total {
            out.problem("overflow chain breaks off", pages.offset(self.page), false);
        }
    }

    /// Reads one overflow page; false at the end of the chain.
    fn load(&mut self, pages: &mut Pages<'_>, out: &mut Out<'_>, keep: bool) -> bool {
        let number = std::mem::take(&mut self.next);
        if self.loaded >= self.total || !pages.claim(number) {
            return false;
        }
        let Window { bytes, page, .. } = &mut *self.window;
        let (_, got) = pages.read(number, page);
        out.pages += 1;
        if got < page.len() {
            out.problem("page cannot be read whole", pages.offset(number), false);
            out.raw(Part::FreeSpace, number, &page[..got]);
            return false;
        }
        self.next = be32(page, 0);
        let room = pages.usable - 4;
        let taken = usize::try_from(self.total - self.loaded).unwrap_or(room).min(room);
        if keep {
            make_room(bytes, taken);
            bytes.extend_from_slice(&page[4..4 + taken]);
        }
        self.loaded += taken as u64;
        // Behind the last byte of a payload lies what the page held before; elsewhere only the reserved region.
        out.raw(Part::FreeSpace, number, &page[4 + taken..]);
        true
    }
}
