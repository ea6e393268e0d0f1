//! HashiCorp's configuration language, as far as values stand in it: Terraform's CLI config and variables.
//!
//! Expressions are not evaluated: `var.x` and `${var.x}` stay as they are written.

use super::fields::{Fields, Unquoted, after_line, is_blank, line_end, start, trim};
use super::{Document, Role, Text};
use crate::model::Limits;
use std::ops::Range;

/// The attributes of an HCL document. A block's path is its type and labels; items of lists are their index.
#[must_use]
pub fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let out = Fields::new(source, limits);
    let mut reader = Reader {
        source,
        out,
        depth: limits.depth,
        stack: Vec::new(),
        words: Vec::new(),
        awaits: false,
        at: start(source),
    };
    while reader.at < source.len() && !reader.out.is_full() {
        reader.token();
    }
    reader.out.finish()
}

/// Words of a block's type and labels that count.
const WORDS: usize = 8;

/// What is open.
struct Frame {
    /// The words it is under.
    words: Vec<Range<usize>>,
    /// The item of a list.
    item: Option<usize>,
}

struct Reader<'a> {
    source: &'a [u8],
    out: Fields<'a>,
    depth: usize,
    stack: Vec<Frame>,
    /// Words before a `=` or `{`.
    words: Vec<Range<usize>>,
    /// Whether a value comes next.
    awaits: bool,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads one token; always goes forward.
    fn token(&mut self) {
        let source = self.source;
        let at = self.at;
        let in_list = self.stack.last().is_some_and(|frame| frame.item.is_some());
        match &source[at..] {
            [b'\n' | b'\r', ..] => {
                if !self.awaits {
                    self.words.clear();
                }
                self.at += 1;
            }
            [b, ..] if is_blank(*b) => self.at += 1,
            [b'#', ..] | [b'/', b'/', ..] => self.at = line_end(source, at),
            [b'/', b'*', rest @ ..] => {
                self.at = memchr::memmem::find(rest, b"*/").map_or(source.len(), |end| at + 2 + end + 2);
            }
            [b'{', ..] => self.open(None),
            [b'[', ..] if self.awaits || in_list => self.open(Some(0)),
            [b'}' | b']', ..] => {
                self.stack.pop();
                self.end_of_value();
                self.at += 1;
            }
            [b',', ..] => {
                if let Some(Frame { item: Some(item), .. }) = self.stack.last_mut() {
                    *item += 1;
                }
                self.end_of_value();
                self.at += 1;
            }
            [b'=' | b':', ..] if !self.awaits && !self.words.is_empty() => {
                self.awaits = true;
                self.at += 1;
            }
            [b'"', ..] => self.string(self.awaits || in_list),
            [b'<', b'<', ..] if self.awaits || in_list => self.heredoc(),
            _ if self.awaits || in_list => self.expression(),
            _ => self.word(),
        }
    }

    fn end_of_value(&mut self) {
        self.words.clear();
        self.awaits = false;
    }

    fn open(&mut self, item: Option<usize>) {
        self.at += 1;
        if self.stack.len() >= self.depth {
            self.out.note("nesting deeper than the bound", self.at, true);
            // Without a frame of its own its end would close another: what follows is left alone.
            self.at = self.source.len();
            return;
        }
        self.stack.push(Frame { words: std::mem::take(&mut self.words), item });
        self.awaits = false;
    }

    fn word(&mut self) {
        let rest = &self.source[self.at..];
        let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
        if length > 0 && self.words.len() < WORDS {
            self.words.push(self.at..self.at + length);
        }
        self.at += length.max(1);
    }

    fn string(&mut self, is_value: bool) {
        let from = self.at + 1;
        let end = (from + self.out.line_bytes()).min(self.source.len());
        let close = close(self.source, from, end);
        let inner = from..close.unwrap_or_else(|| line_end(self.source, from));
        if close.is_none() {
            self.out.note("a quote is not closed", self.at, false);
        }
        self.at = inner.end + usize::from(close.is_some());
        if is_value {
            let text = unescaped(self.source, &inner);
            let value = self.out.text(&inner, text.bytes());
            self.emit(inner, value);
        } else if self.words.len() < WORDS {
            self.words.push(inner);
        }
    }

    /// `<<EOF` or `<<-EOF`, and the lines up to one that is the word alone.
    fn heredoc(&mut self) {
        let source = self.source;
        let first = line_end(source, self.at);
        let mark = trim(source, self.at + 2..first);
        let mark = source[mark].strip_prefix(b"-").map_or(&source[trim(source, self.at + 2..first)], |rest| rest);
        let body = after_line(source, first);
        let (mut line, mut end) = (body, body);
        while line < source.len() {
            let stop = line_end(source, line);
            if source[line..stop].trim_ascii() == mark || stop - body > self.out.line_bytes() {
                break;
            }
            end = stop;
            line = after_line(source, stop);
        }
        let value = self.out.slice(&(body..end.max(body)));
        self.emit(body..end.max(body), value);
        self.at = line_end(source, line).max(first);
    }

    /// Anything else: to the end of the line or of the item.
    fn expression(&mut self) {
        let source = self.source;
        let (mut at, mut open) = (self.at, 0_usize);
        let end = line_end(source, at);
        while at < end {
            match source[at] {
                b'(' | b'[' | b'{' => open += 1,
                b')' | b']' | b'}' if open > 0 => open -= 1,
                b',' | b']' | b'}' if open == 0 => break,
                b'#' if at > self.at => break,
                b'"' => at = close(source, at + 1, end).unwrap_or(end),
                _ => {}
            }
            at += 1;
        }
        let span = trim(source, self.at..at.min(end));
        let value = self.out.slice(&span);
        self.at = at.min(end).max(self.at + 1);
        self.emit(span, value);
    }

    fn emit(&mut self, span: Range<usize>, value: Text<'a>) {
        let mut path: Vec<Text<'a>> = Vec::new();
        for frame in &self.stack {
            path.extend(frame.words.iter().map(|word| self.out.slice(word)));
            path.extend(frame.item.map(|item| Text::Decoded(item.to_string().into_bytes().into())));
        }
        path.extend(self.words.iter().map(|word| self.out.slice(word)));
        self.out.push(path, span, value, Role::Entry);
        if self.stack.last().is_none_or(|frame| frame.item.is_none()) {
            self.end_of_value();
        }
    }
}

