//! YAML by its lines: what a thief would read of it, also where it is a template or broken.
//!
//! Not a validating parser, and on purpose: Helm charts, Ansible and cookiecutter files are YAML only
//! once they are rendered. A line that cannot be understood hides no other. Aliases give no field and
//! nothing is expanded, so a document is never larger than its bytes. Several documents of one file
//! share their paths.

mod flow;
mod scalar;

use super::fields::{Fields, Lines, is_blank, is_name, line_end, trim, uncomment};
use super::{Document, Role, Text};
use crate::model::Limits;
use std::ops::Range;

/// The scalars of a YAML document. Paths are keys, with the colon of a Ruby symbol before it; items of a
/// sequence are their index.
#[must_use]
pub fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let out = Fields::new(source, limits);
    let mut reader = Reader { source, out, depth: limits.depth, stack: Vec::new(), unclosed: false };
    let mut lines = Lines::new(source);
    while let Some(line) = lines.next() {
        if !reader.out.takes(&line) {
            continue;
        }
        let after = reader.line(&line);
        if after > line.end {
            lines.resume_after(after);
        }
    }
    reader.out.finish()
}

/// What a line stands in: a mapping at its key, or a sequence at its item.
struct Node {
    /// Column of its keys or dashes.
    indent: usize,
    place: Step,
}

/// One step of a path.
#[derive(Clone)]
enum Step {
    Key(Range<usize>),
    Item(usize),
}

struct Reader<'a> {
    source: &'a [u8],
    out: Fields<'a>,
    depth: usize,
    stack: Vec<Node>,
    /// Whether a quote or bracket was never closed: later ones are looked for in their own line only.
    unclosed: bool,
}

impl<'a> Reader<'a> {
    /// Reads one line, and what of the next ones belongs to it; gives where that ends.
    fn line(&mut self, line: &Range<usize>) -> usize {
        let source = self.source;
        let text = trim(source, line.clone());
        let bytes = &source[text.clone()];
        let at_start = text.start == line.start;
        if bytes.is_empty() || (at_start && bytes.starts_with(b"%")) {
            return line.end;
        }
        if bytes.starts_with(b"#") {
            self.comment(line, text.start - line.start);
            return line.end;
        }
        let divides =
            |mark: &[u8]| bytes.strip_prefix(mark).is_some_and(|rest| rest.first().is_none_or(|b| is_blank(*b)));
        let mut at = text.start;
        if at_start && (divides(b"---") || divides(b"...")) {
            self.stack.clear();
            at = trim(source, at + 3..line.end).start;
            if at >= line.end {
                return line.end;
            }
        }
        // One turn for each `- ` and `? ` before the rest; they are bounded by the line's length and by depth.
        loop {
            let column = at - line.start;
            let rest = &source[at..text.end.max(at)];
            match rest {
                [b'-' | b'?'] => {
                    self.dash(column, rest[0]);
                    return line.end;
                }
                [mark @ (b'-' | b'?'), next, ..] if is_blank(*next) => {
                    self.dash(column, *mark);
                    at = trim(source, at + 1..line.end).start;
                }
                _ => break,
            }
            if at >= text.end || source[at] == b'#' {
                return line.end;
            }
        }
        let column = at - line.start;
        let (key, value) = match self.key(at, text.end) {
            Some((key, value)) => {
                self.mapping(column, key.clone());
                (Some(key), value)
            }
            None => (None, at),
        };
        let parent = if key.is_some() { column } else { self.above(column) };
        self.value(value, text.end, parent)
    }

    /// An item of the sequence whose dashes stand in `column`.
    fn dash(&mut self, column: usize, mark: u8) {
        if mark == b'?' {
            return;
        }
        self.stack.truncate(self.stack.iter().rposition(|node| node.indent <= column).map_or(0, |last| last + 1));
        let room = self.stack.len() < self.depth;
        match self.stack.last_mut() {
            Some(Node { indent, place: Step::Item(item) }) if *indent == column => *item += 1,
            _ if room => self.stack.push(Node { indent: column, place: Step::Item(0) }),
            _ => self.out.note("nesting deeper than the bound", 0, true),
        }
    }

