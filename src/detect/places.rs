//! The secret fields of every surface, compiled once: key-path globs with their form and rule.

use crate::read::Text;
use crate::rules::field_path::FieldPath;
use crate::rules::rule::{SecretForm, SecretPlace, Surface};
use crate::rules::{RuleIdx, RulePack};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Per surface id, compiled when a file of it is first met: most scans meet few of them.
pub(super) struct Places {
    all: &'static [SecretPlace],
    /// The rule of each; none for one that is disabled.
    rules: Vec<Option<RuleIdx>>,
    surfaced: BTreeMap<&'static str, Surfaced>,
}

/// A surface, and its places once they are compiled.
struct Surfaced {
    surface: &'static Surface,
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
        let rules = pack.places().iter().map(|place| *known.entry(&place.rule).or_insert_with(|| enabled(&place.rule)));
        let rules = rules.collect();
        let surfaced = pack.surfaces().iter().filter(|surface| !surface.secrets.is_empty());
        let surfaced =
            surfaced.map(|surface| (surface.id.as_ref(), Surfaced { surface, places: OnceLock::new() })).collect();
        Self { all: pack.places(), rules, surfaced }
    }

    /// How the surface says a field is to be looked at.
    pub(super) fn of(&self, surface: Option<&Surface>, path: &[&[u8]]) -> Option<(SecretForm, RuleIdx)> {
        let surfaced = self.surfaced.get(surface?.id.as_ref())?;
        let places = surfaced.places.get_or_init(|| {
            let numbers = surfaced.surface.secrets.iter().map(|number| usize::from(*number));
            let enabled = numbers.filter_map(|at| Some((self.all.get(at)?, (*self.rules.get(at)?)?)));
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
