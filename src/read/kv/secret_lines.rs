//! Files that are nothing but a secret: `~/.vault-token`, a token cache.
//!
//! Which files are is the surfaces' business.

use crate::model::Limits;
use crate::read::fields::{Fields, Lines, trim};
use crate::read::{Document, Role, Text};

/// Every line that is not blank and no comment (`#`) is a field with the path `["1"]`, without the
/// white space around it.
#[must_use]
pub fn secret_lines<'a>(source: &'a [u8], limits: &Limits) -> Document<'a> {
    let mut out = Fields::new(source, limits);
    for line in Lines::new(source) {
        let span = trim(source, line.clone());
        if span.is_empty() || source[span.start] == b'#' || !out.takes(&line) {
            continue;
        }
        let value = out.slice(&span);
        out.push(vec![Text::Slice(b"1")], span, value, Role::Entry);
    }
    out.finish()
}
