//! One b-tree page: its kind, its cells, and what of it no cell uses (file format 1.6).
//!
//! Free space is what is left when header, pointer array and sound cells are taken away, so the chain
//! of free blocks is never followed: gap, free blocks and fragments fall out alike, and so does a cell
//! that makes no sense. Follows no pointer to another page.

use super::pages::{be16, be32};
use super::record::{page_number, varint};
use std::ops::Range;

/// The four kinds of b-tree page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    IndexInterior,
    TableInterior,
    IndexLeaf,
    TableLeaf,
}

/// A cell of a page.
pub(super) struct PageCell {
    /// Its bytes on the page.
    pub(super) span: Range<usize>,
    /// Left child; 0 on a leaf.
    pub(super) child: u32,
    /// Row id; table leaves only.
    pub(super) rowid: Option<i64>,
    /// Its payload, if cells of this kind have one.
    pub(super) payload: Option<CellPayload>,
}

/// Where the payload of a cell is.
pub(super) struct CellPayload {
    /// Bytes of the whole payload.
    pub(super) total: u64,
    /// The part on this page.
    pub(super) local: Range<usize>,
    /// First overflow page; 0: all is on this page.
    pub(super) overflow: u32,
}

/// A page that was taken apart. Reused from page to page.
#[derive(Default)]
pub(super) struct Layout {
    /// Cells in the order of the pointer array, which is key order.
    pub(super) cells: Vec<PageCell>,
    /// Right-most child; 0 on a leaf.
    pub(super) right_child: u32,
    /// Areas no live cell uses, ascending.
    pub(super) free: Vec<Range<usize>>,
    /// Whether every cell pointer led to a cell of its own.
    pub(super) sound: bool,
    by_start: Vec<(usize, usize)>,
}

impl Layout {
    /// Takes a whole page apart; none if it is not a b-tree page. `usable` is where its reserved region starts.
    pub(super) fn parse(&mut self, page: &[u8], number: u32, usable: usize) -> Option<Kind> {
        // The database header stands in front of the b-tree header of page 1.
        let start = if number == 1 { super::header::BYTES } else { 0 };
        let kind = match page.get(start)? {
            2 => Kind::IndexInterior,
            5 => Kind::TableInterior,
            10 => Kind::IndexLeaf,
            13 => Kind::TableLeaf,
            _ => return None,
        };
        let interior = matches!(kind, Kind::IndexInterior | Kind::TableInterior);
        let array = start + if interior { 12 } else { 8 };
        self.right_child = if interior { be32(page, start + 8) } else { 0 };
        let stated = be16(page, start + 3);
        let count = stated.min((usable - array) / 2);
        let content = array + 2 * count;
        self.sound = count == stated;
        self.cells.clear();
        for at in 0..count {
            let offset = be16(page, array + 2 * at);
            let cell = if offset < content { None } else { cell(page.get(..usable)?, offset, kind, usable) };
            match cell {
                Some(cell) => self.cells.push(cell),
                None => self.sound = false,
            }
        }
        self.keep_distinct(usable - content);
        self.find_free(content, usable);
        // The reserved region belongs to nobody SQLite knows.
        self.free.push(usable..page.len());
        Some(kind)
    }

    /// Drops cells that share their start with another or that together exceed the page: however many
    /// pointers a hostile page has, no more bytes than the page has are given.
    fn keep_distinct(&mut self, room: usize) {
        self.sort_by_start();
        let mut drop: Vec<usize> = Vec::new();
        for pair in self.by_start.windows(2) {
            if pair[0].0 == pair[1].0 {
                drop.push(pair[1].1);
            }
        }
        drop.sort_unstable();
        let (mut at, mut used) = (0, 0);
        let before = self.cells.len();
        self.cells.retain(|cell| {
            let distinct = drop.binary_search(&at).is_err();
            at += 1;
            let keep = distinct && used + cell.span.len() <= room;
            used += if keep { cell.span.len() } else { 0 };
            keep
        });
        if self.cells.len() < before {
            self.sound = false;
            self.sort_by_start();
        }
    }

    fn sort_by_start(&mut self) {
        self.by_start.clear();
        self.by_start.extend(self.cells.iter().enumerate().map(|(index, cell)| (cell.span.start, index)));
        self.by_start.sort_unstable();
    }

    fn find_free(&mut self, content: usize, usable: usize) {
        self.free.clear();
        let mut at = content;
        for (_, index) in &self.by_start {
            let span = &self.cells[*index].span;
            if span.start > at {
                self.free.push(at..span.start);
            }
            at = at.max(span.end);
        }
        if at < usable {
            self.free.push(at..usable);
        }
    }
}

/// Reads the cell at `offset` of a page without its reserved region; none if it does not fit.
fn cell(page: &[u8], offset: usize, kind: Kind, usable: usize) -> Option<PageCell> {
    let mut at = offset;
    let mut child = 0;
    if matches!(kind, Kind::IndexInterior | Kind::TableInterior) {
        child = page_number(page, at)?;
        at += 4;
    }
    let (first, taken) = varint(page.get(at..)?)?;
    at += taken;
    if kind == Kind::TableInterior {
        return Some(PageCell { span: offset..at, child, rowid: None, payload: None });
    }
    let mut rowid = None;
    if kind == Kind::TableLeaf {
        let (value, taken) = varint(page.get(at..)?)?;
        rowid = Some(value.cast_signed());
        at += taken;
    }
    let local = local_bytes(first, kind, usable);
    let mut end = at.checked_add(local).filter(|end| *end <= page.len())?;
    let local = at..end;
    let mut overflow = 0;
    if (local.len() as u64) < first {
        overflow = page_number(page, end)?;
        end += 4;
    }
    // No cell is smaller than four bytes, so that a free block fits in its place.
    let end = end.max(offset + 4).min(page.len());
    Some(PageCell { span: offset..end, child, rowid, payload: Some(CellPayload { total: first, local, overflow }) })
}

/// Bytes of a payload that are kept on the b-tree page, by the formula at the end of 1.6.
fn local_bytes(total: u64, kind: Kind, usable: usize) -> usize {
    let most = if kind == Kind::TableLeaf { usable - 35 } else { (usable - 12) * 64 / 255 - 23 };
    if total <= most as u64 {
        return total as usize;
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let fitting = least + ((total - least as u64) % (usable as u64 - 4)) as usize;
    if fitting <= most { fitting } else { least }
}
