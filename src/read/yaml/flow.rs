//! Collections in brackets, over any number of lines.

use super::{Reader, Step, scalar};
use crate::read::fields::{is_blank, line_end, trim};
use std::ops::Range;

/// What is open: a mapping at its key, or a sequence at its item.
enum Open {
    Mapping(Option<Range<usize>>),
    Sequence(usize),
}

impl Reader<'_> {
    /// Reads the collection at the start of `rest`; gives where it ends. One that is never closed is read to
    /// the end of its line.
    pub(super) fn flow(&mut self, rest: Range<usize>) -> usize {
        let (end, before) = (self.reach(rest.end), self.out.len());
        if let Some(after) = self.collection(rest.start, end) {
            return after;
        }
        self.out.note("a bracket is not closed", rest.start, false);
        if !self.unclosed {
            self.unclosed = true;
            self.out.truncate(before);
            self.collection(rest.start, rest.end);
        }
        rest.end
    }

    fn collection(&mut self, start: usize, end: usize) -> Option<usize> {
        let source = self.source;
        let mut open: Vec<Open> = Vec::new();
        let mut at = start;
        while at < end {
            match source[at] {
                b' ' | b'\t' | b'\r' | b'\n' => at += 1,
                b'#' if is_blank(source[at - 1]) || matches!(source[at - 1], b'\n' | b'\r') => {
                    at = line_end(source, at);
                }
                b'{' | b'[' if !source[at..].starts_with(b"{{") && !source[at..].starts_with(b"{%") => {
                    if open.len() + self.stack.len() >= self.depth {
                        self.out.note("nesting deeper than the bound", at, true);
                        return None;
                    }
                    open.push(if source[at] == b'{' { Open::Mapping(None) } else { Open::Sequence(0) });
                    at += 1;
                }
                b'}' | b']' => {
                    open.pop();
                    at += 1;
                    if open.is_empty() {
                        return Some(at);
                    }
                }
                b',' => {
                    match open.last_mut() {
                        Some(Open::Mapping(key)) => *key = None,
                        Some(Open::Sequence(item)) => *item += 1,
                        None => {}
                    }
                    at += 1;
                }
                b'!' | b'&' | b'*' => at = word(source, at, end).end.max(at + 1),
                _ => at = self.item(&mut open, at, end)?,
            }
        }
        None
    }

    /// A key or a value; gives where it ends.
    fn item(&mut self, open: &mut [Open], at: usize, end: usize) -> Option<usize> {
        let source = self.source;
        let mark = source[at];
        let (span, after) = if matches!(mark, b'"' | b'\'') {
            let close = scalar::close(source, at + 1, end, mark)?;
            (at + 1..close, close + 1)
        } else {
            let word = word(source, at, end);
            let after = word.end.max(at + 1);
            (word, after)
        };
        let next = skip(source, after, end);
        let colon = source.get(next) == Some(&b':') && next < end;
        // JSON's way needs no blank after the colon, a plain key does.
        let is_key = colon
            && (matches!(mark, b'"' | b'\'')
                || source
                    .get(next + 1)
                    .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'{' | b'[' | b',' | b'}')));
        if let Some(Open::Mapping(key @ None)) = open.last_mut()
            && is_key
        {
            *key = Some(span);
            return Some(next + 1);
        }
        if !span.is_empty() || mark == b'"' || mark == b'\'' {
            let steps: Vec<Step> = open
                .iter()
                .filter_map(|open| match open {
                    Open::Mapping(key) => key.clone().map(Step::Key),
                    Open::Sequence(item) => Some(Step::Item(*item)),
                })
                .collect();
            let value = if matches!(mark, b'"' | b'\'') {
                self.out.text(&span, scalar::unquoted(source, &span, mark).bytes())
            } else {
                self.out.slice(&span)
            };
            let path = self.path();
            self.push(path, &steps, span, value);
        }
        Some(if is_key { next + 1 } else { after })
    }
}

/// A plain word or sentence: up to what ends it in a collection. A template's braces are its own.
fn word(source: &[u8], at: usize, end: usize) -> Range<usize> {
    let mut here = at;
    while here < end {
        let rest = &source[here..end];
        if rest.starts_with(b"{{") {
            here += memchr::memmem::find(rest, b"}}").map_or(rest.len(), |close| close + 2);
            continue;
        }
        match rest {
            [b',' | b']' | b'}' | b'\n' | b'\r', ..] | [b':'] => break,
            [b'[' | b'{', ..] if here > at => break,
            [b':', next, ..] if next.is_ascii_whitespace() || matches!(next, b',' | b'}' | b']' | b'{' | b'[') => break,
            [b'#', ..] if here > at && is_blank(source[here - 1]) => break,
            _ => here += 1,
        }
    }
    trim(source, at..here.min(end))
}

fn skip(source: &[u8], at: usize, end: usize) -> usize {
    let rest = source.get(at..end).unwrap_or_default();
    at + rest.iter().take_while(|b| is_blank(**b)).count()
}
