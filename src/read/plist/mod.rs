//! Property lists of Apple's systems, as XML and as binary, with the paths JSON would give.

mod binary;

use super::fields::Fields;
use super::xml::{Piece, Scanner, decoded};
use super::{Document, Role, Text};
use crate::model::Limits;
use std::ops::Range;

/// How a binary property list begins.
pub const BINARY: &[u8] = b"bplist00";

/// The strings, numbers and data of a property list; items of arrays are their index. Data is base64 text in
/// XML, bytes in a binary one.
#[must_use]
pub fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    if source.starts_with(BINARY) {
        return binary::document(source, limits);
    }
    let mut reader = Reader { source, out: Fields::new(source, limits), depth: limits.depth, stack: Vec::new() };
    reader.read();
    reader.out.finish()
}

/// An open container.
enum Frame {
    /// A dictionary at its key.
    Dict(Option<Range<usize>>),
    Array(usize),
}

/// What the text that comes next is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Nothing,
    Key,
    Value,
}

struct Reader<'a> {
    source: &'a [u8],
    out: Fields<'a>,
    depth: usize,
    stack: Vec<Frame>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        let source = self.source;
        let (mut expect, mut beyond) = (Expect::Nothing, 0_usize);
        for piece in Scanner::new(source, 0..source.len()) {
            if self.out.is_full() {
                self.out.note("too many fields", source.len(), true);
                return;
            }
            match piece {
                Piece::Open { name, ends, .. } => {
                    let frame = match &source[name.clone()] {
                        b"dict" => Some(Frame::Dict(None)),
                        b"array" => Some(Frame::Array(0)),
                        b"key" => {
                            expect = if ends { Expect::Nothing } else { Expect::Key };
                            None
                        }
                        b"string" | b"data" | b"integer" | b"real" | b"date" if !ends => {
                            expect = Expect::Value;
                            None
                        }
                        _ => {
                            expect = Expect::Nothing;
                            if ends {
                                self.item_ended();
                            }
                            None
                        }
                    };
                    match frame {
                        Some(_) if ends => self.item_ended(),
                        Some(frame) if self.stack.len() < self.depth => self.stack.push(frame),
                        Some(_) => {
                            self.out.note("nesting deeper than the bound", name.start, true);
                            beyond += 1;
                        }
                        None => {}
                    }
                }
                Piece::Close { name } => match &source[name] {
                    b"dict" | b"array" if beyond > 0 => beyond -= 1,
                    b"dict" | b"array" => {
                        self.stack.pop();
                        self.item_ended();
                    }
                    b"key" => expect = Expect::Nothing,
                    b"plist" => {}
                    _ => {
                        expect = Expect::Nothing;
                        self.item_ended();
                    }
                },
                Piece::Text { span, raw } => match expect {
                    Expect::Key => {
                        if let Some(Frame::Dict(key)) = self.stack.last_mut() {
                            *key = Some(span);
                        }
                    }
                    Expect::Value if beyond == 0 => self.value(span, raw),
                    Expect::Value | Expect::Nothing => {}
                },
                Piece::Comment { .. } => {}
                Piece::Broken { at } => self.out.note("not a property list", at, false),
            }
        }
    }

    fn item_ended(&mut self) {
        if let Some(Frame::Array(item)) = self.stack.last_mut() {
            *item += 1;
        }
    }

    fn value(&mut self, span: Range<usize>, raw: bool) {
        let path: Vec<Text<'a>> = self
            .stack
            .iter()
            .filter_map(|frame| match frame {
                Frame::Dict(key) => key.as_ref().map(|key| decoded(self.source, key, &self.out)),
                Frame::Array(item) => Some(Text::Decoded(item.to_string().into_bytes().into())),
            })
            .collect();
        let value = if raw { self.out.slice(&span) } else { decoded(self.source, &span, &self.out) };
        self.out.push(path, span, value, Role::Entry);
    }
}
