//! What a rule's pattern says of one of its keywords: whether a match begins with it, and which bytes come
//! right after it.
//!
//! `npm_` is everywhere; `npm_` and a letter or digit is rare. The pattern knows: it is taken apart
//! into sequences of byte sets, as far as their places are certain. A keyword that cannot be placed
//! gets no such bytes, which only costs candidates.

use super::boundary::ByteClass;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Bytes after a keyword that are told.
const FOLLOW: usize = 8;
/// Ways through a pattern that are looked at: more is not worth it.
const WAYS: usize = 64;
/// Members up to which a class is a choice between ways.
const CHOICE: usize = 6;
/// Bytes of one way that are looked at.
const LENGTH: usize = 96;

/// One way through a pattern: the bytes at each place, `None` where the places are no longer certain.
type Way = Vec<Option<ByteClass>>;

/// What is known of one keyword.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// The sets that the bytes after it are in wherever the pattern holds because of it; empty where that
    /// cannot be told.
    pub(super) follow: Vec<ByteClass>,
    /// Whether each match that holds because of it begins with it.
    pub(super) leads: bool,
}

/// The same for each of a rule's keywords.
pub(super) fn told<'k>(pattern: &str, ignore_case: bool, keywords: impl Iterator<Item = &'k str> + Clone) -> Vec<Told> {
    let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).ok();
    let ways = parsed.and_then(|hir| ways(&hir)).unwrap_or_default();
    // Every way must hold a keyword at a certain place, or one may hold it at an uncertain one.
    let certain =
        ways.iter().all(|way| keywords.clone().any(|keyword| !places(way, keyword.as_bytes(), ignore_case).is_empty()));
    let of = |keyword| after(&ways, ignore_case, keyword).filter(|_| certain).unwrap_or_default();
    keywords.clone().map(of).collect()
}

fn after(ways: &[Way], ignore_case: bool, keyword: &str) -> Option<Told> {
    let mut follow: Option<Vec<ByteClass>> = None;
    let mut leads = true;
    for way in ways {
        for at in places(way, keyword.as_bytes(), ignore_case) {
            leads &= at == 0;
            let sets: Vec<ByteClass> = way[at + keyword.len()..].iter().map_while(|set| *set).take(FOLLOW).collect();
            follow = Some(match follow {
                None => sets,
                Some(known) => known.iter().zip(&sets).map(|(a, b)| a.union(b)).collect(),
            });
        }
    }
    follow.map(|follow| Told { follow, leads })
}

/// Where in a way the keyword must stand: each of its bytes certain.
fn places(way: &Way, keyword: &[u8], ignore_case: bool) -> Vec<usize> {
    let is = |set: &Option<ByteClass>, byte: u8| {
        let wanted = if ignore_case { ByteClass::either_case(byte) } else { ByteClass::of(byte) };
        set.is_some_and(|set| set == wanted || set == ByteClass::of(byte))
    };
    let fits = |window: &[Option<ByteClass>]| window.iter().zip(keyword).all(|(set, byte)| is(set, *byte));
    way.windows(keyword.len()).enumerate().filter(|(_, window)| fits(window)).map(|(at, _)| at).collect()
}

/// All ways through a pattern; `None` when there are too many.
fn ways(hir: &Hir) -> Option<Vec<Way>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => {
            Some(vec![literal.0.iter().take(LENGTH).map(|byte| Some(ByteClass::of(*byte))).collect()])
        }
        HirKind::Class(Class::Bytes(class)) => {
            let mut set = ByteClass::EMPTY;
            class.ranges().iter().for_each(|range| (range.start()..=range.end()).for_each(|byte| set.insert(byte)));
            let members: Vec<u8> = (0..=u8::MAX).filter(|byte| set.contains(*byte)).take(CHOICE + 1).collect();
            // `gh[op]_` is how the parser writes two words that differ in one byte.
            if members.len() <= CHOICE && members.first().is_some_and(|byte| set != ByteClass::either_case(*byte)) {
                return Some(members.iter().map(|byte| vec![Some(ByteClass::of(*byte))]).collect());
            }
            Some(vec![vec![Some(set)]])
        }
        HirKind::Class(Class::Unicode(_)) => Some(vec![vec![None]]),
        HirKind::Capture(capture) => ways(&capture.sub),
        HirKind::Repetition(repetition) => {
            let inner = ways(&repetition.sub)?;
            let mut all = vec![Vec::new()];
            for _ in 0..repetition.min.min(LENGTH as u32) {
                all = joined(&all, &inner)?;
                if all.iter().all(|way| way.len() >= LENGTH) {
                    break;
                }
            }
            // What comes after an uncertain number of them has no certain place.
            if repetition.max != Some(repetition.min) {
                for way in &mut all {
                    way.push(None);
                }
            }
            Some(all)
        }
        HirKind::Concat(parts) => parts.iter().try_fold(vec![Vec::new()], |all, part| joined(&all, &ways(part)?)),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(ways(part)?);
            }
            (all.len() <= WAYS).then_some(all)
        }
    }
}

fn joined(before: &[Way], after: &[Way]) -> Option<Vec<Way>> {
    if before.len() * after.len() > WAYS {
        return None;
    }
    let join = |a: &Way, b: &Way| a.iter().chain(b).take(LENGTH).copied().collect();
    Some(before.iter().flat_map(|a| after.iter().map(move |b| join(a, b))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str, keywords: &[&str], keyword: &str) -> Told {
        let at = keywords.iter().position(|word| *word == keyword).unwrap();
        super::told(pattern, false, keywords.iter().copied()).swap_remove(at)
    }

    fn told(pattern: &str, keywords: &[&str], keyword: &str) -> String {
        let sets = of(pattern, keywords, keyword).follow;
        let name = |set: &ByteClass| {
            let has = |byte| set.contains(byte);
            [b'a', b'A', b'0', b'_'].iter().filter(|byte| has(**byte)).map(|byte| char::from(*byte)).collect::<String>()
        };
        sets.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_follows_a_keyword_is_read_off_the_pattern() {
        assert_eq!(told("npm_[A-Za-z0-9]{3}", &["npm_"], "npm_"), "aA0 aA0 aA0");
        assert_eq!(told("pat[a-z]{2}(?:_[0-9]+)?", &["pat"], "pat"), "a a");
        assert_eq!(told("(?:gh[op])_[0-9]{2,}", &["gho_", "ghp_"], "ghp_"), "0 0");
        assert_eq!(told("x[0-9]{1,2}:AA[a-z]", &[":AA"], ":AA"), "a");
        // The other way holds it where it may be anything.
        assert_eq!(told("npm_[a-z]|[a-z_]{8}", &["npm_"], "npm_"), "");
        assert_eq!(told("[a-z]+_key", &["secret"], "secret"), "");
    }

    #[test]
    fn whether_a_match_begins_with_a_keyword_is_read_off_too() {
        assert!(of("npm_[a-z]{3}", &["npm_"], "npm_").leads);
        assert!(of("(?:acme|zeta)[a-z]{0,9}=[0-9]{4}", &["acme", "zeta"], "zeta").leads);
        assert!(of("(?i:acme)[0-9]", &["acme"], "acme") == Told::default(), "its letters are of either case");
        assert!(!of("(?:my_)?acme=[0-9]", &["acme"], "acme").leads);
        // In one way it stands further in.
        assert!(!of("(?:pass|userpass)=[0-9]", &["pass", "userpass"], "pass").leads);
        assert!(!of("[a-z]+_key", &["secret"], "secret").leads);
    }
}
