//! Keys as gpg-agent keeps them (`private-keys-v1.d`): S-expressions, canonical in old files, and in
//! new ones written out after `Key:`. (`agent/keyformat.txt` of GnuPG)
//!
//! Walks to the end of the expression; what the numbers in it are is of no interest.

use super::{KeyBlock, KeyLabel};
use std::ops::Range;

/// What a canonical one holds: `(11:private-key(…`.
pub(super) const CANONICAL: &[u8] = b"private-key(";
/// How one written out begins.
pub(super) const WRITTEN: &[u8] = b"Key: (";
/// Longest expression that is walked: RSA keys of 16384 bits take a seventh of it.
const MOST: usize = 64 << 10;
/// Shortest one that can be a key.
const LEAST: usize = 64;
/// Parentheses that may be open; a key has five.
const DEPTH: usize = 16;

/// The key around `private-key(` at `at`.
pub(super) fn canonical(source: &[u8], at: usize) -> Option<KeyBlock> {
    let head = &source[at.saturating_sub(16)..at];
    let (kind, name) =
        [(b"protected-".as_slice(), Kind::Protected), (b"shadowed-", Kind::Shadowed), (b"", Kind::Plain)]
            .into_iter()
            .find(|(prefix, _)| head.ends_with(prefix))
            .map(|(prefix, kind)| (kind, prefix.len()))?;
    let length: &[u8] = match kind {
        Kind::Plain => b"(11:",
        Kind::Protected => b"(21:",
        Kind::Shadowed => b"(20:",
    };
    let opened = head[..head.len() - name].ends_with(length);
    opened.then(|| block(source, at - name - length.len(), kind))
}

/// The key after `Key: (` at `at`.
pub(super) fn written(source: &[u8], at: usize) -> Option<KeyBlock> {
    let from = at + WRITTEN.len() - 1;
    let name = source.get(from + 1..)?;
    let kinds = [
        (b"private-key".as_slice(), Kind::Plain),
        (b"protected-private-key", Kind::Protected),
        (b"shadowed-private-key", Kind::Shadowed),
    ];
    let fits =
        |word: &[u8]| name.strip_prefix(word).is_some_and(|rest| !matches!(rest.first(), Some(b'-' | b'a'..=b'z')));
    let (_, kind) = kinds.into_iter().find(|(word, _)| fits(word))?;
    Some(block(source, from, kind))
}

#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Protected,
    Shadowed,
}

fn block(source: &[u8], from: usize, kind: Kind) -> KeyBlock {
    let (span, whole) = walk(source, from);
    let complete = whole && span.len() >= LEAST;
    let (label, encrypted) = match kind {
        Kind::Plain => (KeyLabel::Gnupg, Some(false)),
        Kind::Protected => (KeyLabel::Gnupg, Some(true)),
        Kind::Shadowed => (KeyLabel::GnupgCard, None),
    };
    KeyBlock { span, label, encrypted, complete }
}

/// The expression that opens at `from`, and whether it closes and holds nothing that no key has.
fn walk(source: &[u8], from: usize) -> (Range<usize>, bool) {
    let until = source.len().min(from + MOST);
    let (mut at, mut depth) = (from, 0);
    while at < until {
        let rest = &source[at..until];
        match rest[0] {
            b'(' => {
                depth += 1;
                at += 1;
                if depth > DEPTH {
                    return (from..at, false);
                }
            }
            b')' => {
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return (from..at, true);
                }
            }
            b'#' => {
                let hex = rest[1..].iter().take_while(|b| b.is_ascii_hexdigit() || b.is_ascii_whitespace()).count();
                at += hex + 2;
                if rest.get(hex + 1) != Some(&b'#') {
                    return (from..until.min(at), false);
                }
            }
            b'"' => match memchr::memchr(b'"', &rest[1..]) {
                Some(close) => at += close + 2,
                None => return (from..at, false),
            },
            b'0'..=b'9' => {
                let digits = rest.iter().take(6).take_while(|b| b.is_ascii_digit()).count();
                let length = rest[..digits].iter().fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
                let counted = rest.get(digits) == Some(&b':');
                at += digits + if counted { 1 + length } else { 0 };
            }
            byte if byte.is_ascii_alphabetic() || byte.is_ascii_whitespace() || b"-_.+".contains(&byte) => at += 1,
            _ => return (from..at, false),
        }
    }
    (from..until, false)
}
