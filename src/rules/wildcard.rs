//! One part of a path with `*` in it, on bytes.
//!
//! Stands below file places and field paths so that both mean the same by `*`. Dividing a pattern
//! into parts, `**` and escapes are theirs.

use memchr::memmem;

/// A compiled part: literal, or pieces with any run of bytes between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    /// The pieces, one after the other: a part is most often a name, and there are thousands of them.
    text: Box<[u8]>,
    /// Where in it the stars stand.
    stars: Box<[u32]>,
}

impl Wildcard {
    /// Compiles `text`; `unescape` turns each piece into the bytes it stands for.
    pub(super) fn new(text: &str, unescape: impl Fn(&str) -> String) -> Self {
        let mut pieces = text.split('*').map(unescape);
        let mut bytes = pieces.next().unwrap_or_default().into_bytes();
        let mut stars = Vec::new();
        for piece in pieces {
            stars.push(bytes.len() as u32);
            bytes.extend_from_slice(piece.as_bytes());
        }
        Self { text: bytes.into(), stars: stars.into() }
    }

    /// The bytes it stands for when it has no star.
    pub(super) fn literal(&self) -> Option<&[u8]> {
        self.stars.is_empty().then_some(&*self.text)
    }

    /// How many bytes are fixed.
    pub(super) fn fixed(&self) -> usize {
        self.text.len()
    }

    /// Whether all of `part` fits. Linear in `part` for a given pattern: taking the first place
    /// where a piece fits never loses a later one.
    pub(super) fn matches(&self, part: &[u8]) -> bool {
        let (Some(first), Some(last)) = (self.stars.first(), self.stars.last()) else { return *self.text == *part };
        let Some(rest) = part.strip_prefix(&self.text[..*first as usize]) else { return false };
        let Some(mut rest) = rest.strip_suffix(&self.text[*last as usize..]) else { return false };
        for between in self.stars.windows(2) {
            let piece = &self.text[between[0] as usize..between[1] as usize];
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
