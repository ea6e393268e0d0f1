//! TOML, as events of `toml_parser` with the place of every value.
//!
//! The parser tells of mistakes and goes on, so a broken line hides little. Its own decoding is not
//! used: that would copy values into strings that nobody wipes.

use super::fields::{Fields, Unquoted, is_name, trim, uncomment};
use super::kv;
use super::{Document, Role, Text};
use crate::model::Limits;
use std::collections::HashMap;
use std::ops::Range;
use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, RecursionGuard, ValidateWhitespace};
use toml_parser::{ErrorSink, ParseError, Source, Span};

/// The values of a TOML document. Paths are tables and keys; items of arrays and of arrays of tables are
/// their index. Text that is no UTF-8, or longer than a chunk, is read as INI.
#[must_use]
pub fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    // The parser's tokens take many times the text's memory: what is no settings file is read by its lines, too.
    let text = std::str::from_utf8(source).ok().filter(|text| text.len() <= limits.chunk_bytes);
    let Some(text) = text else { return kv::ini(source, limits) };
    let mut reader = Reader {
        source,
        out: Fields::new(source, limits),
        table: Vec::new(),
        arrays: HashMap::new(),
        header: None,
        depth: limits.depth,
        keys: Vec::new(),
        stack: Vec::new(),
    };
    let mut problems = Problems(None);
    let toml = Source::new(text);
    let tokens = toml.lex().into_vec();
    {
        let mut checked = ValidateWhitespace::new(&mut reader, toml);
        let mut guarded = RecursionGuard::new(&mut checked, u32::try_from(limits.depth).unwrap_or(u32::MAX));
        toml_parser::parser::parse_document(&tokens, &mut guarded, &mut problems);
    }
    if let Some(at) = problems.0 {
        reader.out.note("not TOML", at, false);
    }
    reader.out.finish()
}

/// The place of the first mistake; what the parser says of it may quote the value.
struct Problems(Option<usize>);

impl ErrorSink for Problems {
    fn report_error(&mut self, error: ParseError) {
        let at = error.unexpected().or_else(|| error.context()).map_or(0, |span| span.start());
        self.0 = Some(self.0.map_or(at, |first| first.min(at)));
    }
}

/// A key: its bytes in the source, or a number made up for an item.
#[derive(Clone)]
enum Key {
    Written(Range<usize>, bool),
    Item(usize),
}

/// What a value stands in.
enum Frame {
    /// An inline table under these keys.
    Table(Vec<Key>),
    /// An array under these keys, and the item it is at.
    Array(Vec<Key>, usize),
}

struct Reader<'a> {
    source: &'a [u8],
    out: Fields<'a>,
    table: Vec<Key>,
    /// Items of each array of tables so far, by its written path and the items on the way.
    arrays: HashMap<Vec<u8>, usize>,
    /// Inside a table's header: whether it is one of an array.
    header: Option<bool>,
    /// Keys that one line may have.
    depth: usize,
    keys: Vec<Key>,
    stack: Vec<Frame>,
}

