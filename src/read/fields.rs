//! What every line-based reader of this floor needs: lines of any ending, a list of fields that
//! keeps its bounds, and the way back from unquoted text to the source.
//!
//! No dialect belongs in here: what a quote or a comment mark means is each reader's business.

use super::{Document, Field, Problem, Role, Text};
use crate::model::Limits;
use std::ops::Range;
use zeroize::Zeroizing;

/// Longest key that is copied when its quotes or escapes had to be resolved. A longer one stands as
/// written: a section name is repeated in the path of every key below it, and must not multiply.
const KEY_BYTES: usize = 256;

/// Bytes of paths that a document may have, in multiples of `Limits::document_bytes`. Every field carries its
/// whole path, so small hostile documents would otherwise take gigabytes.
pub(crate) const PATHS_PER_DOCUMENT: usize = 16;

/// Memory that a key takes.
pub(crate) fn size(text: &Text<'_>) -> usize {
    size_of::<Text<'_>>() + if text.is_decoded() { text.bytes().len() } else { 0 }
}

/// Collects fields within the bounds.
pub(crate) struct Fields<'a> {
    source: &'a [u8],
    most: usize,
    line: usize,
    list: Vec<Field<'a>>,
    problem: Option<Problem>,
    path_bytes_left: usize,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(source: &'a [u8], limits: &Limits) -> Self {
        let path_bytes_left = limits.document_bytes.saturating_mul(PATHS_PER_DOCUMENT);
        Self { source, most: limits.nodes, line: limits.chunk_bytes, list: Vec::new(), problem: None, path_bytes_left }
    }

    /// Bytes that one line, or one quoted value over several lines, may have.
    pub(crate) fn line_bytes(&self) -> usize {
        self.line
    }

    /// Whether no more fields are taken.
    pub(crate) fn is_full(&self) -> bool {
        self.list.len() >= self.most
    }

    /// Whether a line is to be looked into; notes the bound when it is not.
    pub(crate) fn takes(&mut self, line: &Range<usize>) -> bool {
        if self.is_full() {
            self.note("too many fields", line.start, true);
        } else if line.len() > self.line {
            self.note("line too long to be parsed", line.start, true);
        } else {
            return true;
        }
        false
    }

    /// Notes a problem. The first one is kept, but a bound of ours counts for more than a defect.
    pub(crate) fn note(&mut self, what: &'static str, offset: usize, bound: bool) {
        if self.problem.is_none_or(|first| bound && !first.bound) {
            self.problem = Some(Problem { what, offset, bound });
        }
    }

    /// The source bytes of `span`, or a wiped copy of `bytes` where they differ from the source.
    pub(crate) fn text(&self, span: &Range<usize>, bytes: &[u8]) -> Text<'a> {
        match self.source.get(span.clone()) {
            Some(written) if written == bytes => Text::Slice(written),
            _ => Text::Decoded(Zeroizing::new(bytes.to_vec())),
        }
    }

    /// Like [`Self::text`], for a key: one too long to be copied stands as written.
    pub(crate) fn key(&self, span: &Range<usize>, bytes: &[u8]) -> Text<'a> {
        if bytes.len() > KEY_BYTES { self.slice(span) } else { self.text(span, bytes) }
    }

    /// The source bytes of `span`.
    pub(crate) fn slice(&self, span: &Range<usize>) -> Text<'a> {
        Text::Slice(self.source.get(span.clone()).unwrap_or_default())
    }

    /// Adds a field: with its whole path while there is room for paths, with the innermost key after that.
    pub(crate) fn push(&mut self, mut path: Vec<Text<'a>>, span: Range<usize>, value: Text<'a>, role: Role) {
        if self.is_full() {
            self.note("too many fields", span.start, true);
            return;
        }
        let bytes: usize = path.iter().map(size).sum();
        if bytes > self.path_bytes_left {
            self.note("longer paths than the limit", span.start, true);
            path.drain(..path.len().saturating_sub(1));
            path.shrink_to_fit();
        } else {
            self.path_bytes_left -= bytes;
        }
        self.list.push(Field { path, span, value, role });
    }

    /// How many fields there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Takes back all but the first `len` fields.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.list.truncate(len);
    }

    /// The document, its fields in order of position.
    pub(crate) fn finish(mut self) -> Document<'a> {
        self.list.sort_by_key(|field| field.span.start);
        Document { source: self.source, fields: self.list, tree: None, problem: self.problem }
    }
}

/// The lines of a text without their ends: LF, CRLF and CR alike; a byte order mark is passed over.
pub(crate) struct Lines<'s> {
    source: &'s [u8],
    at: usize,
}

impl<'s> Lines<'s> {
    pub(crate) fn new(source: &'s [u8]) -> Self {
        Self { source, at: start(source) }
    }

    /// Goes on with the line after the one that holds `offset`.
    pub(crate) fn resume_after(&mut self, offset: usize) {
        self.at = offset.min(self.source.len());
        self.next();
    }
}

