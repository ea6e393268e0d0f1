//! Erlang terms, as hex and rebar keep their settings: `{'$write_key',<<"...">>}.`
//!
//! Terms only: no expression is evaluated, no macro resolved, no attribute known.

use super::fields::{Fields, Unquoted, line_end, start};
use super::{Document, Role, Text};
use crate::model::Limits;
use std::ops::Range;

/// Strings, binaries, atoms and numbers are fields. In a tuple whose first element is one of these,
/// that is the key of the second, and of the others with their index; in a map, what stands before
/// `=>`; in lists and other tuples, the index, from 0, of what is neither tuple nor map. So
/// `{key, [{a, 1}]}.` has the path `["key", "a"]`.
#[must_use]
pub fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut parser = Parser {
        source,
        at: start(source),
        depth: limits.depth,
        keys: Vec::new(),
        is_torn: false,
        out: Fields::new(source, limits),
    };
    loop {
        parser.blanks();
        match parser.peek() {
            None => break,
            Some(b'.' | b',') => parser.at += 1,
            Some(_) => {
                let before = parser.at;
                parser.term(0);
                if parser.at == before {
                    parser.out.note("no term", before, false);
                    parser.at += 1;
                }
            }
        }
        if parser.out.is_full() {
            parser.out.note("too many fields", parser.at, true);
            break;
        }
    }
    parser.out.finish()
}

struct Parser<'a> {
    source: &'a [u8],
    at: usize,
    depth: usize,
    /// The keys of the containers that are open: where they stand, or an index.
    keys: Vec<Key>,
    /// Whether a quote had no end: quotes are then looked for within their line only.
    is_torn: bool,
    out: Fields<'a>,
}

#[derive(Clone)]
enum Key {
    Written(Range<usize>),
    Index(usize),
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    fn starts_with(&self, text: &[u8]) -> bool {
        self.source.get(self.at..).is_some_and(|rest| rest.starts_with(text))
    }

