//! `.env` files, as node's dotenv, python-dotenv, ruby's dotenv and compose read them together.
//!
//! Nothing is expanded: `${OTHER}` and `$(command)` stay as written.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, before_comment, is_blank, is_name, line_end, trim, uncomment};
use crate::read::{Document, Role, Text};
use std::ops::Range;
use zeroize::Zeroizing;

/// `KEY=value` lines: `export`, three kinds of quotes (over several lines too), ` # comments`,
/// `KEY: value`. The path is `[KEY]`.
#[must_use]
pub fn dotenv<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    let mut lines = Lines::new(source);
    while let Some(line) = lines.next() {
        if !out.takes(&line) {
            continue;
        }
        if let Some(rest) = uncomment(source, &line, b"#;", true) {
            commented(&mut out, source, &rest);
        } else if let Some(found) = assignment(source, &line, Some(out.line_bytes())) {
            if found.span.end > line.end {
                lines.resume_after(found.span.end);
            }
            found.push(&mut out, source, Role::Assignment);
        }
    }
    out.finish()
}

fn commented(out: &mut Fields<'_>, source: &[u8], rest: &Range<usize>) {
    let Some(found) = assignment(source, rest, None) else { return };
    let one_word = !source[found.span.clone()].iter().any(|b| is_blank(*b));
    if is_name(&source[found.key.clone()]) && !found.span.is_empty() && (found.equals || one_word) {
        found.push(out, source, Role::Comment);
    }
}

/// The `KEY=value` of one line of a here-document, as key and value.
pub(crate) fn heredoc_line(source: &[u8], line: &Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
    let found = assignment(source, line, None)?;
    (found.equals && is_name(&source[found.key.clone()])).then_some((found.key, found.span))
}

struct Assignment {
    key: Range<usize>,
    equals: bool,
    span: Range<usize>,
    quote: u8,
}

impl Assignment {
    fn push(self, out: &mut Fields<'_>, source: &[u8], role: Role) {
        let value = match unescape(&source[self.span.clone()], self.quote) {
            Some(bytes) => Text::Decoded(bytes),
            None => out.slice(&self.span),
        };
        out.push(vec![out.slice(&self.key)], self.span, value, role);
    }
}

/// Reads the assignment of a line; a quoted value may go on for `window` bytes below it.
fn assignment(source: &[u8], line: &Range<usize>, window: Option<usize>) -> Option<Assignment> {
    let mut rest = trim(source, line.clone());
    if source[rest.clone()].starts_with(b"export") && source.get(rest.start + 6).is_some_and(|b| is_blank(*b)) {
        rest = trim(source, rest.start + 6..rest.end);
    }
    let length = source[rest.clone()]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        .count();
    let key = rest.start..rest.start + length;
    let after = trim(source, key.end..rest.end);
    let equals = match source[after.clone()].first()? {
        b'=' => true,
        b':' if after.start == key.end && source.get(after.start + 1).is_none_or(u8::is_ascii_whitespace) => false,
        _ => return None,
    };
    if key.is_empty() {
        return None;
    }
    let spaced = source.get(after.start + 1).is_some_and(|b| is_blank(*b));
    let value = trim(source, after.start + 1..rest.end);
    let (span, quote) = match source[value.clone()].first() {
        Some(&quote @ (b'"' | b'\'' | b'`')) => quoted(source, &value, quote, window),
        Some(b'#') if spaced => (value.start..value.start, 0),
        _ => (before_comment(source, value, b"#"), 0),
    };
    Some(Assignment { key, equals, span, quote })
}

/// The inside of a quoted value. What follows the closing quote is dropped when it is blank or a
/// comment; otherwise the quotes were not meant as such, and the value is the whole line's.
fn quoted(source: &[u8], value: &Range<usize>, quote: u8, window: Option<usize>) -> (Range<usize>, u8) {
    let inner = value.start + 1;
    let bare = (inner..value.end, 0);
    let limit = window.map_or(value.end, |bytes| source.len().min(inner.saturating_add(bytes)));
    let Some(close) = closing(source, inner, limit, quote) else { return bare };
    let tail = trim(source, close + 1..line_end(source, close + 1));
    let blank = matches!(source[tail.clone()].first(), None | Some(b'#' | b';'));
    if close <= value.end {
        if blank || tail.start >= value.end {
            return (inner..close, quote);
        }
        let whole = before_comment(source, value.clone(), b"#");
        let last = whole.end.saturating_sub(1);
        return if last > inner && source[last] == quote { (inner..last, quote) } else { (whole, 0) };
    }
    if !blank && opens_another(source, close) { bare } else { (inner..close, quote) }
}

/// Whether the quote at `at` follows `NAME=`: then it opens the next value, and ours was never closed.
fn opens_another(source: &[u8], at: usize) -> bool {
    let before = &source[at.saturating_sub(256)..at];
    let line = before.iter().rposition(|b| matches!(b, b'\n' | b'\r')).map_or(before, |i| &before[i + 1..]);
    let line = line.trim_ascii().strip_suffix(b"=").map(<[u8]>::trim_ascii);
    line.is_some_and(|name| is_name(name.strip_prefix(b"export ").unwrap_or(name).trim_ascii()))
}

/// The closing quote. A backslash guards it; in single quotes only where one more follows on the line.
fn closing(source: &[u8], from: usize, limit: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    while at < limit {
        at += memchr::memchr2(quote, b'\\', &source[at..limit])?;
        if source[at] == quote {
            return Some(at);
        }
        let next = at + 1;
        let guards = quote != b'\''
            || source.get(next) == Some(&quote)
                && memchr::memchr3(quote, b'\n', b'\r', source.get(next + 1..limit).unwrap_or_default())
                    .is_some_and(|found| source[next + 1 + found] == quote);
        at = if guards { next + 1 } else { next };
    }
    None
}

/// Resolves the escapes of a quoted value; `None` when there are none.
fn unescape(inner: &[u8], quote: u8) -> Option<Zeroizing<Vec<u8>>> {
    if quote == 0 {
        return None;
    }
    memchr::memchr(b'\\', inner)?;
    let mut out = Zeroizing::new(Vec::with_capacity(inner.len()));
    let mut at = 0;
    while at < inner.len() {
        let escape = (inner[at] == b'\\').then(|| inner.get(at + 1)).flatten();
        let meant = match escape {
            Some(&next) if next == quote => Some(next),
            Some(b'n') if quote != b'\'' => Some(b'\n'),
            Some(b'r') if quote != b'\'' => Some(b'\r'),
            Some(b't') if quote != b'\'' => Some(b'\t'),
            Some(&next @ (b'\\' | b'$')) if quote != b'\'' => Some(next),
            _ => None,
        };
        out.push(meant.unwrap_or(inner[at]));
        at += if meant.is_some() { 2 } else { 1 };
    }
    (out.as_slice() != inner).then_some(out)
}
