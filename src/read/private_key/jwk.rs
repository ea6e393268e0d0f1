//! Private keys among JSON Web Keys (RFC 7517, 7518): an object with `kty` and `d`.
//!
//! Finds the object by its braces, for it stands in any text, also inside a string of JSON. Keys of
//! `kty` `oct` have no private half and are not looked for.

use super::{KeyBlock, KeyLabel};
use std::ops::Range;

/// What every one of them has.
pub(super) const KTY: &[u8] = b"\"kty";
/// How far an object goes to either side: the certificates of `x5c` are its longest part.
const REACH: usize = 32 << 10;
/// Shortest `d`: 32 bytes in base64url, as of Ed25519.
const LEAST: usize = 43;

/// The key whose `"kty` stands at `at`; its object lies in `room`.
pub(super) fn key(source: &[u8], at: usize, room: Range<usize>) -> Option<KeyBlock> {
    let room = room.start.max(at.saturating_sub(REACH))..room.end.min(at + REACH);
    let open = memchr::memrchr2(b'{', b'}', &source[room.start..at]).map(|i| room.start + i)?;
    let close = memchr::memchr2(b'{', b'}', &source[at..room.end]).map_or(room.end, |i| at + i);
    let kind = value(&source[..close], at + KTY.len())?;
    if source[open] != b'{' || !matches!(&source[kind], b"RSA" | b"EC" | b"OKP") {
        return None;
    }
    let mut name = memchr::memmem::find_iter(&source[open..close], b"\"d").map(|i| open + i + 2);
    let span = name.find_map(|after| value(&source[..close], after))?;
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=');
    let whole = span.len() >= LEAST && source[span.clone()].iter().all(plain);
    Some(KeyBlock {
        span,
        label: KeyLabel::Jwk,
        encrypted: Some(false),
        complete: whole && source.get(close) == Some(&b'}'),
    })
}

/// The string after the rest of a name that ends at `at`: `": "`, escaped or not.
fn value(source: &[u8], at: usize) -> Option<Range<usize>> {
    let quote = |at: usize| {
        let slashes = source.get(at..)?.iter().take(8).take_while(|b| **b == b'\\').count();
        (source.get(at + slashes) == Some(&b'"')).then_some(at + slashes + 1)
    };
    let blanks = |at: usize| at + source[at..].iter().take(64).take_while(|b| b.is_ascii_whitespace()).count();
    let colon = blanks(quote(at)?);
    let from = quote(blanks(colon + usize::from(*source.get(colon)? == b':')))?;
    let end = from + memchr::memchr2(b'"', b'\\', source.get(from..)?)?;
    (source.get(colon) == Some(&b':')).then_some(from..end)
}
