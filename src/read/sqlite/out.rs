//! What was found, on its way to the caller: text in UTF-8, raw areas without their zeros.
//!
//! The only place that calls the visitor and keeps the first problem. Decides nothing about pages.

use super::header::Encoding;
use super::pages::{buffer, fill};
use super::{Cell, PageSource, Part};
use crate::model::Limits;
use crate::read::Problem;
use memchr::memmem;
use zeroize::Zeroizing;

/// Shorter raw areas are not given: no credential that can be told without its field is that short.
const SMALLEST_RAW: usize = 8;
/// A run of zeros this long parts two raw areas.
const ZERO_RUN: [u8; 16] = [0; 16];

/// Everything of a [`Cell`] but its value.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) part: Part,
    pub(super) table: Option<&'p str>,
    pub(super) key: Option<&'p [u8]>,
    pub(super) column: usize,
    pub(super) page: u32,
}

/// The way out.
pub(super) struct Out<'v> {
    visit: &'v mut dyn FnMut(&Cell<'_>),
    text: Zeroizing<Vec<u8>>,
    /// How text values are stored.
    pub(super) encoding: Encoding,
    /// The first problem.
    pub(super) problem: Option<Problem>,
    /// Page images looked at.
    pub(super) pages: u64,
}

impl<'v> Out<'v> {
    pub(super) fn new(visit: &'v mut dyn FnMut(&Cell<'_>)) -> Self {
        Self { visit, text: Zeroizing::default(), encoding: Encoding::Utf8, problem: None, pages: 0 }
    }

    /// Notes what was wrong; the first one is kept.
    pub(super) fn problem(&mut self, what: &'static str, offset: u64, bound: bool) {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        self.problem.get_or_insert(Problem { what, offset, bound });
    }

    /// Gives a blob.
    pub(super) fn blob(&mut self, place: Place<'_>, value: &[u8]) {
        if !value.is_empty() {
            let Place { part, table, key, column, page } = place;
            (self.visit)(&Cell { part, table, key, column, page, value });
        }
    }

    /// Gives a text in the database's encoding.
    pub(super) fn text(&mut self, place: Place<'_>, value: &[u8]) {
        if self.encoding == Encoding::Utf8 {
            self.blob(place, value);
            return;
        }
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        push_utf8(value, self.encoding, &mut text);
        self.blob(place, &text);
        self.text = text;
    }

    /// Gives bytes that may be anything: as they are and, in a UTF-16 database, the ASCII text among them.
    pub(super) fn unknown(&mut self, place: Place<'_>, value: &[u8]) {
        self.blob(place, value);
        if self.encoding != Encoding::Utf8 {
            self.narrowed(place, value);
        }
    }

    /// Gives the parts of a raw area that are not zeros.
    pub(super) fn raw(&mut self, part: Part, page: u32, area: &[u8]) {
        let place = Place { part, table: None, key: None, column: 0, page };
        let mut rest = area;
        while let Some(start) = rest.iter().position(|byte| *byte != 0) {
            rest = &rest[start..];
            let end = memmem::find(rest, &ZERO_RUN).unwrap_or(rest.len());
            let length = rest[..end].iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            if length >= SMALLEST_RAW {
                self.blob(place, &rest[..length]);
            }
            rest = &rest[end..];
        }
        if self.encoding != Encoding::Utf8 {
            self.narrowed(place, area);
        }
    }

    /// Gives up to `bytes` bytes of a file from `from` on as raw text, in overlapping pieces.
    pub(super) fn raw_source(&mut self, source: &dyn PageSource, from: u64, bytes: u64, part: Part, limits: &Limits) {
        let size = limits.chunk_bytes.max(4096);
        let overlap = limits.overlap_bytes.min(size / 2);
        let end = source.len().min(from.saturating_add(bytes));
        if end < source.len() {
            self.problem("more bytes than are read", end, true);
        }
        let mut piece = buffer(usize::try_from(end.saturating_sub(from)).unwrap_or(size).min(size));
        let mut at = from;
        while at < end {
            let want = usize::try_from(end - at).unwrap_or(size).min(size);
            let got = fill(source, at, &mut piece[..want]);
            self.raw(part, 0, &piece[..got]);
            if got < want {
                self.problem("file cannot be read to its end", at + got as u64, false);
            }
            if got < size {
                break;
            }
            at += (size - overlap) as u64;
        }
    }

    /// Gives the runs of ASCII in UTF-16 at any alignment, a line each: raw areas do not say where a text starts.
    fn narrowed(&mut self, place: Place<'_>, area: &[u8]) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        make_room(&mut text, area.len() / 2 + 1);
        let (mut at, mut run) = (0, 0);
        while let Some(pair) = area.get(at..at + 2) {
            let (high, low) = if self.encoding == Encoding::Utf16Be { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
            if high == 0 && (low.is_ascii_graphic() || low.is_ascii_whitespace()) {
                text.push(low);
                at += 2;
                continue;
            }
            at += 1;
            close_run(&mut text, &mut run);
        }
        close_run(&mut text, &mut run);
        self.blob(place, &text);
        self.text = text;
    }
}

/// Ends the line that starts at `run`, or takes it back if it is too short to matter.
fn close_run(text: &mut Vec<u8>, run: &mut usize) {
    if text.len() - *run < SMALLEST_RAW {
        text.truncate(*run);
    } else {
        text.push(b'\n');
    }
    *run = text.len();
}

/// Appends a text of the database as UTF-8; half surrogates become U+FFFD.
pub(super) fn push_utf8(value: &[u8], encoding: Encoding, text: &mut Zeroizing<Vec<u8>>) {
    if encoding == Encoding::Utf8 {
        make_room(text, value.len());
        text.extend_from_slice(value);
        return;
    }
    // A unit of two bytes takes three at most.
    make_room(text, value.len() / 2 * 3);
    let units = value.chunks_exact(2).map(|unit| {
        let pair = [unit[0], unit[1]];
        if encoding == Encoding::Utf16Be { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    });
    for decoded in char::decode_utf16(units) {
        let mut utf8 = [0; 4];
        let character = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
    }
}

/// Makes room for `extra` bytes without leaving an unwiped copy behind, as growing a `Vec` would.
pub(super) fn make_room(bytes: &mut Zeroizing<Vec<u8>>, extra: usize) {
    let need = bytes.len().saturating_add(extra);
    if need > bytes.capacity() {
        let mut larger = Zeroizing::new(Vec::with_capacity(need.max(bytes.capacity() * 2)));
        larger.extend_from_slice(bytes);
        *bytes = larger;
    }
}
