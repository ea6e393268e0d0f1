//! Where in a text could a token rule hold? Literals only; the rule's own pattern decides.
//!
//! One interface, so that the engine behind it can change: [`Matcher::each`] gives every place at
//! which a keyword of a rule stands with what must follow it, none left out, in any order. Nothing
//! here looks at values.

mod prefilter;

use super::escaped::ESCAPE;
use crate::read::private_key::STARTS;
use crate::rules::boundary::ByteClass;
use crate::rules::rule::TokenPattern;
use crate::rules::{RuleIdx, RulePack};
use aho_corasick::packed;
use prefilter::{Prefilter, WINDOW, Window};
use std::ops::Range;

/// Literals that the packed SIMD search takes at its best: 48 at 3.3 GB/s, 64 at 2.0, 128 far below.
const FEW: usize = 48;
/// Bytes by which words are looked up; every keyword has at least as many.
const HEAD: usize = 3;
/// Slots of the lookup.
const SLOTS: usize = 1 << 12;

/// All keywords of all enabled token rules, compiled.
pub struct Matcher<'p> {
    engine: Engine,
    words: Vec<Word<'p>>,
    /// Where in `words` those of a slot begin; one more than there are slots.
    slots: Vec<u32>,
}

/// What finds candidates: the packed search where it is faster, that is for a handful of literals.
enum Engine {
    Few(packed::Searcher),
    Many(Prefilter),
}

/// Something that is looked for.
struct Word<'p> {
    text: &'p [u8],
    ignore_case: bool,
    /// What the bytes after it are in.
    follow: &'p [ByteClass],
    /// A bit for each place at which it goes on as common words do.
    common: u64,
    /// Where in it the window begins that it is searched by.
    offset: usize,
    target: Target,
}

#[derive(Clone, Copy)]
enum Target {
    /// `leads`: a match begins where the keyword does.
    Rule {
        rule: RuleIdx,
        leads: bool,
    },
    Mark(Mark),
}

/// Something that other passes look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    KeyBlock,
    Escape,
}

/// What else a text holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// How a private key begins.
    pub key_block: bool,
    /// An escaped character: `\u00`.
    pub escape: bool,
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

/// Calls `visit` with every keyword of the pack's enabled rules in `text`, and where it stands: what
/// `rules::lint` asks for.
pub fn anchors(pack: &RulePack, text: &[u8], visit: &mut dyn FnMut(RuleIdx, Range<usize>)) {
    Matcher::new(pack).each(text, |anchor| visit(anchor.rule, anchor.at..anchor.at + anchor.length));
}

impl<'p> Matcher<'p> {
    /// Compiles the keywords of the pack's enabled token rules. Keywords shorter than three bytes are
    /// refused by the pack's lints and left out here.
    #[must_use]
    pub fn new(pack: &'p RulePack) -> Self {
        // What other passes of the detector look for, so that they need not read each text again.
        let mut words: Vec<Word<'_>> = STARTS.iter().map(|start| Word::mark(start, Mark::KeyBlock)).collect();
        words.push(Word::mark(ESCAPE, Mark::Escape));
        let tokens = pack.indices().filter(|i| pack.enabled(*i)).filter_map(|i| Some((i, pack.rule(i).token()?)));
        for (rule, pattern) in tokens {
            let keywords = pattern.keywords.iter().enumerate().filter(|(_, keyword)| keyword.len() >= HEAD);
            words.extend(keywords.map(|(number, keyword)| Word::keyword(rule, pattern, number, keyword)));
        }
        let engine = Engine::new(&mut words);
        words.sort_by_key(Word::slot);
        let slots = (0..=SLOTS).map(|slot| words.partition_point(|word| word.slot() < slot) as u32).collect();
        Self { engine, words, slots }
    }

    /// Calls `visit` for every keyword at every place in `haystack`, where the bytes after it may
    /// belong to a match; tells what else was seen.
    pub fn each(&self, haystack: &[u8], mut visit: impl FnMut(Anchor)) -> Marks {
        let mut marks = Marks::default();
        let mut confirm = |at: usize| self.confirm(haystack, at, &mut marks, &mut visit);
        match &self.engine {
            Engine::Many(prefilter) => prefilter.each(haystack, confirm),
            Engine::Few(searcher) => {
                let mut at = 0;
                while let Some(found) = searcher.find_in(haystack, (at..haystack.len()).into()) {
                    confirm(found.start());
                    at = found.start() + 1;
                }
            }
        }
        marks
    }

    /// Tells every word whose window begins at `at`.
    #[inline(never)]
    fn confirm(&self, haystack: &[u8], at: usize, marks: &mut Marks, visit: &mut impl FnMut(Anchor)) {
        let Some(head) = haystack[at..].first_chunk::<HEAD>() else { return };
        let slot = slot(*head);
        for word in &self.words[self.slots[slot] as usize..self.slots[slot + 1] as usize] {
            let Some(at) = at.checked_sub(word.offset) else { continue };
            if !word.stands(&haystack[at..]) {
                continue;
            }
            match word.target {
                Target::Rule { rule, leads } => visit(Anchor { rule, at, length: word.text.len(), leads }),
                Target::Mark(Mark::KeyBlock) => marks.key_block = true,
                Target::Mark(Mark::Escape) => marks.escape = true,
            }
        }
    }
}

