//! Private keys that a JSON array holds line by line, as notebooks keep the source of their cells.
//!
//! The raw pass sees such a key with quotes and commas in it, and would take it for another than the
//! one in its file. Tokens stand on one line and need no joining.

use super::labels::name;
use super::sighting::Sighting;
use super::{Detector, Scene};
use crate::read::{Document, Field};
use std::ops::Range;
use zeroize::Zeroizing;

impl Detector<'_> {
    /// Finds the key blocks that go over several items of one array.
    pub(super) fn joined_keys(&self, document: &Document<'_>, scene: &Scene<'_>, out: &mut Vec<Sighting>) {
        if document.tree.is_none() {
            return;
        }
        let mut joined = Vec::new();
        for items in document.fields.chunk_by(follows) {
            if items.len() < 2 {
                continue;
            }
            let length = items.iter().map(|item| item.value.bytes().len() + 1).sum();
            let mut text = Zeroizing::new(Vec::with_capacity(length));
            // Where each item begins in the text.
            let mut starts = Vec::with_capacity(items.len());
            for item in items {
                starts.push(text.len());
                let line = item.value.bytes();
                text.extend_from_slice(line);
                if !line.ends_with(b"\n") {
                    text.push(b'\n');
                }
            }
            let item = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
            let before = joined.len();
            self.key_blocks(&text, &mut joined);
            let found = joined.split_off(before);
            joined.extend(found.into_iter().filter_map(|mut sighting| {
                let first = &items[item(sighting.span.start)];
                let last = &items[item(sighting.span.end.saturating_sub(1))];
                sighting.span = in_source(document.source, &first.span, &last.span, sighting.secret.expose());
                sighting.field = Some(name(scene, first));
                (first.span != last.span).then_some(sighting)
            }));
        }
        // The same as the raw pass saw them: these are the keys as they are meant.
        out.retain(|sighting| {
            let after = joined.partition_point(|key| key.span.start <= sighting.span.start);
            let key = after.checked_sub(1).map(|at| &joined[at]);
            !key.is_some_and(|key| key.rule == sighting.rule && sighting.span.start < key.span.end)
        });
        out.append(&mut joined);
    }
}

/// Whether `b` is the next item of the array that `a` is an item of.
fn follows(a: &Field<'_>, b: &Field<'_>) -> bool {
    let (Some((last, parent)), Some((next, other))) = (a.path.split_last(), b.path.split_last()) else { return false };
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<usize>().ok());
    parent.len() == other.len()
        && number(last.bytes()).is_some_and(|index| number(next.bytes()) == index.checked_add(1))
        && parent.iter().zip(other).all(|(a, b)| a.bytes() == b.bytes())
}

/// From the first line of `secret` in the first item to the last one in the last.
fn in_source(source: &[u8], first: &Range<usize>, last: &Range<usize>, secret: &[u8]) -> Range<usize> {
    let mut lines = secret.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let (Some(head), Some(tail)) = (lines.next(), lines.next_back()) else { return first.start..last.end };
    let start = memchr::memmem::find(&source[first.clone()], head).map_or(first.start, |at| first.start + at);
    let end = memchr::memmem::rfind(&source[last.clone()], tail).map_or(last.end, |at| last.start + at + tail.len());
    start..end.max(start)
}
