//! Where in a text could a token rule hold? Literals only; the rule's own pattern decides.
//!
//! One interface, so that the engine behind it can change: [`Matcher::each`] gives every place at
//! which a keyword of a rule stands, none left out, in any order. Nothing here looks at values.

use crate::rules::{RuleIdx, RulePack};
use aho_corasick::packed;
use std::collections::BTreeMap;

/// Patterns one packed searcher takes before its masks saturate (measured: 48 at 3.3 GB/s, 64 at 2.0, 128 far below).
const GROUP: usize = 48;
/// Text that is searched by every group in turn while it is in the first-level cache.
const PIECE: usize = 24 << 10;
/// Bytes by which keywords are told apart; every keyword has at least as many.
const HEAD: usize = 3;

/// All keywords of all enabled token rules, compiled.
pub struct Matcher {
    groups: Vec<Searcher>,
    keywords: BTreeMap<[u8; HEAD], Vec<Keyword>>,
    longest: usize,
}

/// Packed search where the processor has it; the automaton elsewhere.
enum Searcher {
    Packed(packed::Searcher),
    Automaton(aho_corasick::AhoCorasick),
}

struct Keyword {
    text: Vec<u8>,
    rule: RuleIdx,
    /// Whether the rule's pattern begins with it: then a match begins where the keyword does.
    leads: bool,
}

/// A keyword of a rule, found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor {
    /// The rule.
    pub rule: RuleIdx,
    /// Where the keyword starts.
    pub at: usize,
    /// Its length.
    pub length: usize,
    /// Whether a match of the rule begins just there.
    pub leads: bool,
}

impl Matcher {
    /// Compiles the keywords of the pack's enabled token rules. Keywords shorter than three bytes are
    /// refused by the pack's lints and left out here.
    #[must_use]
    pub fn new(pack: &RulePack) -> Self {
        let mut keywords: BTreeMap<[u8; HEAD], Vec<Keyword>> = BTreeMap::new();
        let mut longest = HEAD;
        let tokens = pack.indices().filter(|i| pack.enabled(*i)).filter_map(|i| Some((i, pack.rule(i).token()?)));
        for (rule, pattern) in tokens {
            for keyword in pattern.keywords.iter() {
                for text in spellings(keyword, pattern.ignore_case) {
                    let Some(head) = text.first_chunk::<HEAD>().copied() else { continue };
                    longest = longest.max(text.len());
                    let list = keywords.entry(head).or_default();
                    if !list.iter().any(|k| k.rule == rule && k.text == text) {
                        let leads = !pattern.ignore_case && pattern.pattern.starts_with(&regex::escape(keyword));
                        list.push(Keyword { text, rule, leads });
                    }
                }
            }
        }
        let mut heads: Vec<&[u8]> = keywords.values().flat_map(|list| prefilter(list)).collect();
        // The shortest by themselves: a searcher is as good as the shortest text it looks for.
        heads.sort_by_key(|head| (head.len() > HEAD, head.to_vec()));
        let groups = heads.chunks(GROUP).filter_map(Searcher::new);
        Self { groups: groups.collect(), keywords, longest }
    }

    /// Calls `visit` for every keyword at every place in `haystack`.
    pub fn each(&self, haystack: &[u8], mut visit: impl FnMut(Anchor)) {
        let mut piece = 0;
        while piece < haystack.len() {
            // A keyword that starts in this piece may end in the next.
            let starts_end = (piece + PIECE).min(haystack.len());
            let end = (starts_end + self.longest - 1).min(haystack.len());
            for searcher in &self.groups {
                let mut at = piece;
                while let Some(found) = searcher.find(haystack, at, end) {
                    if found >= starts_end {
                        break;
                    }
                    self.confirm(haystack, found, &mut visit);
                    at = found + 1;
                }
            }
            piece = starts_end;
        }
    }

    fn confirm(&self, haystack: &[u8], at: usize, visit: &mut impl FnMut(Anchor)) {
        let Some(head) = haystack[at..].first_chunk::<HEAD>() else { return };
        let Some(list) = self.keywords.get(head) else { return };
        for keyword in list {
            if haystack[at..].starts_with(&keyword.text) {
                visit(Anchor { rule: keyword.rule, at, length: keyword.text.len(), leads: keyword.leads });
            }
        }
    }
}

