//! git's credential store: one URL with userinfo a line, percent-encoded.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, trim, uncomment};
use crate::read::url::{percent_decode, userinfo};
use crate::read::{Document, Role, Text};
use std::ops::Range;

/// `https://user:password@host` lines. Paths are `[host and port, "username"]` and
/// `[host and port, "password"]`; the values are percent-decoded.
#[must_use]
pub fn lines<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    for line in Lines::new(source) {
        if !out.takes(&line) {
            continue;
        }
        let comment = uncomment(source, &line, b"#;", false);
        let role = if comment.is_some() { Role::Comment } else { Role::Entry };
        let text = trim(source, comment.unwrap_or(line));
        let Some(found) = userinfo(&source[text.clone()]) else { continue };
        let shift = |range: Range<usize>| text.start + range.start..text.start + range.end;
        let host = shift(found.host);
        for (name, part) in [("username", found.user), ("password", found.password)] {
            if part.is_empty() {
                continue;
            }
            let span = shift(part);
            let place = percent_decode(&source[host.clone()]);
            let place = place.map_or_else(|| out.slice(&host), |bytes| out.key(&host, &bytes));
            let value = percent_decode(&source[span.clone()]).map_or_else(|| out.slice(&span), Text::Decoded);
            out.push(vec![place, Text::Slice(name.as_bytes())], span, value, role);
        }
    }
    out.finish()
}