/// Where a string that was opened before `from` is closed; a template in it may hold quotes of its own.
fn close(source: &[u8], from: usize, end: usize) -> Option<usize> {
    let (mut at, mut braces) = (from, 0_usize);
    while at < end {
        match source[at] {
            b'\\' => at += 1,
            b'$' | b'%' if source.get(at + 1) == Some(&b'{') => {
                braces += 1;
                at += 1;
            }
            b'}' if braces > 0 => braces -= 1,
            b'"' if braces == 0 => return Some(at),
            b'\n' => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

fn unescaped(source: &[u8], raw: &Range<usize>) -> Unquoted {
    let mut out = Unquoted::of(raw);
    let mut at = raw.start;
    while let Some(next) = memchr::memchr(b'\\', &source[at..raw.end]) {
        out.keep(source, at..at + next);
        at += next;
        let bytes: &[u8] = match source.get(at + 1).filter(|_| at + 1 < raw.end) {
            Some(b'n') => b"\n",
            Some(b't') => b"\t",
            Some(b'r') => b"\r",
            Some(b'"') => b"\"",
            Some(b'\\') => b"\\",
            _ => b"",
        };
        let end = (at + 2).min(raw.end);
        if bytes.is_empty() {
            out.keep(source, at..end);
        } else {
            out.replace(at..end, bytes);
        }
        at = end;
    }
    out.keep(source, at..raw.end);
    out
}
