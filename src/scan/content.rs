//! A file's text in pieces that fit in memory, whatever its size.
//!
//! Small files are one piece. Larger text comes in chunks that overlap by more than the longest
//! token; formats made of lines are cut at line ends. What a piece means is the caller's business.

use super::locate::Origin;
use crate::model::{Limits, Skip};
use crate::read::Format;
use crate::read::encoding::{self, Encoding};
use std::ops::Range;
use zeroize::Zeroizing;

/// Bytes kept before the part of a chunk that is searched, for the context of a token at its start.
const CONTEXT: usize = 1 << 10;
/// Bytes that tell what a file is.
const HEAD: usize = 8 << 10;

/// Where bytes come from: a file, standard input.
pub(super) trait Source {
    /// Appends up to `max` bytes to `buffer`; 0 at the end.
    fn read(&mut self, buffer: &mut Vec<u8>, max: usize) -> Result<usize, Skip>;
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
}

/// Gives the pieces of `source` to `visit`, one after another, in the reused `buffer`.
///
/// Returns how many bytes were read. `stop` is asked between pieces.
pub(super) fn pieces(
    source: &mut dyn Source,
    format: Format,
    limits: &Limits,
    buffer: &mut Vec<u8>,
    stop: &dyn Fn() -> bool,
    visit: &mut dyn FnMut(&Piece<'_>),
) -> Result<(Content, u64), Skip> {
    buffer.clear();
    let whole = whole_bytes(format, limits);
    let mut ended = fill(source, buffer, whole)?;
    let encoding = encoding::sniff(&buffer[..buffer.len().min(HEAD)]);
    let mut total = buffer.len() as u64;
    if encoding == Encoding::Binary && format != Format::Environ {
        return Ok((Content::Binary, total));
    }
    if ended {
        one(buffer, encoding, format, visit);
        return Ok((Content::Text, total));
    }
    let by_lines = is_lines(format);
    let mut state = Chunks { origin: Origin::START, accept: 0 };
    loop {
        let cut = if by_lines { memchr::memrchr(b'\n', buffer).map(|i| i + 1) } else { None };
        let (end, keep) = match (cut, ended) {
            (_, true) => (buffer.len(), 0),
            (Some(cut), false) => (cut, buffer.len() - cut),
            (None, false) => (buffer.len(), (limits.overlap_bytes + CONTEXT).min(buffer.len())),
        };
        let format = if by_lines && (cut.is_some() || ended) { format } else { Format::Text };
        state.give(
            &buffer[..end],
            encoding,
            format,
            if cut.is_some() || ended { 0 } else { limits.overlap_bytes },
            visit,
        );
        if ended || stop() {
            return Ok((Content::Text, total));
        }
        // UTF-16 is cut between units.
        let drop = (buffer.len() - keep) & if encoding == Encoding::Utf8 { !0 } else { !1 };
        state.advance(&buffer[..drop], encoding, cut.is_none());
        buffer.drain(..drop);
        let before = buffer.len();
        ended = fill(source, buffer, before + limits.chunk_bytes)?;
        total += (buffer.len() - before) as u64;
    }
}

struct Chunks {
    origin: Origin,
    accept: usize,
}

impl Chunks {
    fn give(
        &self,
        bytes: &[u8],
        encoding: Encoding,
        format: Format,
        overlap: usize,
        visit: &mut dyn FnMut(&Piece<'_>),
    ) {
        let decoded = encoding::to_utf8(bytes, encoding);
        let text = decoded.as_ref().map_or(bytes, |d| d.as_slice());
        let scale = |n: usize| if decoded.is_some() { n / 2 } else { n };
        let end = text.len().saturating_sub(scale(overlap));
        visit(&Piece { text, origin: self.origin, accept: scale(self.accept)..end.max(1), format, whole: false });
    }

    fn advance(&mut self, dropped: &[u8], encoding: Encoding, overlapped: bool) {
        let decoded = encoding::to_utf8(dropped, encoding);
        self.origin = self.origin.after(decoded.as_ref().map_or(dropped, |d| d.as_slice()));
        self.accept = if overlapped { CONTEXT } else { 0 };
    }
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
        Format::Jsonl | Format::ShellHistory | Format::GitCredentials | Format::FishVariables | Format::Npmrc
    )
}

/// Reads until `buffer` holds more than `until` bytes or the source ends; tells whether it ended.
fn fill(source: &mut dyn Source, buffer: &mut Vec<u8>, until: usize) -> Result<bool, Skip> {
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
        fn read(&mut self, buffer: &mut Vec<u8>, max: usize) -> Result<usize, Skip> {
            let take = max.min(self.0.len()).min(777);
            buffer.extend_from_slice(&self.0[..take]);
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
            let mut buffer = Vec::new();
            let outcome = pieces(&mut Bytes(&text), format, &SMALL, &mut buffer, &|| false, &mut |piece| {
                let start = piece.origin.offset as usize;
                assert_eq!(piece.text, &text[start..start + piece.text.len()]);
                assert_eq!(piece.origin, Origin::START.after(&text[..start]));
                for at in piece.accept.clone() {
                    seen[start + at] += 1;
                }
            });
            assert_eq!(outcome.ok(), Some((Content::Text, 60_000)));
            assert!(seen.iter().all(|n| *n == 1), "{format:?}");
            assert!(buffer.capacity() < 64 << 10);
        }
    }
}
