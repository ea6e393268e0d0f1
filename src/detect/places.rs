//! The secret fields of every surface, compiled once: key-path globs with their form and rule.

use crate::read::Text;
use crate::rules::field_path::FieldPath;
use crate::rules::rule::{SecretForm, Surface};
use crate::rules::{RuleIdx, RulePack};
use std::collections::BTreeMap;

/// Per surface id, in the order of the data.
pub(super) struct Places(BTreeMap<&'static str, Vec<Place>>);

struct Place {
    path: FieldPath,
    form: SecretForm,
    rule: RuleIdx,
}

impl Places {
    /// Compiles the places of the pack; those of disabled rules stay out.
    pub(super) fn new(pack: &RulePack) -> Self {
        let mut all = BTreeMap::new();
        for surface in pack.surfaces() {
            let places: Vec<Place> = surface
                .secrets
                .iter()
                .filter_map(|place| {
                    let rule = pack.find(&place.rule).filter(|rule| pack.enabled(*rule))?;
                    Some(Place { path: FieldPath::new(&place.field), form: place.form, rule })
                })
                .collect();
            if !places.is_empty() {
                all.insert(surface.id.as_ref(), places);
            }
        }
        Self(all)
    }

    /// How the surface says a field is to be looked at.
    pub(super) fn of(&self, surface: Option<&Surface>, path: &[&[u8]]) -> Option<(SecretForm, RuleIdx)> {
        let places = self.0.get(surface?.id.as_ref())?;
        places.iter().find(|place| place.path.matches_bytes(path)).map(|place| (place.form, place.rule))
    }
}

/// The keys of a field as bytes, after those that come before the document's own.
pub(super) fn keys<'t>(prefix: &[&'t [u8]], path: &'t [Text<'t>]) -> Vec<&'t [u8]> {
    prefix.iter().copied().chain(path.iter().map(Text::bytes)).collect()
}
