//! Trees, from the schema down to columns (file format 1.6, 2.1, 2.4, 2.6).
//!
//! Rows of tables are given column by column. An index repeats its table's rows, so only its free
//! space is given. Walks with a list of pages to do, not by recursion; each page is claimed first.

use super::Part;
use super::btree::{CellPayload, Kind, Layout, PageCell};
use super::out::{Out, Place, push_utf8};
use super::pages::{Pages, buffer};
use super::payload::{Payload, Window};
use super::record::{self, Column, LONGEST_HEADER};
use crate::model::Limits;
use std::io::Write;
use zeroize::Zeroizing;

/// Name of the table that lists the others.
const SCHEMA: &str = "sqlite_schema";
/// Trees that are walked by their name; the pages of further ones are given as raw text.
const MOST_TREES: usize = 1 << 16;
/// Bytes of a table's name that are kept.
const LONGEST_NAME: usize = 255;
/// Bytes of a row's key that are given.
const LONGEST_KEY: usize = 1024;

/// A tree the schema names.
#[derive(Default)]
struct Tree {
    name: String,
    root: u32,
    index: bool,
}

/// What is reused from page to page.
struct Walker {
    page: Zeroizing<Vec<u8>>,
    layout: Layout,
    todo: Vec<u32>,
    window: Window,
    row: Row,
}

/// What is reused from row to row.
#[derive(Default)]
struct Row {
    columns: Vec<Column>,
    key: Zeroizing<Vec<u8>>,
    word: Zeroizing<Vec<u8>>,
}

/// Walks the schema and every tree it names.
pub(super) fn tables(pages: &mut Pages<'_>, out: &mut Out<'_>, limits: &Limits) {
    let mut walker = Walker {
        page: buffer(pages.size),
        layout: Layout::default(),
        todo: Vec::new(),
        window: Window::new(pages.size, limits),
        row: Row::default(),
    };
    let schema = Tree { name: SCHEMA.to_owned(), root: 1, index: false };
    let mut trees = Vec::new();
    walker.tree(pages, out, &schema, Some(&mut trees));
    for tree in &trees {
        walker.tree(pages, out, tree, None);
    }
}

impl Walker {
    fn tree(&mut self, pages: &mut Pages<'_>, out: &mut Out<'_>, tree: &Tree, mut trees: Option<&mut Vec<Tree>>) {
        self.todo.clear();
        self.add(pages, out, tree.root, 1);
        while let Some(number) = self.todo.pop() {
            let (part, got) = pages.read(number, &mut self.page);
            out.pages += 1;
            let kind = if got < self.page.len() { None } else { self.layout.parse(&self.page, number, pages.usable) };
            let Some(kind) = kind else {
                out.problem("page of a tree cannot be read", pages.offset(number), false);
                out.raw(Part::FreeSpace, number, &self.page[..got]);
                continue;
            };
            if !self.layout.sound {
                out.problem("cells of a page overlap or leave it", pages.offset(number), false);
            }
            if matches!(kind, Kind::TableInterior | Kind::IndexInterior) {
                self.children(pages, out, number);
            }
            // An index that is none would otherwise be a place to hide rows in.
            let content = !tree.index || matches!(kind, Kind::TableLeaf | Kind::TableInterior);
            let Self { page, layout, window, row, .. } = self;
            for cell in &layout.cells {
                let Some(CellPayload { total, local, overflow }) = &cell.payload else { continue };
                let mut payload = Payload::new(window, &page[local.clone()], *total, *overflow, number);
                if content {
                    let place = Place { part, table: Some(&tree.name), key: None, column: 0, page: number };
                    row.read(pages, out, place, cell, &mut payload, trees.as_deref_mut());
                }
                payload.finish(pages, out);
            }
            for area in &layout.free {
                out.raw(Part::FreeSpace, number, &page[area.clone()]);
            }
        }
    }

    /// Adds the children of the page just parsed, so that the left-most is next.
    fn children(&mut self, pages: &mut Pages<'_>, out: &mut Out<'_>, parent: u32) {
        let first = self.todo.len();
        for at in 0..self.layout.cells.len() {
            let child = self.layout.cells[at].child;
            self.add(pages, out, child, parent);
        }
        self.add(pages, out, self.layout.right_child, parent);
        self.todo[first..].reverse();
    }

    fn add(&mut self, pages: &mut Pages<'_>, out: &mut Out<'_>, page: u32, parent: u32) {
        if pages.claim(page) {
            self.todo.push(page);
        } else {
            out.problem("page number used twice or out of range", pages.offset(parent), false);
        }
    }
}

