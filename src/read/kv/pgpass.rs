//! PostgreSQL's password file, as libpq's `passwordFromFile` reads it.
//!
//! Which of several lines a server takes is no question here: every one of them holds a password.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, Unquoted, is_blank};
use crate::read::{Document, Role, Text};
use std::ops::Range;
use zeroize::Zeroizing;

/// `host:port:database:user:password`; a backslash guards `:` and itself. The path is
/// `["host:port/database/user", "password"]`. A `*` is no password.
#[must_use]
pub fn pgpass<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    for line in Lines::new(source) {
        if !out.takes(&line) || line.is_empty() {
            continue;
        }
        let marks = source[line.clone()].iter().take_while(|b| **b == b'#' || is_blank(**b)).count();
        let comment = marks > 0 && source[line.start] == b'#';
        let from = if comment { line.start + marks } else { line.start };
        let [host, port, database, user, password] = &parts(source, from..line.end);
        if matches!(password.bytes(), b"" | b"*") || comment && !is_plain(port.bytes(), &source[from..line.end]) {
            continue;
        }
        let name = [host.bytes(), b":", port.bytes(), b"/", database.bytes(), b"/", user.bytes()];
        let place = Text::Decoded(Zeroizing::new(name.concat()));
        let span = password.whole();
        let value = out.text(&span, password.bytes());
        let role = if comment { Role::Comment } else { Role::Entry };
        out.push(vec![place, Text::Slice(b"password")], span, value, role);
    }
    out.finish()
}

/// Whether a comment is a line that was switched off rather than prose with colons.
fn is_plain(port: &[u8], line: &[u8]) -> bool {
    (port == b"*" || !port.is_empty() && port.iter().all(u8::is_ascii_digit)) && !line.iter().any(|b| is_blank(*b))
}

/// The five parts; what follows a sixth colon is no part of the password.
fn parts(source: &[u8], line: Range<usize>) -> [Unquoted; 5] {
    let mut at = line.start;
    let mut next = || {
        let mut part = Unquoted::of(&(at..line.end));
        while at < line.end {
            match source[at] {
                b'\\' if at + 1 < line.end => {
                    part.replace(at..at + 2, &source[at + 1..at + 2]);
                    at += 2;
                    continue;
                }
                b':' => {
                    at += 1;
                    return part;
                }
                _ => part.keep(source, at..at + 1),
            }
            at += 1;
        }
        part
    };
    [next(), next(), next(), next(), next()]
}
