//! One word of a command line: where it ends, and what it says once quotes and escapes are resolved.
//!
//! The scanner keeps its own stack with a bounded depth; it does not recurse.

use crate::read::fields::Unquoted;
use crate::read::kv::fish_escape;
use std::ops::Range;

/// Nesting of quotes and substitutions within one word.
const DEPTH: usize = 32;

/// A word, unquoted.
pub(super) struct Word<'t> {
    /// Where it stands in the text, with its quotes.
    pub(super) raw: Range<usize>,
    text: Content<'t>,
    /// The insides of its command substitutions, in the text.
    pub(super) substitutions: Vec<Range<usize>>,
    /// Whether it goes over more than one line.
    pub(super) is_multiline: bool,
}

enum Content<'t> {
    Plain(&'t [u8]),
    Unquoted(Unquoted),
}

impl Word<'_> {
    /// What the shell would pass on, substitutions as written.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.text {
            Content::Plain(bytes) => bytes,
            Content::Unquoted(text) => text.bytes(),
        }
    }

    /// Where `range` of [`Self::bytes`] stands in the text.
    pub(super) fn span(&self, range: Range<usize>) -> Range<usize> {
        match &self.text {
            Content::Plain(_) => self.raw.start + range.start..self.raw.start + range.end,
            Content::Unquoted(text) => text.span(range),
        }
    }

    /// Whether quotes or escapes were in it.
    pub(super) fn is_quoted(&self) -> bool {
        matches!(self.text, Content::Unquoted(_))
    }
}

/// How a piece of a word is to be understood. Quotes themselves are in no piece.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// A backslash and what it guards.
    Escape,
    /// Inside `$'…'`, or a fish escape outside quotes: C-like escapes.
    Ansi,
}

/// The end of a word, and its pieces.
pub(super) struct Scan {
    pub(super) end: usize,
    pieces: Vec<(Range<usize>, Kind)>,
    substitutions: Vec<Range<usize>>,
}

impl Scan {
    fn piece(&mut self, range: Range<usize>, kind: Kind) {
        match self.pieces.last_mut() {
            Some((last, same)) if *same == kind && kind == Kind::Plain && last.end == range.start => {
                last.end = range.end;
            }
            _ => self.pieces.push((range, kind)),
        }
    }

    /// The word at `start`.
    pub(super) fn word(self, text: &[u8], start: usize, fish: bool) -> Word<'_> {
        let raw = start..self.end;
        let is_multiline = memchr::memchr2(b'\n', b'\r', &text[raw.clone()]).is_some();
        let whole = matches!(self.pieces.as_slice(), [(range, Kind::Plain)] if *range == raw);
        let content = if whole { Content::Plain(&text[raw.clone()]) } else { self.unquote(text, &raw, fish) };
        Word { raw, text: content, substitutions: self.substitutions, is_multiline }
    }

    fn unquote<'t>(&self, text: &[u8], raw: &Range<usize>, fish: bool) -> Content<'t> {
        let mut out = Unquoted::of(raw);
        for (range, kind) in &self.pieces {
            match kind {
                Kind::Plain => out.keep(text, range.clone()),
                Kind::Escape => {
                    if !matches!(text[range.start + 1], b'\n' | b'\r') {
                        out.replace(range.clone(), &text[range.start + 1..range.end]);
                    }
                }
                Kind::Ansi => ansi(text, range.clone(), fish, &mut out),
            }
        }
        Content::Unquoted(out)
    }
}

/// Resolves `\n`, `\xHH`, `\uHHHH`, `\NNN`.
fn ansi(text: &[u8], range: Range<usize>, fish: bool, out: &mut Unquoted) {
    let mut at = range.start;
    while at < range.end {
        let next = memchr::memchr(b'\\', &text[at..range.end]).map_or(range.end, |i| at + i);
        out.keep(text, at..next);
        if next >= range.end {
            return;
        }
        let rest = &text[next + 1..range.end];
        let octal = rest.iter().take(3).take_while(|b| (b'0'..b'8').contains(b)).count();
        let (length, bytes, used) = if octal > 0 && !fish {
            let code = rest[..octal].iter().fold(0_u32, |sum, b| sum << 3 | u32::from(b - b'0'));
            (octal, [code as u8, 0, 0, 0], 1)
        } else {
            fish_escape(rest)
        };
        if length == 0 {
            out.keep(text, next..next + 1);
        } else {
            out.replace(next..next + 1 + length, &bytes[..used]);
        }
        at = next + 1 + length;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    Double,
    Paren,
    Brace,
    Backtick,
}

/// Where the scanner looks, and how far.
pub(super) struct Scanner<'t> {
    pub(super) text: &'t [u8],
    pub(super) limit: usize,
    pub(super) fish: bool,
    /// Whether quotes and substitutions may go over more than one line.
    pub(super) multiline: bool,
}