    /// A key of the mapping whose keys stand in `column`.
    fn mapping(&mut self, column: usize, key: Range<usize>) {
        let outer = |node: &Node| node.indent < column || (node.indent == column && matches!(node.place, Step::Key(_)));
        self.stack.truncate(self.stack.iter().rposition(outer).map_or(0, |last| last + 1));
        let room = self.stack.len() < self.depth;
        match self.stack.last_mut() {
            Some(node) if node.indent == column => node.place = Step::Key(key),
            _ if room => self.stack.push(Node { indent: column, place: Step::Key(key) }),
            _ => self.out.note("nesting deeper than the bound", key.start, true),
        }
    }

    /// Drops what a scalar in `column` cannot stand in; the indent of what it does.
    fn above(&mut self, column: usize) -> usize {
        self.stack.truncate(self.stack.iter().rposition(|node| node.indent < column).map_or(0, |last| last + 1));
        self.stack.last().map_or(0, |node| node.indent)
    }

    /// The key at `at`, and where its value starts; `None` when none is there.
    fn key(&mut self, at: usize, end: usize) -> Option<(Range<usize>, usize)> {
        let source = self.source;
        let ends = |colon: usize| source.get(colon + 1).is_none_or(|b| is_blank(*b) || matches!(b, b'\r' | b'\n'));
        if let mark @ (b'"' | b'\'') = source[at] {
            let close = scalar::close(source, at + 1, end, mark)?;
            let colon = trim(source, close + 1..end).start;
            return (colon < end && source[colon] == b':' && ends(colon)).then_some((at + 1..close, colon + 1));
        }
        let mut from = at;
        while let Some(found) = memchr::memchr2(b':', b'#', &source[from..end]) {
            let here = from + found;
            if source[here] == b'#' {
                if here > at && is_blank(source[here - 1]) {
                    return None;
                }
            } else if ends(here) && here > at {
                let key = trim(source, at..here);
                // A flow collection's colons are its own; a template is no key.
                let plain = !matches!(source[at], b'{' | b'[' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'`');
                let anchored = matches!(source[at], b'&' | b'!' | b'*');
                let key = if anchored { last_word(source, key) } else { key };
                return (plain || anchored).then_some((key, here + 1));
            }
            from = here + 1;
        }
        None
    }

    fn step(&self, step: &Step) -> Text<'a> {
        match step {
            Step::Key(span) => self.out.slice(span),
            Step::Item(item) => Text::Decoded(item.to_string().into_bytes().into()),
        }
    }

    fn path(&self) -> Vec<Text<'a>> {
        self.stack.iter().map(|node| self.step(&node.place)).collect()
    }

    fn push(&mut self, mut path: Vec<Text<'a>>, more: &[Step], span: Range<usize>, value: Text<'a>) {
        path.extend(more.iter().map(|step| self.step(step)));
        self.out.push(path, span, value, Role::Entry);
    }

    /// `# key: value`: a setting that is switched off is still readable.
    fn comment(&mut self, line: &Range<usize>, column: usize) {
        let Some(rest) = uncomment(self.source, line, b"#", false) else { return };
        let rest = match &self.source[rest.clone()] {
            [b'-', b' ', ..] => trim(self.source, rest.start + 2..rest.end),
            _ => rest,
        };
        let Some(colon) = memchr::memchr(b':', &self.source[rest.clone()]) else { return };
        let key = rest.start..rest.start + colon;
        let mut value = trim(self.source, (key.end + 1).min(rest.end)..rest.end);
        let prose = self.source[value.clone()].iter().any(|b| is_blank(*b));
        if !is_name(&self.source[key.clone()]) || value.is_empty() || prose || value.start == key.end + 1 {
            return;
        }
        if let [mark @ (b'"' | b'\''), .., last] = &self.source[value.clone()]
            && mark == last
        {
            value = value.start + 1..value.end - 1;
        }
        let above = self.stack.iter().filter(|node| node.indent < column);
        let mut path: Vec<Text<'a>> = above.map(|node| self.step(&node.place)).collect();
        path.push(self.out.slice(&key));
        let text = self.out.slice(&value);
        self.out.push(path, value, text, Role::Comment);
    }

    /// The end of what may belong to a value that starts in the line ending at `end`.
    fn reach(&self, end: usize) -> usize {
        let most = (end + self.out.line_bytes()).min(self.source.len());
        if self.unclosed { line_end(self.source, end) } else { most }
    }
}

/// What stands after the anchors and tags of a key.
fn last_word(source: &[u8], key: Range<usize>) -> Range<usize> {
    let blank = source[key.clone()].iter().rposition(|b| is_blank(*b));
    blank.map_or(key.clone(), |at| key.start + at + 1..key.end)
}