/// What the keywords of one head are searched by: those that no other one begins. Where several end
/// up in two searchers, each is told by the one that has its own beginning.
fn prefilter(list: &[Keyword]) -> Vec<&[u8]> {
    let mut texts: Vec<&[u8]> = list.iter().map(|k| k.text.as_slice()).collect();
    texts.sort_unstable();
    texts.dedup_by(|longer, shorter| longer.starts_with(shorter));
    texts
}

/// The spellings a keyword is searched in: as written, or in lower case, upper case and as written.
fn spellings(keyword: &str, ignore_case: bool) -> Vec<Vec<u8>> {
    let mut all = vec![keyword.as_bytes().to_vec()];
    if ignore_case {
        all.push(keyword.to_ascii_lowercase().into_bytes());
        all.push(keyword.to_ascii_uppercase().into_bytes());
        all.sort_unstable();
        all.dedup();
    }
    all
}

impl Searcher {
    fn new(texts: &[&[u8]]) -> Option<Self> {
        packed::Config::new()
            .match_kind(packed::MatchKind::LeftmostLongest)
            .builder()
            .extend(texts)
            .build()
            .map(Self::Packed)
            .or_else(|| {
                aho_corasick::AhoCorasick::builder()
                    .match_kind(aho_corasick::MatchKind::LeftmostLongest)
                    .build(texts)
                    .ok()
                    .map(Self::Automaton)
            })
    }

    fn find(&self, haystack: &[u8], at: usize, end: usize) -> Option<usize> {
        match self {
            Self::Packed(searcher) => {
                searcher.find_in(haystack, aho_corasick::Span::from(at..end)).map(|found| found.start())
            }
            Self::Automaton(searcher) => {
                searcher.find(aho_corasick::Input::new(haystack).span(at..end)).map(|found| found.start())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every keyword at every place, by looking at each.
    fn naive(pack: &RulePack, text: &[u8]) -> Vec<(RuleIdx, usize, usize)> {
        let mut found = Vec::new();
        for rule in pack.indices() {
            let Some(pattern) = pack.rule(rule).token() else { continue };
            let mut texts: Vec<Vec<u8>> =
                pattern.keywords.iter().flat_map(|k| spellings(k, pattern.ignore_case)).collect();
            texts.sort_unstable();
            texts.dedup();
            for keyword in texts {
                let places = text.windows(keyword.len()).enumerate().filter(|(_, w)| *w == keyword);
                found.extend(places.map(|(at, _)| (rule, at, keyword.len())));
            }
        }
        found.sort_unstable();
        found
    }

    fn matched(matcher: &Matcher, text: &[u8]) -> Vec<(RuleIdx, usize, usize)> {
        let mut found = Vec::new();
        matcher.each(text, |anchor| found.push((anchor.rule, anchor.at, anchor.length)));
        found.sort_unstable();
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_keyword_is_missed_or_told_twice(picks in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4, any::<u8>()), 0..60)) {
            static PACK: std::sync::LazyLock<RulePack> = std::sync::LazyLock::new(RulePack::builtin);
            static MATCHER: std::sync::LazyLock<Matcher> = std::sync::LazyLock::new(|| Matcher::new(&PACK));
            let (pack, matcher) = (&*PACK, &*MATCHER);
            let keywords: Vec<&str> = pack.rules().iter().filter_map(|r| r.token()).flat_map(|t| t.keywords.iter().map(AsRef::as_ref)).collect();
            let mut text = Vec::new();
            for (index, overlap, filler) in picks {
                // Keywords that run into each other, and a filler between some.
                let keyword = keywords[index.index(keywords.len())].as_bytes();
                text.truncate(text.len().saturating_sub(overlap));
                text.extend_from_slice(keyword);
                if filler < 128 { text.push(filler); }
            }
            prop_assert_eq!(matched(matcher, &text), naive(pack, &text));
        }
    }

    /// Keywords across the border of the pieces that are searched in turn.
    #[test]
    fn borders_of_pieces_lose_nothing() {
        let pack = RulePack::builtin();
        let matcher = Matcher::new(&pack);
        for shift in 0..16 {
            let mut text = vec![b' '; PIECE - 8 + shift];
            text.extend_from_slice(b"github_pat_");
            text.resize(2 * PIECE - 4, b' ');
            text.extend_from_slice(b"dckr_pat_");
            assert_eq!(matched(&matcher, &text), naive(&pack, &text), "{shift}");
        }
    }
}
