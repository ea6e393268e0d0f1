//! Subversion's cached logins: a dump of a hash table, `K 8`, `password`, `V 5`, the value, to `END`.
//!
//! Lengths that are not those of an edited file are corrected by its line ends. What a key means is
//! not decided here, save that a password which a keychain sealed is told apart from a plain one.

use super::fields::{Fields, after_line, line_end, start, trim};
use super::{Document, Role, Text};
use crate::model::Limits;
use std::ops::Range;

/// The path is `[key]`. `password` and `passphrase` are called so where `passtype` is absent or
/// `simple`; where it names what sealed them, `password-encrypted` and `passphrase-encrypted`.
#[must_use]
pub fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    let mut pairs: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let mut key: Option<Range<usize>> = None;
    let mut at = start(source);
    let mut ended = false;
    while at < source.len() && !ended {
        if pairs.len() >= limits.nodes {
            out.note("too many fields", at, true);
            break;
        }
        let end = line_end(source, at);
        let line = trim(source, at..end);
        let next = after_line(source, end);
        let Some((kind, length)) = header(&source[line.clone()]) else {
            ended = &source[line.clone()] == b"END";
            if !ended && !line.is_empty() {
                out.note("neither a key nor a value", line.start, false);
            }
            at = next;
            continue;
        };
        let value = counted(source, next, length);
        at = after_line(source, value.end);
        match (kind, key.take()) {
            (b'K', _) => key = Some(value),
            (_, Some(key)) => pairs.push((key, value)),
            (_, None) => out.note("value without a key", line.start, false),
        }
    }
    if !ended && !source.is_empty() {
        out.note("unexpected end", source.len(), false);
    }
    let sealed = pairs
        .iter()
        .any(|(key, value)| &source[key.clone()] == b"passtype" && !matches!(&source[value.clone()], b"" | b"simple"));
    for (key, value) in pairs {
        let name = match &source[key.clone()] {
            b"password" if sealed => Text::Slice(b"password-encrypted"),
            b"passphrase" if sealed => Text::Slice(b"passphrase-encrypted"),
            _ => out.slice(&key),
        };
        let text = out.slice(&value);
        out.push(vec![name], value, text, Role::Entry);
    }
    out.finish()
}

/// `K 8` or `V 8`.
fn header(line: &[u8]) -> Option<(u8, usize)> {
    let (&[kind, b' '], digits) = line.split_first_chunk::<2>()? else { return None };
    let plain = matches!(kind, b'K' | b'V') && (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| (kind, digits.iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'))))
}

/// The `length` bytes from `from` on if a line ends after them, else the line.
fn counted(source: &[u8], from: usize, length: usize) -> Range<usize> {
    match source.get(from..from + length) {
        Some(_) if matches!(source.get(from + length), None | Some(b'\n' | b'\r')) => from..from + length,
        _ => from..line_end(source, from),
    }
}