impl Iterator for Lines<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        if self.at >= self.source.len() {
            return None;
        }
        let from = self.at;
        let end = line_end(self.source, from);
        self.at = after_line(self.source, end);
        Some(from..end)
    }
}

/// Where the text starts: after a byte order mark.
pub(crate) fn start(source: &[u8]) -> usize {
    if source.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 }
}

/// The end of the line that holds `at`, its terminator not included.
pub(crate) fn line_end(source: &[u8], at: usize) -> usize {
    let rest = source.get(at..).unwrap_or_default();
    memchr::memchr2(b'\n', b'\r', rest).map_or(source.len(), |found| at + found)
}

/// The start of the line after a terminator at `end`.
pub(crate) fn after_line(source: &[u8], end: usize) -> usize {
    match source.get(end..) {
        Some([b'\r', b'\n', ..]) => end + 2,
        Some([_, ..]) => end + 1,
        _ => source.len(),
    }
}

/// White space within a line.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c)
}

/// `range` without white space at either end.
pub(crate) fn trim(source: &[u8], range: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = range;
    while start < end && is_blank(source[start]) {
        start += 1;
    }
    while start < end && is_blank(source[end - 1]) {
        end -= 1;
    }
    start..end
}

/// What stands behind the comment marks of a line, when it is a comment.
pub(crate) fn uncomment(source: &[u8], line: &Range<usize>, marks: &[u8], slashes: bool) -> Option<Range<usize>> {
    let mut rest = trim(source, line.clone());
    let mut commented = false;
    while let Some(&first) = source[rest.clone()].first() {
        if marks.contains(&first) {
            rest.start += 1;
        } else if slashes && source[rest.clone()].starts_with(b"//") {
            rest.start += 2;
        } else if !is_blank(first) {
            break;
        } else {
            rest.start += 1;
            continue;
        }
        commented = true;
    }
    commented.then_some(rest)
}

/// Whether a key looks like a name, not like prose: what a commented-out assignment must have.
pub(crate) fn is_name(key: &[u8]) -> bool {
    key.len() <= 128
        && key.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && key.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// The value of an unquoted rest of line: up to white space and one of `marks`.
pub(crate) fn before_comment(source: &[u8], range: Range<usize>, marks: &[u8]) -> Range<usize> {
    let bytes = &source[range.clone()];
    let cut = (1..bytes.len()).find(|&i| marks.contains(&bytes[i]) && is_blank(bytes[i - 1]));
    trim(source, range.start..cut.map_or(range.end, |i| range.start + i))
}

/// Text whose quotes and escapes are resolved, and where each byte of it stood.
pub(crate) struct Unquoted {
    bytes: Zeroizing<Vec<u8>>,
    runs: Vec<Run>,
    end: usize,
}

/// Bytes from `at` on (up to the next run) that stood at `from`. A run that is not `same` has its
/// bytes stand for all of `from`.
struct Run {
    at: usize,
    from: Range<usize>,
    same: bool,
}

impl Unquoted {
    /// For the text of `raw`. Unquoting never lengthens, so the wiped buffer is never moved.
    pub(crate) fn of(raw: &Range<usize>) -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(raw.len())), runs: Vec::new(), end: raw.end }
    }

    /// Adds bytes that stand as they are at `from`.
    pub(crate) fn keep(&mut self, source: &[u8], from: Range<usize>) {
        if from.is_empty() {
            return;
        }
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&source[from.clone()]);
        match self.runs.last_mut() {
            Some(last) if last.same && last.from.end == from.start => last.from.end = from.end,
            _ => self.runs.push(Run { at, from, same: true }),
        }
    }

    /// Adds bytes that stand for what is written at `from`; they must not be more.
    pub(crate) fn replace(&mut self, from: Range<usize>, bytes: &[u8]) {
        if bytes.is_empty() || bytes.len() > from.len() {
            return;
        }
        self.runs.push(Run { at: self.bytes.len(), from, same: false });
        self.bytes.extend_from_slice(bytes);
    }

    /// The text.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where all of it stood; outer quotes are not in it.
    pub(crate) fn whole(&self) -> Range<usize> {
        self.span(0..self.bytes.len())
    }

    /// Where the bytes of `range` stood; outer quotes are not in it.
    pub(crate) fn span(&self, range: Range<usize>) -> Range<usize> {
        let start = self.place(range.start, false);
        if range.is_empty() { start..start } else { start..self.place(range.end - 1, true) }
    }

    fn place(&self, at: usize, after: bool) -> usize {
        if at >= self.bytes.len() {
            return self.runs.last().map_or(self.end, |run| run.from.end);
        }
        let index = self.runs.partition_point(|run| run.at <= at).saturating_sub(1);
        match self.runs.get(index) {
            Some(run) if run.same => run.from.start + (at - run.at) + usize::from(after),
            Some(run) if after => run.from.end,
            Some(run) => run.from.start,
            None => self.end,
        }
    }
}
