//! One part of a path with `*` in it, on bytes.
//!
//! Stands below file places and field paths so that both mean the same by `*`. Dividing a pattern
//! into parts, `**` and escapes are theirs.

use memchr::memmem;

/// A compiled part: literal, or pieces with any run of bytes between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// Pieces between the stars; one piece means no star.
    pieces: Vec<Vec<u8>>,
}

impl Wildcard {
    /// Compiles `text`; `unescape` turns each piece into the bytes it stands for.
    pub(super) fn new(text: &str, unescape: impl Fn(&str) -> String) -> Self {
        Self { pieces: text.split('*').map(|piece| unescape(piece).into_bytes()).collect() }
    }

    /// The bytes it stands for when it has no star.
    pub(super) fn literal(&self) -> Option<&[u8]> {
        match self.pieces.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// How many bytes are fixed.
    pub(super) fn fixed(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }

    /// Whether all of `part` fits. Linear in `part` for a given pattern: taking the first place
    /// where a piece fits never loses a later one.
    pub(super) fn matches(&self, part: &[u8]) -> bool {
        let [first, middle @ .., last] = self.pieces.as_slice() else {
            return self.literal().is_some_and(|literal| literal == part);
        };
        let Some(rest) = part.strip_prefix(first.as_slice()) else { return false };
        let Some(mut rest) = rest.strip_suffix(last.as_slice()) else { return false };
        for piece in middle {
            match memmem::find(rest, piece) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Wildcard;

    fn fits(pattern: &str, part: &str) -> bool {
        Wildcard::new(pattern, str::to_owned).matches(part.as_bytes())
    }

    #[test]
    fn a_star_is_any_run_in_one_part() {
        for (pattern, part) in [("*", ""), ("*", "x"), ("a*", "a"), ("*.env", ".env"), ("a*b*c", "abbc"), ("x", "x")] {
            assert!(fits(pattern, part), "{pattern} {part}");
        }
        for (pattern, part) in [("a*a", "a"), ("*.env", "env"), ("a*b*c", "acb"), ("x", "xx"), ("", "x")] {
            assert!(!fits(pattern, part), "{pattern} {part}");
        }
    }

    #[test]
    fn hostile_parts_take_linear_time() {
        let part = "a".repeat(1 << 20);
        assert!(!fits("*a*a*a*a*a*b", &part));
    }
}
