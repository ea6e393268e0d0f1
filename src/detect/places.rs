//! The secret fields of every surface, compiled once: key-path globs with their form and rule.

use crate::read::Text;
use crate::rules::field_path::FieldPath;
use crate::rules::rule::{SecretForm, Surface};
use crate::rules::{RuleIdx, RulePack};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Per surface id, compiled when a file of it is first met: most scans meet few of them.
pub(super) struct Places(BTreeMap<&'static str, Surfaced>);

/// A surface, and its places once they are compiled.
struct Surfaced {
    surface: &'static Surface,
    rules: Vec<Option<RuleIdx>>,
    places: OnceLock<Vec<Place>>,
}

struct Place {
    path: FieldPath,
    form: SecretForm,
    rule: RuleIdx,
}

impl Places {
    /// The places of the pack; those of disabled rules stay out.
    pub(super) fn new(pack: &RulePack) -> Self {
        let enabled = |id: &str| pack.find(id).filter(|rule| pack.enabled(*rule));
        let mut known: BTreeMap<&str, Option<RuleIdx>> = BTreeMap::new();
        let surfaced = pack.surfaces().iter().filter(|surface| !surface.secrets.is_empty()).map(|surface| {
            let rules =
                surface.secrets.iter().map(|place| *known.entry(&place.rule).or_insert_with(|| enabled(&place.rule)));
            (surface.id.as_ref(), Surfaced { surface, rules: rules.collect(), places: OnceLock::new() })
        });
        Self(surfaced.collect())
    }

    /// How the surface says a field is to be looked at.
    pub(super) fn of(&self, surface: Option<&Surface>, path: &[&[u8]]) -> Option<(SecretForm, RuleIdx)> {
        let surfaced = self.0.get(surface?.id.as_ref())?;
        let places = surfaced.places.get_or_init(|| {
            let secrets = surfaced.surface.secrets.iter().zip(&surfaced.rules);
            let enabled = secrets.filter_map(|(place, rule)| Some((place, (*rule)?)));
            let compiled = enabled.map(|(place, rule)| (FieldPath::new(&place.field), place.form, rule));
            compiled.map(|(path, form, rule)| Place { path, form, rule }).collect()
        });
        places.iter().find(|place| place.path.matches_bytes(path)).map(|place| (place.form, place.rule))
    }
}

/// The keys of a field as bytes, after those that come before the document's own.
pub(super) fn keys<'t>(prefix: &[&'t [u8]], path: &'t [Text<'t>]) -> Vec<&'t [u8]> {
    prefix.iter().copied().chain(path.iter().map(Text::bytes)).collect()
}
