//! Names that stand beside their values: `{"name": "API_KEY", "value": "…"}` in a list of variables,
//! `API_KEY=…` as an item of one.
//!
//! What a name says is `names`' business.

use super::arguments::assigned;
use super::names::{self, Hint};
use crate::read::{Document, Field};
use std::ops::Range;

/// How many fields to either side are looked at for the name.
const NEAR: usize = 8;
/// Keys that hold a value whose name stands beside it.
const VALUES: [&[u8]; 5] = [b"value", b"val", b"currentvalue", b"initialvalue", b"default"];
/// Keys that hold such a name.
const NAMES: [&[u8]; 4] = [b"name", b"key", b"variable", b"id"];

/// What the field at `index` holds by a name beside it: how loudly it says so, and which part is the value.
pub(super) fn secret(document: &Document<'_>, index: usize) -> Option<(Hint, Range<usize>)> {
    let field = &document.fields[index];
    let value = field.value.bytes();
    let key = field.key();
    if is_one_of(key, &VALUES) {
        let hint = names::hint(name_of(document, index)?.value.bytes())?;
        return Some((hint, 0..value.len()));
    }
    if !key.is_empty() && key.iter().all(u8::is_ascii_digit) {
        let (name, at) = assigned(value)?;
        return Some((names::hint(name)?, at..value.len()));
    }
    None
}

/// The field with the name, of the same parent.
fn name_of<'d>(document: &'d Document<'_>, index: usize) -> Option<&'d Field<'d>> {
    let parent = |field: &Field<'_>| field.path.len().saturating_sub(1);
    let field = &document.fields[index];
    let depth = parent(field);
    let window = index.saturating_sub(NEAR)..(index + NEAR + 1).min(document.fields.len());
    document.fields[window].iter().find(|other| {
        parent(other) == depth
            && is_one_of(other.key(), &NAMES)
            && other.path[..depth].iter().zip(&field.path[..depth]).all(|(a, b)| a.bytes() == b.bytes())
    })
}

fn is_one_of(key: &[u8], words: &[&[u8]]) -> bool {
    words.iter().any(|word| key.eq_ignore_ascii_case(word))
}
