//! URLs as far as credentials stand in them: userinfo, query and fragment pairs, percent-encoding.
//!
//! Not a URL parser: nothing is normalised, resolved or rejected beyond finding the parts.

use std::ops::Range;
use zeroize::Zeroizing;

/// Longest scheme that is recognised.
const SCHEME_BYTES: usize = 32;
/// Longest authority: a JWT or a cloud token as password fits.
const AUTHORITY_BYTES: usize = 16 << 10;

/// The parts of `scheme://user:password@host`, as byte ranges of the text they were found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Userinfo {
    /// Before the first `:`; may be empty.
    pub user: Range<usize>,
    /// After it, up to the last `@`; empty when there is none (then the user may be a token).
    pub password: Range<usize>,
    /// Host and port; a list of hosts stays a list.
    pub host: Range<usize>,
}

/// The userinfo of `text`, which is one URL. `None` without a scheme or without a user and password.
#[must_use]
pub fn userinfo(text: &[u8]) -> Option<Userinfo> {
    let colon = memchr::memmem::find(text.get(..SCHEME_BYTES + 3).unwrap_or(text), b"://")?;
    (scheme_start(text, colon) == Some(0)).then(|| authority(text, colon + 3)).flatten()
}

/// Calls `visit` with the userinfo of every URL in `text`, in order, and with the extent of that URL
/// (scheme to the byte before white space, a quote, an angle bracket or a backslash).
pub fn find_userinfo(text: &[u8], visit: &mut dyn FnMut(Userinfo, Range<usize>)) {
    // The end of one URL is that of every URL inside it: searched for once.
    let mut end = 0;
    for colon in memchr::memmem::find_iter(text, b"://") {
        let Some(start) = scheme_start(text, colon) else { continue };
        let Some(found) = authority(text, colon + 3) else { continue };
        if end < found.host.end {
            end = found.host.end + length_until(&text[found.host.end..], is_url_end);
        }
        visit(found, start..end);
    }
}

/// Start of the scheme whose `:` is at `colon`.
fn scheme_start(text: &[u8], colon: usize) -> Option<usize> {
    let least = colon.saturating_sub(SCHEME_BYTES);
    let in_scheme = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'.' | b'-');
    let start = text[least..colon].iter().rposition(|b| !in_scheme(b)).map_or(least, |i| least + i + 1);
    let letter = text[start..colon].iter().position(u8::is_ascii_alphabetic)?;
    Some(start + letter)
}

fn authority(text: &[u8], from: usize) -> Option<Userinfo> {
    let window = &text[from..text.len().min(from + AUTHORITY_BYTES)];
    let end = from + length_until(window, |b| matches!(b, b'/' | b'?' | b'#') || is_url_end(b));
    let at = from + memchr::memrchr(b'@', &text[from..end])?;
    if at == from {
        return None;
    }
    let colon = memchr::memchr(b':', &text[from..at]).map_or(at, |i| from + i);
    if colon == from && colon + 1 >= at {
        return None;
    }
    Some(Userinfo { user: from..colon, password: (colon + 1).min(at)..at, host: at + 1..end })
}

fn is_url_end(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'\\')
}

fn length_until(bytes: &[u8], stop: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|b| stop(*b)).unwrap_or(bytes.len())
}

/// Resolves `%XX`. `None` when there is nothing to resolve; a `%` without two hex digits stays.
#[must_use]
pub fn percent_decode(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let hex = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
    memchr::memchr(b'%', text)?;
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut at = 0;
    while at < text.len() {
        match (text[at], hex(text.get(at + 1)), hex(text.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                at += 3;
            }
            (byte, ..) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    (out.len() < text.len()).then_some(out)
}

/// Name and value of every pair in the query and the fragment of a URL. A value is empty when there
/// is no `=`. What stands before `?` (or the first `#`) is not looked at.
#[must_use]
pub fn query_pairs(text: &[u8]) -> Vec<(Range<usize>, Range<usize>)> {
    let Some(mark) = memchr::memchr2(b'?', b'#', text) else { return Vec::new() };
    let end = mark + length_until(&text[mark..], is_url_end);
    let mut pairs = Vec::new();
    let mut from = mark + 1;
    while from < end {
        let length = length_until(&text[from..end], |b| matches!(b, b'&' | b'#' | b'?' | b';'));
        let pair = from..from + length;
        from = pair.end + 1;
        if pair.is_empty() {
            continue;
        }
        let equals = memchr::memchr(b'=', &text[pair.clone()]).map_or(pair.end, |i| pair.start + i);
        pairs.push((pair.start..equals, (equals + 1).min(pair.end)..pair.end));
    }
    pairs
}
