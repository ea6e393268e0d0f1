//! A file's text in pieces that fit in memory, whatever its size.
//!
//! Small files are one piece. Larger text comes in chunks that overlap by more than the longest
//! token; formats made of lines are cut at line ends. What a piece means is the caller's business.

use super::buffer::Buffer;
use super::locate::Origin;
use crate::host::open::OpenFile;
use crate::model::{Limits, Skip};
use crate::read::encoding::{self, Encoding};
use crate::read::{self, Format};
use std::ops::Range;
use zeroize::Zeroizing;

/// Bytes kept before the part of a chunk that is searched, for the context of a token at its start.
pub(super) const CONTEXT: usize = 1 << 10;
/// Bytes that tell what a file is.
pub(super) const HEAD: usize = 8 << 10;

/// Bytes asked for in one call.
const READ: usize = 1 << 20;
/// Bytes read of a file that claims to have none: those of `/proc`, and one that grows from nothing.
const UNSIZED: u64 = 8 << 20;
/// Bytes asked for in one call of such a file: most have none.
const UNSIZED_READ: usize = 16 << 10;
/// NUL bytes at the end of what was read that may be those of a hole.
const HOLE: usize = 4096;

/// Where bytes come from: a file, standard input.
pub(super) trait Source {
    /// Appends up to `max` bytes to `buffer`; 0 at the end.
    fn read(&mut self, buffer: &mut Buffer, max: usize) -> Result<usize, Skip>;
}

/// A file read from its start.
pub(super) struct FileSource<'f> {
    file: &'f OpenFile,
    at: u64,
    /// Where a part of a file ends, and its holes are read.
    end: Option<u64>,
}

impl<'f> FileSource<'f> {
    pub(super) fn new(file: &'f OpenFile) -> Self {
        Self { file, at: 0, end: None }
    }

    /// The bytes from `start` to `end`.
    pub(super) fn between(file: &'f OpenFile, start: u64, end: u64) -> Self {
        Self { file, at: start, end: Some(end) }
    }
}

impl Source for FileSource<'_> {
    fn read(&mut self, buffer: &mut Buffer, max: usize) -> Result<usize, Skip> {
        // A file that grew since it was opened is read to where it ended then. Some have no length (`/proc`).
        let left = match self.end.unwrap_or_else(|| self.file.len()) {
            0 => UNSIZED.saturating_sub(self.at),
            end => end - self.at.min(end),
        };
        let most = if self.file.is_empty() { UNSIZED_READ } else { READ };
        let wanted = (max as u64).min(left).min(most as u64) as usize;
        if wanted == 0 {
            return Ok(0);
        }
        let read = self.file.read_at(self.at, buffer.room(wanted))?;
        buffer.advance(read);
        self.at += read as u64;
        // Holes are passed over; lines do not change by that.
        let all = self.end.is_none() && read == wanted;
        if all && buffer.filled().iter().rev().take(HOLE).all(|byte| *byte == 0) {
            self.at = self.file.next_data(self.at).unwrap_or(u64::MAX).max(self.at);
        }
        Ok(read)
    }
}

/// Bytes that lie in memory.
#[cfg(feature = "history")]
pub(super) struct Bytes<'b>(pub(super) &'b [u8]);

#[cfg(feature = "history")]
impl Source for Bytes<'_> {
    fn read(&mut self, buffer: &mut Buffer, max: usize) -> Result<usize, Skip> {
        let (taken, rest) = self.0.split_at(max.min(self.0.len()));
        buffer.room(taken.len()).copy_from_slice(taken);
        buffer.advance(taken.len());
        self.0 = rest;
        Ok(taken.len())
    }
}

/// A piece of a text.
pub(super) struct Piece<'p> {
    /// UTF-8 (or bytes close to it).
    pub(super) text: &'p [u8],
    /// Where it begins in the whole.
    pub(super) origin: Origin,
    /// Where in it a secret may start: overlaps belong to one piece only.
    pub(super) accept: Range<usize>,
    /// How it is laid out: the format asked for, or text where that cannot be cut.
    pub(super) format: Format,
    /// Whether it is all there is.
    pub(super) whole: bool,
}

/// What a source turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// Text, and all of it was given.
    Text,
    /// Not text: nothing was given.
    Binary,
    /// A database, asked for: nothing was given.
    Database,
}

