//! Markup told apart: elements, text, comments. What they mean is the readers' business.

use crate::read::Text;
use crate::read::fields::{Fields, Unquoted};
use std::ops::Range;

/// Attributes taken of one element.
const ATTRIBUTES: usize = 256;
/// Longest reference: `&#x10FFFF;`.
const REFERENCE: usize = 10;

/// An attribute; places are those between its quotes.
pub(in crate::read) struct Attribute {
    pub(in crate::read) name: Range<usize>,
    pub(in crate::read) value: Range<usize>,
}

/// A piece of a document.
pub(in crate::read) enum Piece {
    /// `<name …>`, or `<name …/>`.
    Open {
        /// The element.
        name: Range<usize>,
        /// Its attributes, in order.
        attributes: Vec<Attribute>,
        /// Whether it has no content.
        ends: bool,
    },
    /// `</name>`.
    Close {
        /// The element.
        name: Range<usize>,
    },
    /// Text between markup; `raw` in a CDATA section, where references are text.
    Text {
        /// Where.
        span: Range<usize>,
        /// Whether nothing is to be decoded.
        raw: bool,
    },
    /// What stands between `<!--` and `-->`.
    Comment {
        /// Where.
        span: Range<usize>,
    },
    /// Markup that is none.
    Broken {
        /// Where.
        at: usize,
    },
}

/// Goes through a part of a document; every turn goes forward.
pub(in crate::read) struct Scanner<'s> {
    source: &'s [u8],
    at: usize,
    end: usize,
}

impl<'s> Scanner<'s> {
    pub(in crate::read) fn new(source: &'s [u8], range: Range<usize>) -> Self {
        Self { source, at: range.start, end: range.end }
    }

    fn rest(&self) -> &'s [u8] {
        &self.source[self.at..self.end]
    }

    /// Goes on behind `mark`, or to the end where it is not there; gives what stands before it.
    fn until(&mut self, from: usize, mark: &[u8]) -> Range<usize> {
        let from = from.min(self.end);
        let found = memchr::memmem::find(&self.source[from..self.end], mark);
        let stop = found.map_or(self.end, |at| from + at);
        self.at = found.map_or(self.end, |_| stop + mark.len());
        from..stop
    }

    /// `<!DOCTYPE … [ … ]>`: passed over, its own declarations too.
    fn doctype(&mut self) {
        let inner = self.rest().iter().position(|b| matches!(b, b'[' | b'>')).map(|at| self.at + at);
        match inner {
            Some(at) if self.source[at] == b'[' => {
                self.until(at, b"]");
                self.until(self.at, b">");
            }
            _ => {
                self.until(self.at, b">");
            }
        }
    }

    fn element(&mut self) -> Piece {
        let start = self.at + 1;
        let name = self.name(start);
        if name.is_empty() {
            self.at += 1;
            return Piece::Broken { at: start - 1 };
        }
        let mut attributes = Vec::new();
        let mut at = name.end;
        loop {
            at += self.blanks(at);
            match self.source[at.min(self.end)..self.end] {
                [] => {
                    self.at = self.end;
                    return Piece::Open { name, attributes, ends: false };
                }
                [b'>', ..] => {
                    self.at = at + 1;
                    return Piece::Open { name, attributes, ends: false };
                }
                [b'/', b'>', ..] => {
                    self.at = at + 2;
                    return Piece::Open { name, attributes, ends: true };
                }
                // The next element begins: this one's end is missing.
                [b'<', ..] => {
                    self.at = at;
                    return Piece::Open { name, attributes, ends: false };
                }
                _ => {}
            }
            let word = self.name(at);
            let mut next = word.end + self.blanks(word.end);
            if word.is_empty() || self.source.get(next) != Some(&b'=') || next >= self.end {
                at = next.max(at + 1);
                continue;
            }
            next += 1;
            next += self.blanks(next);
            let quote = self.source.get(next).filter(|mark| next < self.end && matches!(mark, b'"' | b'\''));
            let value = if let Some(mark) = quote {
                let from = next + 1;
                let close = memchr::memchr2(*mark, b'<', &self.source[from..self.end]).map_or(self.end, |at| from + at);
                // A `<` ends an unclosed value, and is looked at again.
                at = if self.source.get(close) == Some(&b'<') { close } else { (close + 1).min(self.end) };
                from..close
            } else {
                let word = self.source[next..self.end].iter().take_while(|b| !b.is_ascii_whitespace() && **b != b'>');
                at = next + word.count();
                next..at
            };
            if attributes.len() < ATTRIBUTES {
                attributes.push(Attribute { name: word, value });
            }
        }
    }

    fn blanks(&self, at: usize) -> usize {
        self.source[at.min(self.end)..self.end].iter().take_while(|b| b.is_ascii_whitespace()).count()
    }

    fn name(&self, at: usize) -> Range<usize> {
        let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(**b, b'_' | b'-' | b'.' | b':') || **b >= 0x80;
        at..at + self.source[at.min(self.end)..self.end].iter().take_while(is_name).count()
    }
}

impl Iterator for Scanner<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            let rest = self.rest();
            let first = *rest.first()?;
            if first != b'<' {
                let length = memchr::memchr(b'<', rest).unwrap_or(rest.len());
                let span = self.at..self.at + length;
                self.at = span.end;
                return Some(Piece::Text { span, raw: false });
            }
            if rest.starts_with(b"<!--") {
                let span = self.until(self.at + 4, b"-->");
                return Some(Piece::Comment { span });
            }
            if rest.starts_with(b"<![CDATA[") {
                let span = self.until(self.at + 9, b"]]>");
                return Some(Piece::Text { span, raw: true });
            }
            if rest.starts_with(b"<?") {
                self.until(self.at, b"?>");
            } else if rest.starts_with(b"<!") {
                self.doctype();
            } else if rest.starts_with(b"</") {
                let name = self.name(self.at + 2);
                self.until(name.end, b">");
                return Some(Piece::Close { name });
            } else {
                return Some(self.element());
            }
        }
    }
}

/// Text without its references; one that is not XML's own stays as it is written.
pub(in crate::read) fn decoded<'a>(source: &'a [u8], span: &Range<usize>, out: &Fields<'a>) -> Text<'a> {
    let Some(first) = memchr::memchr(b'&', &source[span.clone()]) else { return out.slice(span) };
    let mut text = Unquoted::of(span);
    text.keep(source, span.start..span.start + first);
    let mut at = span.start + first;
    while at < span.end {
        let rest = &source[at..span.end];
        if rest[0] != b'&' {
            let length = memchr::memchr(b'&', rest).unwrap_or(rest.len());
            text.keep(source, at..at + length);
            at += length;
            continue;
        }
        let end = rest.iter().take(REFERENCE).position(|b| *b == b';');
        let letter = end.and_then(|end| character(&rest[1..end]));
        if let (Some(end), Some(letter)) = (end, letter) {
            text.replace(at..at + end + 1, letter.encode_utf8(&mut [0; 4]).as_bytes());
            at += end + 1;
        } else {
            text.keep(source, at..at + 1);
            at += 1;
        }
    }
    out.text(span, text.bytes())
}

fn character(reference: &[u8]) -> Option<char> {
    match reference {
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"amp" => Some('&'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x' | b'X', hex @ ..] => char::from_u32(u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?),
        [b'#', number @ ..] => char::from_u32(std::str::from_utf8(number).ok()?.parse().ok()?),
        _ => None,
    }
}
