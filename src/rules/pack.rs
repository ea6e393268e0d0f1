//! The rules of one run: the built-in tables, a user's files, what is switched off.
//!
//! Holds no state of a scan. Patterns compile when first asked for, because most runs meet the
//! anchors of a dozen rules, not of all.

use super::catalog::{CatalogSet, Shipped};
use super::compiled::{Compiled, compile};
use super::rule::{AuditText, Campaign, Edit, Recipe, Rule, SecretPlace, Setting, Str, Surface};
use super::wildcard::Wildcard;
use super::{RuleError, load};
use crate::model::PackFacts;
use globset::{Glob, GlobSet, GlobSetBuilder};
use regex::bytes::Regex;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::OnceLock;

mod data {
    #![allow(unused_imports, clippy::all, clippy::pedantic, reason = "written by the build script")]
    include!(concat!(env!("OUT_DIR"), "/pack.rs"));
}

/// How like a name must be to be offered for a mistyped one (1 is equal).
const LIKENESS: f64 = 0.6;

/// A rule's place in its pack; only good for the pack it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleIdx(u32);

impl RuleIdx {
    /// Position in [`RulePack::rules`].
    #[must_use]
    pub fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// A rule of a pack: where the tables have it, it is not copied.
pub enum Held {
    /// One that ships with caulk.
    Builtin(&'static Rule),
    /// A user's.
    Own(Box<Rule>),
}

impl std::ops::Deref for Held {
    type Target = Rule;

    fn deref(&self) -> &Rule {
        match self {
            Self::Builtin(rule) => rule,
            Self::Own(rule) => rule,
        }
    }
}

/// The compiled set of rules, with its digest.
pub struct RulePack {
    builtin: bool,
    rules: Vec<Held>,
    compiled: Vec<OnceLock<Option<Box<Compiled>>>>,
    by_id: BTreeMap<Str, RuleIdx>,
    added: Vec<(String, String)>,
    catalogs: CatalogSet,
    /// Date and day of expiry of a bundle that was taken in.
    bundle: Option<(String, String)>,
    campaigns: Vec<Campaign>,
    only: Option<GlobSet>,
    skip: GlobSet,
}

impl RulePack {
    /// The rules that ship with caulk.
    #[must_use]
    pub fn builtin() -> Self {
        let mut pack = Self::empty();
        pack.builtin = true;
        pack.catalogs =
            CatalogSet::new(Shipped { catalogs: data::CATALOGS, text: data::LISTED, index: data::LISTED_INDEX });
        for rule in data::RULES {
            pack.push(Held::Builtin(rule));
        }
        pack
    }

    /// No rules, settings, audits or campaigns; surfaces stay, for they say how files are read.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            builtin: false,
            rules: Vec::new(),
            compiled: Vec::new(),
            by_id: BTreeMap::new(),
            added: Vec::new(),
            catalogs: CatalogSet::default(),
            bundle: None,
            campaigns: Vec::new(),
            only: None,
            skip: GlobSet::empty(),
        }
    }

    /// Adds what a user's file has, all or none: token rules, or one known stealer. `name` is what errors call it.
    pub fn add_file(&mut self, name: &str, text: &str) -> Result<(), RuleError> {
        if load::is_campaign(text) {
            self.campaigns.push(load::campaign_file(self, name, text)?);
            self.added.push((name.to_owned(), text.to_owned()));
            return Ok(());
        }
        for rule in load::token_rules(self, name, text)? {
            self.push(Held::Own(Box::new(rule)));
        }
        self.added.push((name.to_owned(), text.to_owned()));
        Ok(())
    }

    fn push(&mut self, rule: Held) {
        let index = RuleIdx(self.rules.len() as u32);
        self.by_id.insert(rule.id.clone(), index);
        for old in rule.supersedes.iter() {
            self.by_id.insert(old.clone(), index);
        }
        self.rules.push(rule);
        self.compiled.push(OnceLock::new());
    }

    /// Keeps what `only` takes (all, when empty) and `skip` does not: globs over the ids of rules,
    /// settings, audits and campaigns. One that takes nothing is an error, so that a typo does not silence a scan.
    pub fn restrict(&mut self, only: &[String], skip: &[String]) -> Result<(), RuleError> {
        let only_set = self.globs(only)?;
        self.skip = self.globs(skip)?;
        self.only = (!only.is_empty()).then_some(only_set);
        Ok(())
    }

