//! What starts by itself goes out of a file in TOML: the line of its key, or the table of its own with the tables in
//! it. Comments that stand before the next table are that table's. Told by lines and not by a grammar: the caller
//! holds the outcome against what it was, and an edit that took anything else is not made.

use super::judged::Judged;
use crate::read::json::{Kind, NodeId, Tree};
use crate::read::{self, Format};
use crate::remediate::edit::Splice;
use crate::remediate::recipes::{line_above, whole_line};
use std::ops::Range;

/// Lines after a value's last item in which its bracket may close.
const CLOSING: usize = 4;

/// The edit that takes `entry` out, if it has lines to itself.
pub(super) fn remove(judged: &Judged<'_, '_>, tree: &Tree<'_>, entry: NodeId) -> Option<Vec<Splice>> {
    let (source, span) = (judged.document.source, tree.span(entry));
    let path: Vec<Vec<u8>> = tree
        .path(entry)
        .iter()
        .map(|key| key.bytes().to_vec())
        .filter(|key| !key.iter().all(u8::is_ascii_digit))
        .collect();
    // What is left of a table without its command is nothing that a program would read.
    let whole = tree.kind(entry) == Kind::Array || tree.parent(entry).is_some_and(|top| tree.parent(top).is_none());
    let lines = || if whole { lines_of_key(judged, path.last()?, &span) } else { None };
    let gone = table(source, &path, &span).or_else(lines)?;
    Some(vec![Splice::new(gone, "")])
}

/// The table of an array that a value at `span` stands in, from its header to the next that is no part of it.
fn table(source: &[u8], path: &[Vec<u8>], span: &Range<usize>) -> Option<Range<usize>> {
    let mut start = None;
    let mut end = source.len();
    for (at, header) in headers(source) {
        if at > span.start && !is_below(&header.keys, path) {
            end = at;
            break;
        }
        if at <= span.start && header.keys == path {
            start = header.is_array.then_some(at);
        }
    }
    // The last header before the value must be the table's own, or one of a table in it.
    let start = start?;
    let own = headers(source).filter(|(at, _)| *at > start && *at <= span.start);
    if own.into_iter().any(|(_, header)| !is_below(&header.keys, path)) {
        return None;
    }
    Some(start..before_comments(source, start, end))
}

fn is_below(keys: &[Vec<u8>], path: &[Vec<u8>]) -> bool {
    keys.len() > path.len() && keys.starts_with(path)
}

/// Where the comments begin that stand right before `end`.
fn before_comments(source: &[u8], start: usize, end: usize) -> usize {
    let mut at = end;
    while end < source.len() && at > start {
        let Some(line) = line_above(source, at) else { break };
        if line.start <= start || !source[line.clone()].trim_ascii_start().starts_with(b"#") {
            break;
        }
        at = line.start;
    }
    at
}

/// A table's header.
struct Header {
    keys: Vec<Vec<u8>>,
    is_array: bool,
}

/// Lines that look like headers, with where they begin. A key with a point in quotes is none that is known here.
fn headers(source: &[u8]) -> impl Iterator<Item = (usize, Header)> {
    let mut at = 0;
    source.split_inclusive(|byte| *byte == b'\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let text = line.trim_ascii();
        let inner = text.strip_prefix(b"[")?;
        let (inner, is_array) = inner.strip_prefix(b"[").map_or((inner, false), |inner| (inner, true));
        let close = memchr::memchr(b']', inner)?;
        let key = |part: &[u8]| {
            let part = part.trim_ascii();
            let bare = part.strip_prefix(b"\"").and_then(|part| part.strip_suffix(b"\""));
            let bare = bare.or_else(|| part.strip_prefix(b"'").and_then(|part| part.strip_suffix(b"'")));
            bare.unwrap_or(part).to_vec()
        };
        Some((start, Header { keys: inner[..close].split(|byte| *byte == b'.').map(key).collect(), is_array }))
    })
}

/// The lines of `key = value`, however many the value has.
fn lines_of_key(judged: &Judged<'_, '_>, key: &[u8], span: &Range<usize>) -> Option<Range<usize>> {
    let source = judged.document.source;
    let mut start = whole_line(source, span.start).start;
    let begins = |start: usize| {
        let text = source[start..].trim_ascii_start();
        let text = text.strip_prefix(b"\"").unwrap_or(text);
        let rest = text.strip_prefix(key).map(|rest| rest.strip_prefix(b"\"").unwrap_or(rest));
        rest.is_some_and(|rest| rest.trim_ascii_start().starts_with(b"="))
    };
    for _ in 0..=CLOSING {
        if begins(start) {
            break;
        }
        start = line_above(source, start)?.start;
    }
    if !begins(start) {
        return None;
    }
    let mut end = whole_line(source, span.end).end;
    for _ in 0..=CLOSING {
        // Whole by itself: no bracket and no quote is left open.
        if read::parse(Format::Toml, &source[start..end], judged.detector.limits()).problem.is_none() {
            return Some(start..end);
        }
        end = whole_line(source, Some(end).filter(|end| *end < source.len())?).end;
    }
    None
}
