//! Bytes to nodes: one pass, an explicit stack, every byte looked at a bounded number of times.
//!
//! Takes what JSON, JSONC and JSON5 have in common use. On a defect it notes the first one and goes
//! on with the next plausible token; it never gives up a value that was complete before. Nothing
//! here decodes or copies text.

use super::super::Problem;
use super::tree::{Kind, NONE, Name, Node};
use std::ops::Range;

/// Where a string ends.
struct Scanned {
    /// One past its last byte, without the quote.
    end: usize,
    /// Where to read on.
    next: usize,
    escaped: bool,
    closed: bool,
}

/// A container that is being read.
struct Open {
    node: u32,
    object: bool,
    /// Items so far, for the index of the next one.
    items: u32,
    /// A key that waits for its value.
    key: Option<Name>,
    /// Whether that key's colon was there.
    colon: bool,
    /// Whether an item may come: at the start and after a comma.
    separated: bool,
}

/// The state of one pass over one document.
pub(super) struct Parser<'a> {
    /// The source up to the document's end; all positions are positions in it.
    text: &'a [u8],
    at: usize,
    max_depth: usize,
    max_nodes: usize,
    nodes: Vec<Node>,
    open: Vec<Open>,
    /// How many of `open` are arrays, so that a bracket without a partner costs nothing.
    open_arrays: usize,
    /// Whether `max_nodes` was reached.
    full: bool,
    problem: Option<Problem>,
}

/// Reads the value in `source[range]`. The spans of the nodes are positions in `source`.
pub(super) fn parse(
    source: &[u8],
    range: Range<usize>,
    max_depth: usize,
    max_nodes: usize,
) -> (Vec<Node>, Option<Problem>) {
    let longest = (u32::MAX - 1) as usize;
    let mut parser = Parser {
        text: &source[..range.end.min(longest)],
        at: range.start.min(longest),
        max_depth,
        max_nodes: max_nodes.min(longest),
        nodes: Vec::new(),
        open: Vec::new(),
        open_arrays: 0,
        full: false,
        problem: None,
    };
    if range.end > longest {
        parser.problem = Some(Problem { what: "longer than 4 GiB", offset: longest, bound: true });
    }
    parser.document();
    (parser.nodes, parser.problem)
}

