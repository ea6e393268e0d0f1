//! Byte offsets to lines and columns, counted only where something was found.

use crate::model::Region;
use std::ops::Range;

/// Where a piece of a text begins in the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    /// Byte offset of the piece.
    pub(super) offset: u64,
    /// Line of its first byte, from 1.
    pub(super) line: u64,
    /// Column of its first byte, from 1.
    pub(super) column: u64,
    /// The same, counted in code points.
    pub(super) character: u64,
}

impl Origin {
    /// The beginning of a text.
    pub(super) const START: Self = Self { offset: 0, line: 1, column: 1, character: 1 };

    /// The origin of what follows `text`.
    pub(super) fn after(self, text: &[u8]) -> Self {
        let lines = memchr::memchr_iter(b'\n', text).count() as u64;
        let (column, character, tail) = match memchr::memrchr(b'\n', text) {
            Some(last) => (1, 1, &text[last + 1..]),
            None => (self.column, self.character, text),
        };
        Self {
            offset: self.offset + text.len() as u64,
            line: self.line + lines,
            column: column + tail.len() as u64,
            character: character + code_points(tail),
        }
    }
}

impl Origin {
    /// The origin at the end of a text that ends at `delta` when it starts at [`Self::START`].
    fn then(self, delta: Self) -> Self {
        let same_line = delta.line == 1;
        Self {
            offset: self.offset + delta.offset,
            line: self.line + delta.line - 1,
            column: if same_line { self.column + delta.column - 1 } else { delta.column },
            character: if same_line { self.character + delta.character - 1 } else { delta.character },
        }
    }

    /// The region in the whole of one that was counted from here as if it were the start.
    pub(super) fn place(self, region: Region) -> Region {
        let of = |line: u32, column: u32, character: u32| {
            self.then(Self { offset: 0, line: line.into(), column: column.into(), character: character.into() })
        };
        let start = of(region.line, region.column, region.character);
        start.to(of(region.end_line, region.end_column, region.end_character))
    }

    /// The region from here to `end`.
    fn to(self, end: Self) -> Region {
        Region {
            line: narrow(self.line),
            column: narrow(self.column),
            end_line: narrow(end.line),
            end_column: narrow(end.column),
            character: narrow(self.character),
            end_character: narrow(end.character),
        }
    }
}

/// Adds up over pieces, wherever they are cut: a character counts where it starts.
fn code_points(text: &[u8]) -> u64 {
    text.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64
}

fn narrow(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Counts the lines of one part of a text, and remembers how it stood at a mark in it.
pub(super) struct Tally {
    at: Origin,
    mark: Origin,
    /// Bytes to the mark.
    mark_at: u64,
}

impl Tally {
    pub(super) fn new(mark_at: u64) -> Self {
        Self { at: Origin::START, mark: Origin::START, mark_at }
    }

    /// Takes the next bytes.
    pub(super) fn count(&mut self, text: &[u8]) {
        let before = self.mark_at.saturating_sub(self.at.offset).min(text.len() as u64) as usize;
        let (before, after) = text.split_at(before);
        if !before.is_empty() {
            self.at = self.at.after(before);
            self.mark = self.at;
        }
        self.at = self.at.after(after);
    }

    /// The origins of the mark and of the end, for a part that starts at `start`.
    pub(super) fn after(&self, start: Origin) -> (Origin, Origin) {
        (start.then(self.mark), start.then(self.at))
    }
}

/// Finds regions in one piece of text; asked in rising order it reads the piece once.
pub(super) struct Locator<'t> {
    text: &'t [u8],
    at: usize,
    origin: Origin,
    start: Origin,
}

impl<'t> Locator<'t> {
    pub(super) fn new(text: &'t [u8], start: Origin) -> Self {
        Self { text, at: 0, origin: start, start }
    }

    /// The region of `span`.
    pub(super) fn region(&mut self, span: &Range<usize>) -> Region {
        let start = self.position(span.start);
        start.to(self.position(span.end))
    }

    fn position(&mut self, at: usize) -> Origin {
        let at = at.min(self.text.len());
        if at < self.at {
            (self.at, self.origin) = (0, self.start);
        }
        self.origin = self.origin.after(&self.text[self.at..at]);
        self.at = at;
        self.origin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one() {
        let text = b"ab\ncd\r\nef";
        let mut locator = Locator::new(text, Origin::START);
        let region = |l: &mut Locator<'_>, r: Range<usize>| {
            let r = l.region(&r);
            (r.line, r.column, r.end_line, r.end_column)
        };
        assert_eq!(region(&mut locator, 0..2), (1, 1, 1, 3));
        assert_eq!(region(&mut locator, 4..5), (2, 2, 2, 3));
        assert_eq!(region(&mut locator, 1..8), (1, 2, 3, 2));
    }

    #[test]
    fn characters_are_counted_beside_bytes() {
        let text = "a\n\u{e4}\u{1f600}b".as_bytes();
        let region = Locator::new(text, Origin::START).region(&(8..9));
        assert_eq!((region.column, region.character, region.end_character), (7, 3, 4));
        // A piece that is cut inside a character.
        let region = Locator::new(&text[5..], Origin::START.after(&text[..5])).region(&(3..4));
        assert_eq!((region.line, region.column, region.character), (2, 7, 3));
    }

    #[test]
    fn a_piece_goes_on_where_the_last_ended() {
        let origin = Origin::START.after(b"one\ntwo");
        assert_eq!((origin.line, origin.column, origin.offset), (2, 4, 7));
        let mut locator = Locator::new(b"x\ny", origin);
        let region = locator.region(&(0..3));
        assert_eq!((region.line, region.column, region.end_line, region.end_column), (2, 4, 3, 2));
    }
}
