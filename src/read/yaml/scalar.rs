//! Values that are one text: plain, quoted, and blocks of lines.

use super::Reader;
use crate::read::fields::{Lines, Unquoted, after_line, before_comment, is_blank, line_end, trim};
use std::ops::Range;

impl Reader<'_> {
    /// The value at `at`, in a line ending at `end`, of a node whose indent is `parent`; gives where it ends.
    pub(super) fn value(&mut self, at: usize, end: usize, parent: usize) -> usize {
        let source = self.source;
        let mut rest = trim(source, at.min(end)..end);
        // Tags and anchors say nothing of what is written.
        while matches!(source.get(rest.start), Some(b'!' | b'&')) && !rest.is_empty() {
            let word = source[rest.clone()].iter().position(|b| is_blank(*b)).unwrap_or(rest.len());
            rest = trim(source, rest.start + word..rest.end);
        }
        match &source[rest.clone()] {
            [] | [b'#' | b'*', ..] => end,
            [b'|' | b'>', header @ ..] if is_header(header) => self.block(rest.start, end, parent),
            [mark @ (b'"' | b'\''), ..] => self.quoted(rest.clone(), *mark),
            [b'{', b'{' | b'%', ..] => self.plain(rest),
            [b'{' | b'[', ..] => self.flow(rest),
            _ => self.plain(rest),
        }
    }

    fn plain(&mut self, rest: Range<usize>) -> usize {
        let end = rest.end;
        let span = before_comment(self.source, rest, b"#");
        if !span.is_empty() {
            let (path, value) = (self.path(), self.out.slice(&span));
            self.push(path, &[], span, value);
        }
        end
    }

    fn quoted(&mut self, rest: Range<usize>, mark: u8) -> usize {
        let Some(close) = close(self.source, rest.start + 1, self.reach(rest.end), mark) else {
            self.out.note("a quote is not closed", rest.start, false);
            self.unclosed = true;
            return self.plain(rest.start + 1..rest.end);
        };
        let span = rest.start + 1..close;
        let text = unquoted(self.source, &span, mark);
        let (path, value) = (self.path(), self.out.text(&span, text.bytes()));
        self.push(path, &[], span, value);
        close
    }

    /// The lines below that are deeper than `parent`, without their common indent.
    fn block(&mut self, at: usize, end: usize, parent: usize) -> usize {
        let source = self.source;
        let folds = source[at] == b'>';
        let from = after_line(source, line_end(source, end));
        let (mut indent, mut last) = (None, end);
        let mut lines: Vec<Range<usize>> = Vec::new();
        for line in Lines::new(&source[from..]) {
            let line = from + line.start..from + line.end;
            if line.end - from > self.out.line_bytes() {
                self.out.note("text of several lines too long", at, true);
                break;
            }
            let blank = source[line.clone()].iter().take_while(|byte| **byte == b' ').count();
            let empty = trim(source, line.clone()).is_empty();
            // A mapping at the very left holds its text deeper than column 0; a bare document's may stand there.
            let deeper = blank > parent || (self.stack.is_empty() && blank >= parent);
            if !empty && !deeper {
                break;
            }
            if !empty {
                let indent = *indent.get_or_insert(blank);
                lines.push(line.start + indent.min(blank)..line.end);
                last = line.end;
            } else if indent.is_some() {
                lines.push(line.end..line.end);
            }
        }
        while lines.last().is_some_and(Range::is_empty) {
            lines.pop();
        }
        let (Some(first), Some(final_line)) = (lines.first(), lines.last()) else { return end };
        let span = first.start..final_line.end;
        let mut text = Unquoted::of(&span);
        for (index, line) in lines.iter().enumerate() {
            text.keep(source, line.clone());
            if index + 1 < lines.len() && line.end < source.len() {
                text.replace(line.end..line.end + 1, if folds { b" " } else { b"\n" });
            }
        }
        let (path, value) = (self.path(), self.out.text(&span, text.bytes()));
        self.push(path, &[], span, value);
        last
    }
}