impl Parser<'_> {
    fn document(&mut self) {
        loop {
            self.skip_blank();
            let Some(&byte) = self.text.get(self.at) else { break };
            if self.open.is_empty() && !self.nodes.is_empty() {
                self.note("text after the document", self.at);
            }
            match byte {
                b'"' | b'\'' => self.string(),
                b'{' | b'[' => self.container(byte == b'{'),
                b'}' | b']' => self.close(byte == b'}'),
                b',' => self.comma(),
                b':' => self.colon(),
                _ if is_word(byte) => self.word(),
                _ => self.skip_byte("unexpected character"),
            }
            if self.full {
                break;
            }
        }
        while !self.open.is_empty() {
            self.note("unexpected end", self.at);
            self.shut(self.at);
        }
    }

    /// Keeps the first problem: what comes after it is often its consequence.
    fn note(&mut self, what: &'static str, offset: usize) {
        self.problem.get_or_insert(Problem { what, offset, bound: false });
    }

    fn note_bound(&mut self, what: &'static str, offset: usize) {
        self.problem.get_or_insert(Problem { what, offset, bound: true });
    }

    fn skip_byte(&mut self, what: &'static str) {
        self.note(what, self.at);
        self.at += 1;
    }

    fn skip_blank(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'/' if self.skip_comment() => {}
                _ => break,
            }
        }
    }

    /// Goes past the comment that starts here; false when none does.
    fn skip_comment(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let length = match *rest {
            [_, b'/', ..] => memchr::memchr(b'\n', rest).map(|found| found + 1),
            [_, b'*', ..] => {
                let found = memchr::memmem::find(&rest[2..], b"*/").map(|found| found + 4);
                if found.is_none() {
                    self.note("unclosed comment", self.at);
                }
                found
            }
            _ => return false,
        };
        self.at += length.unwrap_or(rest.len());
        true
    }

    fn string(&mut self) {
        let start = self.at + 1;
        let Scanned { end, next, escaped, closed } = scan_string(self.text, self.at);
        if !closed {
            self.note("unclosed string", self.at);
        }
        if self.wants_key() {
            self.key(Name::Key { start: start as u32, end: end as u32, escaped }, next);
        } else {
            self.add(Kind::String, start..end, escaped);
            self.at = next;
        }
    }

    /// A bare word: a literal or a number, or a key without quotes as JSON5 has it.
    fn word(&mut self) {
        let start = self.at;
        let end = self.text[start..].iter().position(|&byte| !is_word(byte)).map_or(self.text.len(), |len| start + len);
        if self.wants_key() {
            self.key(Name::Key { start: start as u32, end: end as u32, escaped: false }, end);
            return;
        }
        let kind = match &self.text[start..end] {
            b"true" => Kind::True,
            b"false" => Kind::False,
            b"null" => Kind::Null,
            word if is_number(word) => Kind::Number,
            _ => {
                self.note("unexpected word", start);
                self.take_name(start);
                self.at = end;
                return;
            }
        };
        self.add(kind, start..end, false);
        self.at = end;
    }

    fn wants_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.object && !(open.key.is_some() && open.colon))
    }

    fn key(&mut self, key: Name, next: usize) {
        if let Some(open) = self.open.last_mut() {
            let defect = match (open.key.replace(key).is_some(), open.separated) {
                (true, _) => Some("key without a value"),
                (false, false) => Some("missing comma"),
                (false, true) => None,
            };
            open.colon = false;
            open.separated = false;
            if let Some(what) = defect {
                self.note(what, self.at);
            }
        }
        self.at = next;
    }

    fn colon(&mut self) {
        match self.open.last_mut() {
            Some(open) if open.key.is_some() && !open.colon => {
                open.colon = true;
                self.at += 1;
            }
            _ => self.skip_byte("unexpected colon"),
        }
    }

    fn comma(&mut self) {
        let Some(open) = self.open.last_mut() else { return self.skip_byte("unexpected comma") };
        let had_key = open.key.take().is_some();
        let had_comma = std::mem::replace(&mut open.separated, true);
        if had_key {
            self.note("key without a value", self.at);
        } else if had_comma {
            self.note("unexpected comma", self.at);
        }
        self.at += 1;
    }

    fn container(&mut self, object: bool) {
        let start = self.at;
        let kind = if object { Kind::Object } else { Kind::Array };
        let Some(node) = self.add(kind, start..start, false) else { return };
        if self.open.len() >= self.max_depth {
            self.note_bound("nested deeper than the limit", start);
            self.skip_nested();
            self.nodes[node as usize].end = self.at as u32;
        } else {
            self.open.push(Open { node, object, items: 0, key: None, colon: false, separated: true });
            self.open_arrays += usize::from(!object);
            self.at += 1;
        }
    }

    /// Goes past the container that starts here by counting brackets.
    fn skip_nested(&mut self) {
        let mut depth = 0_usize;
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' | b'\'' => {
                    self.at = scan_string(self.text, self.at).next;
                    continue;
                }
                b'/' if self.skip_comment() => continue,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
        self.note("unexpected end", self.at);
    }

    /// Closes the innermost container of that sort, and unclosed ones inside it.
    fn close(&mut self, object: bool) {
        let alike = if object { self.open.len() - self.open_arrays } else { self.open_arrays };
        if alike == 0 {
            return self.skip_byte("unexpected closing bracket");
        }
        while self.open.last().is_some_and(|open| open.object != object) {
            self.note("unclosed bracket", self.at);
            self.shut(self.at);
        }
        self.at += 1;
        self.shut(self.at);
    }

    /// Takes the innermost container off the stack; it ends before `end`.
    fn shut(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        if open.key.is_some() {
            self.note("key without a value", end);
        }
        self.open_arrays -= usize::from(!open.object);
        let next = self.nodes.len() as u32;
        let node = &mut self.nodes[open.node as usize];
        node.end = end as u32;
        node.next = next;
    }

    /// Adds a value to the innermost container. `None` when there are too many, and for a scalar
    /// after the document: a quoted word of some text, where a container is another document.
    fn add(&mut self, kind: Kind, span: Range<usize>, escaped: bool) -> Option<u32> {
        if self.nodes.len() >= self.max_nodes {
            self.full = true;
            self.note_bound("more values than the limit", self.at);
            return None;
        }
        let container = matches!(kind, Kind::Object | Kind::Array);
        if self.open.is_empty() && !self.nodes.is_empty() && !container {
            return None;
        }
        let id = self.nodes.len() as u32;
        let parent = self.open.last().map_or(NONE, |open| open.node);
        let name = self.take_name(span.start);
        let (start, end) = (span.start as u32, span.end as u32);
        self.nodes.push(Node { kind, escaped, made: NONE, name, start, end, parent, next: id + 1 });
        Some(id)
    }

    /// What the value at `start` is called; the container's state is then that after a value.
    fn take_name(&mut self, start: usize) -> Name {
        let Some(open) = self.open.last_mut() else { return Name::None };
        let separated = std::mem::replace(&mut open.separated, false);
        if !open.object {
            let index = open.items;
            open.items += 1;
            if !separated {
                self.note("missing comma", start);
            }
            return Name::Index(index);
        }
        let colon = std::mem::replace(&mut open.colon, false);
        let key = open.key.take();
        if key.is_none() {
            self.note("value without a key", start);
        } else if !colon {
            self.note("missing colon", start);
        }
        key.unwrap_or(Name::Key { start: start as u32, end: start as u32, escaped: false })
    }
}

/// The string whose opening quote stands at `at`. A line end closes an unclosed one, as in VS Code's
/// parser: so one forgotten quote costs a line, not the rest of the document.
fn scan_string(text: &[u8], at: usize) -> Scanned {
    let quote = text[at];
    let mut at = at + 1;
    let mut escaped = false;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr3(quote, b'\\', b'\n', rest)) {
        at += found;
        match text[at] {
            b'\\' => {
                escaped = true;
                at += if text[at..].starts_with(b"\\\r\n") { 3 } else { 2 };
            }
            b'\n' => {
                let end = if text[at - 1] == b'\r' { at - 1 } else { at };
                return Scanned { end, next: at, escaped, closed: false };
            }
            _ => return Scanned { end: at, next: at + 1, escaped, closed: true },
        }
    }
    Scanned { end: text.len(), next: text.len(), escaped, closed: false }
}

/// Whether a byte can stand in a bare word.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-' | b'+' | b'.') || byte >= 0x80
}

/// Whether a word is meant as a number. Looser than the grammar: nobody computes with it.
fn is_number(word: &[u8]) -> bool {
    let digits = word.strip_prefix(b"-").or_else(|| word.strip_prefix(b"+")).unwrap_or(word);
    match digits {
        b"NaN" | b"Infinity" => true,
        [b'0', b'x' | b'X', hex @ ..] => !hex.is_empty() && hex.iter().all(u8::is_ascii_hexdigit),
        [b'0'..=b'9' | b'.', ..] => {
            digits.iter().any(u8::is_ascii_digit)
                && digits.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        }
        _ => false,
    }
}
