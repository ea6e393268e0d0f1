//! Variables set by a call with quoted words: .NET's `SetEnvironmentVariable`, Python's `os.environ`,
//! nushell's `load-env`.
//!
//! Looked for by their names, in any dialect: their brackets mean other things to a shell.

use crate::read::Role;
use crate::read::fields::Fields;
use std::ops::Range;

/// Bytes after a name in which its words must stand.
const REACH: usize = 4096;

/// Adds the variables that calls in `source` set.
pub(super) fn calls(source: &[u8], out: &mut Fields<'_>) {
    for at in memchr::memmem::find_iter(source, b"SetEnvironmentVariable(") {
        pair(source, at + 23, b",", out);
    }
    for at in memchr::memmem::find_iter(source, b"environ[") {
        pair(source, at + 8, b"]=", out);
    }
    for at in memchr::memmem::find_iter(source, b"load-env") {
        record(source, at + 8, out);
    }
}

/// A quoted name, what divides, a quoted value.
fn pair(source: &[u8], at: usize, divider: &[u8], out: &mut Fields<'_>) {
    let end = (at + REACH).min(source.len());
    let Some(name) = quoted(source, at, end) else { return };
    let mut next = name.end + 1;
    for mark in divider {
        next = blanks(source, next, end);
        if source.get(next) != Some(mark) {
            return;
        }
        next += 1;
    }
    if let Some(value) = quoted(source, next, end) {
        push(name, value, out);
    }
}

/// `{ NAME: "value", OTHER: "value" }`
fn record(source: &[u8], at: usize, out: &mut Fields<'_>) {
    let end = (at + REACH).min(source.len());
    let mut next = blanks(source, at, end);
    if source.get(next) != Some(&b'{') {
        return;
    }
    next += 1;
    while next < end && source[next] != b'}' {
        next = blanks(source, next, end);
        let name = quoted(source, next, end).unwrap_or_else(|| {
            let word = source[next..end].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            next..next + word
        });
        let quote = usize::from(matches!(source.get(name.end), Some(b'"' | b'\'')));
        let colon = blanks(source, name.end + quote, end);
        let is_pair = !name.is_empty() && source.get(colon) == Some(&b':');
        let value = Some(colon + 1).filter(|_| is_pair).and_then(|from| quoted(source, from, end));
        let Some(value) = value else { return };
        next = value.end + 1;
        push(name, value, out);
        next = blanks(source, next, end);
        next += usize::from(source.get(next) == Some(&b','));
    }
}

fn push(name: Range<usize>, value: Range<usize>, out: &mut Fields<'_>) {
    let (name, text) = (out.slice(&name), out.slice(&value));
    out.push(vec![name], value, text, Role::Assignment);
}

/// What stands between two quotes, the first of them next; on one line.
fn quoted(source: &[u8], at: usize, end: usize) -> Option<Range<usize>> {
    let open = blanks(source, at, end);
    let mark = *source.get(open).filter(|mark| matches!(mark, b'"' | b'\''))?;
    let close = source.get(open + 1..end)?.iter().position(|b| *b == mark || *b == b'\n')?;
    (source[open + 1 + close] == mark).then_some(open + 1..open + 1 + close)
}

fn blanks(source: &[u8], at: usize, end: usize) -> usize {
    at + source.get(at..end).unwrap_or_default().iter().take_while(|b| b.is_ascii_whitespace()).count()
}
