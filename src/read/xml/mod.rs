//! XML as documents of settings: element names, attributes and text, each with its place.
//!
//! Knows no schema and resolves nothing: a DOCTYPE is passed over and an entity of its own stays as it is
//! written, so no document is larger than its bytes. Broken markup hides nothing after it.

mod scan;

pub(super) use scan::{Attribute, Piece, Scanner, decoded};

use super::fields::{Fields, trim};
use super::{Document, Role, Text};
use crate::model::Limits;
use std::ops::Range;

/// The texts and attributes of an XML document. A path is element names from the root; an attribute ends it
/// with `@name`. Where an element has a `name` or `key` and a `value`, that value's path ends with the name
/// (`<env name="K" value="v"/>` is `env/K`); the text of an element with an `encoding` has that in its last
/// part (`Pass@base64`).
#[must_use]
pub fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut reader =
        Reader { source, out: Fields::new(source, limits), depth: limits.depth, stack: Vec::new(), beyond: 0 };
    reader.read(0..source.len(), Role::Entry);
    reader.out.finish()
}

/// An open element.
struct Element {
    name: Range<usize>,
    /// Its `encoding`.
    encoding: Option<Range<usize>>,
}

struct Reader<'a> {
    source: &'a [u8],
    out: Fields<'a>,
    depth: usize,
    stack: Vec<Element>,
    /// Open elements beyond the bound.
    beyond: usize,
}

impl<'a> Reader<'a> {
    fn read(&mut self, range: Range<usize>, role: Role) {
        for piece in Scanner::new(self.source, range) {
            if self.out.is_full() {
                self.out.note("too many fields", self.source.len(), true);
                return;
            }
            match piece {
                Piece::Open { name, attributes, ends } => {
                    self.open(name, &attributes, role);
                    if ends {
                        self.close(None);
                    }
                }
                Piece::Close { name } => self.close(Some(name)),
                Piece::Text { span, raw } => self.text(span, raw, role),
                // A comment has no comment in it.
                Piece::Comment { span } if role == Role::Entry => {
                    let (open, beyond) = (self.stack.len(), self.beyond);
                    self.read(span, Role::Comment);
                    self.stack.truncate(open);
                    self.beyond = beyond;
                }
                Piece::Comment { .. } => {}
                Piece::Broken { at } => self.out.note("not XML", at, false),
            }
        }
    }

    fn open(&mut self, name: Range<usize>, attributes: &[Attribute], role: Role) {
        if self.stack.len() >= self.depth {
            self.out.note("nesting deeper than the bound", name.start, true);
            self.beyond += 1;
            return;
        }
        let of = |wanted: &[&[u8]]| {
            let is = |a: &&Attribute| wanted.iter().any(|word| self.source[a.name.clone()].eq_ignore_ascii_case(word));
            attributes.iter().find(is)
        };
        let (named, encoding) = (of(&[b"name", b"key"]), of(&[b"encoding"]).map(|a| a.value.clone()));
        self.stack.push(Element { name, encoding });
        for attribute in attributes {
            let is_value = self.source[attribute.name.clone()].eq_ignore_ascii_case(b"value");
            let last = match named {
                Some(name) if is_value => self.out.slice(&name.value),
                _ => marked(b"", &self.source[attribute.name.clone()]),
            };
            self.push(Some(last), attribute.value.clone(), false, role);
        }
    }

    /// Ends the nearest open element of that name; a name that is not open ends nothing.
    fn close(&mut self, name: Option<Range<usize>>) {
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        let last = match name {
            None => self.stack.len().checked_sub(1),
            Some(name) => {
                let name = &self.source[name];
                self.stack.iter().rposition(|element| &self.source[element.name.clone()] == name)
            }
        };
        if let Some(last) = last {
            self.stack.truncate(last);
        }
    }

    fn text(&mut self, span: Range<usize>, raw: bool, role: Role) {
        let inner = trim_lines(self.source, span);
        if inner.is_empty() || self.stack.is_empty() {
            return;
        }
        let encoding = self.stack.last().and_then(|element| Some((element.name.clone(), element.encoding.clone()?)));
        let last = encoding.map(|(name, encoding)| marked(&self.source[name], &self.source[encoding]));
        self.push(last, inner, raw, role);
    }

    /// Adds a value; `last` stands in the place of the innermost name where that has an encoding, else after it.
    fn push(&mut self, last: Option<Text<'a>>, span: Range<usize>, raw: bool, role: Role) {
        let whole = self.stack.len();
        let inner = self.stack.last().is_some_and(|e| e.encoding.is_some() && last.as_ref().is_some_and(is_encoded));
        let names = &self.stack[..whole - usize::from(inner && whole > 0)];
        let mut path: Vec<Text<'a>> = names.iter().map(|element| self.out.slice(&element.name)).collect();
        path.extend(last);
        let value = if raw { self.out.slice(&span) } else { decoded(self.source, &span, &self.out) };
        self.out.push(path, span, value, role);
    }
}

/// `@name`, or `Element@encoding`.
fn marked<'a>(element: &[u8], word: &[u8]) -> Text<'a> {
    Text::Decoded([element, b"@", word].concat().into())
}

fn is_encoded(text: &Text<'_>) -> bool {
    text.bytes().first().is_some_and(|first| *first != b'@') && text.bytes().contains(&b'@')
}

/// `range` without blanks and line ends at either end.
fn trim_lines(source: &[u8], range: Range<usize>) -> Range<usize> {
    let bytes = &source[range.clone()];
    let start = bytes.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let end = bytes[start..].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
    trim(source, range.start + start..range.end - end)
}
