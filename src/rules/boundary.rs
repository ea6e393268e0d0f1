//! Where a token begins and ends, and what stands around it.
//!
//! A token is a maximal run of its alphabet: never cut, because a cut leaves the tail in the file.
//! Text on a developer's machine is escaped in many ways, so a character that belongs to an escape
//! (`\n`, `%3D`, `=3D`, a terminal colour) does not lengthen the run. No rule is known here.

use std::ops::Range;

/// A set of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteClass([u64; 4]);

impl ByteClass {
    /// Reads a regex class body: characters, ranges `a-z`, a literal `-` first or last, `\` before
    /// a character taken literally. `None` when it is empty, reversed, or not ASCII.
    #[must_use]
    pub fn parse(body: &str) -> Option<Self> {
        let mut bytes = body.bytes().peekable();
        let mut class = Self([0; 4]);
        let literal = |bytes: &mut std::iter::Peekable<std::str::Bytes<'_>>| {
            let byte = bytes.next()?;
            let byte = if byte == b'\\' { bytes.next()? } else { byte };
            byte.is_ascii_graphic().then_some(byte)
        };
        bytes.peek()?;
        while bytes.peek().is_some() {
            let low = literal(&mut bytes)?;
            let mut ahead = bytes.clone();
            let range = ahead.next() == Some(b'-') && ahead.peek().is_some();
            let high = if range {
                bytes.next();
                literal(&mut bytes)?
            } else {
                low
            };
            if high < low {
                return None;
            }
            (low..=high).for_each(|byte| class.insert(byte));
        }
        Some(class)
    }

    /// The set whose bytes have a bit in `words`, the lowest first.
    #[must_use]
    pub const fn from_words(words: [u64; 4]) -> Self {
        Self(words)
    }

    /// The same the other way.
    #[must_use]
    pub const fn words(&self) -> [u64; 4] {
        self.0
    }

    /// No byte.
    pub const EMPTY: Self = Self([0; 4]);
    /// Every byte.
    pub const ALL: Self = Self([u64::MAX; 4]);

    /// One byte.
    #[must_use]
    pub fn of(byte: u8) -> Self {
        let mut class = Self::EMPTY;
        class.insert(byte);
        class
    }

    /// A letter in both cases; any other byte alone.
    #[must_use]
    pub fn either_case(byte: u8) -> Self {
        Self::of(byte.to_ascii_lowercase()).union(&Self::of(byte.to_ascii_uppercase()))
    }

    /// The bytes of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] | other.0[i]))
    }

    /// Adds a byte.
    pub fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Its bytes, in order.
    pub fn iter(&self) -> impl Iterator<Item = u8> {
        self.0.into_iter().enumerate().flat_map(|(word, mut bits)| {
            std::iter::from_fn(move || {
                let bit = bits.trailing_zeros();
                (bit < 64).then(|| {
                    bits &= bits - 1;
                    (64 * word as u32 + bit) as u8
                })
            })
        })
    }

    /// Whether `byte` is in the set.
    #[must_use]
    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }
}

/// Whether `span` is a maximal run of `class`: no more of it before (an escape does not count) nor after.
#[must_use]
pub fn bounded(haystack: &[u8], span: Range<usize>, class: &ByteClass) -> bool {
    begins(haystack, span.start, class) && ends(haystack, span.end, class)
}

/// The same for a pattern that says itself what stands before its secret (a key name, a URL):
/// the left side is looked at only when secret and match begin together.
#[must_use]
pub fn bounded_in(haystack: &[u8], whole: &Range<usize>, secret: &Range<usize>, class: &ByteClass) -> bool {
    ends(haystack, secret.end, class) && (secret.start > whole.start || begins(haystack, secret.start, class))
}

/// Whether a token may begin at `start`: no character of `class` before it, or the end of an escape.
#[must_use]
pub fn begins(haystack: &[u8], start: usize, class: &ByteClass) -> bool {
    let before = haystack.get(..start).unwrap_or(haystack);
    before.last().is_none_or(|byte| !class.contains(*byte)) || ends_in_escape(before)
}

fn ends(haystack: &[u8], end: usize, class: &ByteClass) -> bool {
    haystack.get(end).is_none_or(|byte| !class.contains(*byte))
}

/// Whether the last byte of `before` belongs to an escape, so that a token may begin after it.
fn ends_in_escape(before: &[u8]) -> bool {
    // The longest one looked for is `\u001b[` with colours; a fixed window keeps this constant.
    let window = &before[before.len().saturating_sub(24)..];
    let hex = |n: usize| window.len() > n && window[window.len() - n..].iter().all(u8::is_ascii_hexdigit);
    let ahead = |n: usize, mark: &[u8]| window.len() >= n && window[..window.len() - n].ends_with(mark);
    match window {
        [.., b'\\', b'n' | b't' | b'r' | b'b' | b'f' | b'v' | b'a' | b'e' | b'0' | b'"' | b'\'' | b'/'] => true,
        _ if hex(4) && ahead(4, b"\\u") => true,
        _ if hex(2) && (ahead(2, b"\\x") || ahead(2, b"%")) => true,
        // Quoted-printable writes upper case, and `=` before a hash's digits is common: `=3D`, `=22`, `=20` only.
        [.., b'=', b'3', b'D'] | [.., b'=', b'2', b'0' | b'2'] => true,
        [rest @ .., last] if last.is_ascii_alphabetic() => ends_in_terminal_colour(rest),
        _ => false,
    }
}

