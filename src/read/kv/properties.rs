//! Java's `.properties`: what Gradle, Android, Spring and Sentry keep their settings in.
//!
//! No interpolation: `${x}` stays as it is written.

use crate::model::Limits;
use crate::read::fields::{Fields, Unquoted, after_line, is_blank, is_name, line_end, start, trim, uncomment};
use crate::read::{Document, Role, Text};
use std::ops::Range;

/// `key=value`, `key: value` and `key value`, a `\` at the end of a line going on with the next, escapes
/// resolved (`java.util.Properties.load`).
#[must_use]
pub fn properties<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    let mut at = start(source);
    while at < source.len() {
        let first = at..line_end(source, at);
        let comment = uncomment(source, &first, b"#!", false);
        let line = if comment.is_some() { first } else { natural(source, at) };
        at = after_line(source, line.end);
        if !out.takes(&line) {
            continue;
        }
        let (text, role) = match comment {
            Some(rest) => (rest, Role::Comment),
            None => (trim(source, line), Role::Entry),
        };
        if text.is_empty() {
            continue;
        }
        let (key, value) = divide(source, &text);
        if role == Role::Comment && !(is_name(&source[key.clone()]) && source[key.end..value.start].contains(&b'=')) {
            continue;
        }
        let (name, decoded) = (unescaped(source, &key), unescaped(source, &value));
        let path: Vec<Text<'a>> = vec![out.key(&key, name.bytes())];
        let text = out.text(&value, decoded.bytes());
        out.push(path, value, text, role);
    }
    out.finish()
}

/// A line with those that an odd number of backslashes joins to it.
fn natural(source: &[u8], from: usize) -> Range<usize> {
    let mut end = line_end(source, from);
    while source[from..end].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1 && end < source.len() {
        end = line_end(source, after_line(source, end));
    }
    from..end
}

/// Key and value of a line.
fn divide(source: &[u8], line: &Range<usize>) -> (Range<usize>, Range<usize>) {
    let mut at = line.start;
    while at < line.end && !matches!(source[at], b'=' | b':') && !is_blank(source[at]) {
        at += if source[at] == b'\\' { 2 } else { 1 };
    }
    let end = at.min(line.end);
    let mut value = trim(source, end..line.end);
    if matches!(source.get(value.start), Some(b'=' | b':')) && !value.is_empty() {
        value = trim(source, value.start + 1..value.end);
    }
    (line.start..end, value)
}

fn unescaped(source: &[u8], raw: &Range<usize>) -> Unquoted {
    let mut out = Unquoted::of(raw);
    let mut at = raw.start;
    while let Some(next) = memchr::memchr(b'\\', source.get(at..raw.end).unwrap_or_default()) {
        out.keep(source, at..at + next);
        at += next;
        let rest = &source[at + 1..raw.end];
        let (length, bytes): (usize, &[u8]) = match rest {
            [b't', ..] => (2, b"\t"),
            [b'n', ..] => (2, b"\n"),
            [b'r', ..] => (2, b"\r"),
            [b'f', ..] => (2, b"\x0c"),
            [b'u', hex @ ..] if hex.len() >= 4 => {
                let number = std::str::from_utf8(&hex[..4]).ok().and_then(|hex| u32::from_str_radix(hex, 16).ok());
                match number.and_then(char::from_u32) {
                    Some(letter) => {
                        out.replace(at..at + 6, letter.encode_utf8(&mut [0; 4]).as_bytes());
                        at += 6;
                        continue;
                    }
                    None => (1, b""),
                }
            }
            [b'\r' | b'\n', ..] => (1 + rest.iter().take_while(|b| b.is_ascii_whitespace()).count(), b""),
            // Any other character stands for itself.
            _ => (1, b""),
        };
        out.replace(at..at + length, bytes);
        at += length;
        if length == 1 && at < raw.end {
            out.keep(source, at..at + 1);
            at += 1;
        }
    }
    out.keep(source, at.min(raw.end)..raw.end);
    out
}
