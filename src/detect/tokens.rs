//! The token pass: keyword, pattern, boundary, gates, offline check.

use super::matcher::{Anchor, Marks};
use super::sighting::{Rank, Sighting};
use super::{Detector, Scene, check, gates, statistics};
use crate::model::{ContainerKind, Secret, Severity};
use crate::rules::RuleIdx;
use crate::rules::boundary;
use crate::rules::import::gitleaks;
use crate::rules::rule::TokenPattern;
use std::ops::Range;

/// Bytes before a keyword at which a match may start: keywords may stand inside a token.
const BEHIND: usize = 256;
/// Bytes after a keyword that are looked at first; a match that reaches the end gets more.
const AHEAD: usize = 1 << 10;
/// Bytes after a keyword that begins no token in which the same rule is not tried again, in leftovers.
const SPARSE: usize = 32;
/// The longest token.
const LONGEST: usize = 16 << 10;

impl Detector<'_> {
    /// The tokens of a text that is reported on: what only happens to stand in base64 is left out.
    ///
    /// Masks take [`Self::tokens`] as they are: too much masked is no harm.
    pub(super) fn tokens_outside_blobs(&self, text: &[u8], scene: &Scene<'_>, out: &mut Vec<Sighting>) -> Marks {
        let before = out.len();
        let marks = self.tokens(text, scene, out);
        let mut at = 0;
        out.retain(|sighting| {
            at += 1;
            at <= before
                || !self.pack.rule(sighting.rule).check.is_empty()
                || !gates::is_inside_blob(text, &sighting.span)
        });
        marks
    }

    /// Finds every token in `haystack`; tells what else was seen on the way.
    pub(super) fn tokens(&self, haystack: &[u8], scene: &Scene<'_>, out: &mut Vec<Sighting>) -> Marks {
        let surface = scene.surface;
        let leftover = is_leftover(scene);
        // How far each rule has looked: keywords inside a match are not tried again, so hostile
        // repetition costs no more than its length.
        let mut looked: Vec<(RuleIdx, usize)> = Vec::new();
        self.matcher.each(haystack, |anchor| {
            let Anchor { rule: index, at, length, .. } = anchor;
            let known = looked.iter().position(|(rule, _)| *rule == index);
            if known.is_some_and(|k| at < looked[k].1) {
                return;
            }
            let Some(pattern) = self.pack.rule(index).token() else { return };
            let elsewhere = |id: &str| surface.is_none_or(|s| s.id != id);
            if !pattern.surfaces.is_empty() && pattern.surfaces.iter().all(|id| elsewhere(id)) {
                return;
            }
            let found = if anchor.leads {
                self.led(haystack, index, at, leftover)
            } else {
                self.matched(haystack, index, at..at + length)
            };
            // Where a token needs no boundary, keywords in a run are tried sparsely instead.
            let sparse = leftover && anchor.leads;
            let end = found.as_ref().map_or(at + SPARSE, |(whole, _)| whole.end.max(at + length));
            if found.is_none() && !sparse {
                return;
            }
            match known {
                Some(k) => looked[k].1 = end,
                None => looked.push((index, end)),
            }
            let Some((whole, secret)) = found else { return };
            if let Some(sighting) = self.token(haystack, index, pattern, whole, secret, leftover) {
                out.push(sighting);
            }
        })
    }

    /// The match that begins at `at`, where the keyword stands that the pattern begins with.
    fn led(&self, haystack: &[u8], index: RuleIdx, at: usize, leftover: bool) -> Option<(Range<usize>, Range<usize>)> {
        let compiled = self.pack.compiled(index)?;
        // Asked for again with the match; asked here so that a run of keywords does not cost a long look
        // ahead for each. In leftovers of a database a token may follow its key at once.
        let begins = compiled.has_group() || boundary::begins(haystack, at, &compiled.alphabet);
        let ahead = match (begins, leftover) {
            (true, _) => LONGEST,
            (false, true) => AHEAD,
            (false, false) => return None,
        };
        let end = (at + ahead).min(haystack.len());
        let captures = compiled.at_start()?.captures(&haystack[at..end])?;
        let whole = captures.get(0)?;
        let secret = compiled.secret(&captures).unwrap_or(whole);
        Some((at + whole.start()..at + whole.end(), at + secret.start()..at + secret.end()))
    }

    /// The match of a rule's pattern that holds `keyword`, and the secret in it.
    fn matched(&self, haystack: &[u8], index: RuleIdx, keyword: Range<usize>) -> Option<(Range<usize>, Range<usize>)> {
        let compiled = self.pack.compiled(index)?;
        let regex = compiled.anywhere()?;
        let start = keyword.start.saturating_sub(BEHIND);
        let mut ahead = AHEAD;
        loop {
            let end = (keyword.end + ahead).min(haystack.len());
            let window = &haystack[start..end];
            let mut from = 0;
            let found = loop {
                let captures = regex.captures_at(window, from)?;
                let whole = captures.get(0)?;
                if whole.start() + start > keyword.start {
                    return None;
                }
                if whole.end() + start >= keyword.end {
                    let secret = compiled.secret(&captures).unwrap_or(whole);
                    break (start + whole.start()..start + whole.end(), start + secret.start()..start + secret.end());
                }
                from = whole.end().max(from + 1);
            };
            if found.0.end < end || end == haystack.len() || ahead >= LONGEST {
                return Some(found);
            }
            ahead *= 4;
        }
    }

    /// Boundary, context, gates and check of one match.
    fn token(
        &self,
        haystack: &[u8],
        index: RuleIdx,
        pattern: &TokenPattern,
        whole: Range<usize>,
        span: Range<usize>,
        leftover: bool,
    ) -> Option<Sighting> {
        let rule = self.pack.rule(index);
        let compiled = self.pack.compiled(index)?;
        let class = &compiled.alphabet;
        let near = || boundary::near(haystack, &whole, pattern.near.iter().map(AsRef::as_ref));
        let bounded = boundary::bounded_in(haystack, &whole, &span, class);
        if span.is_empty() || !(bounded || leftover) || (!pattern.near.is_empty() && !near()) {
            return None;
        }
        let value = &haystack[span.clone()];
        let body = value.strip_prefix(rule.prefix.as_bytes()).unwrap_or(value);
        let bare: Vec<u8> = body.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
        let sample = rule.is_sample(value);
        if !sample && (gates::is_monotonous(&bare) || gates::is_placeholder(body)) {
            return None;
        }
        if pattern.min_entropy > 0.0 && statistics::entropy(body) < pattern.min_entropy {
            return None;
        }
        if !sample && (gates::is_words(&bare) || compiled.excepts(value)) {
            return None;
        }
        // Where a vendor's own rule takes the same value, that one tells.
        let unproven = matches!(&*rule.vendor, "Generic" | gitleaks::VENDOR);
        let rank = if unproven { Rank::Structure } else { Rank::Token };
        let mut sighting = Sighting::new(index, rule, rank, span, Secret::copy_of(value));
        sighting.named = whole.start < sighting.span.start;
        if sample {
            sighting.dismiss("documentation sample");
        } else if boundary::beside(haystack, &whole, pattern.public_beside.iter().map(AsRef::as_ref)) {
            sighting.lower("public where it stands");
        }
        let mut known = bounded || is_telling(&rule.prefix);
        if !rule.check.is_empty() {
            let outcome = check::run(&rule.check, value, rule.prefix.as_bytes(), self.now);
            match outcome.verdict {
                check::Verdict::Passed => {
                    known = true;
                    sighting.rank = sighting.rank.max(if rank == Rank::Token { Rank::Checked } else { rank });
                    sighting.checks.push(outcome.name.to_owned());
                }
                // More than the token was taken, or less.
                check::Verdict::Failed if !bounded || check::is_decisive(&rule.check) => return None,
                check::Verdict::Failed => {
                    sighting.lower(&format!("failed: {}", outcome.name));
                }
                check::Verdict::Unknown => {}
            }
            weigh(&mut sighting, &outcome);
            sighting.attributes = outcome.attributes;
        }
        known.then_some(sighting)
    }
}

