//! Runs one token rule over text: pattern, boundary, neighbours, entropy.
//!
//! The prefilter that decides which rule to run where is `detect`'s; so are checks, placeholders
//! and context. What is found here has the token's shape, no more.

use super::rule::TokenPattern;
use super::{RuleIdx, RulePack, boundary, checksum};
use std::ops::Range;

/// Where a token was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// All the pattern took, key name included.
    pub whole: Range<usize>,
    /// The secret itself, uncut.
    pub secret: Range<usize>,
}

/// Calls `found` for every hit of the rule in `haystack[window]`, in order, until it returns false.
///
/// What stands outside the window still counts as neighbour, so a window around an anchor gives
/// the same answer as the whole text if the match fits in. A rule without a pattern finds nothing.
pub fn hits(pack: &RulePack, rule: RuleIdx, haystack: &[u8], window: Range<usize>, mut found: impl FnMut(Hit) -> bool) {
    let Some((pattern, compiled)) = pack.rule(rule).token().zip(pack.compiled(rule)) else { return };
    let window = window.start.min(haystack.len())..window.end.min(haystack.len());
    let Some(text) = haystack.get(window.clone()) else { return };
    let Some(regex) = compiled.anywhere() else { return };
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        let secret = compiled.secret(&captures).unwrap_or(whole);
        let at = |found: regex::bytes::Match<'_>| window.start + found.start()..window.start + found.end();
        let hit = Hit { whole: at(whole), secret: at(secret) };
        let held = boundary::bounded_in(haystack, &hit.whole, &hit.secret, &compiled.alphabet)
            && around(pattern, haystack, &hit)
            && !compiled.excepts(&haystack[hit.secret.clone()]);
        if held && !found(hit) {
            return;
        }
    }
}

fn around(pattern: &TokenPattern, haystack: &[u8], hit: &Hit) -> bool {
    let near = pattern.near.is_empty() || boundary::near(haystack, &hit.whole, pattern.near.iter().map(AsRef::as_ref));
    near && (pattern.min_entropy <= 0.0 || checksum::entropy(&haystack[hit.secret.clone()]) >= pattern.min_entropy)
}

/// Whether one of the rule's keywords stands in `text`.
#[must_use]
pub fn has_keyword(pattern: &TokenPattern, text: &[u8]) -> bool {
    pattern.keywords.iter().any(|word| {
        let word = word.as_bytes();
        if pattern.ignore_case {
            text.windows(word.len()).any(|piece| piece.eq_ignore_ascii_case(word))
        } else {
            memchr::memmem::find(text, word).is_some()
        }
    })
}