impl Engine {
    fn new(words: &mut [Word<'_>]) -> Self {
        let few = words.len() <= FEW && words.iter().all(|word| !word.ignore_case);
        let packed = few.then(|| {
            let texts = words.iter().map(|word| word.text);
            packed::Config::new().match_kind(packed::MatchKind::LeftmostLongest).builder().extend(texts).build()
        });
        // No SIMD here, or too many.
        if let Some(searcher) = packed.flatten() {
            return Self::Few(searcher);
        }
        let mut windows: Vec<Window> = Vec::with_capacity(words.len());
        for word in words {
            let (offset, window) = word.rarest_window();
            word.offset = offset;
            windows.push(window);
        }
        Self::Many(Prefilter::new(&windows))
    }
}

impl<'p> Word<'p> {
    fn mark(text: &'p [u8], mark: Mark) -> Self {
        let target = Target::Mark(mark);
        Self { text, ignore_case: false, follow: &[], common: 0, offset: 0, target }
    }

    fn keyword(rule: RuleIdx, pattern: &'p TokenPattern, number: usize, keyword: &'p str) -> Self {
        let follow: &'p [ByteClass] = pattern.follow.get(number).map_or(&[], AsRef::as_ref);
        let leads = pattern.leads.get(number).is_some_and(|leads| *leads);
        Self {
            text: keyword.as_bytes(),
            ignore_case: pattern.ignore_case,
            follow,
            common: pattern.common.get(number).copied().unwrap_or(0),
            offset: 0,
            target: Target::Rule { rule, leads },
        }
    }

    /// The five bytes of it, or of what follows, that are rarest in text, and where they begin. Three
    /// at least are its own, for the lookup.
    fn rarest_window(&self) -> (usize, Window) {
        let own =
            self.text.iter().map(|b| if self.ignore_case { ByteClass::either_case(*b) } else { ByteClass::of(*b) });
        let sets: Vec<ByteClass> = own.chain(self.follow.iter().copied()).collect();
        let weights: Vec<f32> = sets.iter().map(prefilter::weight).collect();
        let likeliness = |at: usize| (at..at + WINDOW).map(|i| weights.get(i).copied().unwrap_or(1.0)).product::<f32>();
        // Letters of words do not come by chance.
        let word =
            |at: usize| if self.common.checked_shr(at as u32).is_some_and(|bits| bits & 1 == 1) { 1e3 } else { 1.0 };
        let places = (0..=self.text.len() - HEAD).map(|at| (likeliness(at) * word(at), at));
        let at = places.min_by(|a, b| a.0.total_cmp(&b.0)).map_or(0, |(_, at)| at);
        (at, std::array::from_fn(|i| sets.get(at + i).copied().unwrap_or(ByteClass::ALL)))
    }

    /// Where it is looked up.
    fn slot(&self) -> usize {
        self.text[self.offset..].first_chunk().map_or(0, |head| slot(*head))
    }

