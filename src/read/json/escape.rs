//! The escapes of JSON strings, in one walk that decoding, comparing and locating share.
//!
//! Only text between quotes comes here; where a string begins and ends is the parser's business.

use zeroize::Zeroizing;

/// A part of a string: a run that stands for itself, or one escape.
enum Piece<'a> {
    /// Bytes without an escape.
    Run(&'a [u8]),
    /// An escape: how many bytes it takes in the source, and the bytes it stands for.
    Escape { written: usize, bytes: [u8; 4], len: usize },
}

impl Piece<'_> {
    /// Bytes in the source.
    fn written(&self) -> usize {
        match self {
            Self::Run(run) => run.len(),
            Self::Escape { written, .. } => *written,
        }
    }

    /// The decoded bytes.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Run(run) => run,
            Self::Escape { bytes, len, .. } => &bytes[..*len],
        }
    }
}

/// The pieces of a string's source, in order; their `written` lengths add up to its length.
struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let piece = match *self.rest {
            [] => return None,
            [b'\\', ..] => escape(self.rest),
            _ => Piece::Run(&self.rest[..memchr::memchr(b'\\', self.rest).unwrap_or(self.rest.len())]),
        };
        self.rest = &self.rest[piece.written()..];
        Some(piece)
    }
}

/// The escape at the start of `text`, which begins with a backslash.
fn escape(text: &[u8]) -> Piece<'static> {
    let byte = |byte: u8, written: usize| Piece::Escape { written, bytes: [byte, 0, 0, 0], len: 1 };
    match *text {
        [_, b'b', ..] => byte(0x08, 2),
        [_, b'f', ..] => byte(0x0c, 2),
        [_, b'n', ..] => byte(b'\n', 2),
        [_, b'r', ..] => byte(b'\r', 2),
        [_, b't', ..] => byte(b'\t', 2),
        [_, b'u', ..] => unicode(text).unwrap_or_else(|| byte(b'u', 2)),
        // JSON5: an escaped line end continues the string on the next line and stands for nothing.
        [_, b'\r', b'\n', ..] => Piece::Escape { written: 3, bytes: [0; 4], len: 0 },
        [_, b'\n', ..] => Piece::Escape { written: 2, bytes: [0; 4], len: 0 },
        [_, other, ..] => byte(other, 2),
        // The document was cut in the middle of an escape.
        _ => byte(b'\\', text.len()),
    }
}

/// `\uXXXX`, or a pair of them for a character outside the basic plane. Half a pair is U+FFFD.
fn unicode(text: &[u8]) -> Option<Piece<'static>> {
    let first = code_unit(text)?;
    let second = text.get(6..).and_then(code_unit);
    let (found, written) = match (first, second) {
        (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
            let high = u32::from(first) - 0xd800;
            (char::from_u32(0x1_0000 + (high << 10) + (u32::from(low) - 0xdc00)), 12)
        }
        _ => (char::from_u32(u32::from(first)), 6),
    };
    let mut bytes = [0; 4];
    let len = found.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut bytes).len();
    Some(Piece::Escape { written, bytes, len })
}

/// The number of a `\uXXXX` at the start of `text`.
fn code_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let mut number = 0;
    for &digit in digits {
        number = number << 4 | char::from(digit).to_digit(16)?;
    }
    u16::try_from(number).ok()
}

/// The text that `raw`, a string's source without its quotes, stands for. Unknown escapes keep
/// their character, halves of surrogate pairs become U+FFFD.
pub(super) fn decode(raw: &[u8]) -> Zeroizing<Vec<u8>> {
    // No escape stands for more bytes than it takes, so the buffer never moves and leaves no copy behind.
    let mut decoded = Zeroizing::new(Vec::with_capacity(raw.len()));
    for piece in (Pieces { rest: raw }) {
        decoded.extend_from_slice(piece.bytes());
    }
    decoded
}

/// Whether `raw` stands for exactly `wanted`; allocates nothing.
pub(super) fn stands_for(raw: &[u8], wanted: &[u8]) -> bool {
    let mut rest = wanted;
    for piece in (Pieces { rest: raw }) {
        match rest.strip_prefix(piece.bytes()) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.is_empty()
}

/// Where byte `decoded_at` of the decoded text lies in `raw`, the string's source without its
/// quotes: for locating a secret that was found in decoded text.
///
/// A byte that comes from an escape gives the escape's first byte; the end of the decoded text, and
/// anything past it, gives the end of `raw`. So the two ends of a decoded range give the two ends of
/// its source, escapes included whole, unless the range cuts a character in two.
#[must_use]
pub fn source_offset(raw: &[u8], decoded_at: usize) -> usize {
    let (mut source, mut decoded) = (0, 0);
    for piece in (Pieces { rest: raw }) {
        let len = piece.bytes().len();
        if decoded_at < decoded + len {
            return match piece {
                Piece::Run(_) => source + (decoded_at - decoded),
                Piece::Escape { .. } => source,
            };
        }
        source += piece.written();
        decoded += len;
    }
    raw.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_decode() {
        for (raw, decoded) in [
            (r#"a\"b\\c\/d"#, "a\"b\\c/d"),
            (r"\b\f\n\r\t", "\u{8}\u{c}\n\r\t"),
            (r"\u0041\u00e9\u20ac", "Aé€"),
            (r"\ud83d\ude00", "😀"),
            (r"\ud83d.\ude00\ud83d\ud83d", "\u{fffd}.\u{fffd}\u{fffd}\u{fffd}"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\q\'\é", "q'é"),
            (r"\u12", "u12"),
            (r"\u12g4", "u12g4"),
            ("one\\\ntwo\\\r\nthree", "onetwothree"),
            ("cut\\", "cut\\"),
        ] {
            assert_eq!(decode(raw.as_bytes()).as_slice(), decoded.as_bytes(), "{raw}");
            assert!(stands_for(raw.as_bytes(), decoded.as_bytes()), "{raw}");
            assert!(!stands_for(raw.as_bytes(), format!("{decoded}x").as_bytes()), "{raw}");
            assert!(!stands_for(format!("{raw}xx").as_bytes(), decoded.as_bytes()), "{raw}");
        }
    }

    #[test]
    fn offsets_point_at_the_escape() {
        let raw = br"ab\nc\u20acd";
        let offsets: Vec<_> = (0..10).map(|at| source_offset(raw, at)).collect();
        assert_eq!(offsets, [0, 1, 2, 4, 5, 5, 5, 11, 12, 12]);
    }
}
