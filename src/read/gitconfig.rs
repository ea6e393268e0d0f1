//! git's configuration dialect, as `config.c` of git reads it.
//!
//! Includes are not followed, and no key has a meaning here. Section and key stand as written; git
//! compares both without regard to case, and so must whoever looks one up.

use super::fields::{Fields, Unquoted, after_line, is_blank, line_end, start, trim};
use super::{Document, Role, Text};
use crate::model::Limits;
use std::ops::Range;

/// `[section "subsection"]`, `key = value`, bare keys, quotes, escapes, lines continued by a backslash,
/// comments with `#` and `;`. The path is `[section, subsection?, key]`. A bare key gives no field;
/// it means true.
#[must_use]
pub fn document<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut reader = Reader { source, out: Fields::new(source, limits), at: start(source), line: 0, section: None };
    while reader.at < source.len() {
        reader.step();
    }
    reader.out.finish()
}

struct Section {
    name: Range<usize>,
    sub: Option<Unquoted>,
}

struct Reader<'a> {
    source: &'a [u8],
    out: Fields<'a>,
    at: usize,
    /// End of the line that was looked at last, so that each line is searched for its end once.
    line: usize,
    section: Option<Section>,
}

impl<'a> Reader<'a> {
    fn step(&mut self) {
        let byte = self.source[self.at];
        if byte.is_ascii_whitespace() || is_blank(byte) {
            self.at += 1;
            return;
        }
        if self.at >= self.line {
            self.line = line_end(self.source, self.at);
            if !self.out.takes(&(self.at..self.line)) {
                self.at = after_line(self.source, self.line);
                return;
            }
        }
        match byte {
            b'#' | b';' => self.comment(),
            b'[' => self.header(),
            _ => self.setting(),
        }
    }

    fn skip_line(&mut self) {
        self.at = self.line.max(self.at);
    }

    fn comment(&mut self) {
        let mut from = self.at;
        while from < self.line && (b"#;".contains(&self.source[from]) || is_blank(self.source[from])) {
            from += 1;
        }
        if let Some((key, value)) = self.split(from) {
            let value = self.value(value, self.line).0;
            if !value.bytes().is_empty() {
                self.push(&key, &value, Role::Comment);
            }
        }
        self.skip_line();
    }

    fn header(&mut self) {
        let rest = &self.source[self.at + 1..self.line];
        let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_')).count();
        let name = self.at + 1..self.at + 1 + length;
        let mut at = trim(self.source, name.end..self.line).start;
        let mut sub = None;
        if self.source.get(at) == Some(&b'"') && at < self.line {
            let (text, after) = self.subsection(at + 1);
            sub = Some(text);
            at = trim(self.source, after..self.line).start;
        }
        if at >= self.line || self.source[at] != b']' || name.is_empty() {
            self.out.note("section header not closed", self.at, false);
            self.section = (!name.is_empty()).then_some(Section { name, sub });
            return self.skip_line();
        }
        self.at = at + 1;
        // `[section.subsection]` is the older way of writing it.
        let dot = memchr::memchr(b'.', &self.source[name.clone()]).filter(|_| sub.is_none());
        self.section = Some(match dot {
            Some(dot) => {
                let rest = name.start + dot + 1..name.end;
                let mut sub = Unquoted::of(&rest);
                sub.keep(self.source, rest);
                Section { name: name.start..name.start + dot, sub: Some(sub) }
            }
            None => Section { name, sub },
        });
    }

    /// The quoted part of a header, and where it ends.
    fn subsection(&self, from: usize) -> (Unquoted, usize) {
        let mut text = Unquoted::of(&(from..self.line));
        let mut at = from;
        while at < self.line && self.source[at] != b'"' {
            if self.source[at] == b'\\' && at + 1 < self.line {
                text.replace(at..at + 2, &self.source[at + 1..at + 2]);
                at += 2;
            } else {
                text.keep(self.source, at..at + 1);
                at += 1;
            }
        }
        (text, (at + 1).min(self.line))
    }

    fn setting(&mut self) {
        if let Some((key, from)) = self.split(self.at) {
            let limit = self.source.len().min(self.at.saturating_add(self.out.line_bytes()));
            let (value, after) = self.value(from, limit);
            self.push(&key, &value, Role::Entry);
            self.at = after.max(self.at + 1);
            return;
        }
        let word = trim(self.source, self.at..self.line);
        let bare = self.source[word.clone()].iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
        if !bare {
            self.out.note("not a setting", word.start, false);
        }
        self.skip_line();
    }

    /// The key at `from` and where its value starts.
    fn split(&self, from: usize) -> Option<(Range<usize>, usize)> {
        let rest = &self.source[from..self.line];
        let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'-').count();
        let equals = trim(self.source, from + length..self.line).start;
        let alphabetic = rest.first().is_some_and(u8::is_ascii_alphabetic);
        (alphabetic && equals < self.line && self.source[equals] == b'=').then(|| (from..from + length, equals + 1))
    }

    /// Unquotes the value at `from`, and says where what follows it starts.
    fn value(&self, from: usize, limit: usize) -> (Unquoted, usize) {
        let from = trim(self.source, from..line_end(self.source, from).min(limit)).start;
        let (end, after) = self.extent(from, limit);
        let mut text = Unquoted::of(&(from..end));
        let mut at = from;
        while at < end {
            let rest = &self.source[at..end];
            let used = match rest {
                [b'\\', b'\r', b'\n', ..] => 3,
                [b'\\', b'\n' | b'\r', ..] => 2,
                [b'\\', escaped @ (b'n' | b't' | b'b' | b'"' | b'\\'), ..] => {
                    let meant = match escaped {
                        b'n' => b'\n',
                        b't' => b'\t',
                        b'b' => 8,
                        other => *other,
                    };
                    text.replace(at..at + 2, &[meant]);
                    2
                }
                [b'"', ..] => 1,
                _ => {
                    text.keep(self.source, at..at + 1);
                    1
                }
            };
            at += used;
        }
        (text, after)
    }

    /// Where the value at `from` ends, blanks and comment not included, and where its last line does.
    fn extent(&self, from: usize, limit: usize) -> (usize, usize) {
        let (mut at, mut end, mut in_quotes) = (from, from, false);
        while at < limit {
            match self.source[at] {
                b'\\' => {
                    let line = at + 1;
                    at = match self.source.get(line) {
                        Some(b'\n' | b'\r') => after_line(self.source, line),
                        Some(_) => line + 1,
                        None => line,
                    };
                    at = at.min(limit);
                    end = at;
                    continue;
                }
                b'"' => in_quotes = !in_quotes,
                b'\n' | b'\r' => break,
                b'#' | b';' if !in_quotes => {
                    let after = line_end(&self.source[..limit], at);
                    return (end, after);
                }
                _ => {}
            }
            at += 1;
            if in_quotes || !is_blank(self.source[at - 1]) {
                end = at;
            }
        }
        (end, at)
    }

    fn push(&mut self, key: &Range<usize>, value: &Unquoted, role: Role) {
        let mut path: Vec<Text<'a>> = Vec::with_capacity(3);
        if let Some(section) = &self.section {
            path.push(self.out.slice(&section.name));
            if let Some(sub) = &section.sub {
                path.push(self.out.key(&sub.span(0..sub.bytes().len()), sub.bytes()));
            }
        }
        path.push(self.out.slice(key));
        let span = value.span(0..value.bytes().len());
        let text = self.out.text(&span, value.bytes());
        self.out.push(path, span, text, role);
    }
}
