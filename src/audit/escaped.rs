//! A document as whoever loads it reads it: JSON may write any character as `\u` and four digits, so that hidden ones
//! do not stand in its bytes at all.
//!
//! Only what is not ASCII is decoded, so quotes and backslashes stay what they are; a document without such
//! escapes is looked at as it is.

use super::AuditCx;
use crate::read::Format;
use std::ops::Range;
use zeroize::Zeroizing;

/// The text that is looked at, and the way back to the document.
pub(super) struct Read<'d> {
    source: &'d [u8],
    decoded: Option<Zeroizing<Vec<u8>>>,
    /// Where a stretch begins, decoded and in the source; in between both go at the same pace.
    stretches: Vec<(usize, usize)>,
}

impl Read<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.decoded.as_ref().map_or(self.source, |decoded| decoded.as_slice())
    }

    /// The bytes of the document that a range of the text stands for.
    pub(super) fn place(&self, span: &Range<usize>) -> Range<usize> {
        let place = |at: usize| {
            let before = self.stretches.partition_point(|(decoded, _)| *decoded <= at).checked_sub(1);
            before.and_then(|before| self.stretches.get(before)).map_or(at, |(decoded, source)| source + (at - decoded))
        };
        let start = place(span.start).min(self.source.len());
        start..place(span.end).clamp(start, self.source.len())
    }
}

/// The document's text, escapes resolved where it is JSON.
pub(super) fn read<'d>(cx: &AuditCx<'d>) -> Read<'d> {
    let source = cx.doc.source;
    let json = matches!(cx.surface.format, Format::Json | Format::Jsonl);
    let mut read = Read { source, decoded: None, stretches: Vec::new() };
    if !json || memchr::memmem::find(source, b"\\u").is_none() {
        return read;
    }
    let mut decoded = Zeroizing::new(Vec::with_capacity(source.len()));
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = source.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let start = at + found;
        let Some((character, end)) = character(source, start) else {
            // Two bytes, so that a backslash that is escaped itself begins nothing.
            at = start + 2;
            continue;
        };
        decoded.extend_from_slice(&source[kept..start]);
        if read.stretches.last() != Some(&(decoded.len(), start)) {
            read.stretches.push((decoded.len(), start));
        }
        decoded.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        read.stretches.push((decoded.len(), end));
        (kept, at) = (end, end);
    }
    decoded.extend_from_slice(&source[kept..]);
    read.decoded = Some(decoded);
    read
}

/// The character beyond ASCII whose escape begins at `at`, and where that ends.
fn character(source: &[u8], at: usize) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = source.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(at)?;
    if let (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) = (first, unit(at + 6)) {
        let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return char::from_u32(code).map(|c| (c, at + 12));
    }
    char::from_u32(first).filter(|c| !c.is_ascii()).map(|c| (c, at + 6))
}
