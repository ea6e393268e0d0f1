//! Whether an edit changed what it was meant to, and nothing else.
//!
//! The document is parsed again, and every leaf outside the edited bytes must stand where the edit
//! moved it, with the value it had. Asked before anything is written.

use super::edit::Splice;
use crate::read::json::{Kind, NodeId, Tree};
use crate::read::{Document, Field, Text};
use std::collections::BTreeMap;
use std::ops::Range;

/// Whether `after` is `before` but for `splices`.
#[must_use]
pub(super) fn but_for(before: &Document<'_>, after: &Document<'_>, splices: &[Splice]) -> bool {
    if before.problem.is_none() && after.problem.is_some() {
        return false;
    }
    let there: BTreeMap<(usize, usize), &Field<'_>> =
        after.fields.iter().map(|field| ((field.span.start, field.span.end), field)).collect();
    before.fields.iter().filter(|field| !touched(field, splices)).all(|field| {
        let Some(start) = moved(field.span.start, splices) else { return false };
        there.get(&(start, start + field.span.len())).is_some_and(|other| {
            other.value.bytes() == field.value.bytes()
                && other.role == field.role
                && same_path(&field.path, &other.path)
        })
    })
}

/// The same over all values of two trees, words such as `true` included, and the other way round: what is new
/// stands where a splice put it.
#[must_use]
pub(super) fn tree_but_for(before: &Tree<'_>, after: &Tree<'_>, splices: &[Splice]) -> bool {
    let scalar = |tree: &Tree<'_>, node: &NodeId| !matches!(tree.kind(*node), Kind::Object | Kind::Array);
    let mut there: BTreeMap<(usize, usize), NodeId> = BTreeMap::new();
    for node in after.nodes().filter(|node| scalar(after, node)) {
        let span = after.span(node);
        there.insert((span.start, span.end), node);
    }
    for node in before.nodes().filter(|node| scalar(before, node)) {
        let span = before.span(node);
        if cuts(&span, splices) {
            continue;
        }
        let Some(start) = moved(span.start, splices) else { return false };
        let Some(other) = there.remove(&(start, start + span.len())) else { return false };
        let same = before.kind(node) == after.kind(other)
            && before.raw(node) == after.raw(other)
            && same_path(&before.path(node), &after.path(other));
        if !same {
            return false;
        }
    }
    // What is left has come with a splice.
    there.into_keys().all(|(start, end)| {
        splices
            .iter()
            .any(|splice| moved(splice.at.start, splices).is_some_and(|at| start < at + splice.with.len() && at < end))
    })
}

/// Whether a splice changes a field's value, or takes it out.
fn touched(field: &Field<'_>, splices: &[Splice]) -> bool {
    cuts(&field.span, splices)
}

fn cuts(span: &Range<usize>, splices: &[Splice]) -> bool {
    splices.iter().any(|splice| splice.at.start < span.end && span.start < splice.at.end)
}

/// Where a byte outside all splices stands afterwards.
fn moved(at: usize, splices: &[Splice]) -> Option<usize> {
    let mut place = at;
    for splice in splices.iter().filter(|splice| splice.at.end <= at) {
        place = place.checked_add(splice.with.len())?.checked_sub(splice.at.len())?;
    }
    Some(place)
}

/// Equal keys; the place in a list may have changed.
fn same_path(before: &[Text<'_>], after: &[Text<'_>]) -> bool {
    let number = |text: &Text<'_>| !text.bytes().is_empty() && text.bytes().iter().all(u8::is_ascii_digit);
    before.len() == after.len()
        && before.iter().zip(after).all(|(a, b)| a.bytes() == b.bytes() || (number(a) && number(b)))
}