    /// Whether `text` begins with it, and goes on as it must.
    fn stands(&self, text: &[u8]) -> bool {
        let Some((own, after)) = text.split_at_checked(self.text.len()) else { return false };
        let same = if self.ignore_case { own.eq_ignore_ascii_case(self.text) } else { own == self.text };
        same && self.follow.len() <= after.len() && self.follow.iter().zip(after).all(|(set, byte)| set.contains(*byte))
    }
}

/// The slot of a window that begins with `head`, whatever the case of its letters.
fn slot(head: [u8; HEAD]) -> usize {
    let [a, b, c] = head.map(|byte| u32::from(byte | 0x20));
    ((a | b << 8 | c << 16).wrapping_mul(0x9E37_79B1) >> (u32::BITS - SLOTS.ilog2())) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::{AhoCorasick, MatchKind};
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static PACK: LazyLock<RulePack> = LazyLock::new(RulePack::builtin);
    static MATCHER: LazyLock<Matcher<'static>> = LazyLock::new(|| Matcher::new(&PACK));
    static ORACLE: LazyLock<Oracle> = LazyLock::new(|| Oracle::new(&MATCHER));

    /// Every word at every place, by an automaton over the bare words.
    struct Oracle {
        exact: (AhoCorasick, Vec<usize>),
        folded: (AhoCorasick, Vec<usize>),
    }

    impl Oracle {
        fn new(matcher: &Matcher<'_>) -> Self {
            let of = |ignore_case: bool| {
                let chosen = matcher.words.iter().enumerate().filter(|(_, word)| word.ignore_case == ignore_case);
                let (numbers, texts): (Vec<usize>, Vec<&[u8]>) = chosen.map(|(i, word)| (i, word.text)).unzip();
                let mut builder = AhoCorasick::builder();
                builder.match_kind(MatchKind::Standard).ascii_case_insensitive(ignore_case);
                (builder.build(texts).unwrap(), numbers)
            };
            Self { exact: of(false), folded: of(true) }
        }

        /// Word and place of each; those whose pattern cannot go on there only when `all`.
        fn found(&self, matcher: &Matcher<'_>, text: &[u8], all: bool) -> Vec<(RuleIdx, usize, usize)> {
            let mut found = Vec::new();
            for (automaton, numbers) in [&self.exact, &self.folded] {
                for hit in automaton.find_overlapping_iter(text) {
                    let word = &matcher.words[numbers[hit.pattern().as_usize()]];
                    let after = &text[hit.end()..];
                    let goes_on = word.follow.len() <= after.len()
                        && word.follow.iter().zip(after).all(|(set, byte)| set.contains(*byte));
                    if let (Target::Rule { rule, .. }, true) = (word.target, all || goes_on) {
                        found.push((rule, hit.start(), word.text.len()));
                    }
                }
            }
            found.sort_unstable();
            found
        }
    }

    fn matched(matcher: &Matcher<'_>, text: &[u8]) -> Vec<(RuleIdx, usize, usize)> {
        let mut found = Vec::new();
        matcher.each(text, |anchor| found.push((anchor.rule, anchor.at, anchor.length)));
        found.sort_unstable();
        found
    }

    /// The places the first stage gives, for which it promises more than enough.
    fn candidates(matcher: &Matcher<'_>, text: &[u8]) -> Vec<usize> {
        let mut found = Vec::new();
        let Engine::Many(prefilter) = &matcher.engine else { panic!("not the big engine") };
        prefilter.each(text, |at| found.push(at));
        found
    }

    /// Bytes of any kind with words in them, run into each other or cut.
    fn texts() -> impl Strategy<Value = Vec<u8>> {
        let piece =
            (any::<prop::sample::Index>(), 0_usize..4, prop::collection::vec(any::<u8>(), 0..12), any::<bool>());
        prop::collection::vec(piece, 0..40).prop_map(|pieces| {
            let mut text = Vec::new();
            for (index, overlap, filler, upper) in pieces {
                let word = &MATCHER.words[index.index(MATCHER.words.len())];
                text.truncate(text.len().saturating_sub(overlap));
                let spelled = if upper { word.text.to_ascii_uppercase() } else { word.text.to_vec() };
                text.extend_from_slice(&spelled);
                // What its rule wants to come next, or anything.
                let wanted = word.follow.iter().map(|set| (b'0'..=u8::MAX).find(|b| set.contains(*b)).unwrap_or(b'-'));
                if filler.len() < 6 {
                    text.extend(wanted);
                }
                text.extend_from_slice(&filler);
            }
            text
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_keyword_is_missed_or_told_twice(text in texts()) {
            prop_assert_eq!(matched(&MATCHER, &text), ORACLE.found(&MATCHER, &text, false));
        }

        #[test]
        fn the_first_stage_gives_a_superset_of_aho_corasick(text in texts()) {
            let places = candidates(&MATCHER, &text);
            prop_assert!(places.is_sorted());
            for (rule, at, length) in ORACLE.found(&MATCHER, &text, false) {
                let word = MATCHER.words.iter().find(|word| {
                    matches!(word.target, Target::Rule { rule: of, .. } if of == rule)
                        && text[at..at + length].eq_ignore_ascii_case(word.text)
                });
                prop_assert!(places.contains(&(at + word.unwrap().offset)));
            }
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(text in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert_eq!(matched(&MATCHER, &text), ORACLE.found(&MATCHER, &text, false));
        }
    }

    /// Wherever a rule's pattern holds in an example, the matcher leads there.
    #[test]
    fn every_example_has_an_anchor_in_its_match() {
        for index in PACK.indices() {
            let (rule, Some(regex)) = (PACK.rule(index), PACK.regex(index)) else { continue };
            for example in rule.matches.iter() {
                let text = crate::rules::template::expand(example, &rule.id);
                let anchors = matched(&MATCHER, &text);
                for found in regex.find_iter(&text) {
                    let inside = |a: &&(RuleIdx, usize, usize)| a.0 == index && found.range().contains(&a.1);
                    assert!(anchors.iter().any(|a| inside(&a)), "{}: {example}", rule.id);
                }
            }
        }
    }

    /// A handful of rules is searched by the packed engine; both say the same.
    #[test]
    fn a_few_rules_are_found_just_as_well() {
        let mut pack = RulePack::builtin();
        pack.restrict(&["github-pat-*".to_owned(), "npm-access-token".to_owned()], &[]).unwrap();
        let few = Matcher::new(&pack);
        if cfg!(target_arch = "x86_64") {
            assert!(matches!(few.engine, Engine::Few(_)));
        }
        let text =
            crate::rules::template::expand("ghp_ghp_<an:36> npm_<an:36> npm_config_ \\u0041 AGE-SECRET-KEY-", "few");
        assert_eq!(matched(&few, &text), Oracle::new(&few).found(&few, &text, false));
        assert_eq!(few.each(&text, |_| ()), Marks { key_block: true, escape: true });
        assert_eq!(MATCHER.each(&text, |_| ()), Marks { key_block: true, escape: true });
        assert_eq!(MATCHER.each(b"nothing", |_| ()), Marks::default());
    }
}