impl Row {
    /// Gives the columns of one record, and keeps what a record of the schema says.
    fn read(
        &mut self,
        pages: &mut Pages<'_>,
        out: &mut Out<'_>,
        place: Place<'_>,
        cell: &PageCell,
        payload: &mut Payload<'_>,
        trees: Option<&mut Vec<Tree>>,
    ) {
        let covered = self.header(pages, out, payload);
        if covered.is_none() {
            self.columns.clear();
            out.problem("malformed record", pages.offset(place.page), false);
        }
        self.name(pages, out, cell.rowid, payload);
        let Self { columns, key, word } = self;
        let place = Place { key: (!key.is_empty()).then_some(key.as_slice()), ..place };
        let mut tree = Tree::default();
        for (number, column) in columns.iter().enumerate() {
            if column.is_bytes() && column.len > 0 {
                let place = Place { column: number, ..place };
                let range = column.start..column.start + column.len;
                pieces(pages, out, payload, range, |out, bytes| {
                    if column.is_text() { out.text(place, bytes) } else { out.blob(place, bytes) }
                });
            }
            if trees.is_some() && number < 4 {
                let bytes = payload.view(pages, out, column.start, column.start + column.len.min(1024));
                note_schema(&mut tree, number, *column, bytes, out, word);
            }
        }
        // What no column covers: nothing in a sound record, all of it in a malformed one.
        let place = Place { column: columns.len(), ..place };
        pieces(pages, out, payload, covered.unwrap_or(0)..payload.total, |out, bytes| out.unknown(place, bytes));
        if let Some(trees) = trees
            && tree.root > 0
        {
            if trees.len() < MOST_TREES {
                trees.push(tree);
            } else {
                out.problem("more tables than are named", pages.offset(place.page), true);
            }
        }
    }

    /// Reads the record's header; gives the end of its last column.
    fn header(&mut self, pages: &mut Pages<'_>, out: &mut Out<'_>, payload: &mut Payload<'_>) -> Option<u64> {
        let (length, _) = record::varint(payload.view(pages, out, 0, 9))?;
        let total = payload.total;
        if length == 0 || length > total.min(LONGEST_HEADER) {
            return None;
        }
        let header = payload.view(pages, out, 0, length);
        if header.len() as u64 != length {
            return None;
        }
        record::columns(header, total, &mut self.columns)
    }

    /// Sets the row's key.
    fn name(&mut self, pages: &mut Pages<'_>, out: &mut Out<'_>, rowid: Option<i64>, payload: &mut Payload<'_>) {
        self.key.clear();
        let mut number = rowid;
        if let Some(first) = self.columns.first().copied().filter(|_| rowid.is_none() || self.columns.len() == 2) {
            let longest = if first.is_text() { LONGEST_KEY as u64 } else { LONGEST_KEY as u64 / 2 };
            let bytes = payload.view(pages, out, first.start, first.start + first.len.min(longest));
            if first.is_text() {
                push_utf8(bytes, out.encoding, &mut self.key);
                self.key.truncate(LONGEST_KEY);
            } else if first.is_bytes() {
                push_utf8(bytes, super::header::Encoding::Utf8, &mut self.key);
            } else if rowid.is_none() {
                number = first.integer(bytes);
            }
        }
        if let Some(number) = number.filter(|_| self.key.is_empty()) {
            // Writing to memory cannot fail.
            let _ = write!(self.key, "{number}");
        }
    }
}

/// Gives a range of a payload in overlapping pieces.
fn pieces(
    pages: &mut Pages<'_>,
    out: &mut Out<'_>,
    payload: &mut Payload<'_>,
    range: std::ops::Range<u64>,
    mut give: impl FnMut(&mut Out<'_>, &[u8]),
) {
    let (piece, overlap) = payload.pieces();
    let mut at = range.start;
    while at < range.end {
        let to = range.end.min(at.saturating_add(piece));
        let bytes = payload.view(pages, out, at, to);
        // Where the chain broke there is nothing behind the overlap.
        if at == range.start || bytes.len() as u64 > overlap {
            give(out, bytes);
        }
        if to == range.end || (bytes.len() as u64) < to - at {
            return;
        }
        at = to - overlap;
    }
}

/// Keeps type, name and root page of a row of the schema: `type, name, tbl_name, rootpage, sql`.
fn note_schema(
    tree: &mut Tree,
    number: usize,
    column: Column,
    bytes: &[u8],
    out: &Out<'_>,
    word: &mut Zeroizing<Vec<u8>>,
) {
    if number == 3 {
        tree.root = column.integer(bytes).and_then(|root| u32::try_from(root).ok()).unwrap_or(0);
        return;
    }
    word.clear();
    push_utf8(bytes, out.encoding, word);
    if number == 0 {
        tree.index = word.as_slice() == b"index";
    } else if number == 1 {
        tree.name = String::from_utf8_lossy(word).into_owned();
        let fits = |end: &usize| tree.name.is_char_boundary(*end);
        let end = (0..=LONGEST_NAME.min(tree.name.len())).rev().find(fits).unwrap_or(0);
        tree.name.truncate(end);
    }
}