/// What follows `|` or `>`: how the end is kept, how deep it stands, a comment.
fn is_header(rest: &[u8]) -> bool {
    let marks = rest.iter().take_while(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-')).count();
    let rest = rest[marks..].trim_ascii_start();
    marks <= 2 && (rest.is_empty() || rest.starts_with(b"#"))
}

/// Where the quote `mark` that was opened before `from` is closed, before `end`.
pub(super) fn close(source: &[u8], mut from: usize, end: usize, mark: u8) -> Option<usize> {
    loop {
        let at = from + memchr::memchr2(mark, b'\\', source.get(from..end)?)?;
        let next = source.get(at + 1);
        match source[at] {
            b'\\' if mark == b'"' => from = at + 2,
            b'\\' => from = at + 1,
            // Two of them stand for one.
            _ if mark == b'\'' && next == Some(&mark) && at + 1 < end => from = at + 2,
            _ => return Some(at),
        }
    }
}

/// A quoted text without its escapes and line folds.
pub(super) fn unquoted(source: &[u8], raw: &Range<usize>, mark: u8) -> Unquoted {
    let mut out = Unquoted::of(raw);
    let mut at = raw.start;
    while at < raw.end {
        let special = source[at..raw.end].iter().position(|b| matches!(b, b'\\' | b'\'' | b'\n' | b'\r'));
        let Some(next) = special else { break };
        out.keep(source, at..at + next);
        at += next;
        at = match source[at] {
            b'\n' | b'\r' => fold(source, at, raw.end, &mut out),
            b'\'' if mark == b'\'' => {
                out.replace(at..(at + 2).min(raw.end), b"'");
                (at + 2).min(raw.end)
            }
            b'\\' if mark == b'"' => escape(source, at, raw.end, &mut out),
            _ => {
                out.keep(source, at..at + 1);
                at + 1
            }
        };
    }
    out.keep(source, at.min(raw.end)..raw.end);
    out
}

/// A line end and the blanks after it are one blank.
fn fold(source: &[u8], at: usize, end: usize, out: &mut Unquoted) -> usize {
    let blank = source[at..end].iter().take_while(|b| b.is_ascii_whitespace()).count();
    out.replace(at..at + blank, b" ");
    at + blank
}

fn escape(source: &[u8], at: usize, end: usize, out: &mut Unquoted) -> usize {
    let simple: Option<&[u8]> = match source.get(at + 1).filter(|_| at + 1 < end) {
        Some(b'n') => Some(b"\n"),
        Some(b't' | b'\t') => Some(b"\t"),
        Some(b'r') => Some(b"\r"),
        Some(b'e') => Some(b"\x1b"),
        Some(b'0') => Some(b"\0"),
        Some(b'"') => Some(b"\""),
        Some(b'/') => Some(b"/"),
        Some(b'\\') => Some(b"\\"),
        Some(b' ') => Some(b" "),
        _ => None,
    };
    if let Some(bytes) = simple {
        out.replace(at..at + 2, bytes);
        return at + 2;
    }
    let digits = match source.get(at + 1) {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        _ => 0,
    };
    let hex = source.get(at + 2..at + 2 + digits).filter(|_| digits > 0 && at + 2 + digits <= end);
    let letter = hex
        .and_then(|hex| std::str::from_utf8(hex).ok())
        .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        .and_then(char::from_u32);
    if let Some(letter) = letter {
        out.replace(at..at + 2 + digits, letter.encode_utf8(&mut [0; 4]).as_bytes());
        return at + 2 + digits;
    }
    if matches!(source.get(at + 1), Some(b'\n' | b'\r')) {
        // The line goes on with the next.
        let blank = source[at + 1..end].iter().take_while(|b| b.is_ascii_whitespace()).count();
        return at + 1 + blank;
    }
    out.keep(source, at..(at + 2).min(end));
    (at + 2).min(end)
}
