//! The keys and values of browsers' DOM storage: Local Storage, Session Storage, and all else.
//!
//! Sources: `components/services/storage/dom_storage` of Chromium. What IndexedDB serializes is not
//! taken apart: its strings stand in it as Latin-1 or UTF-16 and are found there.

use crate::read::Text;
use crate::read::encoding::{Encoding, to_utf8};
use zeroize::Zeroizing;

/// Shortest run of UTF-16 that is taken for text.
const RUN: usize = 8;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Local Storage: a byte tells Latin-1 (1) from UTF-16 (0).
    Marked,
    /// Session Storage: UTF-16.
    Wide,
    /// Some application's own way.
    Serialized,
}

/// A key, taken apart.
pub struct Key<'a> {
    /// The site or application that it belongs to, where it says so.
    pub origin: Option<&'a [u8]>,
    /// Its name there.
    pub name: Text<'a>,
    /// How its value is written.
    pub form: Form,
}

/// Takes a key apart: `_https://host`, NUL, mark and name; `map-7-name`; anything else.
#[must_use]
pub fn key(raw: &[u8]) -> Key<'_> {
    if let Some(local) = raw.strip_prefix(b"_")
        && let Some(end) = memchr::memchr(0, local)
        && let Some(name) = marked(&local[end + 1..])
    {
        return Key { origin: Some(&local[..end]), name, form: Form::Marked };
    }
    if let Some(session) = raw.strip_prefix(b"map-")
        && let Some(dash) = session.iter().position(|byte| !byte.is_ascii_digit()).filter(|at| session[*at] == b'-')
    {
        return Key { origin: None, name: Text::Slice(&session[dash + 1..]), form: Form::Wide };
    }
    Key { origin: None, name: Text::Slice(raw), form: Form::Serialized }
}

/// A value as text, as far as it is one.
#[must_use]
pub fn text(form: Form, value: &[u8]) -> Text<'_> {
    let text = match form {
        Form::Marked => marked(value),
        Form::Wide if value.len().is_multiple_of(2) => to_utf8(value, Encoding::Utf16Le).map(Text::Decoded),
        Form::Wide | Form::Serialized => None,
    };
    text.unwrap_or(Text::Slice(value))
}

/// The runs of printable ASCII in UTF-16 that stand among other bytes, a line each; `None` without one.
#[must_use]
pub fn wide(value: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let is_wide = |at: usize| matches!(value.get(at..at + 2), Some([b'\t' | b'\n' | b'\r' | b' '..=b'~', 0]));
    let mut found: Option<Zeroizing<Vec<u8>>> = None;
    let mut at = 0;
    // A NUL every other byte: where there is none, there is no run.
    while let Some(nul) = value.get(at..).and_then(|rest| memchr::memchr(0, rest)) {
        let from = (at + nul).saturating_sub(1).max(at);
        let run = (from..).step_by(2).take_while(|at| is_wide(*at)).count();
        if run >= RUN {
            // Never longer than half the value, so it is never moved.
            let out = found.get_or_insert_with(|| Zeroizing::new(Vec::with_capacity(value.len() / 2 + 1)));
            out.extend(value[from..from + 2 * run].iter().step_by(2));
            out.push(b'\n');
        }
        at = from + (2 * run).max(if from == at + nul { 1 } else { 2 });
    }
    found
}

/// A string after the byte that tells how it is written.
fn marked(bytes: &[u8]) -> Option<Text<'_>> {
    match bytes {
        [1, latin @ ..] => Some(Text::Slice(latin)),
        [0, wide @ ..] if wide.len().is_multiple_of(2) => to_utf8(wide, Encoding::Utf16Le).map(Text::Decoded),
        _ => None,
    }
}
