//! Option files of MySQL and MariaDB, as `my_default.cc` reads them: INI with another mind about `#`.
//!
//! `!include` is not followed.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, Unquoted, is_name, trim, uncomment};
use crate::read::{Document, Role};
use std::ops::Range;

/// `[group]`, `key = value`. A `#` outside of quotes ends the value wherever it stands, a `;` does
/// not; one pair of quotes around the value goes; `\n`, `\t`, `\r`, `\b`, `\s`, `\"`, `\'` and `\\`
/// are escapes. The path is `[group, key]`, or `[key]` above the first group.
#[must_use]
pub fn my_cnf<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    let mut group: Option<Range<usize>> = None;
    for line in Lines::new(source) {
        if !out.takes(&line) {
            continue;
        }
        let comment = uncomment(source, &line, b"#;", false);
        let role = if comment.is_some() { Role::Comment } else { Role::Entry };
        let text = trim(source, comment.unwrap_or(line));
        match source[text.clone()].first() {
            None | Some(b'!') => continue,
            Some(b'[') if role == Role::Entry => {
                let close = memchr::memchr(b']', &source[text.clone()]).map_or(text.end, |i| text.start + i);
                group = Some(trim(source, text.start + 1..close));
                continue;
            }
            _ => {}
        }
        let text = text.start..before_comment(source, &text);
        let Some(equals) = memchr::memchr(b'=', &source[text.clone()]).map(|i| text.start + i) else { continue };
        let key = trim(source, text.start..equals);
        let value = unescaped(source, unquoted(source, trim(source, equals + 1..text.end)));
        if key.is_empty() || role == Role::Comment && (!is_name(&source[key.clone()]) || value.bytes().is_empty()) {
            continue;
        }
        let path = group.iter().chain([&key]).map(|part| out.slice(part)).collect();
        let span = value.whole();
        let value = out.text(&span, value.bytes());
        out.push(path, span, value, role);
    }
    out.finish()
}

/// Where the first `#` outside of quotes stands.
fn before_comment(source: &[u8], line: &Range<usize>) -> usize {
    let (mut quote, mut escaped) = (None, false);
    for at in line.clone() {
        let byte = source[at];
        match (quote, byte) {
            (None, b'#') => return at,
            (None, b'"' | b'\'') if !escaped => quote = Some(byte),
            (Some(open), _) if open == byte && !escaped => quote = None,
            _ => {}
        }
        escaped = quote.is_some() && byte == b'\\' && !escaped;
    }
    line.end
}

/// A value without the quotes around all of it.
fn unquoted(source: &[u8], value: Range<usize>) -> Range<usize> {
    match &source[value.clone()] {
        [first @ (b'"' | b'\''), .., last] if first == last => value.start + 1..value.end - 1,
        _ => value,
    }
}

fn unescaped(source: &[u8], value: Range<usize>) -> Unquoted {
    let mut out = Unquoted::of(&value);
    let mut at = value.start;
    while at < value.end {
        let meant = match source[at..value.end] {
            [b'\\', b'n', ..] => b'\n',
            [b'\\', b't', ..] => b'\t',
            [b'\\', b'r', ..] => b'\r',
            [b'\\', b'b', ..] => 0x08,
            [b'\\', b's', ..] => b' ',
            [b'\\', next @ (b'"' | b'\'' | b'\\'), ..] => next,
            _ => {
                out.keep(source, at..at + 1);
                at += 1;
                continue;
            }
        };
        out.replace(at..at + 2, &[meant]);
        at += 2;
    }
    out
}