impl<'a> Reader<'a> {
    fn key(&self, key: &Key) -> Text<'a> {
        match key {
            Key::Item(number) => Text::Decoded(number.to_string().into_bytes().into()),
            Key::Written(span, escaped) if *escaped => self.out.key(span, unescaped(self.source, span).bytes()),
            Key::Written(span, _) => self.out.slice(span),
        }
    }

    fn path(&self, last: &[Key]) -> Vec<Text<'a>> {
        let mut path: Vec<Text<'a>> = self.table.iter().map(|key| self.key(key)).collect();
        for frame in &self.stack {
            match frame {
                Frame::Table(keys) => path.extend(keys.iter().map(|key| self.key(key))),
                Frame::Array(keys, item) => {
                    path.extend(keys.iter().map(|key| self.key(key)));
                    path.push(self.key(&Key::Item(*item)));
                }
            }
        }
        path.extend(last.iter().map(|key| self.key(key)));
        path
    }

    /// A table's header is at its end: where it stands, arrays of tables on the way counted in.
    fn enter(&mut self, is_array: bool) {
        let keys = std::mem::take(&mut self.keys);
        let mut written = Vec::new();
        self.table.clear();
        for (index, key) in keys.iter().enumerate() {
            if let Key::Written(span, _) = key {
                written.extend_from_slice(&self.source[span.clone()]);
                written.push(0);
            }
            self.table.push(key.clone());
            let last = index + 1 == keys.len();
            let count = if last && is_array {
                Some(*self.arrays.entry(written.clone()).and_modify(|count| *count += 1).or_insert(0))
            } else {
                self.arrays.get(&written).copied()
            };
            if let Some(count) = count {
                self.table.push(Key::Item(count));
                // An array inside begins anew with each item of this one.
                written.extend_from_slice(&count.to_le_bytes());
            }
        }
    }

    /// The text of a string without its quotes, and whether escapes are in it.
    fn inner(&self, span: Span, encoding: Option<Encoding>) -> (Range<usize>, bool) {
        let whole = span.start()..span.end().min(self.source.len());
        let (quotes, escapes) = match encoding {
            None => return (whole, false),
            Some(Encoding::LiteralString) => (1, false),
            Some(Encoding::BasicString) => (1, true),
            Some(Encoding::MlLiteralString) => (3, false),
            Some(Encoding::MlBasicString) => (3, true),
        };
        let bytes = &self.source[whole.clone()];
        let mark = bytes.first().copied().unwrap_or(b'"');
        let close = bytes.iter().rev().take(quotes).take_while(|byte| **byte == mark).count();
        let start = (whole.start + quotes).min(whole.end);
        let end = whole.end.saturating_sub(close).max(start);
        let text = &self.source[start..end];
        // The first line end of a text of several lines is not of it.
        let skip = match (quotes, text) {
            (3, [b'\r', b'\n', ..]) => 2,
            (3, [b'\n', ..]) => 1,
            _ => 0,
        };
        let inner = start + skip..end;
        let escaped = escapes && self.source[inner.clone()].contains(&b'\\');
        (inner, escaped)
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.keys.clear();
        self.stack.clear();
        self.header = Some(false);
    }

    fn array_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.keys.clear();
        self.stack.clear();
        self.header = Some(true);
    }

    fn std_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.header = None;
        self.enter(false);
    }

    fn array_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.header = None;
        self.enter(true);
    }

    fn inline_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) -> bool {
        self.stack.push(Frame::Table(std::mem::take(&mut self.keys)));
        true
    }

    fn inline_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.stack.pop();
        self.keys.clear();
    }

    fn array_open(&mut self, _: Span, _: &mut dyn ErrorSink) -> bool {
        self.stack.push(Frame::Array(std::mem::take(&mut self.keys), 0));
        true
    }

    fn array_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.stack.pop();
        self.keys.clear();
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, _: &mut dyn ErrorSink) {
        if self.keys.len() >= self.depth {
            self.out.note("nesting deeper than the bound", span.start(), true);
            return;
        }
        let (inner, escaped) = self.inner(span, encoding);
        self.keys.push(Key::Written(inner, escaped));
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, _: &mut dyn ErrorSink) {
        let (inner, escaped) = self.inner(span, encoding);
        let value = if escaped {
            self.out.text(&inner, unescaped(self.source, &inner).bytes())
        } else {
            self.out.slice(&inner)
        };
        let path = self.path(&self.keys);
        self.out.push(path, inner, value, Role::Entry);
    }

    fn value_sep(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.keys.clear();
        if let Some(Frame::Array(_, item)) = self.stack.last_mut() {
            *item += 1;
        }
    }

    fn newline(&mut self, _: Span, _: &mut dyn ErrorSink) {
        if self.stack.is_empty() {
            self.keys.clear();
        }
        // A header without its bracket ends with its line.
        if self.header.take().is_some() {
            self.keys.clear();
        }
    }

    fn comment(&mut self, span: Span, _: &mut dyn ErrorSink) {
        let line = span.start()..span.end().min(self.source.len());
        let Some(rest) = uncomment(self.source, &line, b"#", false) else { return };
        let Some(equals) = memchr::memchr(b'=', &self.source[rest.clone()]) else { return };
        let key = trim(self.source, rest.start..rest.start + equals);
        let mut value = trim(self.source, rest.start + equals + 1..rest.end);
        if !is_name(&self.source[key.clone()]) || value.is_empty() {
            return;
        }
        if let [mark @ (b'"' | b'\''), .., last] = &self.source[value.clone()]
            && mark == last
            && value.len() >= 2
        {
            value = value.start + 1..value.end - 1;
        }
        let (path, text) = (self.path(&[Key::Written(key, false)]), self.out.slice(&value));
        self.out.push(path, value, text, Role::Comment);
    }
}

/// A basic string without its escapes. One that is none stays as it is written.
fn unescaped(source: &[u8], raw: &Range<usize>) -> Unquoted {
    let mut out = Unquoted::of(raw);
    let mut at = raw.start;
    while at < raw.end {
        let Some(next) = memchr::memchr(b'\\', &source[at..raw.end]) else { break };
        out.keep(source, at..at + next);
        at += next;
        let rest = &source[at + 1..raw.end];
        let simple: Option<&[u8]> = match rest.first() {
            Some(b'b') => Some(b"\x08"),
            Some(b't') => Some(b"\t"),
            Some(b'n') => Some(b"\n"),
            Some(b'f') => Some(b"\x0c"),
            Some(b'r') => Some(b"\r"),
            Some(b'e') => Some(b"\x1b"),
            Some(b'"') => Some(b"\""),
            Some(b'\\') => Some(b"\\"),
            _ => None,
        };
        if let Some(bytes) = simple {
            out.replace(at..at + 2, bytes);
            at += 2;
            continue;
        }
        let digits = match rest.first() {
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => 0,
        };
        let number = rest.get(1..=digits).filter(|_| digits > 0).and_then(|hex| std::str::from_utf8(hex).ok());
        let letter = number.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        if let Some(letter) = letter {
            out.replace(at..at + 2 + digits, letter.encode_utf8(&mut [0; 4]).as_bytes());
            at += 2 + digits;
            continue;
        }
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if rest[..blank].contains(&b'\n') {
            // The line goes on with the next that is not empty.
            at += 1 + blank;
        } else {
            out.keep(source, at..(at + 2).min(raw.end));
            at = (at + 2).min(raw.end);
        }
    }
    out.keep(source, at.min(raw.end)..raw.end);
    out
}
