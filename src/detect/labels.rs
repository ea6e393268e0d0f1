//! What a field is called in its format's own notation, and what its name adds to a token found in it.
//!
//! Whether a name says that its value is a secret is `names`' business.

use super::places::keys;
use super::sighting::{Name, Sighting};
use super::{Scene, names};
use crate::model::Confidence;
use crate::read::{Document, Field, Format, Role};
use crate::rules::RulePack;
use zeroize::Zeroizing;

/// Why a value is told for less whose variable is compiled into a client.
pub(super) const CLIENT_SIDE: &str = "its name says that every client gets it";

/// Gives sightings of the raw pass the name of the field they lie in.
pub(super) fn attach(pack: &RulePack, document: &Document<'_>, scene: &Scene<'_>, sightings: &mut [Sighting]) {
    for sighting in sightings {
        let after = document.fields.partition_point(|field| field.span.start <= sighting.span.start);
        let inside = |f: &&Field<'_>| f.span.contains(&sighting.span.start) && sighting.span.end <= f.span.end;
        // Fields that end before may stand between: an option's value inside a longer one.
        let found = document.fields[after.saturating_sub(4)..after].iter().rev().find(inside);
        sighting.field = found.map(|field| name(scene, field));
        if found.is_some_and(|field| field.role == Role::Comment) {
            sighting.confidence = sighting.confidence.min(Confidence::Medium);
        }
        let may_be_public = pack.rule(sighting.rule).token().is_some_and(|pattern| !pattern.public_beside.is_empty());
        if may_be_public && found.is_some_and(|field| names::is_client_side(field.key())) {
            sighting.lower(CLIENT_SIDE);
        }
        if sighting.field.is_none() && !scene.prefix.is_empty() {
            sighting.field = Some(Zeroizing::new(scene.prefix.join(&b'.')));
        }
    }
}

/// A field's name in its format's own notation, unmasked.
pub(super) fn name(scene: &Scene<'_>, field: &Field<'_>) -> Name {
    let path = keys(scene.prefix, &field.path);
    let skip = usize::from(scene.format == Format::Jsonl && path.len() > 1);
    let separator = if matches!(field.role, Role::Option | Role::Header) { b' ' } else { b'.' };
    let mut text = Vec::new();
    for key in &path[skip..] {
        let bracket = scene.format == Format::Json && path.len() > 1 && key.contains(&b'.');
        if bracket {
            text.extend_from_slice(b"[\"");
        } else if !text.is_empty() {
            text.push(separator);
        }
        text.extend_from_slice(key);
        if bracket {
            text.extend_from_slice(b"\"]");
        }
    }
    Zeroizing::new(text)
}
