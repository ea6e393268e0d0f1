//! Tokens written with escapes in text that no reader takes apart: `npm\u005f…` in a script or a loose JSON file.
//!
//! JSON that is parsed has its values decoded already; this is for all other text. The copy is wiped.

use super::sighting::Sighting;
use super::{Detector, Scene};
use std::collections::BTreeSet;
use std::ops::Range;
use zeroize::Zeroizing;

/// How an escape of an ASCII character begins.
pub(super) const ESCAPE: &[u8] = b"\\u00";
/// Bytes of the whole: `\u002d`.
const LENGTH: usize = 6;

/// A text without its escapes.
struct Unescaped {
    text: Zeroizing<Vec<u8>>,
    /// Where in it an escape was resolved, ascending.
    resolved: Vec<usize>,
}

impl Unescaped {
    /// `None` when there is nothing to resolve.
    fn of(source: &[u8]) -> Option<Self> {
        let mut found = memchr::memmem::find_iter(source, ESCAPE).filter_map(|at| Some((at, character(source, at)?)));
        let first = found.next()?;
        let mut text = Zeroizing::new(Vec::with_capacity(source.len()));
        let mut resolved = Vec::new();
        let mut from = 0;
        for (at, character) in std::iter::once(first).chain(found) {
            text.extend_from_slice(&source[from..at]);
            resolved.push(text.len());
            text.push(character);
            from = at + LENGTH;
        }
        text.extend_from_slice(&source[from..]);
        Some(Self { text, resolved })
    }

    /// Where a stretch of the text stands in the source.
    fn in_source(&self, span: &Range<usize>) -> Range<usize> {
        let before = |at: usize| at + self.resolved.partition_point(|escape| *escape < at) * (LENGTH - 1);
        before(span.start)..before(span.end)
    }
}

/// The printable ASCII character of the escape at `at`.
fn character(source: &[u8], at: usize) -> Option<u8> {
    // `\\u002d` is a backslash and a word.
    let slashes = source[..at].iter().rev().take(16).take_while(|b| **b == b'\\').count();
    let digits = std::str::from_utf8(source.get(at + ESCAPE.len()..at + LENGTH)?).ok()?;
    let byte = u8::from_str_radix(digits, 16).ok()?;
    (slashes % 2 == 0 && byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')).then_some(byte)
}

impl Detector<'_> {
    /// Finds the tokens of `source` that its escapes hide.
    pub(super) fn escaped(&self, source: &[u8], scene: &Scene<'_>, out: &mut Vec<Sighting>) {
        let Some(unescaped) = Unescaped::of(source) else { return };
        let mut found = Vec::new();
        self.tokens_outside_blobs(&unescaped.text, scene, &mut found);
        let known: BTreeSet<usize> = out.iter().map(|sighting| sighting.span.start).collect();
        for mut sighting in found {
            sighting.span = unescaped.in_source(&sighting.span);
            if !known.contains(&sighting.span.start) || sighting.span.len() > sighting.secret.len() {
                out.push(sighting);
            }
        }
    }
}