/// Whether `before` ends in ESC `[` and parameters, the escape character raw or escaped.
fn ends_in_terminal_colour(before: &[u8]) -> bool {
    let parameters = before.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
    let Some(head) = before[..before.len() - parameters].strip_suffix(b"[") else { return false };
    [&b"\x1b"[..], b"\\u001b", b"\\u001B", b"\\x1b", b"\\x1B", b"\\033", b"\\e"]
        .iter()
        .any(|escape| head.ends_with(escape))
}

/// Bytes before and after a match in which a word counts as near, whatever the lines.
const NEAR_BEFORE: usize = 400;
const NEAR_AFTER: usize = 200;

/// Whether one of `words` (any case) stands on the line of `span` or the two before.
///
/// Minified documents have endless lines, so at most 400 bytes before and 200 after are looked at.
#[must_use]
pub fn near<'w>(haystack: &[u8], span: &Range<usize>, words: impl IntoIterator<Item = &'w str>) -> bool {
    let start = span.start.min(haystack.len());
    let end = span.end.clamp(start, haystack.len());
    let before = &haystack[start.saturating_sub(NEAR_BEFORE)..start];
    let mut line_starts = before.iter().enumerate().rev().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1);
    let from = start - before.len() + line_starts.nth(2).unwrap_or(0);
    let after = &haystack[end..haystack.len().min(end + NEAR_AFTER)];
    let to = end + after.iter().position(|b| *b == b'\n').unwrap_or(after.len());
    let window = &haystack[from..to];
    words.into_iter().any(|word| {
        let word = word.as_bytes();
        !word.is_empty() && window.windows(word.len()).any(|piece| piece.eq_ignore_ascii_case(word))
    })
}

/// Whether one of `words` (any case) stands before `span` on its line, or in the 200 bytes after it.
#[must_use]
pub fn beside<'w>(haystack: &[u8], span: &Range<usize>, words: impl IntoIterator<Item = &'w str>) -> bool {
    let start = span.start.min(haystack.len());
    let end = span.end.clamp(start, haystack.len());
    let before = &haystack[start.saturating_sub(NEAR_BEFORE)..start];
    let before = &before[before.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1)..];
    let after = &haystack[end..haystack.len().min(end + NEAR_AFTER)];
    let holds = |text: &[u8], word: &[u8]| text.windows(word.len()).any(|piece| piece.eq_ignore_ascii_case(word));
    words.into_iter().any(|word| !word.is_empty() && (holds(before, word.as_bytes()) || holds(after, word.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_body_reads_like_a_regex_class() {
        let class = ByteClass::parse("0-9A-Za-z_-").unwrap();
        assert!(b"09AZaz_-".iter().all(|b| class.contains(*b)));
        assert!(b"+/=. \n~".iter().all(|b| !class.contains(*b)));
        assert!(ByteClass::parse(r"a\-z").unwrap().contains(b'-'));
        assert!(!ByteClass::parse(r"a\-z").unwrap().contains(b'b'));
        for wrong in ["", "z-a", "\\", "ä"] {
            assert_eq!(ByteClass::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_run_may_follow_an_escape_but_not_its_own_alphabet() {
        let class = ByteClass::parse("0-9A-Za-z_-").unwrap();
        let begins_after = |before: &str| {
            let text = format!("{before}tok123 ");
            bounded(text.as_bytes(), before.len()..text.len() - 1, &class)
        };
        for good in [
            "",
            " ",
            "=",
            "\\n",
            "\\\\n",
            "\\t",
            "\\\"",
            "\\u000a",
            "\\x0a",
            "%3D",
            "=3D",
            "\u{1b}[1;31m",
            "\\u001b[32m",
        ] {
            assert!(begins_after(good), "{good:?}");
        }
        for bad in ["x", "-", "3D", "m", "[31m", "u000a", "=AB"] {
            assert!(!begins_after(bad), "{bad:?}");
        }
        assert!(!bounded(b"tok123x", 0..6, &class));
    }

    #[test]
    fn near_means_this_line_or_the_two_before() {
        let text = b"cargo login\none\ntwo\nthree token\n";
        let at = |needle: &[u8]| text.windows(needle.len()).position(|w| w == needle).unwrap();
        let span = |needle: &[u8]| at(needle)..at(needle) + needle.len();
        assert!(near(text, &span(b"two"), ["CARGO"]));
        assert!(!near(text, &span(b"three"), ["cargo"]));
        assert!(near(text, &span(b"three"), ["token"]));
    }
}