    fn globs(&self, globs: &[String]) -> Result<GlobSet, RuleError> {
        let mut set = GlobSetBuilder::new();
        for text in globs {
            let glob = Glob::new(text)
                .map_err(|error| RuleError::Glob { glob: text.clone(), what: error.kind().to_string() })?;
            let matcher = glob.compile_matcher();
            if !self.ids().any(|id| matcher.is_match(id)) {
                let nearest = self.nearest(text).map(str::to_owned);
                return Err(RuleError::NoSuchRule { glob: text.clone(), nearest });
            }
            set.add(glob);
        }
        set.build().map_err(|error| RuleError::Glob { glob: globs.join(", "), what: error.kind().to_string() })
    }

    /// Every id that can be named: rules, what they supersede, settings, audits, campaigns.
    fn ids(&self) -> impl Iterator<Item = &str> {
        let rules = self.by_id.keys().map(AsRef::as_ref);
        let settings = self.settings().iter().map(|setting| setting.id.as_ref());
        let campaigns = self.campaigns().map(|campaign| campaign.id.as_ref());
        rules.chain(settings).chain(campaigns).chain(self.audits().iter().map(|audit| audit.id.as_ref()))
    }

    /// All rules, those switched off included.
    #[must_use]
    pub fn rules(&self) -> &[Held] {
        &self.rules
    }

    /// Every rule's place.
    pub fn indices(&self) -> impl Iterator<Item = RuleIdx> + use<> {
        (0..self.rules.len() as u32).map(RuleIdx)
    }

    /// One rule. Panics on a place from another, larger pack.
    #[must_use]
    pub fn rule(&self, index: RuleIdx) -> &Rule {
        &self.rules[index.as_usize()]
    }