    /// Passes over white space and comments.
    fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'%' => self.at = line_end(self.source, self.at),
                byte if byte.is_ascii_whitespace() => self.at += 1,
                _ => break,
            }
        }
    }

    /// One term and what follows it to the next divider's place. Does not move where none begins.
    fn term(&mut self, depth: usize) {
        if self.is_container() {
            self.container(depth);
        } else if let Some(scalar) = self.scalar() {
            self.give(&scalar);
        }
    }

    fn is_container(&self) -> bool {
        matches!(self.peek(), Some(b'{' | b'[')) || self.starts_with(b"#{")
    }

    fn container(&mut self, depth: usize) {
        if depth >= self.depth {
            self.out.note("nesting deeper than the limit", self.at, true);
            self.at = self.source.len();
            return;
        }
        let is_map = self.peek() == Some(b'#');
        let is_tuple = self.peek() == Some(b'{');
        self.at += if is_map { 2 } else { 1 };
        let mark = self.keys.len();
        let mut index = 0;
        loop {
            self.blanks();
            match self.peek() {
                None => {
                    self.out.note("unexpected end", self.at, false);
                    break;
                }
                Some(b'}' | b']') => {
                    self.at += 1;
                    break;
                }
                // A term's end within a container: it was cut short.
                Some(b'.') => {
                    self.out.note("container without an end", self.at, false);
                    break;
                }
                Some(b',' | b'|') => {
                    self.at += 1;
                    continue;
                }
                Some(_) => {}
            }
            if self.out.is_full() {
                break;
            }
            let before = self.at;
            if is_map || is_tuple && index == 0 {
                self.keyed(mark, is_map, depth);
            } else if is_tuple && self.keys.len() > mark {
                self.keys.truncate(mark + 1);
                if index > 1 {
                    self.keys.push(Key::Index(index));
                }
                self.term(depth + 1);
            } else if self.is_container() {
                self.term(depth + 1);
            } else {
                self.keys.truncate(mark);
                self.keys.push(Key::Index(index));
                self.term(depth + 1);
                self.keys.truncate(mark);
            }
            index += 1;
            if self.at == before {
                self.out.note("no term", before, false);
                self.at += 1;
            }
        }
        self.keys.truncate(mark);
    }

    /// A key; of a map also its value.
    fn keyed(&mut self, mark: usize, is_map: bool, depth: usize) {
        self.keys.truncate(mark);
        if self.is_container() {
            self.container(depth + 1);
        } else {
            let Some(scalar) = self.scalar() else { return };
            self.keys.push(Key::Written(scalar.whole()));
        }
        if !is_map {
            return;
        }
        self.blanks();
        if self.starts_with(b"=>") || self.starts_with(b":=") {
            self.at += 2;
            self.blanks();
            self.term(depth + 1);
        }
        self.keys.truncate(mark);
    }

    /// A string, a binary, an atom or a number.
    fn scalar(&mut self) -> Option<Unquoted> {
        match self.peek()? {
            quote @ (b'"' | b'\'') => Some(self.quoted(quote)),
            b'<' if self.starts_with(b"<<") => Some(self.binary()),
            byte if is_word(byte) => {
                let from = self.at;
                while self.peek().is_some_and(is_word) || self.is_point() {
                    self.at += 1;
                }
                let mut text = Unquoted::of(&(from..self.at));
                text.keep(self.source, from..self.at);
                Some(text)
            }
            _ => None,
        }
    }

    /// A dot within a number or a word, not the end of a term.
    fn is_point(&self) -> bool {
        self.peek() == Some(b'.') && self.source.get(self.at + 1).copied().is_some_and(is_word)
    }

    /// `<<"text">>`, `<<"text"/utf8>>`, `<<1,2,3>>`.
    fn binary(&mut self) -> Unquoted {
        self.at += 2;
        self.blanks();
        let from = self.at;
        let end = |parser: &mut Self| {
            let rest = &parser.source[parser.at..];
            let close = memchr::memchr3(b'>', b'\n', b'"', rest).filter(|at| rest[*at..].starts_with(b">>"));
            parser.at += close.map_or(0, |at| at + 2);
            close.is_some()
        };
        if self.peek() == Some(b'"') {
            let scalar = self.quoted(b'"');
            end(self);
            return scalar;
        }
        if !end(self) {
            self.out.note("binary without an end", from, false);
            self.at = line_end(self.source, from);
            return Unquoted::of(&(from..from));
        }
        let inside = from..self.at - 2;
        let mut text = Unquoted::of(&inside);
        let mut at = inside.start;
        for number in self.source[inside].split(|byte| *byte == b',') {
            let span = at..at + number.len();
            at = span.end + 1;
            let digits = std::str::from_utf8(number.trim_ascii()).ok();
            match digits.and_then(|digits| digits.parse::<u8>().ok()) {
                Some(byte) => text.replace(span, &[byte]),
                None => text.keep(self.source, span),
            }
        }
        text
    }

    /// Quoted text with its escapes; one without an end stops at the line's.
    fn quoted(&mut self, quote: u8) -> Unquoted {
        let from = self.at + 1;
        let close = self.close(from, quote);
        let end = close.unwrap_or_else(|| line_end(self.source, from));
        if close.is_none() {
            self.is_torn = true;
            self.out.note("quote without an end", self.at, false);
        }
        self.at = close.map_or(end, |at| at + 1);
        let mut text = Unquoted::of(&(from..end));
        let mut at = from;
        while at < end {
            let slash = memchr::memchr(b'\\', &self.source[at..end]).map_or(end, |found| at + found);
            text.keep(self.source, at..slash);
            at = slash;
            if let Some(byte) = self.source.get(slash + 1).filter(|_| slash + 1 < end) {
                let meant = match byte {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b's' => b' ',
                    b'e' => 0x1b,
                    other => *other,
                };
                text.replace(slash..slash + 2, &[meant]);
                at += 2;
            } else if slash < end {
                text.keep(self.source, slash..end);
                at = end;
            }
        }
        text
    }

    /// The quote that ends a text; within what one line may have.
    fn close(&self, from: usize, quote: u8) -> Option<usize> {
        let whole = self.source.len().min(from + self.out.line_bytes());
        let until = if self.is_torn { line_end(self.source, from).min(whole) } else { whole };
        let mut at = from;
        loop {
            at += memchr::memchr2(b'\\', quote, self.source.get(at..until)?)?;
            if self.source[at] == quote {
                return Some(at);
            }
            at += 2;
        }
    }

    fn give(&mut self, scalar: &Unquoted) {
        let span = scalar.whole();
        let value = self.out.text(&span, scalar.bytes());
        let path: Vec<Text<'a>> = self
            .keys
            .iter()
            .map(|key| match key {
                Key::Written(span) => self.out.slice(span),
                Key::Index(index) => Text::Decoded(zeroize::Zeroizing::new(index.to_string().into_bytes())),
            })
            .collect();
        self.out.push(path, span, value, Role::Entry);
    }
}

/// A byte of an atom or a number.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'$' | b'-' | b'+') || byte >= 0x80
}
