//! `.npmrc`, in the dialect of npm's `ini` package, which npm, pnpm and yarn 1 share.
//!
//! `${NAME}` stays as written.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, Unquoted, trim, uncomment};
use crate::read::{Document, Role};
use std::ops::Range;

/// `key=value`; `;` and `#` start a comment anywhere unless a backslash guards them. The path is
/// `[key]`: `//host/:_authToken`; `key[]` counts as `key`; sections are passed over.
#[must_use]
pub fn npmrc<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    for line in Lines::new(source) {
        if !out.takes(&line) {
            continue;
        }
        let comment = uncomment(source, &line, b"#;", false);
        let role = if comment.is_some() { Role::Comment } else { Role::Entry };
        let text = trim(source, comment.unwrap_or(line));
        if source[text.clone()].starts_with(b"[") {
            continue;
        }
        let Some(equals) = memchr::memchr(b'=', &source[text.clone()]).map(|i| text.start + i) else { continue };
        let key = resolve(source, trim(source, text.start..equals));
        let value = resolve(source, trim(source, equals + 1..text.end));
        let name = key.bytes().strip_suffix(b"[]").unwrap_or(key.bytes());
        if name.is_empty() || role == Role::Comment && (!is_setting(name) || value.bytes().is_empty()) {
            continue;
        }
        let path = vec![out.key(&key.span(0..name.len()), name)];
        let span = value.span(0..value.bytes().len());
        let text = out.text(&span, value.bytes());
        out.push(path, span, text, role);
    }
    out.finish()
}

/// Whether a commented key is one npm could have.
fn is_setting(key: &[u8]) -> bool {
    key.len() <= 512
        && key.iter().all(|b| b.is_ascii_alphanumeric() || b"_-./:@${}?~%[]".contains(b))
        && key.iter().any(u8::is_ascii_alphabetic)
}

/// Removes quotes, escapes and a comment, as the `ini` package's `unsafe` does.
fn resolve(source: &[u8], raw: Range<usize>) -> Unquoted {
    let bytes = &source[raw.clone()];
    let mut out = Unquoted::of(&raw);
    if let [first @ (b'"' | b'\''), middle @ .., last] = bytes
        && first == last
    {
        let inner = raw.start + 1..raw.end - 1;
        // In double quotes it is a JSON string; one that is not valid keeps its quotes there, not here.
        let escapes = *first == b'"' && memchr::memchr(b'\\', middle).is_some();
        if !escapes {
            out.keep(source, inner);
            return out;
        }
        return json_string(source, inner);
    }
    let mut at = raw.start;
    while at < raw.end {
        match source[at] {
            b'\\' if at + 1 < raw.end && b"\\;#".contains(&source[at + 1]) => {
                out.replace(at..at + 2, &source[at + 1..at + 2]);
                at += 2;
                continue;
            }
            b';' | b'#' => break,
            _ => out.keep(source, at..at + 1),
        }
        at += 1;
    }
    // What is left of a comment may have quotes or blanks of its own; it has no second comment.
    if at < raw.end { resolve(source, trim(source, raw.start..at)) } else { out }
}

/// The simple escapes of a JSON string; others stay as written.
fn json_string(source: &[u8], inner: Range<usize>) -> Unquoted {
    let mut out = Unquoted::of(&inner);
    let mut at = inner.start;
    while at < inner.end {
        let meant = match source.get(at..inner.end) {
            Some([b'\\', b'n', ..]) => b'\n',
            Some([b'\\', b't', ..]) => b'\t',
            Some([b'\\', b'r', ..]) => b'\r',
            Some([b'\\', next @ (b'"' | b'\\' | b'/'), ..]) => *next,
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