    /// A rule by its id, or by one it supersedes.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<RuleIdx> {
        self.by_id.get(id).copied()
    }

    /// Whether a rule is switched on.
    #[must_use]
    pub fn enabled(&self, index: RuleIdx) -> bool {
        let rule = self.rule(index);
        let taken = |set: &GlobSet| set.is_match(&*rule.id) || rule.supersedes.iter().any(|old| set.is_match(&**old));
        self.only.as_ref().is_none_or(taken) && !taken(&self.skip)
    }

    /// The same for the id of a setting or an audit.
    #[must_use]
    pub fn keeps(&self, id: &str) -> bool {
        match self.find(id) {
            Some(index) => self.enabled(index),
            None => self.only.as_ref().is_none_or(|set| set.is_match(id)) && !self.skip.is_match(id),
        }
    }

    /// The id most like `id`, for messages about a mistyped one.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<&str> {
        self.ids()
            .map(|known| (strsim::jaro_winkler(known, id), known))
            .filter(|(likeness, _)| *likeness >= LIKENESS)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, known)| known)
    }

    /// A token rule's pattern; `None` for a field rule.
    #[must_use]
    pub fn regex(&self, index: RuleIdx) -> Option<&Regex> {
        self.compiled(index)?.anywhere()
    }

    /// A token rule's pattern, group and alphabet, compiled now if this is the first time.
    #[must_use]
    pub fn compiled(&self, index: RuleIdx) -> Option<&Compiled> {
        // Built-in patterns compile by test, a user's by `add_file`: `None` means a field rule.
        self.compiled[index.as_usize()]
            .get_or_init(|| compile(self.rule(index)).ok().flatten().map(Box::new))
            .as_deref()
    }

    /// Secret fields of all surfaces, each once.
    #[must_use]
    #[allow(clippy::unused_self, reason = "packs with surfaces of their own may come")]
    pub fn places(&self) -> &'static [SecretPlace] {
        data::PLACES
    }

    /// The secret fields of one surface.
    pub fn places_of(&self, surface: &Surface) -> impl Iterator<Item = &'static SecretPlace> {
        let places = self.places();
        surface.secrets.iter().filter_map(|number| places.get(usize::from(*number)))
    }

    /// Kinds of places.
    #[must_use]
    #[allow(clippy::unused_self, reason = "packs with surfaces of their own may come")]
    pub fn surfaces(&self) -> &'static [Surface] {
        data::SURFACES
    }

    /// Settings that lower a guard.
    #[must_use]
    pub fn settings(&self) -> &'static [Setting] {
        if self.builtin { data::SETTINGS } else { &[] }
    }

    /// Texts of the coded audits.
    #[must_use]
    pub fn audits(&self) -> &'static [AuditText] {
        if self.builtin { data::AUDITS } else { &[] }
    }

    /// The text of one coded audit.
    #[must_use]
    pub fn audit_text(&self, id: &str) -> Option<&'static AuditText> {
        self.audits().iter().find(|audit| audit.id == id)
    }

    /// Known stealers.
    pub fn campaigns(&self) -> impl Iterator<Item = &Campaign> {
        let own = if self.builtin { data::CAMPAIGNS } else { &[] };
        own.iter().chain(&self.campaigns)
    }

    /// Packages known to be bad.
    #[must_use]
    pub fn catalogs(&self) -> &CatalogSet {
        &self.catalogs
    }

    /// Adds a list of packages known to be bad, in the form [`CatalogSet::add`] takes. `name` is what errors call it.
    pub fn add_catalog(&mut self, name: &str, text: String) -> Result<usize, RuleError> {
        self.catalogs.add(text).map_err(|error| RuleError::Catalog { file: name.to_owned(), what: error.to_string() })
    }

    /// Notes that rules of a bundle were added.
    pub fn set_bundle(&mut self, date: String, expires: String) {
        self.bundle = Some((date, expires));
    }

    /// How exposures are sealed.
    #[must_use]
    #[allow(clippy::unused_self, reason = "packs with recipes of their own may come")]
    pub fn recipes(&self) -> &'static [Recipe] {
        data::RECIPES
    }

    /// The recipe that claims a field, written as reports write it, of a surface.
    #[must_use]
    pub fn recipe_for(&self, surface: &Surface, field: &str) -> Option<&'static Recipe> {
        let fits = |recipe: &&Recipe| {
            recipe.fields.iter().any(|glob| Wildcard::new(glob, str::to_owned).matches(field.as_bytes()))
        };
        // The surface's own order decides.
        surface.recipes.iter().find_map(|id| self.recipes().iter().find(|r| r.id == *id && fits(r)))
    }

    /// The recipe that mends what `rule`, a setting or an audit, tells of in a surface.
    #[must_use]
    pub fn mend_for(&self, rule: &str, surface: &str) -> Option<&'static Recipe> {
        let sets = || self.settings().iter().any(|setting| setting.id == rule && !setting.mend.is_empty());
        self.recipes().iter().find(|recipe| match recipe.edit {
            Edit::MendSetting => sets(),
            edit if edit.is_mend() => {
                recipe.rules.iter().any(|id| id == rule)
                    && (recipe.surfaces.is_empty() || recipe.surfaces.iter().any(|id| id == surface))
            }
            _ => false,
        })
    }

    /// The files the pack was made of: name relative to `rules/`, and text.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = if self.builtin { data::SOURCES } else { &[] };
        own.iter().copied().chain(self.added.iter().map(|(name, text)| (name.as_str(), text.as_str())))
    }

    /// Digest, number of rules (settings and audits included) and date.
    #[must_use]
    pub fn facts(&self) -> PackFacts {
        // The build has done it for the pack as it ships; what a user adds goes on from there.
        let shipped = if self.builtin { data::PACK_DIGEST } else { "" };
        if self.added.is_empty() && self.catalogs.digests().is_empty() {
            return self.facts_with(if self.builtin { shipped } else { EMPTY_DIGEST });
        }
        let added = self.added.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let lists = self.catalogs.digests().iter().map(|digest| ("", digest.as_str()));
        self.facts_with(&digest(std::iter::once(("", shipped)).chain(added).chain(lists)))
    }

    fn facts_with(&self, digest: &str) -> PackFacts {
        PackFacts {
            digest: format!("sha256:{digest}"),
            rules: self.rules.len() + self.settings().len() + self.audits().len(),
            date: self.bundle.as_ref().map_or(data::PACK_DATE, |(date, _)| data::PACK_DATE.max(date)).to_owned(),
            age_days: None,
            catalog_entries: self.catalogs.len(),
            expires: self.bundle.as_ref().map(|(_, expires)| expires.clone()),
        }
    }
}

/// SHA-256 of nothing.
const EMPTY_DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Digest of names and texts, in hex.
fn digest<'t>(sources: impl Iterator<Item = (&'t str, &'t str)>) -> String {
    let mut hasher = Sha256::new();
    for (name, text) in sources {
        // Lengths first, so that no two lists of files give the same stream.
        for part in [name, text] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    data_encoding::HEXLOWER.encode(&hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_the_build_is_that_of_the_sources() {
        let pack = RulePack::builtin();
        assert_eq!(pack.facts().digest, format!("sha256:{}", digest(pack.sources())));
    }
}
