//! INI as Python's configparser, botocore, pip, twine and hg read it.
//!
//! No interpolation, no nested tables.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, is_blank, is_name, trim, uncomment};
use crate::read::{Document, Role, Text};
use std::ops::Range;

/// `[section]`, `key = value`, `key: value`, comments with `#` and `;`. The path is
/// `[section, key]`, or `[key]` above the first section.
///
/// An indented line without a key of its own goes on with the value above it and is given as one
/// more field of the same path (pip writes several index URLs that way).
#[must_use]
pub fn ini<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    let mut section: Option<Range<usize>> = None;
    let mut above: Option<(Range<usize>, usize)> = None;
    for line in Lines::new(source) {
        if !out.takes(&line) {
            continue;
        }
        if let Some(rest) = uncomment(source, &line, b"#;", true) {
            if let Some(entry) = entry(source, &rest).filter(|entry| entry.is_plain(source)) {
                push(&mut out, section.as_ref(), &entry.key, entry.span, Role::Comment);
            }
            continue;
        }
        let text = trim(source, line.clone());
        let indent = text.start - line.start;
        if text.is_empty() {
            continue;
        }
        if source[text.start] == b'[' && above.as_ref().is_none_or(|(_, least)| indent <= *least) {
            let close = memchr::memrchr(b']', &source[text.clone()]).map_or(text.end, |i| text.start + i);
            section = Some(trim(source, text.start + 1..close.max(text.start + 1)));
            above = None;
            continue;
        }
        let deeper = above.as_ref().filter(|(_, least)| indent > *least);
        match (deeper, entry(source, &text)) {
            (Some((key, _)), found) if found.as_ref().is_none_or(|entry| !is_name(&source[entry.key.clone()])) => {
                push(&mut out, section.as_ref(), key, unquoted(source, text), Role::Entry);
            }
            (deeper, Some(entry)) => {
                push(&mut out, section.as_ref(), &entry.key, entry.span, Role::Entry);
                if deeper.is_none() {
                    above = Some((entry.key, indent));
                }
            }
            (_, None) => above = None,
        }
    }
    out.finish()
}

fn push(out: &mut Fields<'_>, section: Option<&Range<usize>>, key: &Range<usize>, span: Range<usize>, role: Role) {
    let path: Vec<Text<'_>> = section.into_iter().chain([key]).map(|part| out.slice(part)).collect();
    let value = out.slice(&span);
    out.push(path, span, value, role);
}

struct Entry {
    key: Range<usize>,
    equals: bool,
    span: Range<usize>,
}

impl Entry {
    /// Whether a comment holding it is a disabled setting rather than prose.
    fn is_plain(&self, source: &[u8]) -> bool {
        let one_word = !source[self.span.clone()].iter().any(|b| is_blank(*b));
        is_name(&source[self.key.clone()]) && !self.span.is_empty() && (self.equals || one_word)
    }
}

/// Splits at the first `=` or `:`; a `:` before `//` belongs to a URL.
fn entry(source: &[u8], line: &Range<usize>) -> Option<Entry> {
    let bytes = &source[line.clone()];
    let mut from = 0;
    let at = loop {
        let at = from + memchr::memchr2(b'=', b':', &bytes[from..])?;
        if bytes[at] == b'=' || !bytes[at + 1..].starts_with(b"//") {
            break at;
        }
        from = at + 1;
    };
    let key = trim(source, line.start..line.start + at);
    let span = unquoted(source, trim(source, line.start + at + 1..line.end));
    (!key.is_empty()).then(|| Entry { key, equals: bytes[at] == b'=', span })
}

/// A value without its quotes, or up to its comment.
fn unquoted(source: &[u8], value: Range<usize>) -> Range<usize> {
    let bytes = &source[value.clone()];
    let Some(&quote @ (b'"' | b'\'')) = bytes.first() else { return before_note(source, value) };
    let Some(close) = memchr::memchr(quote, &bytes[1..]).map(|i| value.start + 1 + i) else {
        return before_note(source, value);
    };
    let tail = trim(source, close + 1..value.end);
    if matches!(source[tail].first(), None | Some(b'#' | b';')) {
        return value.start + 1..close;
    }
    let whole = before_note(source, value);
    if whole.len() > 1 && source[whole.end - 1] == quote { whole.start + 1..whole.end - 1 } else { whole }
}

/// A value up to a comment behind it. Python's configparser and libpq know none there, others do: what
/// has no blank on both sides of its mark is the value's, as in a password.
fn before_note(source: &[u8], value: Range<usize>) -> Range<usize> {
    let blank = |at: usize| source.get(at).is_none_or(|byte| is_blank(*byte) || matches!(byte, b'\n' | b'\r'));
    let mark = |at: &usize| matches!(source[*at], b'#' | b';') && at.checked_sub(1).is_some_and(blank) && blank(at + 1);
    let end = value.clone().find(mark).unwrap_or(value.end);
    trim(source, value.start..end)
}
