//! What a rule costs where there is nothing to find: `lint`'s bound on keywords.
//!
//! A keyword decides whether a rule's pattern is tried at all. One that stands on every other line makes
//! each scan of everything slower, for one rule. How often it stands is counted over [`ordinary`] text,
//! never timed, so that the verdict is the same everywhere. Keywords are found a floor above, by the
//! matcher that scans use; who calls [`problems`] hands it in.

use super::lint::{Anchors, LintProblem};
use super::{RuleIdx, RulePack, ordinary};
use std::collections::BTreeMap;
use std::ops::Range;

/// Text that a pattern is run on for each keyword: what the detector looks at first.
const WINDOW: usize = 1 << 10;
/// How many times the median of the built-in rules a rule may cost.
const TIMES: u64 = 5;
/// Bytes in a MiB that any rule may cost: less than that is not worth an author's while. It is the price
/// of a vendor's name that is a word as well.
const FLOOR: u64 = 128 << 10;
const MIB: u64 = 1 << 20;

/// What all rules of a pack cost.
struct Costs {
    /// For each rule, bytes of a MiB that its pattern is run on.
    bytes: BTreeMap<RuleIdx, u64>,
    /// For each rule and keyword, as it stands in the text, how often it does.
    keywords: BTreeMap<(RuleIdx, Vec<u8>), u64>,
}

/// A problem for each rule of `pack` that costs too much.
pub(super) fn problems(pack: &RulePack, anchors: &Anchors) -> Vec<LintProblem> {
    let text = ordinary::text();
    let own = costs(pack, &text, anchors);
    let most = most(&costs(&RulePack::builtin(), &text, anchors));
    let dear = own.bytes.iter().filter(|(_, bytes)| **bytes > most);
    dear.map(|(index, bytes)| LintProblem {
        rule: pack.rule(*index).id.to_string(),
        what: own.reason(*index, *bytes, most),
    })
    .collect()
}

/// The bound: in proportion to what the rules that ship cost, and never below the floor.
fn most(builtin: &Costs) -> u64 {
    (TIMES * builtin.median()).max(FLOOR)
}

fn costs(pack: &RulePack, text: &[u8], anchors: &Anchors) -> Costs {
    let mut costs = Costs { bytes: BTreeMap::new(), keywords: BTreeMap::new() };
    let per_mib = |count: usize| (count as u64 * MIB) / text.len().max(1) as u64;
    let mut bytes: BTreeMap<RuleIdx, usize> = BTreeMap::new();
    let mut keywords: BTreeMap<(RuleIdx, Vec<u8>), usize> = BTreeMap::new();
    anchors(pack, text, &mut |rule: RuleIdx, keyword: Range<usize>| {
        *bytes.entry(rule).or_default() += WINDOW.min(text.len() - keyword.start);
        let ignore_case = pack.rule(rule).token().is_some_and(|pattern| pattern.ignore_case);
        let mut word = text[keyword].to_vec();
        if ignore_case {
            word.make_ascii_lowercase();
        }
        *keywords.entry((rule, word)).or_default() += 1;
    });
    costs.bytes = bytes.into_iter().map(|(rule, count)| (rule, per_mib(count))).collect();
    costs.keywords = keywords.into_iter().map(|(word, count)| (word, per_mib(count))).collect();
    costs
}

impl Costs {
    /// Of the rules that cost anything; 0 when none does.
    fn median(&self) -> u64 {
        let mut all: Vec<u64> = self.bytes.values().copied().collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or(0)
    }

    /// Names the keyword that stands most often. It stands in our own text, so it is nobody's secret.
    fn reason(&self, index: RuleIdx, bytes: u64, most: u64) -> String {
        let own = self.keywords.iter().filter(|((rule, _), _)| *rule == index);
        let (word, count) = own.max_by_key(|(_, count)| **count).map_or((&[][..], 0), |((_, word), n)| (&word[..], *n));
        format!(
            "keyword `{}` stands {count} times in a MiB of ordinary text, so that the pattern is run on {} KiB of it, \
             at most {} are allowed; choose a rarer or longer one",
            String::from_utf8_lossy(word),
            bytes >> 10,
            most >> 10,
        )
    }
}