impl Scanner<'_> {
    /// Scans the word at `start`; `None` when a quote or a substitution in it is not closed.
    pub(super) fn word(&self, start: usize) -> Option<Scan> {
        let mut scan = Scan { end: start, pieces: Vec::new(), substitutions: Vec::new() };
        let mut stack: Vec<(Frame, usize)> = Vec::new();
        let mut at = start;
        while at < self.limit {
            let byte = self.text[at];
            let top = stack.last().map(|(frame, _)| *frame);
            if matches!(byte, b'\n' | b'\r') && top.is_some() && !self.multiline {
                return None;
            }
            // Text that is copied as it stands: inside a substitution.
            let verbatim = stack.len() > usize::from(stack.first().is_some_and(|(frame, _)| *frame == Frame::Double));
            let next = match top {
                None if ends_word(byte, self.fish) => break,
                None => self.bare(at, byte, &mut scan, &mut stack)?,
                Some(Frame::Double) => self.double(at, byte, verbatim, &mut scan, &mut stack),
                Some(frame) => self.inside(at, byte, frame, &mut stack)?,
            };
            if stack.len() > DEPTH {
                return None;
            }
            let depth = usize::from(stack.first().is_some_and(|(frame, _)| *frame == Frame::Double));
            if verbatim && stack.len() <= depth {
                // `inside` leaves the start of what it closed to be found here.
                scan.close(at, next, self.text);
            }
            if let (false, Some((frame, from))) = (verbatim, stack.last())
                && *frame != Frame::Double
                && *from == at
            {
                scan.open(at);
            }
            at = next;
        }
        scan.end = at;
        stack.is_empty().then_some(scan)
    }

    /// Outside all quotes.
    fn bare(&self, at: usize, byte: u8, scan: &mut Scan, stack: &mut Vec<(Frame, usize)>) -> Option<usize> {
        match (byte, self.text.get(at + 1)) {
            (b'\\', Some(b'\r')) if self.text.get(at + 2) == Some(&b'\n') => return Some((at + 3).min(self.limit)),
            (b'\\', Some(b'\n' | b'\r')) => return Some((at + 2).min(self.limit)),
            (b'\\', Some(_)) if at + 1 < self.limit && self.fish => {
                let used = fish_escape(&self.text[at + 1..self.limit]).0;
                scan.piece(at..at + 1 + used, Kind::Ansi);
                return Some(at + 1 + used);
            }
            (b'\\', Some(_)) if at + 1 < self.limit => {
                scan.piece(at..at + 2, Kind::Escape);
                return Some(at + 2);
            }
            (b'\'', _) => return self.single(at + 1, scan),
            (b'"', _) => stack.push((Frame::Double, at)),
            (b'$', Some(b'\'')) if !self.fish => {
                let end = self.ansi_end(at + 2)?;
                scan.piece(at + 2..end, Kind::Ansi);
                return Some(end + 1);
            }
            (b'$', Some(b'"')) => {}
            _ => {
                if let Some((frame, length)) = self.opener(at) {
                    stack.push((frame, at));
                    return Some(at + length);
                }
                scan.piece(at..at + 1, Kind::Plain);
            }
        }
        Some(at + 1)
    }

    /// A single-quoted part whose inside starts at `from`; where the text after it starts.
    fn single(&self, from: usize, scan: &mut Scan) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = self.text.get(at..self.limit)?;
            let found =
                at + if self.fish { memchr::memchr2(b'\'', b'\\', rest)? } else { memchr::memchr(b'\'', rest)? };
            if !self.multiline && memchr::memchr2(b'\n', b'\r', &self.text[at..found]).is_some() {
                return None;
            }
            scan.piece(at..found, Kind::Plain);
            if self.text[found] == b'\'' {
                return Some(found + 1);
            }
            // fish: `\'` and `\\` inside single quotes.
            if matches!(self.text.get(found + 1), Some(b'\'' | b'\\')) && found + 1 < self.limit {
                scan.piece(found..found + 2, Kind::Escape);
                at = found + 2;
            } else {
                scan.piece(found..found + 1, Kind::Plain);
                at = found + 1;
            }
        }
    }

    /// Inside double quotes; `verbatim` when those stand inside a substitution.
    fn double(&self, at: usize, byte: u8, verbatim: bool, scan: &mut Scan, stack: &mut Vec<(Frame, usize)>) -> usize {
        let guarded = self.text.get(at + 1).filter(|_| at + 1 < self.limit);
        match (byte, guarded) {
            (b'\\', Some(b'$' | b'`' | b'"' | b'\\' | b'\n')) => {
                if !verbatim {
                    scan.piece(at..at + 2, Kind::Escape);
                }
                return at + 2;
            }
            (b'"', _) => {
                stack.pop();
                return at + 1;
            }
            _ => {}
        }
        if let Some((frame, length)) = self.opener(at).filter(|(_, length)| *length == 2 || byte == b'`') {
            stack.push((frame, at));
            return at + length;
        }
        if !verbatim {
            scan.piece(at..at + 1, Kind::Plain);
        }
        at + 1
    }

    /// Inside a substitution.
    fn inside(&self, at: usize, byte: u8, frame: Frame, stack: &mut Vec<(Frame, usize)>) -> Option<usize> {
        let in_quotes = stack.iter().any(|(frame, _)| *frame == Frame::Double);
        match (frame, byte) {
            (_, b'\\') => return Some((at + 2).min(self.limit)),
            (Frame::Backtick, b'`') | (Frame::Paren, b')') | (Frame::Brace, b'}') => {
                stack.pop();
            }
            (Frame::Backtick, _) => {}
            (Frame::Paren, b'#') if self.text[at - 1].is_ascii_whitespace() => {
                let rest = &self.text[at..self.limit];
                return Some(memchr::memchr2(b'\n', b'\r', rest).map_or(self.limit, |i| at + i));
            }
            (_, b'\'') if frame == Frame::Paren || !in_quotes => {
                let end = at + 1 + memchr::memchr(b'\'', &self.text[at + 1..self.limit])?;
                let lines = memchr::memchr2(b'\n', b'\r', &self.text[at..end]).is_some();
                return (self.multiline || !lines).then_some(end + 1);
            }
            (_, b'"') => stack.push((Frame::Double, at)),
            (Frame::Paren, b'(') => stack.push((Frame::Paren, at)),
            _ => {
                if let Some((frame, length)) = self.opener(at) {
                    stack.push((frame, at));
                    return Some(at + length);
                }
            }
        }
        Some(at + 1)
    }

    /// A substitution that opens at `at`, and the length of its opening.
    fn opener(&self, at: usize) -> Option<(Frame, usize)> {
        match (self.text[at], self.text.get(at + 1).filter(|_| at + 1 < self.limit)) {
            (b'$', Some(b'(')) => Some((Frame::Paren, 2)),
            (b'$', Some(b'{')) => Some((Frame::Brace, 2)),
            (b'`', _) if !self.fish => Some((Frame::Backtick, 1)),
            (b'(', _) if self.fish => Some((Frame::Paren, 1)),
            _ => None,
        }
    }

    fn ansi_end(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            at += memchr::memchr2(b'\'', b'\\', self.text.get(at..self.limit)?)?;
            if self.text[at] == b'\'' {
                let lines = memchr::memchr2(b'\n', b'\r', &self.text[from..at]).is_some();
                return (self.multiline || !lines).then_some(at);
            }
            at += 2;
        }
    }

    /// The word at `start` with its quotes taken for nothing: for a line whose quotes do not close.
    pub(super) fn loose(&self, start: usize) -> Scan {
        let mut scan = Scan { end: start, pieces: Vec::new(), substitutions: Vec::new() };
        let mut at = start;
        while at < self.limit && !ends_word(self.text[at], false) {
            match (self.text[at], self.text.get(at + 1)) {
                (b'\\', Some(next)) if !next.is_ascii_whitespace() && at + 1 < self.limit => {
                    scan.piece(at..at + 2, Kind::Escape);
                    at += 1;
                }
                (b'"' | b'\'', _) => {}
                _ => scan.piece(at..at + 1, Kind::Plain),
            }
            at += 1;
        }
        scan.end = at.max(start + 1).min(self.limit);
        scan
    }
}

impl Scan {
    /// A substitution starts at `at`.
    fn open(&mut self, at: usize) {
        self.substitutions.push(at..at);
    }

    /// The outermost substitution ends with the byte at `at`.
    fn close(&mut self, at: usize, next: usize, text: &[u8]) {
        let Some(last) = self.substitutions.pop() else { return };
        let from = last.start;
        self.piece(from..next, Kind::Plain);
        let inner = match text.get(from..from + 2) {
            Some(b"${") => return,
            Some(b"$(") => from + 2..at,
            _ => from + 1..at,
        };
        self.substitutions.push(inner.start.min(at)..at);
    }
}

/// Whether a byte ends a word outside quotes.
pub(super) fn ends_word(byte: u8, fish: bool) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, 0x0b | b';' | b'&' | b'|' | b'<' | b'>' | b')')
        || byte == b'(' && !fish
}
