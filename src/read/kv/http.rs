//! Requests as REST clients of editors keep them: a header a line, `@name = value` for variables.
//!
//! Bodies are text and no business of this reader.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, is_name, trim};
use crate::read::{Document, Role, Text};

/// The headers and variables of a file of requests. The path is the name.
#[must_use]
pub fn http<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    for line in Lines::new(source) {
        if !out.takes(&line) {
            continue;
        }
        let text = trim(source, line);
        let (mark, from, role) = match source[text.clone()].first() {
            Some(b'@') => (b'=', text.start + 1, Role::Assignment),
            _ => (b':', text.start, Role::Header),
        };
        let Some(at) = memchr::memchr(mark, &source[from..text.end]) else { continue };
        let key = trim(source, from..from + at);
        let value = trim(source, from + at + 1..text.end);
        if is_name(&source[key.clone()]) && !value.is_empty() && !source[value.clone()].starts_with(b"//") {
            let path: Vec<Text<'a>> = vec![out.slice(&key)];
            let text = out.slice(&value);
            out.push(path, value, text, role);
        }
    }
    out.finish()
}
