//! Binary property lists: a table of offsets to objects that refer to each other by number.
//!
//! Layout as in `CFBinaryPList.c` of Apple's CoreFoundation. Objects may be referred to often and even by
//! themselves; depth and number of values bound what comes of it.

use crate::model::Limits;
use crate::read::fields::Fields;
use crate::read::{Document, Role, Text};
use std::ops::Range;
use zeroize::Zeroizing;

/// Bytes of the trailer.
const TRAILER: usize = 32;

pub(super) fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    let Some(table) = Table::read(source) else {
        out.note("no table of objects", source.len(), false);
        return out.finish();
    };
    let top = table.top;
    let mut reader = Reader { source, table, out, visits: limits.nodes, depth: limits.depth };
    reader.object(top, &mut Vec::new());
    reader.out.finish()
}

/// Where the objects are.
struct Table {
    offsets: Range<usize>,
    offset_bytes: usize,
    reference_bytes: usize,
    top: usize,
}

impl Table {
    fn read(source: &[u8]) -> Option<Self> {
        let trailer = source.get(source.len().checked_sub(TRAILER)?..)?;
        let number = |from: usize| usize::try_from(u64::from_be_bytes(trailer[from..from + 8].try_into().ok()?)).ok();
        let (offset_bytes, reference_bytes) = (usize::from(trailer[6]), usize::from(trailer[7]));
        let (count, top, start) = (number(8)?, number(16)?, number(24)?);
        let end = start.checked_add(count.checked_mul(offset_bytes)?)?;
        let sane = (1..=8).contains(&offset_bytes) && (1..=8).contains(&reference_bytes);
        (sane && end <= source.len() - TRAILER).then_some(Self {
            offsets: start..end,
            offset_bytes,
            reference_bytes,
            top,
        })
    }
}

/// A number of some bytes, high byte first.
fn number(bytes: &[u8]) -> Option<usize> {
    let mut value: u64 = 0;
    for byte in bytes {
        value = value.checked_mul(256)?.checked_add(u64::from(*byte))?;
    }
    usize::try_from(value).ok()
}

/// An object's kind and what it holds.
enum Object {
    Text(Range<usize>),
    Wide(Range<usize>),
    Data(Range<usize>),
    /// References of items; of a dictionary its keys, then its values.
    Array(Range<usize>),
    Dict(Range<usize>),
    Other,
}

struct Reader<'a> {
    source: &'a [u8],
    table: Table,
    out: Fields<'a>,
    /// Objects that may still be visited.
    visits: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn object(&mut self, reference: usize, path: &mut Vec<Key>) {
        if self.visits == 0 || path.len() >= self.depth {
            self.out.note("nesting or size beyond the bound", 0, true);
            return;
        }
        self.visits -= 1;
        match self.find(reference) {
            Some(Object::Text(span) | Object::Data(span)) => self.push(path, span, false),
            Some(Object::Wide(span)) => self.push(path, span, true),
            Some(Object::Array(items)) => {
                let size = self.table.reference_bytes;
                for (index, at) in items.step_by(size).enumerate() {
                    if self.visits == 0 {
                        return;
                    }
                    if let Some(reference) = number(&self.source[at..at + size]) {
                        path.push(Key::Item(index));
                        self.object(reference, path);
                        path.pop();
                    }
                }
            }
            Some(Object::Dict(pairs)) => self.dict(pairs, path),
            Some(Object::Other) => {}
            None => self.out.note("an object is not there", 0, false),
        }
    }

    fn dict(&mut self, pairs: Range<usize>, path: &mut Vec<Key>) {
        let size = self.table.reference_bytes;
        let half = pairs.len() / 2;
        for at in (pairs.start..pairs.start + half).step_by(size) {
            if self.visits == 0 {
                return;
            }
            // A key that is none costs a visit, too: few dictionaries can be referred to very often.
            self.visits -= 1;
            let key = number(&self.source[at..at + size]).and_then(|reference| self.find(reference));
            let key = match key {
                Some(Object::Text(span)) => Key::Text(span),
                Some(Object::Wide(span)) => Key::Wide(span),
                _ => continue,
            };
            if let Some(value) = number(&self.source[at + half..at + half + size]) {
                path.push(key);
                self.object(value, path);
                path.pop();
            }
        }
    }

    /// The object of that number.
    fn find(&self, reference: usize) -> Option<Object> {
        let size = self.table.offset_bytes;
        let at = self.table.offsets.start.checked_add(reference.checked_mul(size)?)?;
        let at = number(self.source.get(at..at.checked_add(size)?).filter(|_| at + size <= self.table.offsets.end)?)?;
        let mark = *self.source.get(at)?;
        let (count, start) = match mark & 0x0f {
            0x0f => {
                // The count is an integer object of its own.
                let bytes = 1_usize << (self.source.get(at + 1)? & 0x0f).min(3);
                (number(self.source.get(at + 2..at + 2 + bytes)?)?, at + 2 + bytes)
            }
            small => (usize::from(small), at + 1),
        };
        let of = |bytes: usize| {
            let end = start.checked_add(count.checked_mul(bytes)?)?;
            (end <= self.source.len()).then_some(start..end)
        };
        Some(match mark >> 4 {
            0x4 => Object::Data(of(1)?),
            0x5 => Object::Text(of(1)?),
            0x6 => Object::Wide(of(2)?),
            0xa | 0xc => Object::Array(of(self.table.reference_bytes)?),
            0xd => Object::Dict(of(2 * self.table.reference_bytes)?),
            _ => Object::Other,
        })
    }

    fn push(&mut self, path: &[Key], span: Range<usize>, wide: bool) {
        let text = |key: &Key| match key {
            Key::Item(item) => Text::Decoded(item.to_string().into_bytes().into()),
            Key::Text(span) => self.out.slice(span),
            Key::Wide(span) => Text::Decoded(narrow(&self.source[span.clone()])),
        };
        let path: Vec<Text<'a>> = path.iter().map(text).collect();
        let value = if wide { Text::Decoded(narrow(&self.source[span.clone()])) } else { self.out.slice(&span) };
        self.out.push(path, span, value, Role::Entry);
    }
}

/// A step of a path.
enum Key {
    Item(usize),
    Text(Range<usize>),
    Wide(Range<usize>),
}

/// UTF-16, high byte first, as UTF-8; wiped on drop.
fn narrow(wide: &[u8]) -> Zeroizing<Vec<u8>> {
    let units = wide.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
    // Three bytes hold any unit, so the buffer is never moved.
    let mut text = Zeroizing::new(Vec::with_capacity(wide.len() / 2 * 3));
    for letter in char::decode_utf16(units) {
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
    text
}
