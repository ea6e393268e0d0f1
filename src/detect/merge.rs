//! One secret, one finding: of overlapping sightings the best stays, and halves of a pair become one.

use super::sighting::Sighting;
use crate::rules::RulePack;
use std::cmp::Reverse;
use zeroize::Zeroizing;

/// Lines between the halves of a pair, at most.
const PAIR_LINES: usize = 10;
/// Sightings to either side among which the other half is looked for.
const PAIR_NEIGHBOURS: usize = 16;

/// What is left of `sightings`, in order of position.
pub(super) fn merge(pack: &RulePack, mut sightings: Vec<Sighting>, source: &[u8]) -> Vec<Sighting> {
    sightings.sort_by_key(|s| (s.span.start, Reverse(s.span.end)));
    let mut kept: Vec<Sighting> = Vec::new();
    for sighting in sightings {
        // Spans may nest, so more than the last may overlap; only the last few can.
        let from = kept.len().saturating_sub(8);
        let rival = kept[from..].iter().position(|k| conflict(k, &sighting)).map(|i| from + i);
        match rival {
            None => kept.push(sighting),
            Some(i) => {
                let worth = |s: &Sighting| (s.rank, s.layer.is_some(), s.span.len(), s.named);
                let stays = worth(&kept[i]) >= worth(&sighting);
                let loser = if stays { sighting } else { std::mem::replace(&mut kept[i], sighting) };
                // The secret as it is meant, at the place where it is written.
                if loser.precise && !kept[i].precise && loser.rule == kept[i].rule {
                    kept[i].span = loser.span;
                    kept[i].precise = true;
                }
                if kept[i].field.is_none() {
                    kept[i].field = loser.field;
                }
            }
        }
    }
    join_pairs(pack, kept, source)
}

/// Whether two sightings are of one secret.
fn conflict(a: &Sighting, b: &Sighting) -> bool {
    if a.span.start >= b.span.end || b.span.start >= a.span.end {
        return false;
    }
    if a.precise && b.precise {
        return true;
    }
    let (a, b) = (a.secret.expose(), b.secret.expose());
    let within = |a: &[u8], b: &[u8]| memchr::memmem::find(a, b).is_some() || memchr::memmem::find(b, a).is_some();
    within(a, b) || memchr::memchr2(b'\\', b'\n', a).is_some() && within(&unbroken(a), &unbroken(b))
}

/// A value without its line ends, written or escaped: a key block seen as it stands and as it is meant.
fn unbroken(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        match rest {
            [b'\\', b'n' | b'r' | b't', after @ ..] => rest = after,
            [b'\\' | b'\n' | b'\r' | b'\t' | b' ', ..] => rest = tail,
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

/// Joins each key id with the nearest secret of its pair that has none yet.
fn join_pairs(pack: &RulePack, mut all: Vec<Sighting>, source: &[u8]) -> Vec<Sighting> {
    let mut gone = vec![false; all.len()];
    for i in 0..all.len() {
        let (id, partner) = (&pack.rule(all[i].rule).id, &pack.rule(all[i].rule).pair);
        if partner.is_empty() || gone[i] {
            continue;
        }
        let near = |j: &usize| {
            // The graver half stays: a key id alone opens nothing.
            !gone[*j]
                && all[*j].severity <= all[i].severity
                && *j != i
                && (pack.rule(all[*j].rule).id == *partner || pack.rule(all[*j].rule).pair == *id)
                && lines_between(source, &all[*j], &all[i]) <= PAIR_LINES
        };
        let neighbours = i.saturating_sub(PAIR_NEIGHBOURS)..all.len().min(i + PAIR_NEIGHBOURS);
        let best = neighbours.filter(near).min_by_key(|j| all[*j].span.start.abs_diff(all[i].span.start));
        if let Some(j) = best {
            gone[j] = true;
            let place = (all[j].span.clone(), all[j].field.take());
            let attributes = std::mem::take(&mut all[j].attributes);
            let checks = std::mem::take(&mut all[j].checks);
            all[i].related.push(place);
            all[i].attributes.extend(attributes);
            all[i].checks.extend(checks);
        }
    }
    let mut gone = gone.into_iter();
    all.retain(|_| !gone.next().unwrap_or(false));
    all
}

/// Line breaks, written or escaped, between two sightings.
fn lines_between(source: &[u8], a: &Sighting, b: &Sighting) -> usize {
    let (from, to) = (a.span.end.min(b.span.end), a.span.start.max(b.span.start));
    let text = source.get(from..to).unwrap_or(b"");
    if text.len() > 4096 {
        return usize::MAX;
    }
    memchr::memchr_iter(b'\n', text).count() + memchr::memmem::find_iter(text, b"\\n").count()
}