/// Whether the text is what a database left of its rows: a record's columns stand there one after the
/// other without anything between, and the next cell right behind, so a token has no boundary to either side.
/// So it is in what an application serialized into LevelDB: a string's length may be a letter.
fn is_leftover(scene: &Scene<'_>) -> bool {
    scene.container.is_some_and(|c| match c.kind {
        ContainerKind::Sqlite => c.key.is_none(),
        ContainerKind::Leveldb => c.part != Some("entry"),
        ContainerKind::Json | ContainerKind::Base64 | ContainerKind::Environment => false,
    })
}

/// Whether a prefix is enough to know a token by in a run of letters: not one that base64 may hold by chance.
fn is_telling(prefix: &str) -> bool {
    prefix.len() >= 4 && prefix.bytes().any(|b| matches!(b, b'_' | b'-' | b'.'))
}

/// What a token's structure says against it: expired, a tripwire, a sample, public by design.
fn weigh(sighting: &mut Sighting, outcome: &check::Outcome) {
    for (name, why) in [
        ("expired", "expired"),
        ("canary", "a tripwire: leave it where it is"),
        ("bare", "names no issuer, subject or time"),
    ] {
        if outcome.attribute(name).is_some() {
            sighting.lower(why);
        }
    }
    if outcome.attribute("sample").is_some() {
        sighting.dismiss("documentation sample");
    }
    if outcome.attribute("public").is_some() {
        sighting.severity = Severity::Info;
    }
    // What a token says of itself outweighs what the name of its field says of it.
    if sighting.severity <= Severity::Low && outcome.verdict == check::Verdict::Passed {
        sighting.rank = sighting.rank.max(Rank::Token);
    }
}