/// Which part of a text a source gives.
pub(super) struct Part {
    /// Where in the whole its first byte stands.
    pub(super) offset: u64,
    /// Bytes at its start in which no secret may start: they belong to the part before.
    pub(super) context: usize,
    /// Bytes after which none may start either: the rest is overlap.
    pub(super) until: Option<usize>,
    /// Its encoding, where that is known.
    pub(super) encoding: Option<Encoding>,
    /// Whether a database is to be told apart from text, and left alone.
    pub(super) databases: bool,
}

impl Part {
    /// All there is.
    pub(super) const WHOLE: Self = Self { offset: 0, context: 0, until: None, encoding: None, databases: false };
}

/// Gives the pieces of `source` to `visit`, one after another, in the reused `buffer`.
///
/// Returns how many bytes were read. `stop` is asked between pieces.
pub(super) fn pieces(
    source: &mut dyn Source,
    format: Format,
    part: &Part,
    limits: &Limits,
    buffer: &mut Buffer,
    stop: &dyn Fn() -> bool,
    visit: &mut dyn FnMut(&Piece<'_>),
) -> Result<(Content, u64), Skip> {
    buffer.clear();
    let whole = whole_bytes(format, limits);
    let mut ended = fill(source, buffer, whole)?;
    let head = &buffer.filled()[..buffer.len().min(HEAD)];
    if part.databases && read::sqlite::is_sqlite(head) {
        return Ok((Content::Database, 0));
    }
    let mut encoding = part.encoding.unwrap_or_else(|| encoding::sniff(head));
    let mut total = buffer.len() as u64;
    if encoding == Encoding::Binary {
        // What a product writes there is text, whatever a crash has put between.
        if format == Format::Text || encoding::has_binary_magic(head) {
            return Ok((Content::Binary, total));
        }
        encoding = Encoding::Utf8;
    }
    if ended && part.until.is_none() {
        one(buffer.filled(), encoding, format, visit);
        return Ok((Content::Text, total));
    }
    let by_lines = is_lines(format);
    let mut origin = Origin { offset: part.offset, ..Origin::START };
    // Where in the buffer a secret may start that no piece before this one was asked for.
    let mut accept = part.context.min(buffer.len());
    let mut dropped_bytes = 0;
    loop {
        let limit = part.until.map_or(usize::MAX, |until| until.saturating_sub(dropped_bytes).max(accept));
        let cut = if by_lines && !ended { after_last_line(buffer.filled(), encoding) } else { None };
        let cut = cut.filter(|cut| *cut > accept);
        let (end, until) = match (cut, ended) {
            (_, true) => (buffer.len(), buffer.len()),
            (Some(cut), false) => (cut, cut),
            (None, false) => {
                let end = whole_units(buffer.filled(), buffer.len(), encoding);
                (end, whole_units(buffer.filled(), end.saturating_sub(limits.overlap_bytes), encoding).max(accept))
            }
        };
        let (until, last) = (until.min(limit), ended || until >= limit);
        let format = if by_lines && (cut.is_some() || ended) { format } else { Format::Text };
        give(&buffer.filled()[..end], accept..until, origin, encoding, format, visit);
        if last || stop() {
            return Ok((Content::Text, total));
        }
        let drop =
            if cut.is_some() { until } else { whole_units(buffer.filled(), until.saturating_sub(CONTEXT), encoding) };
        let dropped = encoding::to_utf8(&buffer.filled()[..drop], encoding);
        origin = origin.after(dropped.as_ref().map_or(&buffer.filled()[..drop], |d| d.as_slice()));
        accept = until - drop;
        dropped_bytes += drop;
        buffer.consume(drop);
        let before = buffer.len();
        ended = fill(source, buffer, before + limits.chunk_bytes)?;
        total += (buffer.len() - before) as u64;
    }
}

/// Gives one piece of a longer text; `accept` counts in `bytes`.
fn give(
    bytes: &[u8],
    accept: Range<usize>,
    origin: Origin,
    encoding: Encoding,
    format: Format,
    visit: &mut dyn FnMut(&Piece<'_>),
) {
    let Some(text) = encoding::to_utf8(bytes, encoding) else {
        return visit(&Piece { text: bytes, origin, accept, format, whole: false });
    };
    // A character takes one to four bytes there, so the bounds are found by converting up to them.
    let length = |bytes: &[u8]| encoding::to_utf8(bytes, encoding).map_or(0, |text| text.len());
    let end = if accept.end == bytes.len() { text.len() } else { length(&bytes[..accept.end]) };
    let accept = length(&bytes[..accept.start])..end;
    visit(&Piece { text: &text, origin, accept, format, whole: false });
}

/// The end of the last whole line in `buffer`.
fn after_last_line(buffer: &[u8], encoding: Encoding) -> Option<usize> {
    let feed: [u8; 2] = match encoding {
        Encoding::Utf16Le => [b'\n', 0],
        Encoding::Utf16Be => [0, b'\n'],
        Encoding::Utf8 | Encoding::Binary => return memchr::memrchr(b'\n', buffer).map(|at| at + 1),
    };
    let units = buffer.as_chunks::<2>().0;
    units.iter().rposition(|unit| *unit == feed).map(|at| 2 * at + 2)
}

/// The last place up to `at` where no character of two or four bytes (UTF-16) is cut.
fn whole_units(buffer: &[u8], at: usize, encoding: Encoding) -> usize {
    let high = match encoding {
        Encoding::Utf16Le => 1,
        Encoding::Utf16Be => 0,
        Encoding::Utf8 | Encoding::Binary => return at,
    };
    let at = at & !1;
    // The second half of a pair: U+DC00 to U+DFFF.
    let second = buffer.get(at + high).is_some_and(|byte| byte & 0xfc == 0xdc);
    if second { at.saturating_sub(2) } else { at }
}

fn one(bytes: &[u8], encoding: Encoding, format: Format, visit: &mut dyn FnMut(&Piece<'_>)) {
    let decoded: Option<Zeroizing<Vec<u8>>> = encoding::to_utf8(bytes, encoding);
    let text = decoded.as_ref().map_or(bytes, |d| d.as_slice());
    visit(&Piece { text, origin: Origin::START, accept: 0..text.len().max(1), format, whole: true });
}

/// Bytes up to which a format is read as a whole.
fn whole_bytes(format: Format, limits: &Limits) -> usize {
    if format == Format::Text || is_lines(format) { limits.chunk_bytes } else { limits.document_bytes }
}

/// Whether a format can be cut at any line end.
fn is_lines(format: Format) -> bool {
    matches!(
        format,
        Format::Jsonl
            | Format::ShellHistory
            | Format::GitCredentials
            | Format::FishVariables
            | Format::Npmrc
            | Format::Pgpass
            | Format::SecretLines
    )
}

/// Reads until `buffer` holds more than `until` bytes or the source ends; tells whether it ended.
fn fill(source: &mut dyn Source, buffer: &mut Buffer, until: usize) -> Result<bool, Skip> {
    while buffer.len() <= until {
        let wanted = until + 1 - buffer.len();
        if source.read(buffer, wanted)? == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bytes<'b>(&'b [u8]);
    impl Source for Bytes<'_> {
        fn read(&mut self, buffer: &mut Buffer, max: usize) -> Result<usize, Skip> {
            let take = max.min(self.0.len()).min(777);
            buffer.room(take).copy_from_slice(&self.0[..take]);
            buffer.advance(take);
            self.0 = &self.0[take..];
            Ok(take)
        }
    }

    const SMALL: Limits = Limits { chunk_bytes: 4096, overlap_bytes: 512, document_bytes: 8192, ..Limits::SHIPPED };

    /// Every position is accepted by exactly one piece, at its true offset, line and column.
    #[test]
    fn pieces_cover_everything_once() {
        for format in [Format::Text, Format::Jsonl] {
            let text: Vec<u8> =
                (0..60_000_u32).map(|i| if i % 97 == 96 { b'\n' } else { b'a' + (i % 23) as u8 }).collect();
            let mut seen = vec![0_u8; text.len()];
            let mut buffer = Buffer::default();
            let outcome =
                pieces(&mut Bytes(&text), format, &Part::WHOLE, &SMALL, &mut buffer, &|| false, &mut |piece| {
                    let start = piece.origin.offset as usize;
                    assert_eq!(piece.text, &text[start..start + piece.text.len()]);
                    assert_eq!(piece.origin, Origin::START.after(&text[..start]));
                    for at in piece.accept.clone() {
                        seen[start + at] += 1;
                    }
                });
            assert_eq!(outcome.ok(), Some((Content::Text, 60_000)));
            assert!(seen.iter().all(|n| *n == 1), "{format:?}");
            assert!(buffer.room(0).is_empty() && buffer.len() < 64 << 10);
        }
    }
}
